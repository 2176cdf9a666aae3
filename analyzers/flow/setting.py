"""Sinks that are assigned, not called: `response.data = page`, `response.headers["Location"] = address`."""

import re

import libcst as cst

from analyzers.flow.frame import Frame, Hit, short
from analyzers.flow.objects import code_of
from analyzers.flow.value import Value
from analyzers.models import Sink
from analyzers.syntax import text_value

# sinks that take a text: what a dictionary holds is sent as JSON instead
TEXTS = frozenset({"html"})


def set_in(frame: Frame, target: cst.BaseExpression, value: Value, source: cst.BaseExpression) -> None:
    """Note what a value reaches by being assigned to a target."""
    name = _name(frame, target) if value.dirty else None
    for sink in frame.models.named(Sink, name):
        if speaks(frame, target, sink.unsaid):
            continue
        for taint in value.all_taints():
            for kind in sink.kinds:
                if taint.harms(kind) and (kind not in TEXTS or taint in value.taints):
                    lead = "is put into a text and becomes" if value.composed else "becomes"
                    what = f"{lead} `{short(frame.file, target)}`, which {sink.does}"
                    frame.hit(Hit(kind, target, source, taint, what))


def speaks(frame: Frame, node: cst.CSTNode, words: tuple[str, ...]) -> bool:
    """Whether the function around a node says one of these words."""
    own = frame.file.outline.by_name.get(frame.file.definition_name(node)) if words else None
    text = code_of(frame.file, own) if own else frame.file.text if words else ""
    return bool(words) and re.search(rf"\b(?:{'|'.join(map(re.escape, words))})\b", text) is not None


def _name(frame: Frame, target: cst.BaseExpression) -> str | None:
    """The dotted name of an attribute, or of an item at a text: `flask.Response.headers.Location`."""
    match target:
        case cst.Attribute():
            known = target.attr.value in _last_words(frame)
            return frame.name(target, frame.value(target.value)) if known else None
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            text = text_value(key)
            holder = _holder(frame, target.value) if text in _last_words(frame) else None
            return f"{holder}.{text}" if holder else None
    return None


def _holder(frame: Frame, node: cst.BaseExpression) -> str | None:
    """The type of what an item is set in; of an attribute that the models know by no type, its name."""
    if isinstance(node, cst.Attribute):
        return frame.name(node, frame.value(node.value))
    return frame.value(node).type or None


def _last_words(frame: Frame) -> frozenset[str]:
    """What the names of sinks end in."""
    known: frozenset[str] | None = frame.models.cache.get(_last_words)
    if known is None:
        names = (name for sink in frame.models.all(Sink) for name in sink.names)
        known = frame.models.cache[_last_words] = frozenset(name.rpartition(".")[2] for name in names)
    return known
