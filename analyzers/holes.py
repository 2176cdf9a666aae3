"""Where values are put into a text that is made at run time, and whether somebody has looked at them before."""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.source import SourceFile

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


def is_looked_up(part: cst.Name, file: SourceFile) -> bool:
    """Whether the function looks at the value: `if field not in FIELDS: raise`, `if re.match("^[a-z]+$", name):`."""
    function = next((one for one in file.ancestors(part) if isinstance(one, cst.FunctionDef)), None)
    nodes = syntax.inside(function.body) if function else ()
    return any(_looks_up(node, part.value, file) for node in nodes)


def _looks_up(node: cst.CSTNode, name: str, file: SourceFile) -> bool:
    if isinstance(node, cst.Comparison):
        return isinstance(node.comparisons[0].operator, (cst.In, cst.NotIn)) and syntax.is_name(node.left, name)
    if not isinstance(node, cst.Call) or not syntax.is_name(syntax.argument(node, 1, "string"), name):
        return False
    matcher, pattern = file.qualified(node.func), syntax.argument(node, 0, "pattern")
    return matcher == "re.fullmatch" or (
        matcher == "re.match" and syntax.goes_to_the_end(syntax.text_value(pattern) or "")
    )


def _formatted(node: cst.FormattedString) -> Iterator[tuple[str, cst.BaseExpression]]:
    before = ""
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            before += part.value
        elif isinstance(part, cst.FormattedStringExpression):
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
        if hole is None or hole[1] not in ("d", "i", "f", "x"):
            yield text[start : hole.start()] if hole else text[start:], value
        start = hole.end() if hole else len(text)


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
