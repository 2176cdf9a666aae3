"""What expressions give: one small function for each kind of node. Statements and calls have their own modules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import libcst as cst

from analyzers.flow.callees import read_property
from analyzers.flow.calls import call
from analyzers.flow.compose import Piece, compose, percent, wordy
from analyzers.flow.fields import fields_of
from analyzers.flow.frame import Frame, access, constant_key, item_key, source_taints, type_named
from analyzers.flow.guards import about_of, as_set, comparison, either, known, members, narrowed
from analyzers.flow.items import many
from analyzers.flow.objects import in_order
from analyzers.flow.value import (
    ANY_KEY,
    CLEAN,
    NO_FIELDS,
    PARAMETER,
    Proof,
    State,
    Taint,
    Value,
    join,
    join_states,
    merge_taints,
)
from analyzers.models import ANY, Sanitizer
from analyzers.syntax import takes_number, text_value
from analyzers.templates import percent_holes

# Parts of a parsed address without which it stays on its host.
HOSTS = frozenset({"netloc", "hostname"})
# The methods behind operators that a type may have its own of; of sums, either side's.
METHODS: dict[type[cst.CSTNode], str] = {cst.Add: "__add__", cst.AddAssign: "__add__", cst.Modulo: "__mod__"}

# Of texts and numbers, only paths are divided by a text: https://docs.python.org/3/library/pathlib.html#operators
PATH = "pathlib.Path"

Evaluator = Callable[[Frame, Any], Value]


def evaluate(frame: Frame, node: cst.CSTNode) -> Value:
    """The value of an expression in the frame's state; kinds of nodes that carry nothing give CLEAN."""
    evaluator = EVALUATORS.get(type(node))
    return known(frame.state, node, evaluator(frame, node)) if evaluator else CLEAN


def _name(frame: Frame, node: cst.Name) -> Value:
    known = frame.state.get(node.value)
    if known is None:
        return _global(frame, node)
    if node.value in frame.carried:
        frame.looked_at(node, known, was=True)
    return known


def _global(frame: Frame, node: cst.BaseExpression) -> Value:
    """A name or chain that is not a variable of this function."""
    name = frame.name(node)
    if name is None:
        return CLEAN
    taints = source_taints(frame, node, name)
    kind = frame.models.returned(name) or ""
    return Value(taints=taints, type=kind or _own_type(name)) if taints or kind or _own_type(name) else CLEAN


def _own_type(name: str) -> str:
    """A dotted name may itself be the object the models speak of, as `flask.request` is."""
    return name if "." in name else ""


def _attribute(frame: Frame, node: cst.Attribute) -> Value:
    if frame.foreign(node):
        value = _global(frame, node)
        if value.taints:
            return value
    receiver = frame.value(node.value)
    return attribute_of(frame, node, receiver)


def attribute_of(frame: Frame, node: cst.Attribute, receiver: Value) -> Value:
    """An attribute of a value that is known already."""
    name = frame.name(node, receiver)
    given = read_property(frame, node, name, receiver)
    if given is not None:
        return given
    part = frame.part(node.value, receiver, "." + node.attr.value)
    taints = source_taints(frame, node, name)
    if not taints and not part.dirty:
        part, taints = _known_by_type(frame, node, receiver, part)
    kind = part.type or frame.models.returned(name) or _held_type(frame, node) or ""
    proofs, about = part.proofs, receiver.about
    if "redirect" in about[1]:
        # Of the parts of an address, only the host says where it leads.
        hosts = node.attr.value in HOSTS
        proofs, about = ((*proofs, Proof(*about, when=False)), about) if hosts else (proofs, ("", ()))
    # What a source is by its own type need not wait for what the caller passes.
    own = tuple(taint for taint in part.taints if not taints or taint.kind != PARAMETER)
    value = Value(merge_taints(own, taints), part.fields, kind, proofs, about)
    safe = value.clear(kind for item in frame.models.named(Sanitizer, name) for kind in item.kinds)
    frame.looked_at(node, safe, was=bool(receiver.taints) or f".{node.attr.value}" in receiver.fields)
    return safe


def _known_by_type(frame: Frame, node: cst.Attribute, receiver: Value, part: Value) -> tuple[Value, tuple[Taint, ...]]:
    """What an attribute is a source by: its own type, or a base of the class that it is one of."""
    taints = source_taints(frame, node, part.type) if part.type else ()
    base = type_named(frame, receiver.type) if "." in receiver.type else ""
    if taints or not base:
        return part, taints
    taints = source_taints(frame, node, f"{base}.{node.attr.value}")
    return Value(fields=fields_of(frame, node, receiver.type, taints) if taints else NO_FIELDS), taints


def _held_type(frame: Frame, node: cst.Attribute) -> str | None:
    """The type of `self.x`, from what the class binds to it."""
    origin = frame.file.origin(node) if isinstance(node.value, cst.Name) and node.value.value == "self" else None
    if not origin or "()" not in origin:
        return None
    return frame.name(node)


