"""Calls of functions of the project itself: the callee's summary, with the arguments put in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.flow.frame import Frame, Hit, access, joined, short
from analyzers.flow.given import Given
from analyzers.flow.guards import about_of, narrowed
from analyzers.flow.summary import Given as Result
from analyzers.flow.summary import Reach, Summary
from analyzers.flow.value import CLEAN, Link, Proof, Taint, Value, join, merge_taints, placed
from analyzers.outline import Definition, Kind
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import is_name, last_name

# A parameter and its part: `row` and `['id']`.
PART = re.compile(r"(\w+)(\W.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is called, and what: by the call itself, or by whom it is given to."""

    node: cst.Call
    func: cst.BaseExpression


def apply_callee(
    frame: Frame,
    site: Site,
    name: str | None,
    receiver: Value | None,
    given: tuple[Given, ...],
) -> Value | None:
    """The value of a call of a project's function; None when it is none, or nothing is known of it."""
    func = site.func
    if isinstance(func, cst.Name) and func.value in frame.inner and func.value in frame.state:
        return _inner(frame, frame.inner[func.value], given)
    found = _find(frame, name)
    if found is None or name is None:
        return None
    file, function, is_class = found
    wanted = any(one.value.dirty for one in given) or (receiver is not None and receiver.dirty)
    summary = frame.world.summary(file, function, wanted=wanted)
    if summary is None:
        return Value(type=name) if is_class else None
    bound = dict(_bind(summary, given, skip=is_class or _is_bound(file, function, func)))
    bound.update(_held(func, receiver) if receiver is not None and not is_class else ())
    _reach(frame, site, summary.reaches, bound)
    if summary.stops:
        frame.stopped = True
        return CLEAN
    _write(frame, site, summary, bound)
    _prove(frame, summary.proves, bound)
    if is_class:
        made = _constructed(frame, site, name, summary, bound)
        init = file.function(function.qualname) if file is frame.file else None
        if init is not None:
            frame.made[init] = join(frame.made.get(init, made), made)
        return made
    tests = tuple(_proof(parameter, kinds, bound) for parameter, kinds in summary.tells.items() if parameter in bound)
    return replace(_result(frame, site, summary.result, bound), type=summary.type, proofs=sum(tests, ()))


def _inner(frame: Frame, function: cst.FunctionDef, given: tuple[Given, ...]) -> Value:
    """A call of a function that was defined in this one."""
    names = Summary(parameters=tuple(parameter.name.value for parameter in parameters(function.params)))
    bound = {name: one.value for name, one in _bind(names, given, skip=False) if name in names.parameters}
    return frame.define(frame, function, bound) if any(value.dirty for value in bound.values()) else CLEAN


def _find(frame: Frame, name: str | None) -> tuple[SourceFile, Definition, bool] | None:
    """The function of a name, or what makes an instance of the class of that name. Nothing of it is parsed yet."""
    if not name or "." not in name:
        return None
    project = frame.file.project
    found = project.locate(name)
    if found and found[1].kind is Kind.FUNCTION:
        return (*found, False)
    made = project.locate(name + ".__init__") if name.rpartition(".")[2][:1].isupper() else None
    return (*made, True) if made and made[1].kind is Kind.FUNCTION else None


def _is_bound(file: SourceFile, function: Definition, func: cst.BaseExpression) -> bool:
    """Whether the first parameter is what the method is called on."""
    if function.parent not in file.outline.classes:
        return False
    decorators = {name.rpartition(".")[2] for name in function.decorators}
    if "staticmethod" in decorators:
        return False
    through_class = isinstance(func, cst.Attribute) and last_name(func.value)[:1].isupper()
    return "classmethod" in decorators or not through_class


def _bind(summary: Summary, given: tuple[Given, ...], *, skip: bool) -> Iterator[tuple[str, Given]]:
    """The parameters with what they are given; those that are written out come last, and count."""
    positional = summary.parameters[1:] if skip else summary.parameters
    for one in given:
        if one.star == "**":
            yield from ((name, replace(one, value=one.value.part(f"[{name!r}]"))) for name in positional)
        elif one.star:
            yield from ((name, replace(one, value=one.value.element())) for name in positional[one.position :])
    for one in given:
        if one.keyword:
            yield one.keyword, one
        elif not one.star and one.position < len(positional):
            yield positional[one.position], one


def _held(func: cst.BaseExpression, receiver: Value) -> Iterator[tuple[str, Given]]:
    """What the object holds that a method is called on, by the names that the method has for it."""
    if isinstance(func, cst.Attribute):
        for key, part in receiver.fields.items():
            if part.dirty and key.startswith("."):
                yield f"self{key}", Given(-1, "", "", func.value, part)


