"""Our frozen types as JSON and back: what a database keeps and what a child process is sent.

Only JSON is ever read back, never pickles: a stored row or a child's answer can be wrong, but it cannot run.
"""

from base64 import b64decode, b64encode
from typing import Any, TypeVar

from cattrs.preconf.json import make_converter

from bot.errors import Broken

T = TypeVar("T")
CONVERTER = make_converter(forbid_extra_keys=True, detailed_validation=False)
# cattrs would take base85, which Python encodes twenty times more slowly.
CONVERTER.register_unstructure_hook(bytes, lambda value: b64encode(value).decode("ascii"))
CONVERTER.register_structure_hook(bytes, lambda value, _: b64decode(value, validate=True))


def to_json(value: object, kind: Any = None) -> str:
    """A frozen value as JSON. Give `kind` when it is a union."""
    return CONVERTER.dumps(value, unstructure_as=kind or type(value), separators=(",", ":"))


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The value that `to_json` was given. Raises Broken when the text is none of ours."""
    try:
        return CONVERTER.loads(text, kind)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as problem:
        raise Broken(f"stored text is no {kind.__name__}: {type(problem).__name__}") from problem
