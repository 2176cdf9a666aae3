"""Whether a handler surely goes on to a place where a name that it left unbound is used."""

import ast
import itertools
from collections.abc import Iterable, Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow.results import Unbound
from analyzers.glimpse import DEFINING
from analyzers.handling import handled
from analyzers.source import SourceFile

# Of what a handler calls, these surely come back: the program goes on behind them.
COMING_BACK = frozenset(
    "print debug info warning warn exception critical log print_exc print_exception format_exc format_exception sleep "
    "str repr format type append add extend update len isinstance getattr join echo secho write flush rollback dict "
    "list set tuple int max min strip lower get capture_exception captureException captureMessage exc_info time "
    "now".split()
)
ENDING = frozenset("abort die exit fail fatal quit raise reraise rethrow stop throw".split())
LOGS = frozenset("log logs logger logging messages".split())
ADDING = frozenset("append add extend update".split())
DECIDING = (cst.If, cst.IfExp, cst.Raise, cst.Return, cst.Assert, cst.While)
# What tells which names are bound.
TELLING = frozenset("locals vars dir exec globals".split())


def goes_on(found: Unbound, function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the handler surely goes on to the use, and nobody expects what happens there."""
    parts = list(syntax.inside(found.handler.body))
    calls = (part for part in parts if isinstance(part, cst.Call))
    return (
        all(_comes_back(syntax.last_name(call.func), syntax.last_name(syntax.receiver(call))) for call in calls)
        and not any(isinstance(part, cst.Assert) for part in parts)
        and not (found.loop and _may_end_otherwise(found))
        and not _is_told_of(found, function)
        and not handled(found.use, file, UnboundLocalError)
        and not any(syntax.is_name(part, *TELLING) for part in syntax.inside(function.body))
    )


def calls_come_back(handler: ast.ExceptHandler) -> bool:
    """Whether all that a handler calls surely returns, going by the names."""
    calls = (node.func for node in _run(handler.body) if isinstance(node, ast.Call))
    return all(_comes_back(_last(func), _last(getattr(func, "value", None))) for func in calls)


def _comes_back(name: str, owner: str) -> bool:
    """Whether a call surely returns: `fail`, `exit`, `abort` and all that nothing is known of may not."""
    named = set(syntax.words(name))
    if not ENDING.isdisjoint(named):
        return False
    return name in COMING_BACK or not LOGS.isdisjoint(named) or not LOGS.isdisjoint(syntax.words(owner))


def _run(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of statements, without what stands in functions and classes that are defined there."""
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*DEFINING, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _last(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call):
        return _last(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _may_end_otherwise(found: Unbound) -> bool:
    """Whether a loop may end, or never run out, for another reason than that every try has failed."""
    if not isinstance(found.loop, cst.For) or not isinstance(found.loop.iter, cst.Call):
        return True
    attempts = [part for part in found.loop.body.body if isinstance(part, cst.Try)]
    others = [part for part in found.loop.body.body if part not in attempts]
    parts = syntax.inside(*others, *(one for attempt in attempts for one in attempt.handlers))
    plain = syntax.is_name(found.loop.iter.func, "range") and len(attempts) == 1
    return not plain or any(isinstance(part, DECIDING) for part in parts)


def _is_told_of(found: Unbound, function: cst.FunctionDef) -> bool:
    """Whether the handler notes something down that is spoken of before the use."""
    noted = set(_noted(found.handler))
    parts = iter(syntax.inside(function.body))
    behind = itertools.dropwhile(lambda part: part is not found.handler, parts)
    own = set(syntax.inside(found.handler))
    between = (part for part in itertools.takewhile(lambda part: part is not found.use, behind) if part not in own)
    return any(isinstance(part, cst.Name) and part.value in noted for part in between)


def _noted(handler: cst.ExceptHandler) -> Iterator[str]:
    """The names of what a handler sets or adds to."""
    for part in syntax.inside(handler.body):
        if isinstance(part, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign)):
            yield from (one.value for one in syntax.inside(part.target) if isinstance(one, cst.Name))
        elif isinstance(part, cst.Call) and syntax.method(part) in ADDING:
            yield from (one.value for one in syntax.inside(part.func) if isinstance(one, cst.Name))
