"""Which variables of the environment a file sets, or demands: where one is missing, it does not go on."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analyzers import trees
from analyzers.outline import dotted
from analyzers.source import SourceFile
from analyzers.whereabouts import function_at, units_calling

# A text is under TEXT, a name under the function that binds it, "" at module level.
Key = tuple[str, str]
TEXT = "="
# `NAMES = (...)`, `missing = [one for one in NAMES if ...]`, `if missing`: names that are followed.
HANDED_ON = 4
STOPS = frozenset("exit _exit quit abort fail die skip".split())
LEAVES = (ast.Return, ast.Continue, ast.Break)
BINDS = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
WALKS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True, slots=True)
class Demand:
    """A place in a function ("" at module level) behind which nothing runs where a variable is missing.

    `raises` says that the callers of the function do not go on either.
    """

    function: str
    line: int
    raises: bool


@dataclass(frozen=True, slots=True)
class Demands:
    """The demands of a file by what they speak of, and the names that are bound to something that speaks of it."""

    places: dict[Key, list[Demand]] = field(default_factory=dict)
    bound: dict[Key, list[Key]] = field(default_factory=dict)

    def of(self, keys: Sequence[Key]) -> Iterator[Demand]:
        """The demands that speak of one of the keys, by itself or through names."""
        seen, now = set(keys), list(keys)
        for _ in range(HANDED_ON):
            for key in now:
                yield from self.places.get(key, ())
            now = list(dict.fromkeys(one for key in now for one in self.bound.get(key, ()) if one not in seen))
            seen.update(now)


def spoken_of(file: SourceFile) -> bool:
    """Whether the file speaks of the environment: most do not, and cost nothing."""
    known: bool | None = file.cache.get(spoken_of)
    if known is None:
        known = file.cache[spoken_of] = "environ" in file.text or "getenv" in file.text
    return known


def set_here(name: str, file: SourceFile) -> bool:
    """Whether a file at hand sets the variable itself."""
    writes = re.compile(
        rf"environ(?:\[['\"]{re.escape(name)}['\"]\]\s*=[^=]|\.setdefault\(\s*['\"]{re.escape(name)}['\"])"
    )
    return any(name in other.text and writes.search(other.text) for other in file.project.files.values())


def demanded(variable: ast.expr, line: int, file: SourceFile) -> bool:
    """Whether a use on this line is reached only where the variable of the environment is set.

    What a function demands that is called somewhere in the file counts as demanded when the program starts.
    """
    own = _function(file, line)
    return any(_holds(one, own, line, file) for one in _demands(file).of(_keys(variable, own)))


def _holds(demand: Demand, own: str, line: int, file: SourceFile) -> bool:
    if demand.function == own:
        return demand.line < line
    if not demand.function:
        return True
    return demand.raises and _is_called(file, demand.function.rpartition(".")[2])


def _is_called(file: SourceFile, name: str) -> bool:
    known: dict[str, bool] = file.cache.setdefault(_is_called, {})
    if name not in known:
        known[name] = bool(units_calling(file, {name}))
    return known[name]


def _demands(file: SourceFile) -> Demands:
    known: Demands | None = file.cache.get(_demands)
    if known is None:
        known = file.cache[_demands] = Demands()
        for node in trees.nodes(file.outline.tree):
            _note(node, file, known)
    return known


def _note(node: ast.AST, file: SourceFile, known: Demands) -> None:
    """Keep what one node demands or binds."""
    spoken = _demanding(node)
    if spoken is not None:
        line, raises = (spoken.end_lineno or spoken.lineno), not isinstance(node, ast.If) or _raises(node)
        own = _function(file, spoken.lineno)
        for key in dict.fromkeys(_keys(spoken, own)):
            known.places.setdefault(key, []).append(Demand(own, line, raises))
    for target, value in _bound(node):
        own = _function(file, value.lineno)
        for key in dict.fromkeys(_keys(value, own)):
            known.bound.setdefault(key, []).append((own, target))


def _demanding(node: ast.AST) -> ast.expr | None:
    """What a node tests before it leaves, or reads in a way that raises."""
    match node:
        case ast.Assert():
            return node.test
        case ast.If() if any(map(_leaves, (*node.body, *node.orelse))):
            return node.test
        case ast.Subscript(ctx=ast.Load()) if trees.last_name(node.value) == "environ":
            return node.slice
    return None


def _leaves(statement: ast.stmt) -> bool:
    return isinstance(statement, LEAVES) or _stops(statement)


def _raises(node: ast.If) -> bool:
    return any(map(_stops, (*node.body, *node.orelse)))


def _stops(statement: ast.stmt) -> bool:
    """Whether a statement raises or ends the program: `raise`, `sys.exit()`, `parser.error()`."""
    called = statement.value.func if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) else None
    name = trees.last_name(called) if called is not None else ""
    of_parser = isinstance(called, ast.Attribute) and "pars" in trees.last_name(called.value)
    return isinstance(statement, ast.Raise) or name in STOPS or (name == "error" and of_parser)


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a node binds or adds to, each with what it speaks of."""
    if isinstance(node, BINDS) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((one.id, node.value) for one in targets if isinstance(one, ast.Name))
    elif isinstance(node, WALKS):
        names = (one for one in trees.nodes(node.target) if isinstance(one, ast.Name))
        yield from ((one.id, node.iter) for one in names)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        adding = node.func.attr in ("append", "add", "extend", "update")
        yield from ((node.func.value.id, one) for one in node.args if adding)


def _keys(spoken: ast.expr, function: str) -> list[Key]:
    """The texts and names in an expression; a name may be one of the function or of the module."""
    found: list[Key] = []
    for part in trees.nodes(spoken):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.append((TEXT, part.value))
        elif isinstance(part, (ast.Name, ast.Attribute)) and (name := dotted(part)):
            found += [("", name), (function, name)]
    return found


def _function(file: SourceFile, line: int) -> str:
    around = function_at(file, line)
    return around.qualname if around else ""
