"""Arguments that make a call dangerous, such as `shell=True`, where a function hands on what it is given for one."""

from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from analyzers.flow.frame import Frame
from analyzers.flow.summary import Signature, When
from analyzers.syntax import constant_of


def conditions(
    frame: Frame, needs: Iterable[tuple[str, object]], given: Mapping[str, cst.BaseExpression]
) -> When | None:
    """What the parameters of the function have to be so that all is given as needed, mostly nothing.

    None when something is given otherwise, or nobody can say.
    """
    left: list[tuple[str, object]] = []
    for name, value in needs:
        node = given.get(name)
        if node is None:
            return None
        if constant_of(node) == value:
            continue
        if not isinstance(node, cst.Name) or not _is_given(frame, node.value):
            return None
        left.append((node.value, value))
    return tuple(left)


def with_defaults(
    given: Mapping[str, cst.BaseExpression], signature: Signature, needs: Iterable[tuple[str, object]]
) -> Iterator[tuple[str, object]]:
    """The needs that no default fulfils where nothing is given."""
    defaults = dict(signature.defaults)
    for name, value in needs:
        if name in given or name not in defaults or defaults[name] != value:
            yield name, value


def _is_given(frame: Frame, name: str) -> bool:
    """Whether a name is a parameter of the function that is summarised, which never binds it anew."""
    function = frame.function if frame.symbolic else None
    bound = frame.file.local_names(function).get(name, ()) if function else ()
    return len(bound) == 1 and bound[0].target == "parameter"
