"""From the body of a function to its graph."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import libcst as cst

from analyzers.flow.graph import Edge, Graph, Kind, Point, Undecided
from analyzers.source import SourceFile
from analyzers.syntax import caught, inside, is_name, last_name, raises_answer

POINT_LIMIT = 3000
DEPTH_LIMIT = 120
CAN_RAISE = (cst.Call, cst.Await, cst.Yield, cst.Raise, cst.Assert, cst.Import, cst.ImportFrom, cst.Subscript)
DIVISIONS = (cst.Divide, cst.FloorDivide, cst.Modulo)
EVERYTHING = frozenset({"Exception", "BaseException"})
SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})

Dangling = list[tuple[Point, Edge]]


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where the ways out of the code being built lead."""

    raises: Point
    returns: Point
    breaks: Point
    continues: Point


def build(body: cst.BaseSuite | Sequence[cst.BaseStatement]) -> Graph:
    """The graph of these statements. Raises Undecided when they are too many or too deep."""
    builder = _Builder()
    kinds = (Kind.ENTRY, Kind.EXIT, Kind.RAISED, Kind.JOIN)
    entry, end, raised, fallen = (builder.point(kind) for kind in kinds)
    statements = body.body if isinstance(body, cst.BaseSuite) else body
    builder.flow(builder.block(statements, [(entry, Edge.NEXT)], _Ways(raised, end, end, end)), fallen)
    fallen.out.append((Edge.NEXT, end))
    graph = Graph(builder.points, entry, end, raised, fallen)
    graph.number()
    return graph


def graph_of(file: SourceFile, function: cst.FunctionDef) -> Graph:
    """The graph of a function, kept with its file. Raises Undecided when it is too large."""
    known: dict[cst.FunctionDef, Graph | None] = file.cache.setdefault(graph_of, {})
    if function not in known:
        known[function] = None
        known[function] = build(function.body)
    graph = known[function]
    if graph is None:
        raise Undecided
    return graph


def may_raise(node: cst.CSTNode) -> bool:
    """Whether running this node is likely to raise: calls, awaits, subscripts, divisions, imports and the like."""
    return any(
        isinstance(part, CAN_RAISE)
        or (isinstance(part, cst.BinaryOperation) and isinstance(part.operator, DIVISIONS) and not _is_format(part))
        for part in inside(node)
    )


def _is_format(node: cst.BinaryOperation) -> bool:
    return isinstance(node.left, (cst.BaseString, cst.FormattedString))