def _passed_as(bound: Mapping[str, Given], parameter: str) -> Given | None:
    """What is passed as a parameter, or as the part of one that its name tells: `form.name`, `row['id']`."""
    if parameter in bound:
        return bound[parameter]
    name = PART.match(parameter)
    whole = bound.get(name[1]) if name else None
    return replace(whole, value=whole.value.part(name[2])) if whole and name else None


def _passed(frame: Frame, site: Site, parameter: str) -> str:
    """The words of the step into a callee."""
    called = short(frame.file, site.func)
    return f"is {'passed to' if parameter.isidentifier() else 'read by'} `{called}` as `{parameter}`"


def _reach(frame: Frame, site: Site, reaches: tuple[Reach, ...], bound: Mapping[str, Given]) -> None:
    for reach in reaches:
        one = _passed_as(bound, reach.parameter)
        if one is None:
            continue
        frame.sinks.setdefault(site.node, set()).add(reach.kind)
        for taint in one.value.all_taints():
            if taint.clear(reach.cleared).harms(reach.kind):
                what = _passed(frame, site, reach.parameter)
                frame.hit(Hit(reach.kind, site.node, one.node, taint, what, reach.assumed, reach.place, reach.steps))


def _result(frame: Frame, site: Site, results: tuple[Result, ...], bound: Mapping[str, Given]) -> Value:
    """What a callee gives, each part in its place."""
    parts: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        parts.setdefault(result.part, []).append(result)
    whole = CLEAN
    for part in sorted(parts, key=len):
        taints = _given(frame, site, tuple(parts[part]), bound)
        whole = placed(whole, part, Value(taints)) if taints else whole
    return whole


def _given(frame: Frame, site: Site, results: tuple[Result, ...], bound: Mapping[str, Given]) -> tuple[Taint, ...]:
    taints: tuple[Taint, ...] = ()
    for result in results:
        if not result.parameter:
            taints = merge_taints(taints, (_made(frame, site, result),))
        elif one := _passed_as(bound, result.parameter):
            own = one.value.all_taints()
            taints = merge_taints(taints, (_through(frame, site, result, taint) for taint in own))
    return taints


def _made(frame: Frame, site: Site, result: Result) -> Taint:
    """What a callee gives by itself."""
    steps, what = result.way.steps, f"is returned by `{short(frame.file, site.func)}`"
    link = Link(frame.file, site.node, what, None, steps, (), 1 + len(steps))
    return Taint(result.kind, (site.node, steps[:1]), link, result.cleared)


def _through(frame: Frame, site: Site, result: Result, taint: Taint) -> Taint:
    """What a callee passes on."""
    link = taint.link.then(frame.file, site.node, _passed(frame, site, result.parameter))
    if steps := result.way.steps:
        link = Link(frame.file, site.node, "", link, steps, link.assumed, link.length + len(steps))
    return replace(taint, link=link, cleared=taint.cleared | result.cleared, from_words="")


def _write(frame: Frame, site: Site, summary: Summary, bound: Mapping[str, Given]) -> None:
    path = access(site.func.value) if isinstance(site.func, cst.Attribute) else None
    if not path:
        return
    for attribute, results in summary.writes.items():
        taints = _given(frame, site, results, bound)
        if taints:
            frame.write((*path, attribute), Value(taints), weak=True)


def _constructed(frame: Frame, site: Site, name: str, summary: Summary, bound: Mapping[str, Given]) -> Value:
    made = Value(type=name)
    for attribute, results in summary.writes.items():
        made = made.with_part(attribute, Value(_given(frame, site, results, bound)))
    return made


def _prove(frame: Frame, proves: Mapping[str, frozenset[str]], bound: Mapping[str, Given]) -> None:
    for parameter, kinds in proves.items():
        if parameter in bound:
            test = Value(proofs=_proof(parameter, kinds, bound))
            frame.state = narrowed(frame.state, test, True)


def _proof(parameter: str, kinds: frozenset[str], bound: Mapping[str, Given]) -> tuple[Proof, ...]:
    one = bound[parameter]
    path = about_of(one.node, one.value)
    if "." in parameter:
        holder = access(one.node)
        return (Proof(joined(holder) + parameter.removeprefix("self"), tuple(sorted(kinds))),) if holder else ()
    return (Proof(path, tuple(sorted(kinds))),) if path and not is_name(one.node, "self") else ()
