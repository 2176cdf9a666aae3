"""Functions handed to somebody who calls them: which function, and what it will be given."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.flow.given import Given
from analyzers.flow.value import Value
from analyzers.models import Argument
from analyzers.syntax import text_value


@dataclass(frozen=True, slots=True)
class Runner:
    """A call that calls a function it is given.

    `function` is the argument that names it. It is given the elements of the further arguments when `each`, else what
    stands in the arguments `packed` (a sequence, and a mapping of keywords), else the further arguments themselves.
    """

    function: tuple[Argument, ...]
    each: bool = False
    packed: tuple[Argument, ...] = ()


# Begins the kind of a sink that is a function which somebody passes in.
CALLED = "call of "
IN_TURN = Runner((0, "func"))
# https://docs.python.org/3/library/functions.html#map, threading.html, concurrent.futures.html, functools.html#partial
BY_NAME = {
    "map": Runner((0,), each=True),
    "filter": Runner((0,), each=True),
    "builtins.map": Runner((0,), each=True),
    "builtins.filter": Runner((0,), each=True),
    "itertools.starmap": Runner((0,), each=True),
    "functools.partial": IN_TURN,
    "threading.Thread": Runner(("target", 1), packed=(3, "args", "kwargs")),
    "threading.Timer": Runner((1, "function"), packed=(2, "args", "kwargs")),
    "multiprocessing.Process": Runner(("target", 1), packed=(3, "args", "kwargs")),
    "asyncio.to_thread": IN_TURN,
    "starlette.concurrency.run_in_threadpool": IN_TURN,
    "fastapi.concurrency.run_in_threadpool": IN_TURN,
    "asgiref.sync.sync_to_async": IN_TURN,
    "anyio.to_thread.run_sync": IN_TURN,
}
# Of objects whose type nobody knows: executors, pools, event loops, Starlette's background tasks.
BY_METHOD = {
    "submit": IN_TURN,
    **dict.fromkeys(("map", "imap", "imap_unordered", "map_async", "starmap"), Runner((0, "func"), each=True)),
    "apply_async": Runner((0, "func"), packed=(1, "args", "kwds")),
    "run_in_executor": Runner((1, "func")),
    "call_soon": IN_TURN,
    "call_soon_threadsafe": IN_TURN,
    "add_task": IN_TURN,
}


def handed_on(
    name: str | None, method: str, given: tuple[Given, ...]
) -> tuple[cst.BaseExpression, tuple[Given, ...]] | None:
    """The function that a call calls in its turn, and what that is given; None when it calls none."""
    runner = BY_NAME.get(name or "") or BY_METHOD.get(method)
    found = next((one for one in given if runner and _is(one, runner.function)), None)
    if runner is None or found is None or not isinstance(found.node, (cst.Name, cst.Attribute, cst.Lambda)):
        return None
    further = [one for one in given if one.position > found.position]
    if runner.packed:
        arguments = [part for one in given if _is(one, runner.packed) for part in _unpacked(one)]
    elif runner.each:
        arguments = [replace(one, value=one.value.element(), star="") for one in further if not one.keyword]
    else:
        arguments = further
    shift = min((one.position for one in arguments if not one.keyword), default=0)
    moved = (one if one.keyword else replace(one, position=one.position - shift) for one in arguments)
    return found.node, tuple(moved)


def asked(parameter: str, one: Given) -> str:
    """The kind of sink that a parameter is which a function calls, with this as one of what it is given."""
    return f"{CALLED}{parameter} {one.keyword or one.position}"


def called_back(kind: str) -> tuple[str, int, str] | None:
    """The parameter that is called, and at which position or by which name with the value; see `asked`."""
    if not kind.startswith(CALLED):
        return None
    parameter, _, place = kind.removeprefix(CALLED).partition(" ")
    return (parameter, int(place), "") if place.isdigit() else (parameter, 0, place)


def _is(one: Given, wanted: tuple[Argument, ...]) -> bool:
    return not one.star and ((one.keyword or one.position) in wanted)


def _unpacked(one: Given) -> Iterator[Given]:
    """The arguments that a tuple or a mapping stands for."""
    if isinstance(one.node, (cst.Tuple, cst.List)):
        for position, element in enumerate(one.node.elements):
            yield Given(position, "", "", element.value, one.value.part(f"[{position}]"))
    elif isinstance(one.node, cst.Dict):
        for item in one.node.elements:
            key = text_value(item.key) if isinstance(item, cst.DictElement) else None
            if key:
                yield Given(0, key, "", item.value, one.value.part(f"[{key!r}]"))
    elif one.value.dirty:
        yield Given(0, "", "*", one.node, one.value)


def parameters_of(function: cst.Lambda, given: tuple[Given, ...]) -> dict[str, Value]:
    """What the parameters of a lambda are given."""
    names = [parameter.name.value for parameter in function.params.params]
    by_place = {names[one.position]: one.value for one in given if not one.keyword and one.position < len(names)}
    return {**{name: Value() for name in names}, **by_place}
