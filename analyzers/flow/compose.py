"""Texts put together from pieces, and where in them a value can still decide what the text means."""

import re
from collections.abc import Iterable
from dataclasses import replace

from analyzers.flow.value import BEHIND, CLEAN, ELSEWHERE, RELATIVE, Taint, Value, merge_taints
from analyzers.templates import Holes

Piece = tuple[str | None, Value]
"""A constant piece of text, or None and a value."""

# A text that begins like this has its host fixed: what follows cannot lead anywhere else.
HOST_FIXED = re.compile(r"[a-zA-Z][\w+.-]*://[^/?#\s]+[/?#]|/[^/\\]|[?#]")
# An address of this very host, or one on this site.
HOST_NAMED = re.compile(r"[a-zA-Z][\w+.-]*://[^/?#\s\\]+[/?#]|/[^/\\\s]")
HOST_OPEN = re.compile(r"[a-zA-Z][\w+.-]*:/{0,2}[^/?#]*|/{0,2}")


def compose(pieces: Iterable[Piece], *, path: bool = False) -> Value:
    """A text made of constant and other pieces, in order.

    What stands after a fixed host cannot change the host; nor can what stands after another value. Of a `path` joined
    from pieces, a later one can begin anew.
    """
    taints: tuple[Taint, ...] = ()
    begin, first = "", True
    for text, value in pieces:
        text = value.begins or None if text is None and not value.dirty else text
        if text is not None:
            begin += text if first else ""
            continue
        decides = first and not HOST_FIXED.match(begin) and (begin == "" or bool(HOST_OPEN.fullmatch(begin)))
        joined = not path and (begin.strip("/") or not first)
        host = (BEHIND,) if "//" in begin else ()
        safe = (*(host if decides else ELSEWHERE), *((RELATIVE,) if joined else ()))
        taints = merge_taints(taints, (taint.clear(safe) if safe else taint for taint in value.all_taints()))
        first = False
    return Value(taints=taints, composed=not path, begins=begin) if taints or begin else CLEAN


def wordy(value: Value, holes: Holes) -> Value:
    """What of a value, or of a tuple or mapping of values, fills holes of a template that not only numbers fit in."""
    if holes and all(holes.values()):
        return CLEAN
    numbers = {f"[{key!r}]" for key, number in holes.items() if number}
    kept = {key: part for key, part in value.fields.items() if key not in numbers}
    return replace(value, fields=kept) if len(kept) < len(value.fields) else value


def percent(text: str, mark: str) -> list[Piece]:
    """The beginning of a template: what stands before the first place to fill."""
    return [(text.partition(mark)[0], CLEAN)]
