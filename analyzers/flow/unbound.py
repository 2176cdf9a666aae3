"""Names that a handler leaves unbound, or its own that ends with it, and that the program then uses.

Only first times are looked at: a way never goes back to the head of a loop, except to leave a `for` that has run out.
"""

import heapq
from collections.abc import Iterable, Iterator, Set

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.graph import Edge, Graph, Kind, Point
from analyzers.flow.reaching import bound_at
from analyzers.flow.results import Unbound
from analyzers.scopes import CLOSED, COMPREHENSIONS, comprehension_names, parameters
from analyzers.source import SourceFile
from analyzers.syntax import children, inside, last_name, receiver

Load = tuple[cst.Name, bool]
LEAVING = (cst.Return, cst.Raise)
# What nobody can see behind such a name may end the program, or the test: `self.exit(1)` of a framework's application.
ENDING = frozenset("exit _exit abort fail skip error die bail quit".split())


def unbound(file: SourceFile, function: cst.FunctionDef) -> Iterator[Unbound]:
    """See `api.left_unbound`. Raises Undecided."""
    attempts = [node for node in inside(function.body) if isinstance(node, cst.Try) and node.handlers]
    if not attempts:
        return
    graph = graph_of(file, function)
    own = file.local_names(function).keys() - set(_changed_elsewhere(function))
    bound = _may_be_bound(graph, {one.name.value for one in parameters(function.params)})
    for attempt in attempts:
        made = _bound_in(graph, attempt)
        for handler in attempt.handlers:
            for catch in graph.of(handler)[:1]:
                names = [name for name in made if name in own and name not in bound.get(catch, own)]
                for name in names:
                    found = _first_use(name, catch)
                    if found:
                        yield Unbound(name, made[name], handler, *found)


def deleted(file: SourceFile, function: cst.FunctionDef) -> Iterator[Unbound]:
    """See `api.errors_used_behind`. Raises Undecided."""
    handlers = [node for node in inside(function.body) if isinstance(node, cst.ExceptHandler) and node.name]
    if not handlers:
        return
    graph = graph_of(file, function)
    own = file.local_names(function).keys() - set(_shared(function))
    for handler in handlers:
        name = error_name(handler)
        for catch in graph.of(handler)[:1] if name in own else ():
            found = _first_use(name, catch, behind=True)
            if found:
                yield Unbound(name, handler, handler, *found)


def error_name(handler: cst.ExceptHandler) -> str:
    """What a handler calls the error, empty where it gives it no name."""
    return handler.name.name.value if handler.name and isinstance(handler.name.name, cst.Name) else ""


def _shared(function: cst.FunctionDef) -> Iterator[str]:
    """The names that functions inside may bind."""
    nodes = (node for node in _everywhere(function) if isinstance(node, cst.Nonlocal))
    return (item.name.value for node in nodes for item in node.names)


