"""What a point of the graph does to the state."""

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from analyzers.flow.compose import compose
from analyzers.flow.expressions import bind
from analyzers.flow.frame import Frame, Hit, access, joined, short
from analyzers.flow.graph import Edge, Kind, Point
from analyzers.flow.guards import narrowed
from analyzers.flow.value import CLEAN, PARAMETER, Proof, State, Taint, Value, join, merge_taints
from analyzers.models import ANY
from analyzers.syntax import argument, inside, is_name, last_name, raises_answer

After = dict[Edge, State | None]


def transfer(frame: Frame, point: Point, before: State) -> After:
    """The states after a point: a way that raises goes on with what was known before it."""
    frame.state, frame.stopped = dict(before), False
    handler = HANDLERS.get(point.kind)
    if handler is None or point.node is None:
        return {Edge.NEXT: before, Edge.RAISE: before}
    after = handler(frame, point.node)
    if frame.stopped:
        after = dict.fromkeys((Edge.NEXT, Edge.TRUE, Edge.FALSE))
    return {Edge.RAISE: before, **after}


def _statement(frame: Frame, node: cst.CSTNode) -> After:
    match node:
        case cst.Assign():
            _assign(frame, node)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            _keep(frame, node.target, frame.value(value), value)
        case cst.AugAssign():
            _augment(frame, node)
        case cst.Expr():
            frame.value(node.value)
        case cst.Return() | cst.Raise():
            _leave(frame, node)
        case cst.Del():
            _forget(frame, node.target)
        case cst.FunctionDef():
            _define(frame, node)
        case cst.ClassDef():
            frame.state[node.name.value] = CLEAN
            for statement in node.body.body:
                if isinstance(statement, cst.FunctionDef):
                    frame.define(frame, statement)
    return {Edge.NEXT: frame.state}


def _leave(frame: Frame, node: cst.Return | cst.Raise) -> None:
    match node:
        case cst.Return(value=cst.BaseExpression() as value):
            _return(frame, node, value)
        case cst.Raise(exc=cst.Call() as made) if raises_answer(node):
            given = argument(made, 0, "value")
            if given is not None:
                _return(frame, node, given)
        case cst.Raise(exc=cst.BaseExpression() as exc):
            frame.value(exc)


def _return(frame: Frame, node: cst.Return | cst.Raise, expression: cst.BaseExpression) -> None:
    value = frame.value(expression)
    if is_name(expression, "False"):
        # It says nothing of what is true when the result is.
        return
    if is_name(expression, "True"):
        value = Value(proofs=tuple(_established(frame)))
    frame.result = join(frame.result, value) if frame.returned else value
    frame.returned = True
    for taint in value.taints:
        for kind in frame.answers:
            if taint.harms(kind):
                frame.hit(Hit(kind, node, expression, taint, "is returned as the page"))


def _established(frame: Frame) -> Iterator[Proof]:
    """What is certain of the parameters here, as they were given."""
    for name, value in frame.state.items():
        own = [taint.cleared for taint in value.taints if taint.kind == PARAMETER and taint.origin == name]
        kinds = frozenset.intersection(*own) if own and all(not taint.link.length for taint in value.taints) else None
        if kinds:
            yield Proof(name, tuple(sorted(kinds)))


def _define(frame: Frame, node: cst.FunctionDef) -> None:
    frame.state[node.name.value] = CLEAN
    frame.inner[node.name.value] = node
    frame.define(frame, node)


def _assign(frame: Frame, node: cst.Assign) -> None:
    value = frame.value(node.value)
    for target in node.targets:
        _keep(frame, target.target, value, node.value)


def _keep(frame: Frame, target: cst.BaseExpression, value: Value, source: cst.BaseExpression) -> None:
    """Bind a value, and let its way lead through the target."""
    if isinstance(target, cst.Name):
        frame.inner.pop(target.value, None)
        if isinstance(source, cst.Lambda):
            frame.inner[target.value] = source
    apart = isinstance(source, cst.Tuple) and isinstance(target, cst.Tuple)
    if value.dirty and not apart:
        value = replace(_led(frame, target, value, source), composed=False)
    bind(frame, target, value)