def _subscript(frame: Frame, node: cst.Subscript) -> Value:
    whole = frame.value(node.value)
    for element in node.slice:
        if isinstance(element.slice, cst.Index):
            frame.value(element.slice.value)
    key = item_key(node)
    cut = any(isinstance(element.slice, cst.Slice) for element in node.slice)
    part = frame.part(node.value, whole, key) if key else whole.item() if cut else whole.item().behind_keys()
    frame.looked_at(node, part, was=bool(whole.taints))
    kind = frame.models.returned(f"{whole.type}.__getitem__") if whole.type else None
    return replace(part, type=kind) if kind else part


def _formatted(frame: Frame, node: cst.FormattedString) -> Value:
    pieces: list[Piece] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            pieces.append((part.value, CLEAN))
        elif isinstance(part, cst.FormattedStringExpression):
            value = frame.value(part.expression)
            pieces.append((None, CLEAN if takes_number(part) else value))
    return compose(pieces)


def _concatenated(frame: Frame, node: cst.ConcatenatedString) -> Value:
    return compose([_piece(frame, node.left), _piece(frame, node.right)])


def _piece(frame: Frame, node: cst.BaseExpression) -> tuple[str | None, Value]:
    text = text_value(node)
    return (text, CLEAN) if text is not None else (None, frame.value(node))


