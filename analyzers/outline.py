"""What one `ast.parse` tells of a file: imports, classes, definitions, module names, and the units a change can reach.

A unit is a stretch of whole lines that stands for itself: a function or method with its decorators, a class without
its methods, or a statement of the module. Units never overlap, except that a class surrounds its methods.
"""

import ast
import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from analyzers import trees
from analyzers.text import Unreadable, line_ends

CONTINUED = re.compile(r"\\(?=[\r\n])")
# libcst recurses where syntax nests and takes quadratic time on chains: 300 calls cost 0.3 s, 2,500 some minutes.
DEPTH_LIMIT = 400
Scope = ast.Module | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
OWN_SCOPE = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


class Kind(StrEnum):
    """What a definition or a unit is."""

    FUNCTION = "function"
    CLASS = "class"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or a class. `line` is its first line, decorators included; `head` the line of `def` or `class`.

    `qualname` is dotted, without "<locals>"; `parent` is the qualname around it, "" at module level.
    `first_parameter` is "" for a static method.
    `bases` and `decorators` are the dotted names as written ("" where they are no plain name; calls by what they call).
    """

    name: str
    qualname: str
    kind: Kind
    line: int
    head: int
    end_line: int
    parent: str = ""
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    first_parameter: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines `line` to `end_line` (inclusive); `qualname` names the function or class, "" for a statement.

    A class leaves out the `holes`: the lines of its methods and nested classes.
    """

    kind: Kind
    line: int
    end_line: int
    qualname: str = ""
    holes: tuple[tuple[int, int], ...] = ()


