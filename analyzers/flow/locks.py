"""Locks: which are certainly held at a point."""

from collections.abc import Iterator

import libcst as cst

from analyzers.flow.build import graph_of
from analyzers.flow.frame import typed
from analyzers.flow.graph import Edge, Kind, Point, solve
from analyzers.flow.reaching import function_of, point_of
from analyzers.flow.results import Held
from analyzers.models import Lock, Models
from analyzers.source import SourceFile
from analyzers.syntax import inside, last_name, words

LOCK_WORDS = frozenset({"lock", "rlock", "mutex"})
State = tuple[Held, ...]


def held(file: SourceFile, node: cst.CSTNode, models: Models) -> tuple[Held, ...]:
    """See `api.held_locks`."""
    function = function_of(file, node)
    if function is None:
        return ()
    known: dict[cst.FunctionDef, dict[Point, State]] = file.cache.setdefault(held, {})
    graph = graph_of(file, function)
    if function not in known:

        def step(point: Point, before: State) -> dict[Edge, State | None]:
            return _transfer(file, models, point, before)

        known[function] = solve(graph, tuple(_decorated(file, models, function)), step, _join)
    points = [point for point in point_of(graph, file, node) if point in known[function]]
    if not points:
        return ()
    state = known[function][points[0]]
    for point in points[1:]:
        state = _join(state, known[function][point])
    return state


def lock_of(file: SourceFile, models: Models, node: cst.BaseExpression) -> Held | None:
    """The lock that an expression is: by its type, by the call that makes or names it, or by a variable's name."""
    origin = file.origin(node)
    name = typed(models, origin) if origin else None
    if isinstance(node, cst.Call):
        called = file.origin(node.func)
        for model in models.named(Lock, typed(models, called) if called else None):
            if called and models.canonical(called) in {models.canonical(one) for one in model.guards}:
                return Held(file.code(node), node, model.reentrant)
    for model in models.named(Lock, name):
        return Held(file.code(node), node, model.reentrant)
    is_plain = isinstance(node, (cst.Name, cst.Attribute))
    if is_plain and (name is None or origin is None) and not LOCK_WORDS.isdisjoint(words(last_name(node))):
        return Held(file.code(node), node)
    return None


def _decorated(file: SourceFile, models: Models, function: cst.FunctionDef) -> Iterator[Held]:
    for mark in function.decorators:
        called = mark.decorator.func if isinstance(mark.decorator, cst.Call) else mark.decorator
        origin = file.origin(called)
        for model in models.named(Lock, typed(models, origin) if origin else None):
            if origin and models.canonical(origin) in {models.canonical(one) for one in model.decorators}:
                yield Held(file.code(mark.decorator), mark.decorator, model.reentrant)


def _transfer(file: SourceFile, models: Models, point: Point, before: State) -> dict[Edge, State | None]:
    if point.kind in (Kind.ENTER, Kind.LEAVE) and isinstance(point.node, cst.WithItem):
        lock = lock_of(file, models, point.node.item)
        if lock is None:
            return {Edge.NEXT: before}
        after = _with(before, lock) if point.kind is Kind.ENTER else _without(before, lock.name)
        return {Edge.NEXT: after, Edge.RAISE: before}
    if point.kind not in (Kind.STATEMENT, Kind.TEST) or point.node is None:
        return {Edge.NEXT: before}
    after, tested = before, before
    for part in inside(point.node):
        if isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute):
            after = _called(file, models, part, part.func, after)
    if point.kind is Kind.TEST:
        return {Edge.TRUE: after, Edge.FALSE: tested, Edge.RAISE: before}
    return {Edge.NEXT: after, Edge.RAISE: before if len(after) > len(before) else after}


def _called(file: SourceFile, models: Models, call: cst.Call, func: cst.Attribute, state: State) -> State:
    if func.attr.value not in ("acquire", "release", "acquire_lock", "release_lock"):
        return state
    lock = lock_of(file, models, func.value)
    if lock is None:
        return state
    if func.attr.value.startswith("release"):
        return _without(state, lock.name)
    return _with(state, Held(lock.name, call, lock.reentrant))


def _with(state: State, lock: Held) -> State:
    return state if any(one.name == lock.name for one in state) else (*state, lock)


def _without(state: State, name: str) -> State:
    return tuple(one for one in state if one.name != name)


def _join(old: State, new: State) -> State:
    names = {one.name for one in new}
    kept = tuple(one for one in old if one.name in names)
    return old if len(kept) == len(old) else kept