def _led(frame: Frame, target: cst.BaseExpression, value: Value, source: cst.BaseExpression) -> Value:
    name = short(frame.file, target)
    words = f"is put into the text of `{name}`" if value.composed else f"is kept in `{name}`"
    if isinstance(source, cst.Name) and source.value == name:
        return value

    def lead(taint: Taint) -> Taint:
        link = taint.link
        if taint.from_words and not value.composed:
            return replace(taint, from_words="", link=replace(link, what=f"`{name}` comes from {taint.from_words}"))
        return replace(taint, from_words="", link=link.then(frame.file, source, words))

    return value.map(lead)


def _augment(frame: Frame, node: cst.AugAssign) -> None:
    value = frame.value(node.value)
    path = access(node.target)
    if not path:
        return
    before = frame.read(path)
    if value.dirty:
        value = _led(frame, node.target, replace(compose([(None, before), (None, value)]), composed=True), node.value)
    frame.write(
        path, Value(merge_taints(before.taints, value.all_taints()), before.fields, before.type, begins=before.begins)
    )


def _forget(frame: Frame, target: cst.BaseExpression) -> None:
    if isinstance(target, cst.Name):
        frame.state.pop(target.value, None)


def _evaluate(frame: Frame, node: cst.CSTNode) -> After:
    frame.value(node)
    return {Edge.NEXT: frame.state}


def _test(frame: Frame, node: cst.CSTNode) -> After:
    value = frame.value(node)
    state = frame.state
    return {
        Edge.TRUE: narrowed(_with_type(frame, state, node), value, True),
        Edge.FALSE: narrowed(state, value, False),
    }


def _with_type(frame: Frame, state: State, node: cst.CSTNode) -> State:
    """`isinstance(x, int)` makes x harmless."""
    if not isinstance(node, cst.Call) or last_name(node.func) != "isinstance" or len(node.args) != 2:
        return state
    path = access(node.args[0].value)
    names = {part.value for part in inside(node.args[1].value) if isinstance(part, cst.Name)}
    if not path or not names or not names <= HARMLESS:
        return state
    return narrowed(state, Value(proofs=(Proof(joined(path), (ANY,)),)), True)


HARMLESS = frozenset("int float bool complex Decimal UUID date datetime timedelta Integral Number".split())


def _iterate(frame: Frame, node: cst.CSTNode) -> After:
    before = dict(frame.state)
    if isinstance(node, cst.For):
        _keep(frame, node.target, frame.value(node.iter).element(), node.iter)
    return {Edge.TRUE: frame.state, Edge.FALSE: before}


def _enter(frame: Frame, node: cst.CSTNode) -> After:
    if isinstance(node, cst.WithItem):
        value = frame.value(node.item)
        if node.asname:
            _keep(frame, node.asname.name, value, node.item)
    return {Edge.NEXT: frame.state}


def _catch(frame: Frame, node: cst.CSTNode) -> After:
    name = getattr(node, "name", None)
    if name is not None:
        bind(frame, name.name, CLEAN)
    return {Edge.NEXT: frame.state}


def _match(frame: Frame, node: cst.CSTNode) -> After:
    around = frame.file.parent(node)
    if not isinstance(node, cst.MatchCase) or not isinstance(around, cst.Match):
        return {Edge.NEXT: frame.state}
    before = dict(frame.state)
    value = frame.value(around.subject)
    path = access(around.subject)
    if path and _is_constant(node.pattern):
        frame.state = narrowed(frame.state, Value(proofs=(Proof(joined(path), (ANY,)),)), True)
    else:
        for name in _captured(node.pattern):
            _keep(frame, name, value if name is getattr(node.pattern, "name", None) else value.item(), around.subject)
    return {Edge.TRUE: frame.state, Edge.FALSE: before}


def _is_constant(pattern: cst.MatchPattern) -> bool:
    if isinstance(pattern, cst.MatchOr):
        return all(_is_constant(part.pattern) for part in pattern.patterns)
    return isinstance(pattern, (cst.MatchValue, cst.MatchSingleton))


def _captured(pattern: cst.MatchPattern) -> list[cst.Name]:
    found = (getattr(part, "name", None) or getattr(part, "rest", None) for part in inside(pattern))
    return [name for name in found if isinstance(name, cst.Name)]


HANDLERS = {
    Kind.STATEMENT: _statement,
    Kind.EVALUATE: _evaluate,
    Kind.TEST: _test,
    Kind.ITERATE: _iterate,
    Kind.ENTER: _enter,
    Kind.CATCH: _catch,
    Kind.MATCH: _match,
}
