"""What methods of texts make of them: put together, filled in, with parts replaced."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import libcst as cst

from analyzers.flow.compose import compose, percent
from analyzers.flow.given import Called, Given
from analyzers.flow.value import CLEAN, ELSEWHERE, NO_PARENT, RELATIVE, Value, join, merge_taints
from analyzers.syntax import text_value
from analyzers.templates import Holes, format_holes

# What a path no longer is without these.
REMOVED = {".": NO_PARENT, "..": NO_PARENT, "/": RELATIVE}


def everything(given: Iterable[Given], receiver: Value | None) -> Value:
    """All that is given, and what a method is called on, as one value."""
    values = [one.value for one in given] + ([receiver] if receiver else [])
    return Value(taints=merge_taints((), (taint for value in values for taint in value.all_taints())))


def replaced(called: Called, holder: cst.BaseExpression, receiver: Value) -> Value:
    """A text with a part of it replaced: what was in it is gone from it; what came in stands behind its beginning."""
    old, new = [text_value(one.node) for one in called.given[:2]] if len(called.given) > 1 else (None, None)
    gone = {REMOVED[old]} if old in REMOVED and new is not None and set(old).isdisjoint(new) else ()
    kept = receiver.flat().map(lambda taint: taint.clear(gone)) if gone else receiver.flat()
    put = everything(called.given[1:], None)
    if not put.dirty:
        return kept
    at_start = old and (text_value(holder) or "").startswith(old)
    return join(kept, replace(put if at_start else put.map(lambda taint: taint.clear(ELSEWHERE)), composed=True))


def _named(options: Value, holes: Holes) -> Value:
    """What of a mapping fills the holes of a template that name its keys."""
    return reduce(join, (options.part(f"[{name!r}]") for name, number in holes.items() if not number), CLEAN)


def put_together(called: Called, holder: cst.BaseExpression, receiver: Value) -> Value:
    """What `join`, `format` and `format_map` make of what they are called on and given."""
    text = text_value(holder)
    if called.method == "join":
        return compose([(None, one.value.element()) for one in called.given])
    holes = format_holes(text) if text is not None else {}
    given = [
        (None, _named(one.value, holes) if one.star == "**" and holes else one.value)
        for one in called.given
        if one.star or not holes.get(one.keyword or one.position)
    ]
    return compose([*(percent(text, "{") if text is not None else [(None, receiver)]), *given])
