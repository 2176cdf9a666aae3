"""Which calls wait for the clock, a network or a process, by the models; and which functions of the project do so."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers import syntax
from analyzers.flow.frame import typed
from analyzers.model import Step
from analyzers.models import Blocking, Models
from analyzers.source import SourceFile

FUNCTIONS = (cst.FunctionDef, cst.Lambda)


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that waits: what it `does` in words ("sleeps"), and the `steps` to the place when that is in a callee."""

    does: str
    steps: tuple[Step, ...] = ()


def wait(call: cst.Call, file: SourceFile) -> Wait | None:
    """Whether the call waits: by itself, or because the project's function that it calls does so in its own body."""
    own = waits_itself(call, file)
    if own is not None:
        return Wait(own.does)
    name = file.qualified(call.func)
    found = file.project.find(name) if name and "." in name else None
    if found is None or found[1].asynchronous:
        return None
    return _inside(found[1], found[0], file, call)


def waits_itself(call: cst.Call, file: SourceFile) -> Blocking | None:
    """The model of the called function, if it is known to wait. `sleep(0)` does not."""
    models: Models | None = file.project.models
    origin = file.origin(call.func)
    found = models.named(Blocking, typed(models, origin)) if models and origin else ()
    if not found or (len(call.args) == 1 and _is_zero(call.args[0].value)):
        return None
    return found[0]


def _inside(function: cst.FunctionDef, other: SourceFile, file: SourceFile, call: cst.Call) -> Wait | None:
    known: dict[cst.FunctionDef, tuple[cst.Call, Blocking] | None] = other.cache.setdefault(_inside, {})
    if function not in known:
        known[function] = next(_own_waits(function, other), None)
    found = known[function]
    if found is None:
        return None
    inner, model = found
    steps = (
        Step(file.path, file.span(call), f"calls {function.name.value}()"),
        Step(other.path, other.span(inner), f"{model.does} in {syntax.last_name(inner.func)}()"),
    )
    return Wait(model.does, steps)


def _own_waits(function: cst.FunctionDef, file: SourceFile) -> Iterator[tuple[cst.Call, Blocking]]:
    if function.asynchronous or any(isinstance(node, cst.Yield) for node in syntax.inside(function.body)):
        return
    for node in syntax.inside(function.body):
        model = waits_itself(node, file) if isinstance(node, cst.Call) else None
        if model is not None and isinstance(node, cst.Call):
            yield node, model


def _is_zero(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Integer, cst.Float)) and not node.evaluated_value


def running(node: cst.CSTNode, file: SourceFile) -> cst.FunctionDef | cst.Lambda | None:
    """The function whose own code holds the node: when that runs, the node does. None at module and class level."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, FUNCTIONS) and inside is outer.body:
            return outer
        inside = outer
    return None
