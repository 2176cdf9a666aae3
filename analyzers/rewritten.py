"""Statements that say the same as before, in other lines: broken anew, in parentheses, with other quotes."""

import ast
from collections import Counter
from collections.abc import Iterator, Set

from analyzers.outline import first_line
from analyzers.source import SourceFile

# What of a compound statement stands in other statements.
BLOCKS = frozenset("body orelse finalbody handlers cases".split())


def kept(base: SourceFile, gone: Set[int], head: SourceFile, came: Set[int]) -> frozenset[int]:
    """The lines of head of statements some of whose lines came, and that stand in base where lines are gone.

    Of compound statements only the heads. Each statement of base is found again once.
    """
    if not (gone and came and base.readable and head.readable):
        return frozenset()
    waiting = Counter(_said(one) for one, first, last in _statements(base) if _meets(gone, first, last))
    found: set[int] = set()
    for one, first, last in _statements(head) if waiting else ():
        if _meets(came, first, last) and waiting[said := _said(one)] > 0:
            waiting[said] -= 1
            found.update(range(first, last + 1))
    return frozenset(found)


def _statements(file: SourceFile) -> Iterator[tuple[ast.stmt, int, int]]:
    """Every statement with its first and last line."""
    waiting: list[ast.AST] = [file.outline.tree]
    while waiting:
        node = waiting.pop()
        inner = [part for name in BLOCKS for part in getattr(node, name, ()) if isinstance(part, ast.AST)]
        if isinstance(node, ast.stmt):
            first = first_line(node)
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = max(first, _start(body[0]) - 1) if body else node.end_lineno or first
            yield node, first, last
        waiting += reversed(inner)


def _start(node: ast.stmt | ast.match_case) -> int:
    return node.pattern.lineno if isinstance(node, ast.match_case) else first_line(node)


def _meets(lines: Set[int], first: int, last: int) -> bool:
    return any(line in lines for line in range(first, last + 1))


def _said(statement: ast.stmt) -> str:
    """What a statement says by itself."""
    if not hasattr(statement, "body") and not hasattr(statement, "cases"):
        return ast.dump(statement)
    own = (f"{name}={_dumped(value)}" for name, value in ast.iter_fields(statement) if name not in BLOCKS)
    return f"{type(statement).__name__}({', '.join(own)})"


def _dumped(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_dumped, value))}]"
    return ast.dump(value) if isinstance(value, ast.AST) else repr(value)
