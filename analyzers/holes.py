"""Where values are put into a text that is made at run time, and the text before each."""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.source import SourceFile
from analyzers.templates import NUMERIC_CONVERSIONS, writes_number

HOLE = re.compile(r"%(?:\(\w+\))?[-+ #0-9.]*([a-zA-Z])|\{[^{}]*\}")


def holes(node: cst.BaseExpression, file: SourceFile) -> Iterator[tuple[str, cst.BaseExpression]]:
    """What is put into the text, each with the constant text before it."""
    match node:
        case cst.FormattedString():
            yield from _formatted(node)
        case cst.BinaryOperation(operator=cst.Modulo()):
            values = [one.value for one in node.right.elements] if isinstance(node.right, cst.Tuple) else [node.right]
            yield from _filled(node.left, values, file)
        case cst.BinaryOperation(operator=cst.Add()):
            yield from _added(node, file)
        case cst.Call() if syntax.method(node) == "format" and isinstance(node.func, cst.Attribute):
            yield from _filled(node.func.value, [arg.value for arg in node.args], file)
        case cst.Call() | cst.Name() | cst.Attribute() | cst.Subscript():
            yield "", node


def _formatted(node: cst.FormattedString) -> Iterator[tuple[str, cst.BaseExpression]]:
    before = ""
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            before += part.value
        elif isinstance(part, cst.FormattedStringExpression):
            if syntax.takes_number(part):
                before += "0"
                continue
            yield before, part.expression
            before = ""


def _filled(
    template: cst.BaseExpression, values: list[cst.BaseExpression], file: SourceFile
) -> Iterator[tuple[str, cst.BaseExpression]]:
    known = api.constant(file, template)
    text = known.value if known and isinstance(known.value, str) else file.code(template)
    found = list(HOLE.finditer(text.replace("%%", "  ")))
    start = 0
    for number, value in enumerate(values):
        hole = found[number] if number < len(found) else None
        if hole is None or not _takes_number(hole):
            yield text[start : hole.start()] if hole else text[start:], value
        start = hole.end() if hole else len(text)


def _takes_number(hole: re.Match[str]) -> bool:
    if hole[1]:
        return hole[1] in NUMERIC_CONVERSIONS
    return writes_number(hole[0].strip("{}").partition(":")[2])


def _added(node: cst.BaseExpression, file: SourceFile) -> Iterator[tuple[str, cst.BaseExpression]]:
    before = ""
    for piece in syntax.summands(node):
        known = api.constant(file, piece)
        if known is not None and isinstance(known.value, str):
            before += known.value
        elif isinstance(piece, cst.FormattedString):
            for text, part in _formatted(piece):
                yield before + text, part
                before = ""
        else:
            yield before, piece
            before = ""
