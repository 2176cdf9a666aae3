"""What a function demands of the answer of a test that it is given: `ensure(x in NAMES)` raises where it is false."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

import libcst as cst

from analyzers.flow.frame import Frame, is_as_given
from analyzers.flow.guards import IS, IS_NOT, narrowed
from analyzers.flow.value import CLEAN, FACTS, Proof, State, Value
from analyzers.syntax import is_name


class Demand(StrEnum):
    """How a parameter has to come out for a function to return: as true, as false, or as something, not None."""

    TRUE = "true"
    FALSE = "false"
    THERE = "there"


NO_DEMANDS: Mapping[str, Demand] = {}


def noted(frame: Frame, state: State, test: cst.CSTNode, branch: bool) -> State:
    """The state on one side of a test, with how a parameter came out there that nothing was done with before."""
    for name, demand in _shown(test, branch) if frame.symbolic and FACTS in state else ():
        if any(is_as_given(taint, name) for taint in frame.state.get(name, CLEAN).taints):
            facts, fact = state[FACTS], Proof(_place(name), (demand,))
            return {**state, FACTS: replace(facts, proofs=(*facts.proofs, fact))} if fact not in facts.proofs else state
    return state


def _shown(test: cst.CSTNode, branch: bool) -> Iterator[tuple[str, Demand]]:
    """The name that a test is about, and what is known of it where that came out as `branch`."""
    match test:
        case cst.Name(value=name):
            yield name, Demand.TRUE if branch else Demand.FALSE
        case cst.Comparison(
            left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(operator=how, comparator=answer)]
        ) if isinstance(how, IS + IS_NOT):
            same = isinstance(how, IS) == branch
            if is_name(answer, "None"):
                yield name, Demand.FALSE if same else Demand.THERE
            elif same and is_name(answer, "True", "False"):
                yield name, Demand.TRUE if is_name(answer, "True") else Demand.FALSE


def _place(name: str) -> str:
    """Where a fact about the answer of a test stands, which says nothing of a value."""
    return f"({name})"


def demanded(end: State | None, names: tuple[str, ...]) -> Mapping[str, Demand]:
    """What is known, wherever a function returns, of those of its parameters that nothing else in it binds."""
    proofs = end[FACTS].proofs if end is not None and FACTS in end else ()
    found = {_place(name): name for name in names} if proofs else {}
    return {found[one.path]: Demand(one.kinds[0]) for one in proofs if one.path in found}


def met(state: State, test: Value, demand: Demand) -> State:
    """The state once a function has returned that demanded this of the test it was given."""
    if demand is Demand.THERE:
        test = Value(proofs=tuple(proof for proof in test.proofs if proof.there))
    return narrowed(state, test, demand is not Demand.FALSE)
