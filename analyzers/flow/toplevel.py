"""The code of a module outside functions: read as the body of one function without parameters."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.entries import MODULE
from analyzers.flow.graph import Graph
from analyzers.flow.hints import source_words
from analyzers.models import Models
from analyzers.outline import Kind, Unit
from analyzers.source import SourceFile
from analyzers.text import Unreadable, words

# Past this a statement is a table of data, not a text that is put together.
LINE_LIMIT = 400


def code_of(file: SourceFile) -> cst.FunctionDef:
    """All statements of the module, in order."""
    known: cst.FunctionDef | None = file.cache.get(code_of)
    if known is None:
        known = file.cache[code_of] = _function(file, _statements(file))
    return known


def may_have_source(file: SourceFile, models: Models, kind: str) -> bool:
    """Whether the text of the module outside functions and classes speaks of a source of this kind."""
    known: dict[str, bool] = file.cache.setdefault(may_have_source, {})
    if kind not in known:
        lines = (line for unit in _statements(file) for line in file.lines[unit.line - 1 : unit.end_line])
        text = "".join(lines)
        known[kind] = source_words(file.project, models, kind).said(text, words(text))
    return known[kind]


def graph_for(file: SourceFile, name: str, node: cst.CSTNode | None = None) -> Graph | None:
    """The control flow of the statements that bind a name of the module, and of the one around a node.

    None when the name is bound by none of them, or by a very long one. Raises Undecided.
    """
    lines = {binding.line for binding in file.outline.names[""].get(name, ())}
    own = file.span(node).line if node is not None else 0
    units = tuple(dict.fromkeys(unit for line in sorted(lines) if (unit := _around(file, line))))
    if not units or any(unit.end_line - unit.line > LINE_LIMIT for unit in units):
        return None
    around = _around(file, own)
    known: dict[tuple[Unit, ...], cst.FunctionDef] = file.cache.setdefault(graph_for, {})
    key = tuple(sorted({*units, around} if around else units, key=lambda unit: unit.line))
    if key not in known:
        known[key] = _function(file, key)
    return graph_of(file, known[key])


def _around(file: SourceFile, line: int) -> Unit | None:
    """The statement of the module that holds a line."""
    statements = _statements(file)
    place = bisect_right(statements, line, key=lambda unit: unit.line)
    return statements[place - 1] if place and line <= statements[place - 1].end_line else None


def _statements(file: SourceFile) -> Sequence[Unit]:
    known: tuple[Unit, ...] | None = file.cache.get(_statements)
    if known is None:
        every = file.outline.units
        known = file.cache[_statements] = tuple(unit for unit in every if unit.kind is Kind.STATEMENT)
    return known


def _function(file: SourceFile, units: Iterable[Unit]) -> cst.FunctionDef:
    body = [root for unit in units for root in _roots(file, unit)]
    return cst.FunctionDef(cst.Name(MODULE), cst.Parameters(), cst.IndentedBlock(body))


def _roots(file: SourceFile, unit: Unit) -> Iterator[cst.BaseStatement]:
    try:
        yield from (root for root in file.read(unit).roots if isinstance(root, cst.BaseStatement))
    except Unreadable:
        return
