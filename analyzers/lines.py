"""The line of a node, told by `ast`: most statements stand on one line, and then so does all that is in them.

To place a node exactly, the whole unit is written out again (see `positions`); where only the line is asked for, the
statements of the two trees are put side by side in the order of the text.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import libcst as cst

from analyzers.outline import FUNCTIONS

HANDLERS = (cst.ExceptHandler, cst.ExceptStarHandler)
STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement, *HANDLERS)
FIELDS = ("body", "handlers", "cases", "orelse", "finalbody")
Lines = Mapping[cst.CSTNode, int]


def lines_of(nodes: Iterable[cst.CSTNode], statements: Sequence[ast.stmt]) -> Lines:
    """The lines of the simple statements that stand on one, and of the heads of handlers, of a unit.

    `nodes` are the unit's in the order of the text, `statements` the same unit as `ast` reads it; nothing is known
    where the two do not tell of the same statements.
    """
    found = [node for node in nodes if _is_statement(type(node))]
    told = list(_inside(statements))
    if len(found) != len(told):
        return {}
    return {node: one.lineno for node, one in zip(found, told, strict=True) if _is_short(node, one)}


def line_in(lines: Lines, node: cst.CSTNode, around: Iterable[cst.CSTNode]) -> int:
    """The line on which a node begins that has these nodes around it, innermost first; 0 where it is not known."""
    if isinstance(node, HANDLERS):
        return lines.get(node, 0)
    holder = next((one for one in (node, *around) if _is_statement(type(one))), None)
    return 0 if holder is None or isinstance(holder, HANDLERS) else lines.get(holder, 0)


@cache
def _is_statement(kind: type) -> bool:
    return issubclass(kind, STATEMENTS)


def _is_short(node: cst.CSTNode, told: ast.stmt | ast.ExceptHandler) -> bool:
    if isinstance(node, HANDLERS):
        return isinstance(told, ast.ExceptHandler)
    return isinstance(node, cst.BaseSmallStatement) and told.lineno == told.end_lineno


def _inside(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt | ast.ExceptHandler]:
    """The statements and handlers in the order of the text; of a class that is a unit itself not its definitions."""
    waiting: list[ast.AST] = [*reversed(list(statements))]
    roots = set(map(id, waiting))
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            yield node
        below = [child for field in FIELDS for child in getattr(node, field, ()) if isinstance(child, ast.AST)]
        if isinstance(node, ast.ClassDef) and id(node) in roots:
            below = [child for child in below if not isinstance(child, (*FUNCTIONS, ast.ClassDef))]
        waiting.extend(reversed(below))
