"""Which assignments a local name can have its value from, at every point of a function."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.graph import Edge, Graph, Kind, Point, Undecided, solve
from analyzers.flow.toplevel import graph_for
from analyzers.scopes import imported, parameters
from analyzers.source import SourceFile
from analyzers.syntax import inside

Definitions = tuple["Definition", ...]
State = dict[str, Definitions]
LIMIT = 24


@dataclass(frozen=True, slots=True)
class Definition:
    """One way a name got its value: `value` is the assigned expression, None when it is no plain assignment.

    `node` is the statement (or parameter); `adds` says that it was added to what the name held before.
    """

    node: cst.CSTNode = field(repr=False)
    value: cst.BaseExpression | None = field(repr=False)
    adds: bool = False


@dataclass
class Reaching:
    """The definitions before every point of one function."""

    graph: Graph
    before: dict[Point, State]

    def at(self, file: SourceFile, node: cst.CSTNode) -> State | None:
        """The definitions where a node runs; None where the program never comes."""
        points = point_of(self.graph, file, node)
        states = [self.before[point] for point in points if point in self.before]
        if not states:
            return None
        state = states[0]
        for other in states[1:]:
            state = _join(state, other)
        return state


def point_of(graph: Graph, file: SourceFile, node: cst.CSTNode) -> tuple[Point, ...]:
    """The points in which a node runs."""
    for around in (node, *file.ancestors(node)):
        points = graph.of(around)
        if points:
            return points
    return ()


def function_of(file: SourceFile, node: cst.CSTNode) -> cst.FunctionDef | None:
    """The innermost function whose body holds the node."""
    below = node
    for around in file.ancestors(node):
        if isinstance(around, cst.FunctionDef) and below is around.body:
            return around
        below = around
    return None


def definitions(file: SourceFile, name: cst.Name) -> Definitions | None:
    """The definitions that reach a name where it is used; None when it is no local, or nothing is decided.

    In the code of a module outside functions the names of the module are local.
    """
    function = function_of(file, name)
    try:
        known = reaching(file, function) if function else _in_module(file, name)
        state = known.at(file, name) if known else None
    except (Undecided, RecursionError):
        return None
    return state.get(name.value) if state is not None else None


def module_value(file: SourceFile, name: str) -> cst.BaseExpression | None:
    """What a name of the module is bound to, when one plain assignment binds it and nothing else does."""
    if len(file.outline.names[""].get(name, ())) != 1:
        return None
    try:
        graph = graph_for(file, name)
    except (Undecided, RecursionError):
        return None
    points = (point for point in graph.points if point.node is not None) if graph else ()
    made = (one for point in points if point.node for one in _made(point.kind, point.node))
    return next((definition.value for key, definition in made if key == name and not definition.adds), None)


def _in_module(file: SourceFile, name: cst.Name) -> Reaching | None:
    if any(isinstance(around, (cst.ClassDef, cst.Lambda, cst.FunctionDef)) for around in file.ancestors(name)):
        return None
    graph = graph_for(file, name.value, name)
    known: dict[Graph, Reaching] = file.cache.setdefault(_in_module, {})
    if graph is not None and graph not in known:
        known[graph] = Reaching(graph, solve(graph, {}, _transfer, _join))
    return known[graph] if graph is not None else None


def reaching(file: SourceFile, function: cst.FunctionDef) -> Reaching:
    """The reaching definitions of a function, kept with its file. Raises Undecided."""
    known: dict[cst.FunctionDef, Reaching] = file.cache.setdefault(reaching, {})
    if function not in known:
        graph = graph_of(file, function)
        start: State = {one.name.value: (Definition(one, None),) for one in parameters(function.params)}
        known[function] = Reaching(graph, solve(graph, start, _transfer, _join))
    return known[function]


def bound_at(point: Point) -> dict[str, Definition]:
    """The names a point binds; the target of a loop only where that goes on."""
    return {} if point.node is None else dict([*_made(point.kind, point.node), *_walruses(point.node)])


def _transfer(point: Point, before: State) -> dict[Edge, State | None]:
    made = bound_at(point)
    if not made:
        return {Edge.NEXT: before}
    after = {**before, **{name: (definition,) for name, definition in made.items()}}
    return {Edge.NEXT: after, Edge.RAISE: before, Edge.FALSE: before if point.kind is Kind.ITERATE else after}


def _made(kind: Kind, node: cst.CSTNode) -> Iterator[tuple[str, Definition]]:
    match node:
        case cst.Assign():
            for target in node.targets:
                yield from _bound(node, target.target, node.value)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            yield from _bound(node, node.target, value)
        case cst.AugAssign(target=cst.Name(value=name)):
            yield name, Definition(node, node.value, adds=True)
        case cst.For():
            yield from _bound(node, node.target, None)
        case cst.WithItem(asname=cst.AsName() as named) if kind is Kind.ENTER:
            yield from _bound(node, named.name, None)
        case cst.ExceptHandler(name=cst.AsName() as named):
            yield from _bound(node, named.name, None)
        case cst.FunctionDef() | cst.ClassDef():
            yield node.name.value, Definition(node, None)
        case cst.Import() | cst.ImportFrom():
            yield from ((name, Definition(node, None)) for name, _ in imported(node, ""))
        case cst.MatchCase():
            for part in inside(node.pattern):
                yield from _named(node, part)


def _walruses(node: cst.CSTNode) -> Iterator[tuple[str, Definition]]:
    if not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.For, cst.WithItem, cst.MatchCase)):
        for part in inside(node):
            if isinstance(part, cst.NamedExpr) and isinstance(part.target, cst.Name):
                yield part.target.value, Definition(node, part.value)


def _named(node: cst.CSTNode, part: cst.CSTNode) -> Iterator[tuple[str, Definition]]:
    for name in (getattr(part, "name", None), getattr(part, "rest", None)):
        if isinstance(name, cst.Name):
            yield name.value, Definition(node, None)


def _bound(
    node: cst.CSTNode, target: cst.CSTNode, value: cst.BaseExpression | None
) -> Iterator[tuple[str, Definition]]:
    if isinstance(target, cst.Name):
        yield target.value, Definition(node, value)
    elif isinstance(target, (cst.Tuple, cst.List)):
        parts = value.elements if isinstance(value, (cst.Tuple, cst.List)) else ()
        matching = len(parts) == len(target.elements)
        for position, element in enumerate(target.elements):
            yield from _bound(node, element.value, parts[position].value if matching else None)


def _join(old: State, new: State) -> State:
    if old is new:
        return old
    changed: State = {}
    for name, many in new.items():
        known = old.get(name, ())
        extra = tuple(one for one in many if one not in known)
        if extra and len(known) < LIMIT:
            changed[name] = known + extra
    return {**old, **changed} if changed else old
