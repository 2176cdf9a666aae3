"""What a test proves: comparisons, and the state on either side of a test."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import libcst as cst

from analyzers.flow.frame import Frame, access, constant_key, joined
from analyzers.flow.value import FACTS, MEMBERS, NO_PARENT, PARAMETER, RELATIVE, WITH, Proof, Taint, Value
from analyzers.models import ANY
from analyzers.syntax import argument, is_name, last_name, method, text_value

SAME = (cst.Equal, cst.In)
OTHER = (cst.NotEqual, cst.NotIn)
INSIDE = (cst.In, cst.NotIn)
IS = (cst.Is, cst.Equal)
IS_NOT = (cst.IsNot, cst.NotEqual)
PARENT = ".."
PARENTS = "parents"
SETS = frozenset({"set", "frozenset"})


def comparison(frame: Frame, node: cst.Comparison) -> Value:
    """A comparison carries nothing; equal to, or a member of, something safe proves a value safe."""
    left = frame.value(node.left)
    rights = [(target, frame.value(target.comparator)) for target in node.comparisons]
    if len(rights) != 1:
        return Value()
    target, right = rights[0]
    if is_name(target.comparator, "None", "True", "False"):
        return Value(proofs=(*_compared(node.left, left, target, right), *_answered(left, target)))
    sets = (*_subset(node.left, target, left, right), *_below(frame, target, left))
    return Value(proofs=(*_compared(node.left, left, target, right), *sets))


def _compared(
    left_node: cst.BaseExpression, left: Value, target: cst.ComparisonTarget, right: Value
) -> Iterator[Proof]:
    if not isinstance(target.operator, SAME + OTHER):
        return
    when = isinstance(target.operator, SAME)
    if left.dirty and is_apart(right, left) and not _is_text_search(target):
        yield from _proof(left_node, left, when)
    if right.dirty and is_apart(left, right) and not isinstance(target.operator, INSIDE):
        yield from _proof(target.comparator, right, when)
    if left.dirty and right.dirty and not isinstance(target.operator, INSIDE):
        yield from _for(_safe_for(right), _proof(left_node, left, when))
        yield from _for(_safe_for(left), _proof(target.comparator, right, when))
    if right.dirty and text_value(left_node) == PARENT:
        yield from halves(about_of(target.comparator, right), NO_PARENT, RELATIVE, when=not when)
    elif right.dirty and (text_value(left_node) == "/" or last_name(left_node) == "sep"):
        # Without a slash nothing but the folder above can be named, and that is no file.
        path = about_of(target.comparator, right)
        yield from [Proof(path, ("path",), not when)] if path else []


def _answered(tested: Value, target: cst.ComparisonTarget) -> Iterator[Proof]:
    """What a test proves whose result is compared with one of its answers: `re.fullmatch(...) is not None`."""
    same = isinstance(target.operator, IS)
    if not same and not isinstance(target.operator, IS_NOT):
        return
    for proof in tested.proofs:
        if is_name(target.comparator, "None"):
            if proof.there:
                yield replace(proof, when=not same, there=False)
        elif proof.when == is_name(target.comparator, "True"):
            yield replace(proof, when=same, there=False)


def _below(frame: Frame, target: cst.ComparisonTarget, folder: Value) -> Iterator[Proof]:
    """`FOLDER in path.parents`."""
    among = target.comparator
    if not isinstance(target.operator, INSIDE) or not isinstance(among, cst.Attribute) or among.attr.value != PARENTS:
        return
    holder = frame.value(among.value)
    if is_apart(folder, holder):
        for proof in within(among.value, holder):
            yield replace(proof, when=isinstance(target.operator, cst.In))


def within(holder: cst.BaseExpression, receiver: Value) -> Iterator[Proof]:
    """A look at the beginning of a path proves it, and what it was made from, once it is absolute."""
    path = access(holder)
    if path:
        yield Proof(joined(path), ("path",), needs="absolute-path")
    if "path" in receiver.about[1]:
        yield Proof(receiver.about[0], ("path",))


def _subset(left: cst.BaseExpression, target: cst.ComparisonTarget, first: Value, second: Value) -> Iterator[Proof]:
    """`set(names) <= ALLOWED`, or the other way round."""
    if isinstance(target.operator, (cst.LessThan, cst.LessThanEqual)) and is_apart(second, first):
        yield from members(as_set(left), when=True)
    elif isinstance(target.operator, (cst.GreaterThan, cst.GreaterThanEqual)) and is_apart(first, second):
        yield from members(as_set(target.comparator), when=True)


def as_set(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a set is made of: `set(names)`, `row.keys()`."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in SETS:
        return argument(node, 0)
    if isinstance(node, cst.Call) and method(node) == "keys" and isinstance(node.func, cst.Attribute):
        return node.func.value
    return None


def members(node: cst.BaseExpression | None, *, when: bool) -> Iterator[Proof]:
    """Every element of what stands here was looked at."""
    path = subject(node) if node is not None else None
    if path:
        yield Proof(path, (MEMBERS,), when)


def halves(path: str, mark: str, other: str, *, when: bool) -> Iterator[Proof]:
    """One of the two looks that together prove a path: it proves alone when the other was taken before."""
    if path:
        yield Proof(path, ("path",), when, other)
        yield Proof(path, (mark,), when)


def is_apart(value: Value, tested: Value) -> bool:
    """Whether what a tested value is held against is clean, or, going by its placeholders, for the caller to vouch for.

    Of a function that is given both, `if name not in allowed: raise`, nobody lets the client choose what is allowed.
    """
    taints = tuple(value.all_taints())
    if any(taint.kind != PARAMETER for taint in taints):
        return False
    given = {taint.origin for taint in taints}
    return not given or any(taint.origin not in given for taint in tested.all_taints())


def _is_text_search(target: cst.ComparisonTarget) -> bool:
    """`x in "text"` looks for a part, not for a member."""
    return isinstance(target.operator, INSIDE) and text_value(target.comparator) is not None


def _proof(node: cst.BaseExpression, value: Value, when: bool) -> Iterator[Proof]:
    path = subject(node)
    if path:
        yield Proof(path, (ANY,), when)
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


def either(left: Value, right: Value, when: bool) -> Iterator[Proof]:
    """What is proved where one of two tests came out as `when`: what either of them proves then."""
    for first, second in product(left.proofs, right.proofs):
        needs = first.needs or second.needs
        if first.path == second.path and first.when == second.when == when and second.needs in ("", needs):
            few, more = sorted((first.kinds, second.kinds), key=lambda kinds: ANY in kinds)
            kinds = few if ANY in more else tuple(kind for kind in few if kind in more)
            yield from [Proof(first.path, kinds, when, needs)] if kinds else []


def subject(node: cst.CSTNode) -> str:
    """The access path of what a test looks at: of `name := ...` the name, of `row.get("id")` that of `row["id"]`."""
    match node:
        case cst.NamedExpr():
            return subject(node.target)
        case cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value="get")), args=[cst.Arg(star=""), *_]):
            key, path = constant_key(node.args[0].value), access(holder)
            return joined(path) + key if path and key else ""
    return joined(access(node) or ())


def about_of(node: cst.BaseExpression, value: Value) -> str:
    """The access path of an expression, or of the variable it was derived from; "" for none."""
    return subject(node) or value.about[0]


def narrowed(state: dict[str, Value], test: Value, branch: bool) -> dict[str, Value]:
    """The state where a test came out as `branch`."""
    after = state
    for proof in test.proofs:
        if proof.when == branch:
            after = {name: _proved(name, value, proof.path, proof.kinds, proof.needs) for name, value in after.items()}
            _note(after, proof)
    return after


def _note(state: dict[str, Value], proof: Proof) -> None:
    """Keep what is proved of something that is no variable here, for where it is read again."""
    facts = state.get(FACTS)
    root = proof.path.partition(".")[0].partition("[")[0]
    if facts is not None and root and root not in state and not proof.needs:
        fact = Proof(proof.path, proof.kinds)
        if fact not in facts.proofs:
            state[FACTS] = replace(facts, proofs=(*facts.proofs, fact))


def known(state: dict[str, Value], node: cst.CSTNode, value: Value) -> Value:
    """The value of an expression, with what was proved of it before."""
    facts = state.get(FACTS)
    path = subject(node) if facts is not None and facts.proofs and value.dirty else ""
    for proof in facts.proofs if facts is not None and path else ():
        value = _proved(path, value, proof.path, proof.kinds, "")
    return value


def _proved(name: str, value: Value, path: str, kinds: tuple[str, ...], needs: str) -> Value:
    if not path.startswith(name) or not value.dirty:
        return value
    if path == name:
        if MEMBERS in kinds:
            value, kinds = _looked_at(value), tuple(kind for kind in kinds if kind != MEMBERS)
        return value.map(lambda taint: _cleared(taint, kinds, needs))
    fields = {key: _proved(key, part, path[len(name) :], kinds, needs) for key, part in value.fields.items()}
    if path[len(name)] in ".[" and path[len(name) :] not in fields and value.taints:
        rest = path[len(name) :]
        fields[rest] = _proved(rest, value.part(rest), rest, kinds, needs)
    return replace(value, fields=fields)


def _looked_at(value: Value) -> Value:
    """The value whose elements, or keys, were all looked at."""
    fields = {key: _looked_at(part) if key[1:-1].isdigit() else part for key, part in value.fields.items()}
    return replace(value, taints=tuple(taint.clear((MEMBERS,)) for taint in value.taints), fields=fields)


def _cleared(taint: Taint, kinds: tuple[str, ...], needs: str) -> Taint | None:
    if not needs or needs in taint.cleared:
        return None if ANY in kinds else taint.clear(kinds)
    return taint.clear(once(kinds, needs)) if taint.kind == PARAMETER else taint


def once(kinds: Iterable[str], needs: str) -> tuple[str, ...]:
    """The kinds, as those for which a value is safe once it carries a mark."""
    return tuple(f"{kind}{WITH}{needs}" for kind in kinds) if needs else tuple(kinds)