def _binary(frame: Frame, node: cst.BinaryOperation) -> Value:
    pieces: list[Piece] = []
    while isinstance(node.left, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        pieces.append(_piece(frame, node.right))
        node = node.left
    pieces.append(_piece(frame, node.right))
    pieces.append(_piece(frame, node.left))
    pieces.reverse()
    return escaped(frame, node.operator, pieces, _put_together(frame, node, pieces))


def escaped(frame: Frame, operator: cst.CSTNode, pieces: list[Piece], made: Value) -> Value:
    """What an operator gives that makes what it is given safe, as the one of a text that knows it is HTML does."""
    method = METHODS.get(type(operator), "")
    acting = pieces if isinstance(operator, (cst.Add, cst.AddAssign)) else pieces[:1]
    for kind in {value.type for _, value in acting if method and value.type}:
        for item in frame.models.named(Sanitizer, f"{kind}.{method}"):
            return replace(made.clear(item.kinds), type=kind)
    return made


def _put_together(frame: Frame, node: cst.BinaryOperation, pieces: list[Piece]) -> Value:
    if isinstance(node.operator, cst.Add):
        return compose(pieces)
    if isinstance(node.operator, cst.Modulo) and pieces[0][0] is not None:
        return compose([*percent(pieces[0][0], "%"), *_filling(node.right, pieces[0][0], pieces[1])])
    if isinstance(node.operator, (cst.Divide, cst.Modulo)):
        types = {value.type for _, value in pieces if value.type}
        made = compose(pieces, path=isinstance(node.operator, cst.Divide))
        if isinstance(node.operator, cst.Divide) and made.dirty:
            types = {kind for kind in types if frame.models.speaks_of(kind) or frame.file.project.locate(kind)} or {
                PATH
            }
        return replace(made, type=types.pop()) if len(types) == 1 else made
    if isinstance(node.operator, cst.Subtract) and not pieces[-1][1].dirty:
        return Value(proofs=tuple(members(as_set(node.left), when=False)))
    if isinstance(node.operator, (cst.BitOr, cst.Multiply)):
        return Value(taints=merge_taints((), (taint for _, value in pieces for taint in value.all_taints())))
    return CLEAN


def _filling(node: cst.BaseExpression, template: str, given: Piece) -> list[Piece]:
    """What fills the holes of a template, in order."""
    text, value = given
    kept = wordy(value, percent_holes(template))
    if not isinstance(node, cst.Tuple) or kept.taints:
        return [(text, kept)]
    return [(None, kept.part(f"[{place}]")) for place in range(len(node.elements))]


def _boolean(frame: Frame, node: cst.BooleanOperation) -> Value:
    left = frame.value(node.left)
    before, when = frame.state, isinstance(node.operator, cst.And)
    frame.state = narrowed(before, left, when)
    right, stops = frame.value_if_run(node.right)
    if stops:
        frame.state = narrowed(before, left, not when)
        return _again(frame, node.left, left)
    frame.state = join_states(before, frame.state)
    both = (proof for side in (left, right) for proof in side.proofs if proof.when == when)
    proofs = (*(replace(proof, there=False) for proof in both), *dict.fromkeys(either(left, right, not when)))
    # `host or ""` is still about the host.
    made = join(left, right) if right.dirty or when else replace(join(left, right), about=left.about)
    return replace(made, proofs=proofs) if proofs else made


def _again(frame: Frame, node: cst.BaseExpression, value: Value) -> Value:
    """What a variable that was just tested holds now; the value of anything else."""
    path = access(node)
    return frame.read(path) if path and path[0] in frame.state else value


def _unary(frame: Frame, node: cst.UnaryOperation) -> Value:
    value = frame.value(node.expression)
    if not isinstance(node.operator, cst.Not):
        return CLEAN
    return Value(proofs=tuple(replace(proof, when=not proof.when, there=False) for proof in value.proofs))


def _conditional(frame: Frame, node: cst.IfExp) -> Value:
    test = frame.value(node.test)
    before = frame.state
    ends: list[tuple[Value, State]] = []
    for side, branch in ((node.body, True), (node.orelse, False)):
        frame.state = narrowed(before, test, branch)
        value, stops = frame.value_if_run(side)
        ends += [] if stops else [(value, frame.state)]
    frame.stopped = frame.stopped or not ends
    frame.state = ends[0][1] if len(ends) == 1 else before
    return join(*(value for value, _ in ends)) if len(ends) == 2 else ends[0][0] if ends else CLEAN


def _elements(frame: Frame, node: cst.Tuple | cst.List | cst.Set) -> Value:
    whole = CLEAN
    for position, element in enumerate(node.elements):
        value = frame.value(element.value)
        if isinstance(element, cst.StarredElement):
            whole = replace(whole, taints=merge_taints(whole.taints, value.all_taints()))
        elif value.dirty or value.type:
            about = value.about if value.about[0] else (about_of(element.value, value), (ANY,))
            whole = whole.with_part(f"[{position}]", replace(value, proofs=(), about=about))
    return whole


def _dict(frame: Frame, node: cst.Dict) -> Value:
    whole = CLEAN
    for element in node.elements:
        value = frame.value(element.value)
        if isinstance(element, cst.StarredDictElement):
            whole = join(whole, value)
            continue
        key = constant_key(element.key) if isinstance(element, cst.DictElement) else None
        if key:
            whole = whole.with_part(key, replace(value, proofs=(), about=("", ())))
        else:
            whole = replace(whole, taints=merge_taints(whole.taints, value.all_taints()))
    return whole


def _comprehension(frame: Frame, node: Any) -> Value:
    before, stopped = frame.state, frame.stopped
    frame.state = dict(before)
    clause = node.for_in
    while clause is not None:
        bind(frame, clause.target, frame.value(clause.iter).element())
        for test in clause.ifs:
            frame.state = narrowed(frame.state, frame.value(test.test), True)
        clause = clause.inner_for_in
    made = _mapped(frame, node) if isinstance(node, cst.DictComp) else many(frame.value(node.elt))
    frame.state, frame.stopped = before, stopped
    return made


def _mapped(frame: Frame, node: cst.DictComp) -> Value:
    keys, value = frame.value(node.key).flat(), frame.value(node.value)
    made = Value(taints=keys.taints) if keys.taints else CLEAN
    return made.with_part(ANY_KEY, value if value.dirty else CLEAN) if made.dirty or value.dirty else made


def bind(frame: Frame, target: cst.BaseExpression, value: Value) -> None:
    """Assign a value to a target: a name, a path, or a pattern that takes it apart."""
    if isinstance(target, (cst.Tuple, cst.List)):
        names = in_order(frame.file.project, value.type) if value.fields and "." in value.type else ()
        value = (
            Value(value.taints, {f"[{at}]": value.part(f".{name}") for at, name in enumerate(names)})
            if names
            else value
        )
        for position, element in enumerate(target.elements):
            starred = isinstance(element, cst.StarredElement)
            bind(frame, element.value, value.element() if starred else value.part(f"[{position}]"))
        return
    path = access(target)
    if path:
        frame.write(path, replace(value, composed=False) if value.composed else value)
    elif isinstance(target, cst.Subscript):
        whole = access(target.value)
        if whole and value.dirty:
            at = (*whole, ANY_KEY) if ANY_KEY in frame.read(whole).fields else whole
            frame.write(at, value.flat(composed=False), weak=True)


def _walrus(frame: Frame, node: cst.NamedExpr) -> Value:
    value = frame.value(node.value)
    bind(frame, node.target, value)
    return value


def _wrapped(frame: Frame, node: Any) -> Value:
    return frame.value(node.expression)


def _yield(frame: Frame, node: cst.Yield) -> Value:
    frame.generates = True
    if node.value is not None:
        given = node.value.item if isinstance(node.value, cst.From) else node.value
        value = frame.value(given)
        frame.result = join(frame.result, value if isinstance(node.value, cst.From) else many(value))
    return CLEAN


def _lambda(frame: Frame, node: cst.Lambda) -> Value:
    before = frame.state
    frame.state = {**before, **{param.name.value: CLEAN for param in node.params.params}}
    frame.value_if_run(node.body)
    frame.state = before
    return CLEAN


def _literal(frame: Frame, node: cst.SimpleString) -> Value:
    text = text_value(node)
    return Value(begins=text) if text else CLEAN


EVALUATORS: dict[type[cst.CSTNode], Evaluator] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Call: call,
    cst.SimpleString: _literal,
    cst.FormattedString: _formatted,
    cst.ConcatenatedString: _concatenated,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: comparison,
    cst.IfExp: _conditional,
    cst.Tuple: _elements,
    cst.List: _elements,
    cst.Set: _elements,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.NamedExpr: _walrus,
    cst.Await: _wrapped,
    cst.Yield: _yield,
    cst.Lambda: _lambda,
}
