"""None: where a value may be nothing, after all tests on the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.frame import typed
from analyzers.flow.graph import Edge, Kind, Point, solve
from analyzers.flow.insisting import insisted
from analyzers.flow.reaching import function_of, point_of
from analyzers.flow.results import MayBeNone
from analyzers.models import Models, Nothing
from analyzers.source import SourceFile
from analyzers.syntax import inside, is_name, last_name

Causes = dict[str, tuple[MayBeNone, ...]]
Told = frozenset[tuple[str, bool | None]]
LIMIT = 8
NOTHING_TOLD: Told = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is known at a point: where names may be None from, and what a name tells of others.

    `told["ok"]` holds ("m", True) when m is something whenever ok is true, ("m", None) when both are the same object.
    """

    causes: Causes
    told: dict[str, Told]

    def without(self, names: Iterable[str]) -> "State":
        """These names are something."""
        known = set(names) & self.causes.keys()
        return (
            State({name: one for name, one in self.causes.items() if name not in known}, self.told) if known else self
        )

    def bound(self, name: str, causes: tuple[MayBeNone, ...], told: Told) -> "State":
        """The name got another value, which tells of others."""
        rest = {key: frozenset(one for one in many if one[0] != name) for key, many in self.told.items() if key != name}
        same = {other: rest.get(other, NOTHING_TOLD) | {(name, None)} for other, when in told if when is None}
        return State({**self.causes, name: causes}, {**rest, **same, name: told} if told or name in self.told else rest)


EMPTY = State({}, {})


def may_be_none(file: SourceFile, expression: cst.BaseExpression, models: Models) -> MayBeNone | None:
    """See `api.may_be_none`."""
    if isinstance(expression, (cst.Call, cst.Await)):
        return next(iter(_causes(file, models, expression, {})), None)
    if not isinstance(expression, cst.Name) or _guarded(file, expression):
        return None
    function = function_of(file, expression)
    if function is None:
        return None
    graph = graph_of(file, function)
    known: dict[cst.FunctionDef, dict[Point, State]] = file.cache.setdefault(may_be_none, {})
    if function not in known:

        def step(point: Point, before: State) -> dict[Edge, State | None]:
            return _transfer(file, models, point, before)

        known[function] = solve(graph, EMPTY, step, _join)
    for point in point_of(graph, file, expression):
        causes = known[function].get(point, EMPTY).causes.get(expression.value, ())
        if causes:
            return causes[0]
    return None


def from_call(file: SourceFile, models: Models, call: cst.Call, *, awaited: bool = False) -> MayBeNone | None:
    """Whether a call can give None: by the models, or because a function of the project says `return None`."""
    origin = file.origin(call.func)
    name = typed(models, origin) if origin else None
    for model in models.named(Nothing, name) if not awaited else ():
        if last_name(call.func) != "get" or len(call.args) == 1:
            return MayBeNone(call, model.because)
    found = file.project.find(name) if name and "." in name else None
    nothings = _nothings(*found) if found else ()
    if found and nothings and awaited is (found[1].asynchronous is not None):
        because = f"`{found[1].name.value}` returns None on one of its ways"
        return MayBeNone(call, because, found, nothings)
    return None


def _nothings(file: SourceFile, function: cst.FunctionDef) -> tuple[cst.Return, ...]:
    """Where a function says `return None`, if it returns something elsewhere."""
    known: dict[cst.FunctionDef, tuple[cst.Return, ...]] = file.cache.setdefault(_nothings, {})
    if function not in known:
        parts = [part for part in inside(function.body) if isinstance(part, (cst.Return, cst.Yield))]
        returns = [part for part in parts if isinstance(part, cst.Return)]
        nothings = tuple(one for one in returns if is_name(one.value, "None"))
        plain = len(returns) == len(parts)
        known[function] = nothings if plain and len(nothings) < len(returns) else ()
    return known[function]


def _transfer(file: SourceFile, models: Models, point: Point, before: State) -> dict[Edge, State | None]:
    node = point.node
    if node is None or point.kind in (Kind.JOIN, Kind.LEAVE):
        return {Edge.NEXT: before}
    if point.kind is Kind.TEST:
        after = _walrus(file, models, node, before)
        return {Edge.TRUE: _narrowed(after, node, True), Edge.FALSE: _narrowed(after, node, False), Edge.RAISE: before}
    after = _asserted(file, before, node)
    for name, value in _bound(node):
        after = after.bound(name, _causes(file, models, value, before.causes), _tells(value, name))
    return {Edge.NEXT: after, Edge.RAISE: before}


def _walrus(file: SourceFile, models: Models, node: cst.CSTNode, before: State) -> State:
    for part in inside(node):
        if isinstance(part, cst.NamedExpr) and isinstance(part.target, cst.Name):
            name = part.target.value
            before = before.bound(name, _causes(file, models, part.value, before.causes), _tells(part.value, name))
    return before


def _tells(value: cst.BaseExpression | None, name: str) -> Told:
    """What a name tells of others that is bound to this value: `ok = m is not None`, `other = m`."""
    if isinstance(value, cst.Name):
        return frozenset({(value.value, None)}) if value.value not in (name, "None", "True", "False") else NOTHING_TOLD
    if value is None:
        return NOTHING_TOLD
    found = ((other, branch) for branch in (True, False) for other in _something_in(value, branch))
    return frozenset((other, branch) for other, branch in found if other not in ("", name))


