"""What decorators of the project look at before the function is called: its arguments, and what else they prove.

Only what a decorator rules out counts. A function whose decorators are not at hand, or call it in another way than by
its name, is read as it is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import libcst as cst

from analyzers.flow.binding import bind
from analyzers.flow.entries import SELF
from analyzers.flow.frame import Frame, joined
from analyzers.flow.given import Given
from analyzers.flow.graph import Undecided
from analyzers.flow.guards import subject
from analyzers.flow.objects import class_of, function_of
from analyzers.flow.summary import signature_of
from analyzers.flow.value import CLEAN, FACTS, PARAMETER, RESULT, Link, Proof, State, Taint, Value
from analyzers.models import ANY
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import inside, is_name

ALL = frozenset({ANY})
NO_KINDS = frozenset[str]()
Call = tuple[tuple[Given, ...], State]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """The function that runs in the place of a decorated one, which it calls by the name `called`.

    `around` are the functions that it stands in, whose parameters it sees.
    """

    file: SourceFile
    function: cst.FunctionDef
    called: str
    around: tuple[cst.FunctionDef, ...]


@dataclass(frozen=True, slots=True)
class Vouched:
    """What holds where a decorated function begins: the kinds its parameters are safe for, and facts about others.

    `answers` are the kinds that what it returns is made safe for on its way out.
    """

    parameters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    facts: tuple[Proof, ...] = ()
    answers: frozenset[str] = NO_KINDS


NOTHING = Vouched()


class Runner(Protocol):
    """Who reads a function from a state on, with placeholders for what it is given."""

    def watch(self, file: SourceFile, function: cst.FunctionDef, begin: State, called: str) -> Frame:
        """Read the body, noting in `calls` how `called` is called. Raises Undecided."""


def vouched(runner: Runner, file: SourceFile, function: cst.FunctionDef, marks: Sequence[cst.Decorator]) -> Vouched:
    """What these decorators of a function vouch for, together."""
    return _together([_looked_at(runner, one, function) for one in _wrappers(file, marks)])


def begun(state: State, found: Vouched) -> State:
    """The state in which a decorated function begins."""
    after = dict(state)
    for name, kinds in found.parameters.items():
        after[name] = after[name].clear(kinds)
    if found.facts and FACTS in after:
        after[FACTS] = Value(proofs=found.facts)
    return after


def _wrappers(file: SourceFile, marks: Iterable[cst.Decorator]) -> Iterator[Wrapper]:
    for mark in marks:
        made = isinstance(mark.decorator, cst.Call)
        called = mark.decorator.func if isinstance(mark.decorator, cst.Call) else mark.decorator
        name = file.qualified(called)
        of_class = made and name is not None and class_of(file.project, name) is not None
        place = function_of(file.project, f"{name}.__call__" if of_class else name)
        outer = place[0].function(place[1].qualname) if place else None
        if place is None or outer is None:
            continue
        around = [outer]
        if made and not of_class and (inner := _returned(outer)):
            around.append(inner)
        given = [one.name.value for one in parameters(around[-1].params)][of_class:]
        wrapper = _returned(around[-1])
        if wrapper is not None and given and given[0] not in SELF and (of_class or len(around) == 1 + made):
            yield Wrapper(place[0], wrapper, given[0], tuple(around))


def _returned(function: cst.FunctionDef) -> cst.FunctionDef | None:
    """The function inside another one that this gives, also through a call: `return update_wrapper(inner, f)`."""
    inner = {one.name.value: one for one in function.body.body if isinstance(one, cst.FunctionDef)}
    answers = [one.value for one in inside(function.body) if isinstance(one, cst.Return) and one.value]
    named = [one.value for answer in answers for one in inside(answer) if isinstance(one, cst.Name)]
    found = {name: inner[name] for name in named if name in inner}
    return next(iter(found.values())) if len(found) == 1 else None


def _looked_at(runner: Runner, wrapper: Wrapper, function: cst.FunctionDef) -> Vouched:
    """What a wrapper looks at, whether its arguments come by place or by name."""
    params = wrapper.function.params
    ways = [False] if isinstance(params.star_arg, cst.Param) or not params.star_kwarg else []
    ways += [True] if params.star_kwarg else []
    try:
        return _together([_called(runner, wrapper, function, by_name) for by_name in ways])
    except (Undecided, RecursionError):
        return NOTHING


def _together(found: Sequence[Vouched]) -> Vouched:
    """What any of them vouches for."""
    if len(found) == 1:
        return found[0]
    kinds: dict[str, frozenset[str]] = {}
    for one in found:
        for name, own in one.parameters.items():
            kinds[name] = kinds.get(name, NO_KINDS) | own
    facts = tuple(dict.fromkeys(fact for one in found for fact in one.facts))
    return Vouched(kinds, facts, NO_KINDS.union(*(one.answers for one in found)))


def _called(runner: Runner, wrapper: Wrapper, function: cst.FunctionDef, by_name: bool) -> Vouched:
    names = _places(function)
    paths = _paths(wrapper.function, names, by_name)
    frame = runner.watch(wrapper.file, wrapper.function, _begin(wrapper, paths), wrapper.called)
    if not frame.calls:
        return NOTHING
    copies = tuple(_copies(wrapper, {joined(path): name for name, path in paths.items()}))
    params = wrapper.function.params
    stars = [one.name.value for one in (params.star_arg, params.star_kwarg) if isinstance(one, cst.Param)]
    each = [_safe(function, call, copies, stars) for call in frame.calls.values()]
    kinds = {name: own for name in paths if (own := _every(name, each)) and name not in SELF}
    facts = [tuple(state[FACTS].proofs) for _, state in frame.calls.values()]
    kept = tuple(fact for fact in facts[0] if all(fact in other for other in facts[1:]))
    sent = [taint.cleared for taint in frame.result.all_taints() if taint.origin == RESULT]
    return Vouched(kinds, kept, frozenset.intersection(*sent) if sent else NO_KINDS)


def _begin(wrapper: Wrapper, paths: Mapping[str, tuple[str, ...]]) -> State:
    """The state in which a wrapper begins, with a placeholder for each parameter of the decorated function."""
    own = (one for function in (*wrapper.around, wrapper.function) for one in parameters(function.params))
    begin = {FACTS: CLEAN, **{one.name.value: CLEAN for one in own}}
    link = Link(wrapper.file, wrapper.function.name, "", length=0)
    for name, path in paths.items():
        value = Value((Taint(PARAMETER, name, link),)) if name not in SELF else CLEAN
        begin[path[0]] = begin[path[0]].with_part(path[1], value) if len(path) > 1 else value
    return begin


def _every(name: str, each: Sequence[Mapping[str, frozenset[str]]]) -> frozenset[str]:
    """The kinds that a parameter is safe for in all calls."""
    left = [one.get(name, NO_KINDS) for one in each]
    some = [kinds for kinds in left if ANY not in kinds]
    return frozenset.intersection(*some) if some else ALL


def _places(function: cst.FunctionDef) -> tuple[str, ...]:
    params = function.params
    return tuple(one.name.value for one in (*params.posonly_params, *params.params, *params.kwonly_params))


def _paths(wrapper: cst.FunctionDef, names: tuple[str, ...], by_name: bool) -> dict[str, tuple[str, ...]]:
    """Where a wrapper has what it is given for the parameters of the decorated function."""
    own, params = _places(wrapper), wrapper.params
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in names if name in own}
    rest = [name for name in names if name not in found]
    for place, name in ((place, name) for place, name in enumerate(names[: len(own)]) if name in rest):
        if own[place] not in names:
            found[name] = (own[place],)
    left = [name for name in rest if name not in found]
    if by_name and params.star_kwarg:
        found |= {name: (params.star_kwarg.name.value, f"[{name!r}]") for name in left}
    elif isinstance(params.star_arg, cst.Param):
        found |= {name: (params.star_arg.name.value, f"[{place}]") for place, name in enumerate(left)}
    return found


def _copies(wrapper: Wrapper, given: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The variables of a wrapper that only ever hold what it is given for a parameter."""
    bound = wrapper.file.local_names(wrapper.function)
    for one in inside(wrapper.function.body):
        if isinstance(one, cst.Assign) and isinstance(one.targets[0].target, cst.Name):
            name, parameter = one.targets[0].target.value, given.get(subject(one.value), "")
            if parameter and len(bound.get(name, ())) == 1 and not is_name(one.value, name):
                yield name, parameter


def _safe(
    function: cst.FunctionDef, call: Call, copies: Iterable[tuple[str, str]], stars: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """The kinds that the parameters of a decorated function are safe for in one call of it.

    Of what it is given by stars, only what the wrapper itself is given so (`stars`) is known when nothing is in it.
    """
    given, state = call
    known = tuple(one for one in given if not one.star or one.value.dirty or is_name(one.node, *stars))
    found = {name: _kinds(one.value) for name, one in bind(signature_of(function.params), known, skip=False)}
    for variable, name in copies:
        if name in found and variable in state:
            found[name] = found[name] | _kinds(state[variable])
    return found


def _kinds(value: Value) -> frozenset[str]:
    left = [taint.cleared for taint in value.all_taints()]
    return frozenset.intersection(*left) if left else ALL
