"""What the validators of pydantic's models refuse, or make harmless, before a handler is given a model.

https://docs.pydantic.dev/latest/concepts/validators/
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Protocol

import libcst as cst

from analyzers import trees
from analyzers.flow.declared import CHECKING
from analyzers.flow.entries import names_in
from analyzers.flow.objects import Place, class_of, function_of
from analyzers.flow.summary import Summary
from analyzers.flow.value import State
from analyzers.models import ANY
from analyzers.names import resolved
from analyzers.outline import Definition, Kind, dotted
from analyzers.scopes import parameters
from analyzers.source import SourceFile

MARKS = frozenset({"field_validator", "validator"})
BESIDE = frozenset({"AfterValidator", "BeforeValidator"})
ALL = frozenset({ANY})
Fields = Mapping[str, frozenset[str]]


class World(Protocol):
    """Who summarises functions of the project."""

    def summary(self, file: SourceFile, function: Definition, *, wanted: bool) -> Summary | None:
        """The summary of a function; None when the budget is spent."""


def validated(world: World, file: SourceFile, function: cst.FunctionDef, state: State) -> State:
    """The state in which a function begins whose parameters are models that have looked at their fields."""
    after = dict(state)
    for parameter in parameters(function.params):
        value = state[parameter.name.value]
        for name in names_in(parameter.annotation.annotation) if parameter.annotation and value.taints else ():
            place = class_of(file.project, file.qualified(name) or "")
            for field, kinds in _fields(world, place).items() if place else ():
                value = value.with_part(f".{field}", value.part(f".{field}").clear(kinds))
        after[parameter.name.value] = value
    return after


def _fields(world: World, place: Place) -> Fields:
    """The fields of a model with the kinds that its validators make them safe for."""
    found: dict[str, frozenset[str]] = {}
    above = place[0].mro(place[1].qualname)
    for one in map(place[0].project.locate, above) if not CHECKING.isdisjoint(above) else ():
        for field, method, position in _validators(*one) if one else ():
            summary = world.summary(*method, wanted=True)
            found[field] = found.get(field, frozenset()) | (_kinds(summary, position) if summary else frozenset())
    return {field: kinds for field, kinds in found.items() if kinds}


def _validators(file: SourceFile, model: Definition) -> Iterator[tuple[str, Place, int]]:
    """The fields of a class, each with a function that looks at it, and at which place that is given its value."""
    for one in file.outline.members(model.qualname):
        for mark in _marks(file, one) if one.kind is Kind.FUNCTION else ():
            yield from ((text, (file, one), 1) for text in map(_text, mark.args) if text)
    body = file.outline.classes[model.qualname].body if model.qualname in file.outline.classes else ()
    for statement in body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            for call in trees.nodes(statement.annotation):
                place = _beside(file, call) if isinstance(call, ast.Call) else None
                yield from [(statement.target.id, place, 0)] if place else []


def _marks(file: SourceFile, method: Definition) -> Iterator[ast.Call]:
    for node in file.outline.nodes.get(method.qualname, ()):
        for mark in getattr(node, "decorator_list", ()):
            if isinstance(mark, ast.Call) and trees.last_name(mark.func) in MARKS:
                yield mark


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _beside(file: SourceFile, call: ast.Call) -> Place | None:
    """The function of `Annotated[str, AfterValidator(known)]`."""
    if trees.last_name(call.func) not in BESIDE or not call.args:
        return None
    return function_of(file.project, resolved(file, dotted(call.args[0]), "", {}))


def _kinds(summary: Summary, position: int) -> frozenset[str]:
    """The kinds that what a validator gives is safe for."""
    places = summary.signature.places
    name = places[min(position, len(places) - 1)] if places else ""
    given = [one.cleared for one in summary.result if one.parameter == name or not one.parameter]
    return frozenset.intersection(*given) if given else ALL