def _something_in(test: cst.BaseExpression, branch: bool) -> Iterator[str]:
    """The names that are something when a test comes out as `branch`, also through `and`, `or`, `not` and `bool`."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _something_in(inner, not branch)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if branch is isinstance(operator, cst.And):
                yield from _something_in(left, branch)
                yield from _something_in(right, branch)
        case cst.Call(func=cst.Name(value="bool"), args=[cst.Arg(value=inner)]):
            yield from _something_in(inner, branch)
        case cst.Name() | cst.Comparison() | cst.NamedExpr():
            yield _something_when(test, branch)
        case cst.Call(func=cst.Name()):
            yield _something_when(test, branch)


def _bound(node: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression | None]]:
    """The names a point binds, with the value where there is a plain one."""
    if isinstance(node, cst.Assign):
        for target in node.targets:
            yield from _target(target.target, node.value)
    elif isinstance(node, cst.AnnAssign) and node.value:
        yield from _target(node.target, node.value)
    elif isinstance(node, (cst.AugAssign, cst.For)):
        yield from _target(node.target, None)
    elif isinstance(node, cst.WithItem) and node.asname:
        yield from _target(node.asname.name, None)


def _target(target: cst.CSTNode, value: cst.BaseExpression | None) -> Iterator[tuple[str, cst.BaseExpression | None]]:
    if isinstance(target, cst.Name):
        yield target.value, value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _target(element.value, None)


def _causes(
    file: SourceFile, models: Models, value: cst.BaseExpression | None, before: Causes
) -> tuple[MayBeNone, ...]:
    match value:
        case cst.Name(value="None"):
            return (MayBeNone(value, "it is set to None"),)
        case cst.Name():
            return before.get(value.value, ())
        case cst.Call():
            found = from_call(file, models, value)
            return (found,) if found else ()
        case cst.Await(expression=cst.Call() as call):
            found = from_call(file, models, call, awaited=True)
            return (found,) if found else ()
        case cst.IfExp():
            return (*_causes(file, models, value.body, before), *_causes(file, models, value.orelse, before))
    return ()


def _asserted(file: SourceFile, before: State, node: cst.CSTNode) -> State:
    """`x.y`, `x[0]` or `check(x)` would have raised: after the statement x is something."""
    known: dict[cst.CSTNode, tuple[str, ...]] = file.cache.setdefault(_asserted, {})
    if before.causes and node not in known:
        known[node] = (*_dereferenced(node), *insisted(node, file))
    return before.without(known[node]) if before.causes else before


def _dereferenced(node: cst.CSTNode) -> Iterator[str]:
    for part in inside(node):
        if isinstance(part, (cst.Attribute, cst.Subscript)) and isinstance(part.value, cst.Name):
            yield part.value.value
        elif isinstance(part, cst.Call) and is_name(part.func, "len") and part.args:
            yield last_name(part.args[0].value)
    if isinstance(node, (cst.For, cst.WithItem)):
        walked = node.iter if isinstance(node, cst.For) else node.item
        yield from (walked.value,) if isinstance(walked, cst.Name) else ()
    elif isinstance(node, cst.Assign) and isinstance(node.value, cst.Name):
        taken_apart = any(isinstance(one.target, (cst.Tuple, cst.List)) for one in node.targets)
        yield from (node.value.value,) if taken_apart else ()


def _narrowed(state: State, test: cst.CSTNode, branch: bool) -> State:
    name = _something_when(test, branch)
    tested = test.value if isinstance(test, cst.Name) else ""
    same = {other for other, when in state.told.get(name, ()) if when is None}
    return state.without({name, *same, *(other for other, when in state.told.get(tested, ()) if when is branch)})


def _something_when(test: cst.CSTNode, branch: bool) -> str:
    """The name that is something, not None, when the test comes out as `branch`."""
    match test:
        case cst.Name() if branch:
            return test.value
        case cst.NamedExpr(target=cst.Name(value=name)) if branch:
            return name
        case cst.Call(func=cst.Name(value="isinstance" | "len" | "callable" | "hasattr")) if branch and test.args:
            return last_name(test.args[0].value)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=other)]):
            name = left.target.value if isinstance(left, cst.NamedExpr) and isinstance(left.target, cst.Name) else ""
            name = left.value if isinstance(left, cst.Name) else name
            if is_name(other, "None"):
                return name if branch is isinstance(operator, (cst.IsNot, cst.NotEqual)) else ""
            return name if branch is not isinstance(operator, (cst.IsNot, cst.NotEqual, cst.NotIn)) else ""
        case cst.Attribute() | cst.Subscript() | cst.Call():
            return next(_dereferenced(test), "")
    return ""


def _guarded(file: SourceFile, name: cst.Name) -> bool:
    """Whether a test in the same expression speaks of the name: `x and x.y`, `x.y if x else z`."""
    below: cst.CSTNode = name
    for around in file.ancestors(name):
        if isinstance(around, cst.BaseSmallStatement):
            return False
        if isinstance(around, cst.BooleanOperation) and below is around.right and _speaks(around.left, name.value):
            return True
        if isinstance(around, cst.IfExp) and below is not around.test and _speaks(around.test, name.value):
            return True
        if isinstance(around, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp, cst.Lambda)):
            return True
        below = around
    return False


def _speaks(test: cst.CSTNode, name: str) -> bool:
    return any(is_name(part, name) for part in inside(test))


def _join(old: State, new: State) -> State:
    if old is new:
        return old
    changed: Causes = {}
    for name, causes in new.causes.items():
        known = old.causes.get(name, ())
        extra = tuple(one for one in causes if one not in known)
        if extra and len(known) < LIMIT:
            changed[name] = known + extra
    fewer = {name: told & new.told.get(name, NOTHING_TOLD) for name, told in old.told.items()}
    if not changed and fewer == old.told:
        return old
    return State({**old.causes, **changed}, fewer)