class _Builder:
    def __init__(self) -> None:
        self.points: list[Point] = []
        self.depth = 0

    def point(self, kind: Kind, node: cst.CSTNode | None = None) -> Point:
        if len(self.points) >= POINT_LIMIT:
            raise Undecided
        self.points.append(Point(len(self.points), kind, node))
        return self.points[-1]

    def flow(self, dangling: Dangling, target: Point) -> None:
        for point, edge in dangling:
            point.out.append((edge, target))

    def step(self, kind: Kind, node: cst.CSTNode, dangling: Dangling, ways: _Ways, *, raises: bool) -> Point:
        point = self.point(kind, node)
        self.flow(dangling, point)
        if raises:
            point.out.append((Edge.RAISE, ways.raises))
        return point

    def block(self, statements: Iterable[cst.CSTNode], dangling: Dangling, ways: _Ways) -> Dangling:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise Undecided
        for statement in statements:
            if isinstance(statement, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                for small in statement.body:
                    dangling = self.small(small, dangling, ways)
            elif isinstance(statement, cst.BaseSmallStatement):
                dangling = self.small(statement, dangling, ways)
            else:
                dangling = self.compound(statement, dangling, ways)
        self.depth -= 1
        return dangling

    def small(self, node: cst.BaseSmallStatement, dangling: Dangling, ways: _Ways) -> Dangling:
        match node:
            case cst.Break():
                self.flow(dangling, ways.breaks)
                return []
            case cst.Continue():
                self.flow(dangling, ways.continues)
                return []
            case cst.Return():
                point = self.step(Kind.STATEMENT, node, dangling, ways, raises=may_raise(node))
                point.out.append((Edge.NEXT, ways.returns))
                return []
            case cst.Raise():
                point = self.step(Kind.STATEMENT, node, dangling, ways, raises=True)
                point.out += [(Edge.NEXT, ways.returns)] if raises_answer(node) else []
                return []
            case cst.Assert():
                true, false = self.branch(node.test, dangling, ways)
                self.flow(false, ways.raises)
                return true
        return [(self.step(Kind.STATEMENT, node, dangling, ways, raises=may_raise(node)), Edge.NEXT)]

    def compound(self, node: cst.CSTNode, dangling: Dangling, ways: _Ways) -> Dangling:
        match node:
            case cst.If():
                return self.conditional(node, dangling, ways)
            case cst.While():
                return self.loop(node, dangling, ways)
            case cst.For():
                return self.iteration(node, dangling, ways)
            case cst.Try() | cst.TryStar():
                return self.attempt(node, dangling, ways)
            case cst.With():
                return self.context(node, list(node.items), dangling, ways)
            case cst.Match():
                return self.match(node, dangling, ways)
        return [(self.step(Kind.STATEMENT, node, dangling, ways, raises=False), Edge.NEXT)]

    def branch(self, test: cst.BaseExpression, dangling: Dangling, ways: _Ways) -> tuple[Dangling, Dangling]:
        """The ways on when `test` holds and when it does not."""
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            true, false = self.branch(test.expression, dangling, ways)
            return false, true
        if isinstance(test, cst.BooleanOperation):
            true, false = self.branch(test.left, dangling, ways)
            if isinstance(test.operator, cst.And):
                true, other = self.branch(test.right, true, ways)
                return true, false + other
            other, false = self.branch(test.right, false, ways)
            return true + other, false
        point = self.step(Kind.TEST, test, dangling, ways, raises=may_raise(test))
        always, never = is_name(test, "True") or _number(test) == 1, is_name(test, "False") or _number(test) == 0
        return [] if never else [(point, Edge.TRUE)], [] if always else [(point, Edge.FALSE)]

    def conditional(self, node: cst.If, dangling: Dangling, ways: _Ways) -> Dangling:
        done: Dangling = []
        rest: cst.If | cst.Else | None = node
        while isinstance(rest, cst.If):
            true, dangling = self.branch(rest.test, dangling, ways)
            done += self.block(rest.body.body, true, ways)
            rest = rest.orelse
        return done + (self.block(rest.body.body, dangling, ways) if rest else dangling)

    def loop(self, node: cst.While, dangling: Dangling, ways: _Ways) -> Dangling:
        head, after = self.point(Kind.JOIN), self.point(Kind.JOIN)
        self.flow(dangling, head)
        true, false = self.branch(node.test, [(head, Edge.NEXT)], ways)
        inner = replace(ways, breaks=after, continues=head)
        self.flow(self.block(node.body.body, true, inner), head)
        self.flow(self.block(node.orelse.body.body, false, ways) if node.orelse else false, after)
        return [(after, Edge.NEXT)]

    def iteration(self, node: cst.For, dangling: Dangling, ways: _Ways) -> Dangling:
        start = self.step(Kind.EVALUATE, node.iter, dangling, ways, raises=may_raise(node.iter))
        head = self.step(Kind.ITERATE, node, [(start, Edge.NEXT)], ways, raises=not _is_plain(node.iter))
        after = self.point(Kind.JOIN)
        inner = replace(ways, breaks=after, continues=head)
        self.flow(self.block(node.body.body, [(head, Edge.TRUE)], inner), head)
        done: Dangling = [(head, Edge.FALSE)]
        self.flow(self.block(node.orelse.body.body, done, ways) if node.orelse else done, after)
        return [(after, Edge.NEXT)]

    def attempt(self, node: cst.Try | cst.TryStar, dangling: Dangling, ways: _Ways) -> Dangling:
        outer, guarded = ways, ways
        if node.finalbody:
            guarded = self.detour()
        taken = self.point(Kind.JOIN)
        done = self.block(node.body.body, dangling, replace(guarded, raises=taken) if node.handlers else guarded)
        if node.orelse:
            done = self.block(node.orelse.body.body, done, guarded)
        for handler in node.handlers:
            catch = self.step(Kind.CATCH, handler, [(taken, Edge.NEXT)], guarded, raises=False)
            done += self.block(handler.body.body, [(catch, Edge.NEXT)], guarded)
        if node.handlers and not any(_takes_all(handler) for handler in node.handlers):
            taken.out.append((Edge.RAISE, guarded.raises))
        if node.finalbody:
            final = node.finalbody.body.body
            self.rejoin(guarded, outer, lambda start: self.block(final, start, outer))
            done = self.block(final, done, outer) if done else done
        return done

    def detour(self) -> _Ways:
        """Fresh ways out, to be led on through a `finally` or the end of a `with`."""
        return _Ways(*(self.point(Kind.JOIN) for _ in fields(_Ways)))

    def rejoin(self, inner: _Ways, outer: _Ways, through: Callable[[Dangling], Dangling]) -> None:
        """Lead every way out that is taken through code of its own, and on."""
        reached = {target for point in self.points for _, target in point.out}
        for way in fields(_Ways):
            start = getattr(inner, way.name)
            if start in reached:
                end = self.point(Kind.JOIN)
                self.flow(through([(start, Edge.NEXT)]), end)
                end.out.append((Edge.RAISE if way.name == "raises" else Edge.NEXT, getattr(outer, way.name)))

    def context(self, node: cst.With, items: list[cst.WithItem], dangling: Dangling, ways: _Ways) -> Dangling:
        if not items:
            return self.block(node.body.body, dangling, ways)
        item = items[0]
        enter = self.step(Kind.ENTER, item, dangling, ways, raises=may_raise(item.item))
        inner = self.detour()
        done = self.context(node, items[1:], [(enter, Edge.NEXT)], inner)
        after: Dangling = []

        def leave(start: Dangling) -> Dangling:
            point = self.step(Kind.LEAVE, item, start, ways, raises=False)
            return [(point, Edge.NEXT)]

        if _swallows(item):
            after = leave([(inner.raises, Edge.NEXT)])
            inner = replace(inner, raises=self.point(Kind.JOIN))
        self.rejoin(inner, ways, leave)
        return after + (leave(done) if done else [])

    def match(self, node: cst.Match, dangling: Dangling, ways: _Ways) -> Dangling:
        start = self.step(Kind.EVALUATE, node.subject, dangling, ways, raises=may_raise(node.subject))
        rest: Dangling = [(start, Edge.NEXT)]
        done: Dangling = []
        for case in node.cases:
            point = self.step(Kind.MATCH, case, rest, ways, raises=False)
            taken: Dangling = [(point, Edge.TRUE)]
            rest = [] if _is_wildcard(case) else [(point, Edge.FALSE)]
            if case.guard:
                taken, refused = self.branch(case.guard, taken, ways)
                rest = rest + refused
            done += self.block(case.body.body, taken, ways)
        return done + rest


def _number(node: cst.CSTNode) -> int | None:
    return node.evaluated_value if isinstance(node, cst.Integer) else None


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether stepping through it will hardly raise."""
    return isinstance(node, (cst.Name, cst.Attribute, cst.List, cst.Tuple, cst.Dict, cst.Set)) or (
        isinstance(node, cst.Call) and last_name(node.func) in {"range", "enumerate", "zip", "items", "keys", "values"}
    )


def _takes_all(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    if isinstance(handler, cst.ExceptStarHandler):
        return False
    return handler.type is None or any(last_name(kind) in EVERYTHING for kind in caught(handler))


def _swallows(item: cst.WithItem) -> bool:
    return isinstance(item.item, cst.Call) and last_name(item.item.func) in SWALLOWING


def _is_wildcard(case: cst.MatchCase) -> bool:
    return isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None
