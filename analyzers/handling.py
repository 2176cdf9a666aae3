"""Whether an error that a node may raise is expected by the code around it."""

import builtins
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.source import SourceFile

SUPPRESSING = frozenset({"contextlib.suppress", "pytest.raises"})
SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def handled(node: cst.CSTNode, file: SourceFile, error: type[BaseException]) -> bool:
    """Whether a `try` or `suppress` around the node, in its own function, takes this builtin error."""
    return any(_takes(kind, file, error) for kind in _expected(node, file))


def _expected(node: cst.CSTNode, file: SourceFile) -> Iterator[cst.BaseExpression | None]:
    """The error types that are taken around the node; None for a bare `except`."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, SCOPES):
            return
        if isinstance(outer, (cst.Try, cst.TryStar)) and inside is outer.body:
            for handler in outer.handlers:
                yield from (
                    syntax.caught(handler) if isinstance(handler, cst.ExceptHandler) and handler.type else (None,)
                )
        if isinstance(outer, cst.With) and inside is outer.body:
            for item in outer.items:
                if isinstance(item.item, cst.Call) and file.qualified(item.item.func) in SUPPRESSING:
                    yield from (arg.value for arg in item.item.args)
        inside = outer


def _takes(kind: cst.BaseExpression | None, file: SourceFile, error: type[BaseException]) -> bool:
    if kind is None:
        return True
    known = getattr(builtins, (file.qualified(kind) or "").removeprefix("builtins."), None)
    return isinstance(known, type) and issubclass(error, known)
