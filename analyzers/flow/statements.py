"""What a point of the graph does to the state."""

from dataclasses import replace

import libcst as cst

from analyzers.flow.answers import answer
from analyzers.flow.callees import entered
from analyzers.flow.cases import captured, is_proven, looks_at_each
from analyzers.flow.compose import Piece, compose
from analyzers.flow.demands import noted
from analyzers.flow.expressions import bind, escaped
from analyzers.flow.frame import Frame, Hit, access, joined, short
from analyzers.flow.graph import Edge, Kind, Point
from analyzers.flow.guards import members, narrowed, subject
from analyzers.flow.setting import set_in
from analyzers.flow.value import CLEAN, Proof, State, Taint, Value, join, merge_taints
from analyzers.models import ANY
from analyzers.syntax import argument, is_name, last_name, raises_answer, text_value

SENT = {"redirect": "the address to go to"}
JSON = frozenset({"json", "get_json"})
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
        case cst.Return():
            answer(frame, None, CLEAN)
        case cst.Raise(exc=cst.Call() as made) if raises_answer(node):
            given = argument(made, 0, "value")
            if given is not None:
                _return(frame, node, given)
        case cst.Raise(exc=cst.BaseExpression() as exc):
            frame.value(exc)


def _return(frame: Frame, node: cst.Return | cst.Raise, expression: cst.BaseExpression) -> None:
    value = frame.value(expression)
    answer(frame, expression, value)
    value = replace(value, proofs=())
    if is_name(expression, "False", "True"):
        return
    frame.result = join(frame.result, value) if frame.returned else value
    frame.returned = True
    page = _page(expression)
    sent = value if page is expression else value.part("[0]") if page else CLEAN
    for taint in sent.taints:
        for kind in frame.answers:
            if taint.harms(kind) and page and not _is_sent_back(frame, page, taint):
                frame.hit(Hit(kind, node, page, taint, f"is returned as {SENT.get(kind, 'the page')}"))


def _page(expression: cst.BaseExpression) -> cst.BaseExpression | None:
    """What is sent of what a handler returns: of a tuple the first element, if no header may say that it is no page.

    https://flask.palletsprojects.com/en/stable/quickstart/#about-responses
    """
    if not isinstance(expression, cst.Tuple) or not expression.elements:
        return expression
    first, *others = [element.value for element in expression.elements]
    return None if any(_may_say_what_it_is(one, place) for place, one in enumerate(others)) else first


def _is_sent_back(frame: Frame, page: cst.BaseExpression, taint: Taint) -> bool:
    """Whether JSON goes back as it came, whole: what it holds is sent as JSON again."""
    origin = taint.origin
    if not isinstance(origin, (cst.Attribute, cst.Call)) or last_name(origin) not in JSON:
        return False
    if origin is page or taint.link.file is not frame.file:
        return origin is page
    around = frame.file.parent(origin)
    kept = around.targets[0].target if isinstance(around, cst.Assign) else None
    return isinstance(page, cst.Name) and is_name(kept, page.value)


def _may_say_what_it_is(part: cst.BaseExpression, place: int) -> bool:
    """Whether what stands behind the page may be headers that say of what type it is."""
    if isinstance(part, cst.Dict):
        keys = [text_value(one.key) if isinstance(one, cst.DictElement) else None for one in part.elements]
        return any(key is None or key.lower() == "content-type" for key in keys)
    return place > 0 or isinstance(part, cst.List) or "header" in last_name(part).lower()


def _define(frame: Frame, node: cst.FunctionDef) -> None:
    frame.state[node.name.value] = CLEAN
    frame.inner[node.name.value] = node
    frame.gives[node.name.value] = frame.define(frame, node)


def _assign(frame: Frame, node: cst.Assign) -> None:
    value = frame.value(node.value)
    for target in node.targets:
        set_in(frame, target.target, value, node.value)
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
        pieces: list[Piece] = [(None, before), (None, value)]
        made = escaped(frame, node.operator, pieces, compose(pieces))
        value = _led(frame, node.target, replace(made, composed=True), node.value)
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
    value, path = frame.value(node), access(node)
    if path and value.dirty:  # nothing is in what is empty
        value = replace(value, proofs=(*value.proofs, Proof(joined(path), (ANY,), when=False)))
    state = frame.state
    return {
        Edge.TRUE: noted(frame, narrowed(state, value, True), node, True),
        Edge.FALSE: noted(frame, narrowed(state, value, False), node, False),
    }


def _iterate(frame: Frame, node: cst.CSTNode) -> After:
    before = frame.state
    if not isinstance(node, cst.For):
        return {Edge.TRUE: before, Edge.FALSE: before}
    value = frame.value(node.iter)
    done = _ran_out(frame, node)
    frame.state = dict(before)
    _keep(frame, node.target, _element(frame, value), node.iter)
    return {Edge.TRUE: frame.state, Edge.FALSE: done}


def _ran_out(frame: Frame, node: cst.For) -> State:
    """The state when a loop has run to its end: where every turn proved its element, all elements are proved."""
    if not looks_at_each(frame.file, node) or frame.state.get(last_name(node.target), CLEAN).dirty:
        return frame.state
    return narrowed(frame.state, Value(proofs=tuple(members(node.iter, when=True))), True)


def _element(frame: Frame, values: Value) -> Value:
    """What a loop over a value gives, with its type where that is known."""
    kind = frame.models.returned(f"{values.type}.__iter__") if values.type else None
    return replace(values.element(), type=kind) if kind else values.element()


def _enter(frame: Frame, node: cst.CSTNode) -> After:
    if isinstance(node, cst.WithItem):
        value = frame.value(node.item)
        value = entered(frame, node, value)
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
    path = subject(around.subject)
    if path and is_proven(node.pattern):
        frame.state = dict(narrowed(frame.state, Value(proofs=(Proof(path, (ANY,)),)), True))
    for name, part in captured(node.pattern, value):
        _keep(frame, name, part, around.subject)
    return {Edge.TRUE: frame.state, Edge.FALSE: before}


HANDLERS = {
    Kind.STATEMENT: _statement,
    Kind.EVALUATE: _evaluate,
    Kind.TEST: _test,
    Kind.ITERATE: _iterate,
    Kind.ENTER: _enter,
    Kind.CATCH: _catch,
    Kind.MATCH: _match,
}