def _changed_elsewhere(function: cst.FunctionDef) -> Iterator[str]:
    """The names that are deleted, belong to a handler, or that functions inside may bind."""
    yield from _shared(function)
    for node in _everywhere(function):
        if isinstance(node, cst.Del):
            targets = (
                [one.value for one in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
            )
            yield from (target.value for target in targets if isinstance(target, cst.Name))
        elif isinstance(node, cst.ExceptHandler):
            yield error_name(node)


def _everywhere(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    """The nodes of a function, also of those inside it."""
    waiting: list[cst.CSTNode] = [function.body]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def _bound_in(graph: Graph, attempt: cst.Try) -> dict[str, cst.CSTNode]:
    """The names that the body of a `try` or its `else` binds, and where it does so first."""
    blocks = (attempt.body, attempt.orelse) if attempt.orelse else (attempt.body,)
    points = (point for node in inside(*blocks) for point in graph.of(node)[:1])
    found: dict[str, cst.CSTNode] = {}
    for point in points:
        for name, definition in bound_at(point).items():
            found.setdefault(name, definition.node)
    return found


def _may_be_bound(graph: Graph, start: Set[str]) -> dict[Point, frozenset[str]]:
    """The names that may be bound before each point when it is come to for the first time."""
    before: dict[Point, frozenset[str]] = {graph.entry: frozenset(start)}
    for point in sorted(graph.points, key=lambda one: one.order):
        state = before.get(point)
        if state is None:
            continue
        after = state.union(bound_at(point))
        for edge, target in point.out:
            if target.order > point.order:
                kept = edge is Edge.RAISE or (edge is Edge.FALSE and point.kind is Kind.ITERATE)
                before[target] = before.get(target, frozenset()) | (state if kept else after)
    return before


def _ahead(point: Point) -> Iterator[tuple[Point, cst.CSTNode | None]]:
    """Where the program goes on when nothing is raised, and the loop that has run out for it to go there."""
    for edge, target in point.out:
        if edge is Edge.RAISE:
            continue
        if target.order > point.order:
            yield target, None
        elif target.kind is Kind.ITERATE:
            yield from ((after, target.node) for after in target.after(Edge.FALSE))


def _first_use(name: str, catch: Point, *, behind: bool = False) -> tuple[cst.Name, cst.CSTNode | None] | None:
    """The first use in or behind a handler, and the loop that has run out before it; None where a way may miss them.

    A way that ends in the handler itself is no way on. `behind` it, what is done in it does not count.
    """
    handler = frozenset(inside(catch.node)) if catch.node else frozenset()
    found: tuple[cst.Name, cst.CSTNode | None] | None = None
    waiting: list[tuple[bool, int, Point, cst.CSTNode | None]] = [(False, catch.index, catch, None)]
    seen: set[Point] = set()
    while waiting:
        _, _, point, loop = heapq.heappop(waiting)
        if point in seen:
            continue
        seen.add(point)
        passed = behind and point.node in handler
        loads = [(node, sure) for node, sure in loads_at(point) if node.value == name and not passed]
        use = next((node for node, sure in loads if sure), None)
        if use:
            found = found or (use, loop)
            continue
        after = list(_ahead(point))
        bound = name in bound_at(point) and not passed
        if loads or bound or not (after or point.node in handler) or _may_end(point):
            return None
        leaving = isinstance(point.node, LEAVING) and point.node in handler
        for target, ended in [] if leaving else after:
            over = loop or ended
            heapq.heappush(waiting, (over is not None, target.index, target, over))
    return found


def _may_end(point: Point) -> bool:
    """Whether a statement calls what may never come back, going by its name; those that write a log surely do."""
    node = point.node.value if point.kind is Kind.STATEMENT and isinstance(point.node, cst.Expr) else None
    if not isinstance(node, cst.Call) or last_name(node.func) not in ENDING:
        return False
    owner = receiver(node)
    return owner is None or "log" not in last_name(owner).lower()


def loads_at(point: Point) -> Iterable[Load]:
    """The names a point reads, each with whether it certainly does so."""
    match point.kind, point.node:
        case Kind.STATEMENT | Kind.EVALUATE | Kind.TEST, cst.CSTNode() as node:
            return _loads(node, True)
        case Kind.ENTER, cst.WithItem(item=node):
            return _loads(node, True)
    return ()


def _loads(node: cst.CSTNode, sure: bool) -> Iterator[Load]:
    if isinstance(node, cst.Name):
        yield node, sure
    elif isinstance(node, COMPREHENSIONS):
        yield from _loads(node.for_in.iter, sure)
        own = comprehension_names(node)
        inner = (pair for part in children(node) for pair in _loads(part, False))
        yield from (pair for pair in inner if pair[0].value not in own)
    elif type(node) in CLOSED:
        return
    else:
        for part, certain in _parts(node):
            yield from _loads(part, sure and certain)


def _parts(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, bool]]:
    """The parts of a node that it evaluates, and whether it always does."""
    match node:
        case cst.Attribute() | cst.Arg() | cst.NamedExpr():
            yield node.value, True
        case cst.Assign():
            yield node.value, True
            yield from ((part, True) for one in node.targets for part in _read_by(one.target))
        case cst.AnnAssign():
            yield from ((part, True) for part in ([node.value] if node.value else []))
            yield from ((part, True) for part in _read_by(node.target))
        case cst.IfExp():
            yield from ((node.test, True), (node.body, False), (node.orelse, False))
        case cst.BooleanOperation():
            yield from ((node.left, True), (node.right, False))
        case cst.Import() | cst.ImportFrom() | cst.Global() | cst.Nonlocal():
            return
        case _:
            yield from ((part, True) for part in children(node))


def _read_by(target: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """What is read where something is assigned to a target: the owner of an attribute or of an element."""
    if isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _read_by(element.value)
    elif not isinstance(target, cst.Name):
        yield target
