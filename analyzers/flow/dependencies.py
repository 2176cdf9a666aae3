"""What a handler of FastAPI depends on: functions that are called with the same request, before it.

https://fastapi.tiangolo.com/tutorial/dependencies/
"""

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

import libcst as cst

from analyzers import trees
from analyzers.assigned import located, of_module
from analyzers.flow.entries import start
from analyzers.flow.frame import Frame, typed
from analyzers.flow.graph import Undecided
from analyzers.flow.hints import speaks_of_source
from analyzers.flow.objects import Place, class_of, function_of, maker_of
from analyzers.flow.routers import of_routers
from analyzers.flow.summary import Summary
from analyzers.flow.validators import validated
from analyzers.flow.value import CLEAN, State, Value
from analyzers.models import ANY, Entry, Models
from analyzers.names import resolved
from analyzers.outline import Definition, dotted
from analyzers.scopes import parameters
from analyzers.source import Project, SourceFile
from analyzers.syntax import argument, inside, last_name, text_value

# Parts of a request that are told apart; what is in none of them is in its address.
# https://fastapi.tiangolo.com/reference/parameters/
PARTS = frozenset("Body Cookie File Form Header".split())
ALL = frozenset({ANY})
NO_KINDS = frozenset[str]()
DEPTH_LIMIT = 3
Drawn = tuple[str, str]
"""The name of what a parameter is given, and the part of the request that it is in."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What is called for a handler, and the parameter that is given what it gives.

    Only that it returns counts where `parameter` is None. `made` is the class whose objects it begins, `place` is None
    where it is not at hand.
    """

    parameter: cst.Param | None
    place: Place | None
    made: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a dependency gives, and the kinds for which parts of a request are safe once it has returned."""

    value: Value = CLEAN
    proves: Mapping[Drawn, frozenset[str]] = field(default_factory=dict)


NO_ANSWER = Answer()


def depending(models: Models, entry: Entry | None) -> Entry | None:
    """How the dependencies of a framework's handlers are known and given data; None when it has none."""
    roots = set(entry.roots) if entry else set()
    return next((one for one in models.all(Entry) if one.handed and not roots.isdisjoint(one.roots)), None)


def dependencies(file: SourceFile, models: Models, function: cst.FunctionDef, marks: Set[str]) -> Iterator[Dependency]:
    """What is called for a function before it, in the order in which it is written: what its router asks for first."""
    for origin in of_routers(file, function, marks):
        yield _dependency(file, models, None, origin)
    for mark in function.decorators:
        given = argument(mark.decorator, None, "dependencies") if isinstance(mark.decorator, cst.Call) else None
        for one in _marked(given, marks) if given else ():
            yield _dependency(file, models, None, _named(file, one))
    for parameter in parameters(function.params):
        said = [part for part in (parameter.default, parameter.annotation) if part is not None]
        call = next((call for part in said for call in _marked(part, marks)), None)
        if call:
            yield _dependency(file, models, parameter, _named(file, call) or _class_of(file, parameter))
        elif parameter.annotation and (name := _by_alias(file, parameter.annotation.annotation, marks)) is not None:
            yield _dependency(file, models, parameter, name)


def _marked(node: cst.CSTNode, marks: Set[str]) -> Iterator[cst.Call]:
    return (one for one in inside(node) if isinstance(one, cst.Call) and last_name(one.func) in marks)


def _named(file: SourceFile, call: cst.Call) -> str:
    given = argument(call, 0, "dependency")
    return (file.origin(given) or "?") if given is not None else ""


def _class_of(file: SourceFile, parameter: cst.Param) -> str:
    """`Depends()` calls the class that the parameter is annotated with."""
    declared = parameter.annotation.annotation if parameter.annotation else None
    if isinstance(declared, cst.Subscript) and isinstance(declared.slice[0].slice, cst.Index):
        declared = declared.slice[0].slice.value
    return (file.origin(declared) or "") if declared else ""


def _by_alias(file: SourceFile, declared: cst.BaseExpression, marks: Set[str]) -> str | None:
    """What `User` of `User = Annotated[Account, Depends(found)]` calls; None when it is no such name."""
    own = of_module(file, declared.value) if isinstance(declared, cst.Name) else None
    name = file.qualified(declared) if isinstance(declared, (cst.Name, cst.Attribute)) and not own else None
    place = (file, own) if own else located(file.project, name) if name else None
    if place is None or not isinstance(place[1], ast.Subscript):
        return None
    calls = (one for one in trees.nodes(place[1]) if isinstance(one, ast.Call))
    made = next((one for one in calls if trees.last_name(one.func) in marks), None)
    if made is None:
        return None
    first = made.args[0] if made.args else place[1].slice
    said = first.elts[0] if isinstance(first, ast.Tuple) else first
    return resolved(place[0], dotted(said), "", {}) or ""


