"""What a function's answers say of its parameters: which are safe when it answers true, or false."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import libcst as cst

from analyzers.flow.entries import SELF
from analyzers.flow.frame import Frame
from analyzers.flow.given import Given
from analyzers.flow.guards import about_of, once
from analyzers.flow.value import PARAMETER, Proof, Value
from analyzers.models import ANY
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import is_name, text_value

EITHER = (True, False)
Told = dict[bool, tuple[Proof, ...]]


def answer(frame: Frame, expression: cst.BaseExpression | None, value: Value) -> None:
    """Note what is proved where the function gives an answer, by the answer and by having come so far.

    Of several answers that are true only what all of them prove is proved.
    """
    for when in _outcomes(expression) if frame.function else ():
        own = [proof for proof in value.proofs if proof.when == when and _is_kept(frame, proof)]
        proofs = tuple(dict.fromkeys(replace(proof, when=when, there=False) for proof in (*own, *_established(frame))))
        before = frame.told.get(when)
        frame.told[when] = proofs if before is None else tuple(proof for proof in before if proof in proofs)


def _outcomes(expression: cst.BaseExpression | None) -> tuple[bool, ...]:
    """Whether an answer is true, or false, or could be both."""
    if expression is None or is_name(expression, "False", "None"):
        return (False,)
    if isinstance(expression, (cst.Integer, cst.SimpleString)):
        text = text_value(expression)
        return (bool(text if text is not None else expression.evaluated_value),)
    return (True,) if is_name(expression, "True") else EITHER


def _established(frame: Frame) -> Iterator[Proof]:
    """What is certain of the parameters here, as they were given."""
    for name, value in frame.state.items():
        own = [taint.cleared for taint in value.taints if taint.kind == PARAMETER and taint.origin == name]
        if own and all(not taint.link.length for taint in value.taints):
            kinds = frozenset.intersection(*own)
            yield from [Proof(name, tuple(sorted(kinds)))] if kinds else []
        elif not value.dirty and name in fixed(frame) and name not in SELF:
            yield Proof(name, (ANY,))


def _is_kept(frame: Frame, proof: Proof) -> bool:
    """Whether a proof is still about what was passed: not where the name was given something else on the way."""
    name = proof.path.partition(".")[0].partition("[")[0]
    value = frame.state.get(name, Value())
    return name in fixed(frame) or value.about[0] == name


def fixed(frame: Frame) -> frozenset[str]:
    """The parameters of the function that nothing else in it binds."""
    if frame.function is None:
        return frozenset()
    known: dict[cst.FunctionDef, frozenset[str]] = frame.file.cache.setdefault(fixed, {})
    if frame.function not in known:
        known[frame.function] = _fixed(frame.file, frame.function)
    return known[frame.function]


def _fixed(file: SourceFile, function: cst.FunctionDef) -> frozenset[str]:
    bound = file.local_names(function)
    names = (parameter.name.value for parameter in parameters(function.params))
    return frozenset(name for name in names if len(bound.get(name, ())) == 1)


def tells(frame: Frame, names: Iterable[str], when: bool) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds when the answer is true, or false; none of a generator."""
    known = tuple(names)
    of_self = known[:1] == ("self",)
    proofs = () if frame.generates else frame.told.get(when, ())
    found: dict[str, frozenset[str]] = {}
    for proof in proofs:
        if proof.path in known or (of_self and proof.path.startswith("self.")):
            found[proof.path] = found.get(proof.path, frozenset()).union(once(proof.kinds, proof.needs))
    return found


def passed_on(frame: Frame, given: Mapping[str, Given]) -> tuple[Proof, ...]:
    """What the answer of a function that was defined inside proves of what was passed to it."""
    found = []
    for when in EITHER:
        for name, kinds in tells(frame, given, when).items():
            path = about_of(given[name].node, given[name].value)
            found += [Proof(path, tuple(sorted(kinds)), when)] if path else []
    return tuple(found)
