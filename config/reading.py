"""One value of a setting, read strictly: a number is never made of text, nor text of a number."""

import tomllib
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from cattrs import Converter

from config.settings import Between, Secret


class Wrong(ValueError):
    """A value will not do."""


def read_value(value: object, kind: Any) -> Any:
    """`value` as TOML gives it, as a `kind`. Raises Wrong."""
    return CONVERTER.structure(value, kind)


def value_of_text(text: str, kind: Any) -> object:
    """What TOML would have given for bare text of the environment; lists may be written with commas."""
    bare = _bare(kind)
    if get_origin(bare) is tuple and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if bare not in (int, float, bool) and get_origin(bare) is not tuple:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def what_would_do(kind: Any) -> str:
    """Which values a kind takes, in words."""
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return _one_of(get_args(bare))
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _one_of(tuple(member.value for member in bare))
    return f"{_NAMES.get(bare, str(bare))}{_range(kind)}"


def _one_of(values: tuple[str, ...]) -> str:
    return f"one of {', '.join(values)}"


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _bounds(kind: Any) -> Between | None:
    return next((extra for extra in get_args(kind)[1:] if isinstance(extra, Between)), None)


def _range(kind: Any) -> str:
    bounds = _bounds(kind) if get_origin(kind) is Annotated else None
    return f" from {bounds.low:g} to {bounds.high:.12g}" if bounds else ""


def _strict(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise Wrong
    return value


def _number(value: object, kind: Any) -> int | float:
    bare, bounds = _bare(kind), _bounds(kind)
    fits = type(value) is int or (bare is float and type(value) is float)
    if not fits or not isinstance(value, int | float):
        raise Wrong
    if bounds and not bounds.low <= value <= bounds.high:
        raise Wrong
    return float(value) if bare is float else value


def _texts(value: object, kind: Any) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise Wrong
    return tuple(_text(one, get_args(kind)[0]) for one in value)


def _text(value: object, kind: type[str]) -> str:
    if not isinstance(value, str):
        raise Wrong
    try:
        return kind(value)
    except ValueError:
        raise Wrong from None


def _literal(value: object, kind: Any) -> object:
    if value not in get_args(kind):
        raise Wrong
    return value


def _made_of(origin: object) -> Callable[[Any], bool]:
    return lambda kind: bool(get_origin(kind) is origin)


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(bool, _strict)
    converter.register_structure_hook(str, _text)  # and its subclasses: Secret and every StrEnum
    converter.register_structure_hook_func(_made_of(Annotated), _number)
    converter.register_structure_hook_func(_made_of(tuple), _texts)
    converter.register_structure_hook_func(_made_of(Literal), _literal)
    return converter


CONVERTER = _converter()
_NAMES = {
    str: "a text",
    Secret: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple[str, ...]: "a list of texts",
    tuple[Secret, ...]: "a list of texts",
}