def _dependency(file: SourceFile, models: Models, parameter: cst.Param | None, origin: str) -> Dependency:
    name = typed(models, origin) if origin else None
    if name is None:
        return Dependency(parameter, None)
    return Dependency(parameter, *_called(file.project, name, made=not origin.endswith("()")))


def _called(project: Project, name: str, *, made: bool) -> tuple[Place | None, str]:
    """The function that is called, and the class that it makes an object of."""
    place = class_of(project, name)
    if place is None:
        return function_of(project, name), ""
    return (maker_of(project, place), name) if made else (function_of(project, f"{name}.__call__"), "")


def _proved(
    file: SourceFile, function: cst.FunctionDef, begin: State, end: State
) -> Iterator[tuple[Drawn, frozenset[str]]]:
    """The parameters that are safe for some kinds where a function that was given them has returned."""
    bound = file.local_names(function)
    for parameter in parameters(function.params):
        name = parameter.name.value
        given = {taint.origin for taint in begin[name].taints}
        if not given or len(bound.get(name, ())) != 1:
            continue
        left = [taint.cleared for taint in end.get(name, CLEAN).taints if taint.origin in given]
        kinds = frozenset[str].intersection(*left) if left else ALL
        if kinds:
            yield drawn_from(parameter), kinds


def drawn_from(parameter: cst.Param) -> Drawn:
    """What of a request a parameter is given."""
    said = [part for part in (parameter.default, parameter.annotation) if part is not None]
    calls = [one for part in said for one in inside(part) if isinstance(one, cst.Call)]
    other = next((text for call in calls if (text := text_value(argument(call, None, "alias")))), "")
    part = next((last_name(call.func) for call in calls if last_name(call.func) in PARTS), "")
    return other or parameter.name.value, part


class Runner(Protocol):
    """Who reads a function from a state on, and keeps what was found for further handlers."""

    models: Models
    kind: str

    @property
    def answers(self) -> dict[object, Answer]:
        """What dependencies give, by what they are."""

    def summary(self, file: SourceFile, function: Definition, *, wanted: bool) -> Summary | None:
        """The summary of a function; None when the budget is spent."""

    def run(self, file: SourceFile, function: cst.FunctionDef, begin: State) -> tuple[Frame, State | None]:
        """Read the body; the state at its normal end, None when it has none. Raises Undecided."""


def begun(
    runner: Runner, file: SourceFile, function: cst.FunctionDef, entry: Entry | None, depth: int = 0
) -> tuple[State, State]:
    """The state in which a framework has a function begin, without and with what its dependencies give and prove."""
    state = start(file, runner.models, function, runner.kind, symbolic=False, entry=entry)
    state = validated(runner, file, function, state) if entry else state
    own = depending(runner.models, entry)
    if own is None or depth > DEPTH_LIMIT:
        return state, state
    after = dict(state)
    for one in dependencies(file, runner.models, function, frozenset(own.handed)):
        answer = _answer(runner, one, own, depth + 1)
        if one.parameter is not None:
            name = one.parameter.name.value
            value = _led(file, one, answer.value)
            after[name] = replace(value, type=state[name].type or value.type)
        for parameter in parameters(function.params):
            kinds = answer.proves.get(drawn_from(parameter), NO_KINDS)
            after[parameter.name.value] = after[parameter.name.value].clear(kinds)
    return state, after


def _answer(runner: Runner, one: Dependency, entry: Entry, depth: int) -> Answer:
    """What a dependency gives and proves; nothing where it takes too long."""
    function = one.place[0].function(one.place[1].qualname) if one.place else None
    if one.place is None or function is None or not _matters(runner, *one.place):
        return NO_ANSWER
    file = one.place[0]
    about = runner.kind, file.path, one.place[1].line, one.made
    if about not in runner.answers:
        runner.answers[about] = NO_ANSWER
        try:
            given, begin = begun(runner, file, function, entry, depth)
            frame, end = runner.run(file, function, dict(begin))
        except Undecided:
            return NO_ANSWER
        if end is not None:
            result = frame.result.element() if frame.generates else frame.result
            held = Value(fields=end.get("self", CLEAN).fields, type=one.made)
            proves = dict(_proved(file, function, given, end))
            runner.answers[about] = Answer(held if one.made else result, proves)
    return runner.answers[about]


def _matters(runner: Runner, file: SourceFile, definition: Definition) -> bool:
    """Whether a function is given something of the request, or speaks of it."""
    return bool(definition.first_parameter) or speaks_of_source(file, definition, runner.models, runner.kind)


def _led(file: SourceFile, one: Dependency, value: Value) -> Value:
    """What a dependency gives, on its way into a parameter."""
    if one.parameter is None or one.place is None:
        return CLEAN
    node, given = one.parameter.name, one.made.rpartition(".")[2] or one.place[1].name
    words = f"is given as `{node.value}` by `{given}`"
    return value.map(lambda taint: replace(taint, from_words="", link=taint.link.then(file, node, words)))
