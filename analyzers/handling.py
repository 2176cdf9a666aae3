"""Whether an error that a node may raise is expected by the code around it."""

import ast
import builtins
from collections.abc import Iterator, Set

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import Glimpse, stand_for
from analyzers.source import SourceFile

SUPPRESSING = frozenset({"contextlib.suppress", "pytest.raises"})
BUILTINS = frozenset(dir(builtins))
SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def handled(node: cst.CSTNode, file: SourceFile, error: type[BaseException]) -> bool:
    """Whether a `try` or `suppress` around the node, in its own function, takes this builtin error."""
    return any(_takes(kind, file, error) for kind in _expected(node, file))


def handlers_around(node: cst.CSTNode, file: SourceFile) -> Iterator[cst.ExceptHandler]:
    """The handlers that errors of the node may come to in its own function, innermost first."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, SCOPES):
            return
        if isinstance(outer, cst.Try) and inside is outer.body:
            yield from outer.handlers
        inside = outer


def clause(handler: cst.ExceptHandler, file: SourceFile) -> str:
    """How a handler begins: `except (OSError, ValueError)`."""
    if handler.type is None:
        return "except"
    kinds = file.code(handler.type)
    return f"except ({kinds})" if isinstance(handler.type, cst.Tuple) else f"except {kinds}"


def builtins_caught(handler: ast.ExceptHandler, glimpse: Glimpse) -> frozenset[str] | None:
    """The builtin errors that an `except` names, as far as the outline tells; None where that is not certain."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    named = _named_like_builtins(glimpse.file)
    found = set()
    for kind in kinds:
        if not isinstance(kind, (ast.Name, ast.Attribute)) or glimpse.file.outline.stars:
            return None
        name = kind.id if isinstance(kind, ast.Name) else kind.attr
        if name in glimpse.bound or name in named or not BUILTINS.isdisjoint(stand_for(glimpse.file, {name}) - {name}):
            return None
        if name in BUILTINS and isinstance(kind, ast.Attribute):
            return None
        found |= {name} & BUILTINS
    return frozenset(found)


def _named_like_builtins(file: SourceFile) -> Set[str]:
    """The names of builtins that the module or a class of it binds."""
    known: set[str] | None = file.cache.get(_named_like_builtins)
    if known is None:
        found = (names.keys() & BUILTINS for names in file.outline.names.values())
        known = file.cache[_named_like_builtins] = set().union(*found)
    return known


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
