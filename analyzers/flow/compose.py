"""Texts put together from pieces, and where in them a value can still decide what the text means."""

import re
from collections.abc import Iterable

from analyzers.flow.value import CLEAN, Taint, Value, merge_taints

Piece = tuple[str | None, Value]
"""A constant piece of text, or None and a value."""

# A text that begins like this has its host fixed: what follows cannot lead anywhere else.
HOST_FIXED = re.compile(r"[a-zA-Z][\w+.-]*://[^/?#\s]+[/?#]|/[^/\\]|[?#]")
HOST_OPEN = re.compile(r"[a-zA-Z][\w+.-]*:/{0,2}[^/?#]*|/{0,2}")
ELSEWHERE = ("url", "redirect")


def compose(pieces: Iterable[Piece]) -> Value:
    """A text made of constant and other pieces, in order.

    What stands after a fixed host cannot change the host; nor can what stands after a value of somebody else's.
    """
    taints: tuple[Taint, ...] = ()
    begin, known = "", True
    deciding: frozenset[str] | None = None
    for text, value in pieces:
        text = value.begins or None if text is None and not value.dirty else text
        if text is not None:
            begin += text if known else ""
            continue
        known = False
        if HOST_FIXED.match(begin) or not (begin == "" or HOST_OPEN.fullmatch(begin)):
            deciding = frozenset()
        own = tuple(value.all_taints())
        taints = merge_taints(taints, (taint if _decides(taint, deciding) else taint.clear(ELSEWHERE) for taint in own))
        kinds = frozenset(taint.kind for taint in own)
        deciding = kinds if deciding is None else deciding & kinds
    return Value(taints=taints, composed=True, begins=begin) if taints or begin else CLEAN


def _decides(taint: Taint, deciding: frozenset[str] | None) -> bool:
    """Whether the value can choose the host: it stands first, or all before it are of its kind."""
    return deciding is None or taint.kind in deciding


def percent(text: str, mark: str) -> list[Piece]:
    """The beginning of a template: what stands before the first place to fill."""
    return [(text.partition(mark)[0], CLEAN)]