class Bound(StrEnum):
    """How a name got its value."""

    IMPORT = "import"
    DEFINITION = "definition"
    ALIAS = "alias"
    CALL = "call"
    NOTHING = "nothing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding of a name.

    `target` is dotted: absolute for an import, as written for an alias (`run = sp.run`) and for the function of a
    call (`s = Session()`); "parameter" for a parameter.
    """

    how: Bound
    target: str = ""
    line: int = 0


Names = dict[str, list[Binding]]


@dataclass(frozen=True)
class Outline:
    """The outline of one file. `names` maps a scope ("" or the qualname of a class) to the names bound in it."""

    tree: ast.Module
    definitions: tuple[Definition, ...]
    units: tuple[Unit, ...]
    names: dict[str, Names]
    stars: tuple[str, ...]
    classes: dict[str, ast.ClassDef] = field(repr=False)
    nodes: dict[str, list[ast.stmt]] = field(default_factory=dict, repr=False)
    _held: dict[str, Names] = field(default_factory=dict, repr=False)

    @cached_property
    def by_name(self) -> dict[str, Definition]:
        """Qualname to its last definition, as at run time."""
        return {definition.qualname: definition for definition in self.definitions}

    def statements(self, unit: Unit) -> list[ast.stmt]:
        """The statements of a unit: one, unless semicolons put several on its lines."""
        if unit.kind is Kind.STATEMENT:
            body, line = self.tree.body, lambda node: node.lineno
            return body[bisect_left(body, unit.line, key=line) : bisect_right(body, unit.end_line, key=line)]
        return [node for node in self.nodes.get(unit.qualname, ()) if node.end_lineno == unit.end_line]

    def depth(self, unit: Unit) -> int:
        """How deep the syntax of a unit is nested; past the limit it is not counted further."""
        return trees.depth([part for node in self.statements(unit) for part in _own_parts(node)], DEPTH_LIMIT)

    @cached_property
    def deepest(self) -> int:
        """How deep the syntax of the whole file is nested."""
        return trees.depth(self.tree.body, DEPTH_LIMIT)

    def members(self, qualname: str) -> tuple[Definition, ...]:
        """The definitions directly inside a class."""
        return tuple(definition for definition in self.definitions if definition.parent == qualname and qualname)

    def attributes(self, qualname: str) -> Names:
        """What the methods of a class bind on their first parameter: `self.session = requests.Session()`."""
        if qualname not in self._held:
            names = self._held[qualname] = {}
            known = self.classes.get(qualname)
            for statement in known.body if known else ():
                if isinstance(statement, FUNCTIONS) and statement.args.args:
                    _bind_attributes(statement, statement.args.args[0].arg, names)
        return self._held[qualname]


def outline(text: str, package: str) -> Outline:
    """The outline of a file whose relative imports count from `package`. Raises Unreadable with the line at fault."""
    walk = _Walk(package, _continued(text))
    walk.scope(tree := _parse(text), "")
    units = tuple(sorted(walk.units, key=lambda unit: (unit.line, -unit.end_line)))
    return Outline(tree, tuple(walk.definitions), units, walk.names, tuple(walk.stars), walk.classes, walk.nodes)


def _continued(text: str) -> frozenset[int]:
    """The lines that end in a backslash: a statement after a semicolon may go on behind them."""
    found, line, place = [], 1, 0
    for mark in CONTINUED.finditer(text):
        line += line_ends(text, place, mark.start())
        found.append(line)
        place = mark.start()
    return frozenset(found)


class NewSyntax(Unreadable):
    """`ast` of the running Python does not know this syntax."""


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NewSyntax(f"line {error.lineno or 1}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deeply, or too large for the memory it may use") from None
    except ValueError as error:
        raise Unreadable(str(error)) from None


@dataclass
class _Walk:
    package: str
    continued: frozenset[int]
    definitions: list[Definition] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    names: dict[str, Names] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    nodes: dict[str, list[ast.stmt]] = field(default_factory=dict)

    def scope(self, node: Scope, qualname: str, apart: bool = True) -> None:
        names = self.names.setdefault(qualname, {})
        for statement in node.body:
            if apart:  # no statement around is a unit already
                self.unit(statement, qualname, isinstance(node, ast.Module))
            self.bind(statement, qualname, names, apart)

    def unit(self, statement: ast.stmt, qualname: str, at_module_level: bool) -> None:
        first, last = first_line(statement), statement.end_lineno or statement.lineno
        if isinstance(statement, FUNCTIONS):
            self.units.append(Unit(Kind.FUNCTION, first, last, _join(qualname, statement.name)))
        elif isinstance(statement, ast.ClassDef):
            self.units.append(Unit(Kind.CLASS, first, last, _join(qualname, statement.name), _holes(statement)))
        elif at_module_level:
            self.statement(first, last)

    def statement(self, first: int, last: int) -> None:
        before = self.units[-1] if self.units else None
        if before and before.kind is Kind.STATEMENT and self.continued.issuperset(range(before.end_line, first)):
            self.units.pop()
            first = before.line
        self.units.append(Unit(Kind.STATEMENT, first, last))

    def bind(self, root: ast.stmt, qualname: str, names: Names, apart: bool) -> None:
        waiting: list[ast.stmt] = [root]
        while waiting:
            statement = waiting.pop()
            if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                self.define(statement, qualname, names, apart and statement is root)
                continue
            for name, binding in bindings(statement, self.package):
                names.setdefault(name, []).append(binding)
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                self.stars.append(absolute(statement.module, statement.level, self.package))
            waiting.extend(reversed(list(inner_statements(statement))))

    def define(self, node: Function | ast.ClassDef, parent: str, names: Names, apart: bool) -> None:
        qualname = _join(parent, node.name)
        names.setdefault(node.name, []).append(Binding(Bound.DEFINITION, qualname, node.lineno))
        self.nodes.setdefault(qualname, []).append(node)
        self.definitions.append(
            Definition(
                name=node.name,
                qualname=qualname,
                kind=Kind.CLASS if isinstance(node, ast.ClassDef) else Kind.FUNCTION,
                line=first_line(node),
                head=node.lineno,
                end_line=node.end_lineno or node.lineno,
                parent=parent,
                bases=tuple(map(dotted, node.bases)) if isinstance(node, ast.ClassDef) else (),
                decorators=tuple(map(dotted, node.decorator_list)),
                first_parameter=_first_parameter(node),
            )
        )
        if isinstance(node, ast.ClassDef):
            self.classes[qualname] = node
            self.scope(node, qualname, apart)


def _first_parameter(node: ast.stmt) -> str:
    if not isinstance(node, FUNCTIONS) or "staticmethod" in map(dotted, node.decorator_list):
        return ""
    return next((first.arg for first in (*node.args.posonlyargs, *node.args.args)), "")


def _join(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name


def _holes(node: ast.ClassDef) -> tuple[tuple[int, int], ...]:
    inner = (part for part in node.body if isinstance(part, (*FUNCTIONS, ast.ClassDef)))
    return tuple((first_line(part), part.end_lineno or part.lineno) for part in inner)


def _own_parts(node: ast.stmt) -> list[ast.AST]:
    """A function or a statement, or of a class what stands outside its methods."""
    if not isinstance(node, ast.ClassDef):
        return [node]
    own = (part for part in node.body if not isinstance(part, (*FUNCTIONS, ast.ClassDef)))
    return [*node.decorator_list, *node.bases, *node.keywords, *own]


def first_line(statement: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min(decorator.lineno for decorator in decorators) if decorators else statement.lineno


def inner_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements directly inside a compound one, in source order."""
    yield from getattr(statement, "body", ())
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from part.body
    yield from getattr(statement, "orelse", ())
    yield from getattr(statement, "finalbody", ())


