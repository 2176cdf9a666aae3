"""Tables of functions: `HANDLERS = {"a": run_a, "b": run_b}` in a module, in a class, or kept in an object."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from analyzers.outline import FUNCTIONS, dotted, inner_statements
from analyzers.source import Project, SourceFile

# `self.actions = {"a": ...`: most objects keep no table that is written out.
KEPT = re.compile(r"\.\w++\s*+(?::[^=\n]{0,200})?=\s*+\{\s*+[^}\s]")
Name = tuple[str, str]
"""The qualname of a class, "" for the module, and the name of a table in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a table: the dotted name of a function, as it is written, and its key or its place.

    A key that is not constant is None.
    """

    key: object
    function: str


Tables = Mapping[Name, tuple[Entry, ...]]


def tables(file: SourceFile) -> Tables:
    """The tables of a file, of each what may be functions in it."""
    known: dict[Name, tuple[Entry, ...]] | None = file.cache.get(tables)
    if known is None:
        known = file.cache[tables] = {}
        for name, value in _bound(file) if file.readable else ():
            found = tuple(one for one in _entries(value) if _may_be_function(file, name[0], one.function))
            if found:
                known[name] = (*known.get(name, ()), *found)
    return known


def holding(project: Project, function: str) -> frozenset[str]:
    """The names of the tables of a project that may have a function of that name in them."""
    known: dict[str, frozenset[str]] | None = project.cache.get(holding)
    if known is None:
        found: dict[str, set[str]] = {}
        for file in project.files.values():
            for (_, name), entries in tables(file).items():
                for one in entries:
                    found.setdefault(one.function.rpartition(".")[2], set()).add(name)
        known = project.cache[holding] = {name: frozenset(names) for name, names in found.items()}
    return known.get(function, frozenset())


def _bound(file: SourceFile) -> Iterator[tuple[Name, ast.expr]]:
    """What modules, classes and methods bind to a name, or to an attribute of their object, by a plain assignment."""
    yield from _assigned(file.outline.tree.body, "", "")
    for qualname, known in file.outline.classes.items():
        yield from _assigned(known.body, qualname, "")
    lines = [file.text.count("\n", 0, found.start()) + 1 for found in KEPT.finditer(file.text)]
    for qualname, known in file.outline.classes.items() if lines else ():
        for method in (one for one in known.body if isinstance(one, FUNCTIONS) and one.args.args):
            if any(method.lineno <= line <= (method.end_lineno or line) for line in lines):
                yield from _assigned(_statements(method), qualname, method.args.args[0].arg)


def _statements(around: ast.stmt) -> Iterator[ast.stmt]:
    for one in inner_statements(around):
        yield one
        yield from _statements(one)


def _assigned(statements: Iterable[ast.stmt], qualname: str, holder: str) -> Iterator[tuple[Name, ast.expr]]:
    """The tables that are assigned to names, or to attributes of `holder`."""
    for one in statements:
        match one:
            case ast.Assign(targets=[target], value=ast.Dict() | ast.List() | ast.Tuple() as value):
                pass
            case ast.AnnAssign(target=target, value=ast.Dict() | ast.List() | ast.Tuple() as value):
                pass
            case _:
                continue
        before, _, name = dotted(target).rpartition(".")
        if name and before == holder and isinstance(target, (ast.Name, ast.Attribute)):
            yield (qualname, name), value


def _entries(table: ast.expr) -> Iterator[Entry]:
    if isinstance(table, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in table.keys]
        pairs = zip(keys, table.values, strict=True)
    else:
        pairs = zip(count(), getattr(table, "elts", ()), strict=False)
    for key, value in pairs:
        if isinstance(value, (ast.Name, ast.Attribute)) and dotted(value):
            yield Entry(key, dotted(value))


def _may_be_function(file: SourceFile, qualname: str, text: str) -> bool:
    """Whether a name is not one of a constant, and begins with something that is imported or defined."""
    root, _, _ = text.partition(".")
    names = file.outline.names
    if text.rpartition(".")[2].isupper():
        return False
    return root == "self" or any(one.target for where in {qualname, ""} for one in names.get(where, {}).get(root, ()))
