"""What the shape of a statement says: what a `case` binds and proves, and which loops look at each element."""

from collections.abc import Iterator

import libcst as cst

from analyzers.flow.value import CLEAN, Value
from analyzers.scopes import local_names
from analyzers.source import SourceFile
from analyzers.syntax import inside, is_name, last_name, small_statements
from analyzers.vocabulary import NUMBER_TYPES


def is_proven(pattern: cst.MatchPattern) -> bool:
    """Whether only what the code itself says, or numbers, match: `"a" | "b"`, `int()`."""
    match pattern:
        case cst.MatchOr():
            return all(is_proven(part.pattern) for part in pattern.patterns)
        case cst.MatchAs(pattern=cst.MatchPattern() as inner):
            return is_proven(inner)
        case cst.MatchClass():
            return last_name(pattern.cls) in NUMBER_TYPES
    return isinstance(pattern, (cst.MatchValue, cst.MatchSingleton))


def captured(pattern: cst.MatchPattern, value: Value) -> Iterator[tuple[cst.Name, Value]]:
    """The names that a pattern binds, each with what it gets of the value that is matched."""
    whole = _name(pattern)
    if whole is not None:
        yield whole, CLEAN if is_proven(pattern) else value
    proven = {name for part in inside(pattern) if isinstance(part, cst.MatchPattern) for name in _proven_in(part)}
    for part in inside(pattern):
        name = _name(part)
        if name is not None and name is not whole:
            yield name, CLEAN if name in proven else value.item()


def _proven_in(pattern: cst.MatchPattern) -> Iterator[cst.Name]:
    """The names in a pattern of which the pattern itself proves that they are harmless."""
    if isinstance(pattern, (cst.MatchAs, cst.MatchClass)) and is_proven(pattern):
        yield from (name for part in inside(pattern) if (name := _name(part)) is not None)


def _name(part: cst.CSTNode) -> cst.Name | None:
    name = getattr(part, "name", None) or getattr(part, "rest", None)
    return name if isinstance(name, cst.Name) else None


def looks_at_each(file: SourceFile, loop: cst.For) -> bool:
    """Whether a loop looks at its elements and gives their name nothing else, so that a clean one was proved."""
    known: dict[cst.For, bool] = file.cache.setdefault(looks_at_each, {})
    if loop not in known:
        name = loop.target.value if isinstance(loop.target, cst.Name) else ""
        looked = bool(name) and any(_looks_at(one, name) for one in small_statements(loop.body))
        known[loop] = looked and name not in local_names(_as_function(loop), file.package)
    return known[loop]


def _looks_at(statement: cst.CSTNode, name: str) -> bool:
    match statement:
        case cst.If(test=test) | cst.Assert(test=test) | cst.Expr(value=cst.Call() as test):
            return any(is_name(part, name) for part in inside(test))
        case cst.Try():
            return any(_looks_at(one, name) for one in small_statements(statement.body))
    return False


def _as_function(loop: cst.For) -> cst.FunctionDef:
    return cst.FunctionDef(cst.Name("loop"), cst.Parameters(), loop.body)