def dotted(node: ast.expr) -> str:
    """`a.b.c` as written; the called name of a call, the generic of a subscript; "" for anything else."""
    while isinstance(node, (ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _chained(node: ast.expr) -> str:
    """`Path().resolve` of a method that is called on the result of a call; "" for anything else."""
    holder = node.value if isinstance(node, ast.Attribute) else node.func if isinstance(node, ast.Call) else None
    before = _chained(holder) if holder else ""
    own = f".{node.attr}" if isinstance(node, ast.Attribute) else "()"
    return f"{before}{own}" if before else node.id if isinstance(node, ast.Name) else ""


def absolute(module: str | None, level: int, package: str) -> str:
    """The absolute name of `from <level dots><module> import ...` inside a package."""
    if not level:
        return module or ""
    parts = package.split(".") if package else []
    return ".".join([*parts[: max(0, len(parts) - (level - 1))], *([module] if module else [])])


def bindings(statement: ast.stmt, package: str) -> Iterator[tuple[str, Binding]]:
    """The names one statement binds by itself (not by the statements inside it)."""
    match statement:
        case ast.Import():
            for alias in statement.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or target, Binding(Bound.IMPORT, target, statement.lineno)
        case ast.ImportFrom():
            origin = absolute(statement.module, statement.level, package)
            for alias in statement.names:
                target = f"{origin}.{alias.name}" if origin else alias.name
                yield alias.asname or alias.name, Binding(Bound.IMPORT, target, statement.lineno)
        case ast.Assign():
            for target_node in statement.targets:
                yield from _assigned(target_node, statement.value, statement.lineno)
        case ast.AnnAssign() if statement.value:
            yield from _assigned(statement.target, statement.value, statement.lineno)
        case _:
            for name in _stored(statement):
                yield name, Binding(Bound.OTHER, "", statement.lineno)


def _assigned(target: ast.expr, value: ast.expr, line: int) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, value_binding(value, line)
        return
    names = (node for node in trees.nodes(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    yield from ((name.id, Binding(Bound.OTHER, "", line)) for name in names)


def value_binding(value: ast.expr, line: int) -> Binding:
    """How an assignment of `value` binds a plain name."""
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Constant) and value.value is None:
        return Binding(Bound.NOTHING, "", line)
    if isinstance(value, ast.Call) and not isinstance(value.func, ast.Call):
        called = dotted(value.func) or _chained(value.func)
        return Binding(Bound.CALL, called, line) if called else Binding(Bound.OTHER, "", line)
    if isinstance(value, (ast.Name, ast.Attribute)) and dotted(value):
        return Binding(Bound.ALIAS, dotted(value), line)
    return Binding(Bound.OTHER, "", line)


def _stored(statement: ast.stmt) -> Iterator[str]:
    inner = {id(part) for part in inner_statements(statement)}
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        if not isinstance(node, OWN_SCOPE):
            waiting.extend(child for child in ast.iter_child_nodes(node) if id(child) not in inner)


def _bind_attributes(function: Function, self: str, names: Names) -> None:
    bound = list(_attribute_bindings(function, self))
    # The walk over every expression is the dear one; most methods bind nothing that it could tell of.
    local = _stored_names(function) if any(binding.target for _, binding in bound) else frozenset()
    for name, binding in bound:
        known = binding.target.partition(".")[0] not in local
        names.setdefault(name, []).append(binding if known else Binding(Bound.OTHER, "", binding.line))


def _attribute_bindings(function: Function, self: str) -> Iterator[tuple[str, Binding]]:
    waiting: deque[ast.stmt] = deque(function.body)
    while waiting:
        node = waiting.popleft()
        waiting.extend(inner_statements(node))
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == self:
                yield target.attr, value_binding(node.value, node.lineno) if node.value else Binding(Bound.OTHER)


def _stored_names(function: Function) -> frozenset[str]:
    nodes = trees.nodes(function)
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(stored | {node.arg for node in nodes if isinstance(node, ast.arg)})
