"""Resources: what a function takes, and whether every way out gives it back or passes the duty on."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.frame import typed
from analyzers.flow.graph import Edge, Graph, Kind, Point
from analyzers.flow.results import Acquisition, Leak
from analyzers.models import Borrower, Models, Resource
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import inside, is_name, last_name, small_statements

ASSIGNING = frozenset({cst.Assign, cst.AnnAssign})
# What hardly fails once the resource is there: reads and writes of it, a second one beside it, texts and log lines.
TAME = frozenset(
    "open socket print len str repr format join replace strip rstrip lstrip split splitlines encode decode write "
    "writelines read readline readlines close flush seek tell append extend items keys values startswith endswith "
    "lower upper dict list set tuple defaultdict OrderedDict Counter deque "
    "debug info warning warn error exception log bind listen settimeout getsockname getpeername fileno isinstance "
    "setsockopt setblocking set_blocking set_inheritable set_close_exec set_cloexec set_nonblocking "
    "random randrange randint uuid4 time monotonic getpid".split()
)
WILD = (cst.Raise, cst.Await, cst.Yield)
# Attributes that say something of a resource; any other one that is not called may be a method that is kept.
PLAIN = frozenset(
    "name mode pid returncode args closed encoding errors newlines family type proto timeout status code reason msg "
    "url headers stdin stdout stderr row_factory text_factory isolation_level total_changes in_transaction "
    "autocommit server_version encrypted namelist filename comment buffer".split()
)
# What takes all of a generator before it comes back.
USING_UP = frozenset(
    "list tuple set frozenset dict sorted sum min max any all join extend update writelines deque Counter next".split()
)
VALUES = (cst.Arg, cst.Return, cst.Assign, cst.AnnAssign, cst.Yield, cst.Element, cst.DictElement)


def acquisitions(file: SourceFile, function: cst.FunctionDef, models: Models) -> Iterator[Acquisition]:
    """See `api.acquisitions`. Each function is asked once: there are several rules about resources."""
    known: dict[cst.FunctionDef, tuple[Acquisition, ...]] = file.cache.setdefault(acquisitions, {})
    if function not in known:
        known[function] = ()
        known[function] = tuple(_acquisitions(file, function, models))
    yield from known[function]


def _acquisitions(file: SourceFile, function: cst.FunctionDef, models: Models) -> Iterator[Acquisition]:
    if not any(type(node) in ASSIGNING and _taken(file, models, node) for node in inside(function.body)):
        return
    graph = graph_of(file, function)
    for point in graph.points:
        found = _taken(file, models, point.node) if point.kind is Kind.STATEMENT else None
        if found:
            name, call, resource = found
            likely = tuple(_Search(file, models, graph, resource, name, likely=True).leaks(point))
            leaks = likely or tuple(_Search(file, models, graph, resource, name, likely=False).leaks(point))
            yield Acquisition(call, resource.kind, resource.noun, name, not leaks, leaks)


def _taken(file: SourceFile, models: Models, node: cst.CSTNode | None) -> tuple[str, cst.Call, Resource] | None:
    """The variable, the call and the resource of `name = acquire(...)`."""
    if not isinstance(node, (cst.Assign, cst.AnnAssign)):
        return None
    target = node.targets[0].target if isinstance(node, cst.Assign) else node.target
    value = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if not isinstance(target, cst.Name) or not isinstance(value, cst.Call):
        return None
    origin = file.origin(value.func)
    resources = models.named(Resource, typed(models, origin) if origin else None)
    taken = [one for one in resources if origin and models.canonical(origin) not in one.releasers]
    return (target.value, value, taken[0]) if taken else None


@dataclass(frozen=True, slots=True)
class _Search:
    """The search, from where one resource is taken, for ways out on which it is still held.

    Only the `likely` ones are those on which nothing tame raises.
    """

    file: SourceFile
    models: Models
    graph: Graph
    resource: Resource
    name: str
    likely: bool

    def leaks(self, taken: Point) -> Iterator[Leak]:
        before: dict[Point, Point | None] = {taken: None}
        waiting = deque([taken])
        while waiting:
            point = waiting.popleft()
            if point in (self.graph.exit, self.graph.raised):
                yield self._leak(point, before)
                continue
            for edge, target in point.out:
                if target not in before and self._goes_on(point, edge, taken):
                    before[target] = point
                    waiting.append(target)

    def _goes_on(self, point: Point, edge: Edge, taken: Point) -> bool:
        """Whether the resource is still this function's duty after the edge."""
        if point is taken:
            return edge is Edge.NEXT
        if self.likely and edge is Edge.RAISE and point.node is not None and self._tame(point.node):
            return False
        if point.node is None or point.kind in (Kind.JOIN, Kind.LEAVE, Kind.CATCH, Kind.MATCH):
            return True
        if self._is_captured(_run(point.node)):
            return False
        if point.kind is Kind.TEST:
            if self.likely and edge is Edge.FALSE and isinstance(self.file.parent(point.node), cst.Assert):
                return False
            return not (_absent(point.node, edge, self.name) or self._ends(point.node) or self._is_flag(point.node))
        if point.kind is Kind.ITERATE:
            return not _binds(point.node, self.name)
        if point.kind is Kind.ENTER and isinstance(point.node, cst.WithItem):
            return not self._ends(point.node.item)
        return not self._ends(point.node)

    def _is_flag(self, test: cst.CSTNode) -> bool:
        """Whether a flag decides, as in `if opened: file.close()`: it is taken to say that the resource is held."""
        condition = self.file.parent(test) if isinstance(test, (cst.Name, cst.Attribute)) else None
        if not isinstance(condition, cst.If) or condition.test is not test:
            return False
        return any(map(self._ends, small_statements(condition.body)))

    def _tame(self, node: cst.CSTNode) -> bool:
        """Whether what runs at a point hardly ever raises."""
        parts = list(inside(_run(node)))
        calls = (part for part in parts if isinstance(part, cst.Call))
        return not any(isinstance(part, WILD) for part in parts) and all(map(self._hardly_fails, calls))

    def _hardly_fails(self, call: cst.Call) -> bool:
        return last_name(call.func) in TAME or (self.file.qualified(call.func) or "").startswith("os.path.")

    def _ends(self, node: cst.CSTNode) -> bool:
        """Whether a statement releases the resource, passes it on, or forgets its name."""
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Del)):
            return _mentions(node, self.name)
        if isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)) and _binds(node, self.name):
            return True
        if self.resource.kind == "folder" and _is_kept(node, self.name):
            return True
        return any(
            isinstance(part, cst.Name) and part.value == self.name and self._use_ends(part) for part in inside(node)
        )

    def _is_captured(self, node: cst.CSTNode) -> bool:
        """Whether something that may run later holds the variable: a lambda, a generator not used up here."""
        later = (part for part in inside(node) if isinstance(part, (cst.Lambda, cst.GeneratorExp)))
        return any(_closes_over(part, self.name) and not self._is_used_up(part) for part in later)

    def _is_used_up(self, node: cst.CSTNode) -> bool:
        given = self.file.parent(node) if isinstance(node, cst.GeneratorExp) else None
        call = self.file.parent(given) if isinstance(given, cst.Arg) else None
        return isinstance(call, cst.Call) and last_name(call.func) in USING_UP

    def _use_ends(self, name: cst.Name) -> bool:
        around = self.file.parent(name)
        if isinstance(around, cst.Attribute) and around.value is name:
            given = self.file.parent(around)
            if isinstance(given, VALUES):  # a method that is kept or handed on: `atexit.register(process.terminate)`
                return around.attr.value not in PLAIN
            return around.attr.value in self.resource.release and isinstance(given, cst.Call)
        if isinstance(around, cst.Arg):
            call = self.file.parent(around)
            return not (isinstance(call, cst.Call) and self._borrows(call))
        return not isinstance(
            around, (cst.Subscript, cst.ComparisonTarget, cst.Comparison, cst.FormattedStringExpression)
        ) and (not isinstance(around, (cst.CompFor, cst.For, cst.UnaryOperation)))

    def _borrows(self, call: cst.Call) -> bool:
        origin = self.file.origin(call.func)
        if origin is None:
            return False
        name = self.models.canonical(typed(self.models, origin) or origin)
        return name not in self.resource.releasers and bool(self.models.named(Borrower, name))

    def _leak(self, end: Point, before: dict[Point, Point | None]) -> Leak:
        """The way out, told by the statement where it begins: the first one that raises, else the last one."""
        raising, leaving = None, None
        last, point = end, before[end]
        while point is not None:
            edge = next(edge for edge, target in point.out if target is last)
            if point.node is not None and (edge is Edge.RAISE or isinstance(point.node, cst.Raise)):
                raising = point.node
            if point.node is not None and leaving is None and point.kind is not Kind.LEAVE:
                leaving = point.node
            last, point = point, before[point]
        if end is self.graph.raised:
            raising = raising or leaving
        if raising is not None:
            return Leak("raise", raising, leaving if end is self.graph.exit else None, self.likely)
        node = leaving or self.graph.points[0].node or cst.Pass()
        return Leak("return" if isinstance(node, cst.Return) else "end", node)


