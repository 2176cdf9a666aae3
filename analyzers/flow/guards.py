"""What a test proves: comparisons, and the state on either side of a test."""

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from analyzers.flow.frame import Frame, access, joined
from analyzers.flow.value import NO_PARENT, RELATIVE, Proof, Taint, Value
from analyzers.models import ANY
from analyzers.syntax import text_value

SAME = (cst.Equal, cst.In)
OTHER = (cst.NotEqual, cst.NotIn)
INSIDE = (cst.In, cst.NotIn)
PARENT = ".."


def comparison(frame: Frame, node: cst.Comparison) -> Value:
    """A comparison carries nothing; equal to, or a member of, something safe proves a value safe."""
    left = frame.value(node.left)
    rights = [(target, frame.value(target.comparator)) for target in node.comparisons]
    if len(rights) != 1:
        return Value()
    target, right = rights[0]
    return Value(proofs=tuple(_compared(node.left, left, target, right)))


def _compared(
    left_node: cst.BaseExpression, left: Value, target: cst.ComparisonTarget, right: Value
) -> Iterator[Proof]:
    if not isinstance(target.operator, SAME + OTHER):
        return
    when = isinstance(target.operator, SAME)
    if left.dirty and not right.dirty and not _is_text_search(target):
        yield from _proof(left_node, left, when)
    elif right.dirty and not left.dirty and not isinstance(target.operator, INSIDE):
        yield from _proof(target.comparator, right, when)
    elif left.dirty and right.dirty and not isinstance(target.operator, INSIDE):
        yield from _for(_safe_for(right), _proof(left_node, left, when))
        yield from _for(_safe_for(left), _proof(target.comparator, right, when))
    elif right.dirty and text_value(left_node) == PARENT:
        yield from halves(about_of(target.comparator, right), NO_PARENT, RELATIVE, when=not when)


def halves(path: str, mark: str, other: str, *, when: bool) -> Iterator[Proof]:
    """One of the two looks that together prove a path: it proves alone when the other was taken before."""
    if path:
        yield Proof(path, ("path",), when, other)
        yield Proof(path, (mark,), when)


def _is_text_search(target: cst.ComparisonTarget) -> bool:
    """`x in "text"` looks for a part, not for a member."""
    return isinstance(target.operator, INSIDE) and text_value(target.comparator) is not None


def _proof(node: cst.BaseExpression, value: Value, when: bool) -> Iterator[Proof]:
    path = access(node)
    if path:
        yield Proof(joined(path), (ANY,), when)
    if value.about[0]:
        yield Proof(value.about[0], value.about[1], when)


def _safe_for(value: Value) -> frozenset[str]:
    """The kinds of sinks that nothing in a value can harm: the address of this site, sent by the client itself."""
    return frozenset.intersection(*(taint.cleared for taint in value.all_taints()))


def _for(safe: frozenset[str], proofs: Iterator[Proof]) -> Iterator[Proof]:
    """The proofs, as far as they are about these kinds."""
    for proof in proofs:
        kinds = tuple(sorted(safe)) if ANY in proof.kinds else tuple(kind for kind in proof.kinds if kind in safe)
        if kinds:
            yield replace(proof, kinds=kinds)


def about_of(node: cst.BaseExpression, value: Value) -> str:
    """The access path of an expression, or of the variable it was derived from; "" for none."""
    path = access(node)
    return joined(path) if path else value.about[0]


def narrowed(state: dict[str, Value], test: Value, branch: bool) -> dict[str, Value]:
    """The state where a test came out as `branch`."""
    after = state
    for proof in test.proofs:
        if proof.when == branch:
            after = {name: _proved(name, value, proof.path, proof.kinds, proof.needs) for name, value in after.items()}
    return after


def _proved(name: str, value: Value, path: str, kinds: tuple[str, ...], needs: str) -> Value:
    if not path.startswith(name) or not value.dirty:
        return value
    if path == name:
        return value.map(lambda taint: taint if needs and needs not in taint.cleared else _cleared(taint, kinds))
    fields = {key: _proved(key, part, path[len(name) :], kinds, needs) for key, part in value.fields.items()}
    if path[len(name)] in ".[" and path[len(name) :] not in fields and value.taints:
        rest = path[len(name) :]
        fields[rest] = _proved(rest, value.part(rest), rest, kinds, needs)
    return replace(value, fields=fields)


def _cleared(taint: Taint, kinds: tuple[str, ...]) -> Taint | None:
    return None if "*" in kinds else taint.clear(kinds)