def _run(node: cst.CSTNode) -> cst.CSTNode:
    """The part of a compound statement that runs at its own point."""
    match node:
        case cst.For():
            return node.iter
        case cst.WithItem():
            return node.item
        case cst.FunctionDef() | cst.ClassDef():
            return node.name
    return node


def _mentions(node: cst.CSTNode, name: str) -> bool:
    waiting = [node]
    while waiting:
        around = waiting.pop()
        for part in inside(around):
            if isinstance(part, cst.Name) and part.value == name:
                return True
            if part is not around and isinstance(part, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
                waiting.append(part)
    return False


def _closes_over(node: cst.CSTNode, name: str) -> bool:
    """Whether a lambda or a generator has the variable in it, which is no parameter of its own."""
    if not isinstance(node, cst.Lambda):
        return _mentions(node, name)
    own = tuple(parameters(node.params))
    defaults = (one.default for one in own if one.default)
    free = all(one.name.value != name for one in own) and _mentions(node.body, name)
    return free or any(_mentions(one, name) for one in defaults)


def _binds(node: cst.CSTNode, name: str) -> bool:
    targets = [one.target for one in node.targets] if isinstance(node, cst.Assign) else [getattr(node, "target", None)]
    return any(isinstance(part, cst.Name) and part.value == name for one in targets if one for part in inside(one))


def _is_kept(node: cst.CSTNode, name: str) -> bool:
    """Whether an object keeps what was made with the variable: `self.port = join(folder, "socket")`."""
    if not isinstance(node, cst.Assign) or not _mentions(node.value, name):
        return False
    return any(isinstance(one.target, (cst.Attribute, cst.Subscript)) for one in node.targets)


def _absent(test: cst.CSTNode, edge: Edge, name: str) -> bool:
    """Whether on this side of a test the variable holds nothing."""
    if is_name(test, name):
        return edge is Edge.FALSE
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or not is_name(test.left, name):
        return False
    operator, other = test.comparisons[0].operator, test.comparisons[0].comparator
    if not is_name(other, "None"):
        return False
    return edge is (Edge.TRUE if isinstance(operator, (cst.Is, cst.Equal)) else Edge.FALSE)
