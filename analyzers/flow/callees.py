"""Calls of functions of the project itself: the callee's summary, with the arguments put in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.flow.binding import bind
from analyzers.flow.callbacks import called_back
from analyzers.flow.demands import Demand, met
from analyzers.flow.frame import Frame, Hit, access, joined, short, source_taints, typed
from analyzers.flow.given import Given
from analyzers.flow.guards import about_of, narrowed
from analyzers.flow.hints import speaks_of_source
from analyzers.flow.objects import (
    class_of,
    function_of,
    gives_itself,
    held_by,
    is_super,
    maker_of,
    overriding,
    property_of,
)
from analyzers.flow.summary import Given as Result
from analyzers.flow.summary import Reach, Signature, Summary, signature_of
from analyzers.flow.switches import conditions, with_defaults
from analyzers.flow.value import (
    CLEAN,
    KEYS,
    MEMBERS,
    PARAMETER,
    RESULT,
    Link,
    Proof,
    Taint,
    Value,
    join,
    merge_taints,
    placed,
)
from analyzers.models import ANY, Source
from analyzers.outline import Definition
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import is_name, last_name

# A parameter and its part: `row` and `['id']`.
PART = re.compile(r"(\w+)(\W.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is called, and what: by the call itself, by whom it is given to, or as a property is."""

    node: cst.CSTNode
    func: cst.BaseExpression


def apply_callee(
    frame: Frame,
    site: Site,
    name: str | None,
    receiver: Value | None,
    given: tuple[Given, ...],
) -> Value | None:
    """The value of a call of a project's function; None when it is none, or nothing is known of it."""
    func, project = site.func, frame.file.project
    if frame.watched and is_name(func, frame.watched):
        frame.calls[site.node] = given, frame.state
        return Value((Taint(PARAMETER, RESULT, Link(frame.file, site.node, "", length=0)),))
    if isinstance(func, cst.Name) and func.value in frame.inner and func.value in frame.state:
        return _inner(frame, func.value, given)
    place = function_of(project, name)
    if place is not None:
        return _called(frame, site, place, receiver, given)
    made = class_of(project, name) if name and name.rpartition(".")[2].lstrip("_")[:1].isupper() else None
    return _made_object(frame, site, name, made, given) if made and name else None


def called_of(frame: Frame, func: cst.BaseExpression) -> str | None:
    """The method that runs where an object of a class of the project is called."""
    kind = ""
    if isinstance(func, cst.Name) and func.value in frame.state:
        kind = frame.state[func.value].type
    elif isinstance(func, (cst.Name, cst.Call)):
        origin = frame.file.origin(func) or ""
        kind = (typed(frame.models, origin) or "") if origin.endswith("()") else ""
    name = f"{kind}.__call__" if "." in kind else None
    return name if function_of(frame.file.project, name) else None


def _called(
    frame: Frame, site: Site, place: tuple[SourceFile, Definition], receiver: Value | None, given: tuple[Given, ...]
) -> Value | None:
    """What a function or method gives, and what the call does besides."""
    wanted = any(
        one.value.dirty or one.value.proofs or (one.value.type and _has_sources(frame, one.value.type)) for one in given
    )
    wanted = wanted or (receiver is not None and receiver.dirty)
    own = overriding(*place, receiver.type) if receiver is not None and receiver.type else ""
    summary = frame.world.summary(*place, wanted=wanted or bool(own), own=own)
    itself = receiver is not None and gives_itself(*place)
    if summary is None:
        return receiver if itself else None
    bound = dict(bind(summary.signature, given, skip=_is_bound(*place, site.func)))
    bound.update(_held(site.func, receiver) if receiver is not None else ())
    _reach(frame, site, summary, bound)
    if summary.stops:
        frame.stopped = True
        return CLEAN
    _prove(frame, summary, bound, given)
    _write(frame, site, summary, bound)
    if itself and receiver is not None:
        return _with_writes(frame, site, receiver, summary, bound)
    made = _result(frame, site, summary.result, bound)
    if not frame.symbolic:
        read = any(one.value.dirty for one in given) or speaks_of_source(*place, frame.models, frame.kind)
        frame.looked_at(site.node, made, was=read)
    return replace(made, type=summary.type, proofs=tuple(_tests(summary, bound)))


def _tests(summary: Summary, bound: Mapping[str, Given]) -> Iterator[Proof]:
    """What the answer of a callee proves."""
    for when, told in ((True, summary.tells), (False, summary.denies)):
        for parameter, kinds in told.items():
            if parameter in bound:
                yield from (replace(proof, when=when) for proof in _proof(parameter, kinds, bound))


def _made_object(
    frame: Frame, site: Site, name: str, place: tuple[SourceFile, Definition], given: tuple[Given, ...]
) -> Value:
    """A new object of a class, with what its `__init__` leaves in it."""
    maker = maker_of(frame.file.project, place)
    if maker is None:
        return _holding(frame, site, name, place, given)
    summary = frame.world.summary(*maker, wanted=any(one.value.dirty for one in given))
    if summary is None:
        return Value(type=name)
    bound = dict(bind(summary.signature, given, skip=True))
    _reach(frame, site, summary, bound)
    if summary.stops:
        frame.stopped = True
        return CLEAN
    _prove(frame, summary, bound, given)
    made = _constructed(frame, site, name, summary, bound)
    init = maker[0].function(maker[1].qualname) if maker[0] is frame.file else None
    if init is not None:
        frame.made[init] = join(frame.made.get(init, made), made)
    return made


def _holding(
    frame: Frame, site: Site, name: str, place: tuple[SourceFile, Definition], given: tuple[Given, ...]
) -> Value:
    """An object that holds what it is made of, as those of dataclasses do."""
    made = Value(type=name)
    if any(one.value.dirty for one in given):
        for key, one in bind(Signature(held_by(frame.file.project, place)), given, skip=False):
            made = made.with_part(f".{key}", one.value) if one.value.dirty else made
    after = function_of(frame.file.project, f"{name}.__post_init__") if made.dirty else None
    summary = frame.world.summary(*after, wanted=True) if after else None
    return _looked_over(frame, site, made, summary) if summary else made


def _looked_over(frame: Frame, site: Site, made: Value, summary: Summary) -> Value:
    """A new object once `__post_init__` has looked at what it holds, or has changed it."""
    bound = {f"self{key}": Given(-1, "", "", site.func, part) for key, part in made.fields.items()}
    _reach(frame, site, summary, bound)
    if summary.stops:
        frame.stopped = True
        return CLEAN
    for parameter, kinds in summary.proves.items():
        key = parameter.removeprefix("self")
        if key in made.fields:
            made = made.with_part(key, made.fields[key].clear(kinds))
    return _with_writes(frame, site, made, summary, bound)


def read_property(frame: Frame, node: cst.Attribute, name: str | None, receiver: Value) -> Value | None:
    """What a property of a class of the project gives; None when it is none."""
    place = property_of(frame.file.project, name)
    return _called(frame, Site(node, node), place, receiver, ()) if place else None


def entered(frame: Frame, node: cst.WithItem, value: Value) -> Value:
    """What a `with` gives for an object: of a class of the project, what its method gives."""
    for name in ("__enter__", "__aenter__") if value.type and "." in value.type else ():
        place = function_of(frame.file.project, f"{value.type}.{name}")
        if place is not None:
            given = _called(frame, Site(node.item, node.item), place, value, ())
            return CLEAN if given is None else given
    return value


def _inner(frame: Frame, name: str, given: tuple[Given, ...]) -> Value:
    """A call of a function that was defined in this one."""
    function = frame.inner[name]
    own = {parameter.name.value for parameter in parameters(function.params)}
    bound = {name: one for name, one in bind(signature_of(function.params), given, skip=False) if name in own}
    if not any(value.dirty for value in (*(one.value for one in bound.values()), *frame.state.values())):
        return frame.gives.get(name, CLEAN)
    return frame.define(frame, function, bound)


def _is_bound(file: SourceFile, function: Definition, func: cst.BaseExpression) -> bool:
    """Whether the first parameter is what the method is called on."""
    if function.parent not in file.outline.classes:
        return False
    decorators = {name.rpartition(".")[2] for name in function.decorators}
    if "staticmethod" in decorators:
        return False
    holder = func.value if isinstance(func, cst.Attribute) else None
    through_class = isinstance(holder, (cst.Name, cst.Attribute)) and last_name(holder)[:1].isupper()
    return "classmethod" in decorators or not through_class


def _held(func: cst.BaseExpression, receiver: Value) -> Iterator[tuple[str, Given]]:
    """What the object holds that a method is called on, by the names that the method has for it."""
    if isinstance(func, cst.Attribute):
        for key, part in receiver.fields.items():
            if part.dirty and key.startswith("."):
                yield f"self{key}", Given(-1, "", "", func.value, part)


def _passed_as(frame: Frame, bound: Mapping[str, Given], parameter: str) -> Given | None:
    """What is passed as a parameter, or as the part of one that its name tells: `form.name`, `row['id']`."""
    if parameter in bound:
        return bound[parameter]
    name = PART.match(parameter)
    whole = bound.get(name[1]) if name else None
    if whole and name and name[2] == KEYS:
        return replace(whole, value=Value(whole.value.taints))
    if not whole or not name:
        return None
    part = whole.value.part(name[2])
    if name[2].startswith(".") and not part.dirty and whole.value.type:
        part = Value(source_taints(frame, whole.node, whole.value.type + name[2]))
    return replace(whole, value=part)


def _has_sources(frame: Frame, kind: str) -> bool:
    """Whether attributes of an object of this type are sources: what a function may read there under its own name."""
    known: frozenset[str] | None = frame.models.cache.get((_has_sources, frame.kind))
    if known is None:
        every = (name for one in frame.models.all(Source) if one.kind == frame.kind for name in one.names)
        known = frozenset(name.rpartition(".")[0] for name in every)
        frame.models.cache[_has_sources, frame.kind] = known
    return frame.models.canonical(kind) in known


def _passed(frame: Frame, site: Site, parameter: str) -> str:
    """The words of the step into a callee."""
    called = short(frame.file, site.func)
    return f"is {'passed to' if parameter.isidentifier() else 'read by'} `{called}` as `{parameter}`"


def _reach(frame: Frame, site: Site, summary: Summary, bound: Mapping[str, Given]) -> None:
    nodes = {name: one.node for name, one in bound.items()}
    for reach in summary.reaches:
        one = _passed_as(frame, bound, reach.parameter)
        when = conditions(frame, with_defaults(nodes, summary.signature, reach.when), nodes)
        if one is None or when is None:
            continue
        if not when and not called_back(reach.kind):
            frame.sinks.setdefault(site.node, set()).add(reach.kind)
        back = called_back(reach.kind)
        if back is not None:
            _wait(frame, site, reach, one, back, bound)
            continue
        for taint in one.value.all_taints():
            if taint.clear(reach.cleared).harms(reach.kind):
                what = _passed(frame, site, reach.parameter)
                frame.hit(
                    Hit(reach.kind, site.node, one.node, taint, what, reach.assumed, reach.place, reach.steps, when)
                )


def _wait(
    frame: Frame, site: Site, reach: Reach, one: Given, back: tuple[str, int, str], bound: Mapping[str, Given]
) -> None:
    """Note a function that a callee was passed, and calls with this value."""
    parameter, position, keyword = back
    function = bound.get(parameter)
    what = _passed(frame, site, reach.parameter)

    def lead(taint: Taint) -> Taint:
        link = taint.link.then(frame.file, site.node, what)
        link = Link(frame.file, site.node, "", link, reach.steps, link.assumed, link.length + len(reach.steps))
        return replace(taint.clear(reach.cleared), link=link, from_words="")

    if function is not None and one.value.dirty:
        given = Given(position, keyword, "", one.node, one.value.map(lead))
        frame.waiting.append((function.node, (given,)))


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


def _given(
    frame: Frame, site: Site, results: tuple[Result, ...], bound: Mapping[str, Given], attribute: str = ""
) -> tuple[Taint, ...]:
    """What a callee returns, or leaves in an attribute."""
    taints: tuple[Taint, ...] = ()
    for result in results:
        if not result.parameter:
            taints = merge_taints(taints, (_made(frame, site, result, attribute),))
        elif one := _passed_as(frame, bound, result.parameter):
            own = one.value.all_taints()
            taints = merge_taints(taints, (_through(frame, site, result, taint) for taint in own))
    return taints


def _made(frame: Frame, site: Site, result: Result, attribute: str) -> Taint:
    """What a callee gives by itself."""
    steps, called = result.way.steps, short(frame.file, site.func)
    what = f"is kept in `{attribute.removeprefix('.')}` by `{called}`" if attribute else f"is returned by `{called}`"
    source = result.way.source if attribute else ""
    link = Link(frame.file, site.node, what, None, steps, (), 1 + len(steps), source)
    return Taint(result.kind, (site.node, steps[:1]), link, result.cleared)


def _through(frame: Frame, site: Site, result: Result, taint: Taint) -> Taint:
    """What a callee passes on."""
    link = taint.link.then(frame.file, site.node, _passed(frame, site, result.parameter))
    if steps := result.way.steps:
        link = Link(frame.file, site.node, "", link, steps, link.assumed, link.length + len(steps))
    return replace(taint.clear(result.cleared), link=link, from_words="")


def _write(frame: Frame, site: Site, summary: Summary, bound: Mapping[str, Given]) -> None:
    """What a callee leaves in what it is called on, and in what it is passed."""
    for written, results in summary.writes.items():
        found = PART.match(written)
        name, part = (found[1], found[2]) if found else (written, "")
        path = _path_of(site, name, bound)
        taints = _given(frame, site, results, bound, part or name) if path else ()
        if path and taints:
            frame.write((*path, part) if part else path, Value(taints), weak=True)


def _path_of(site: Site, name: str, bound: Mapping[str, Given]) -> tuple[str, ...] | None:
    """The access path of what stands for a parameter of a callee."""
    if name in bound:
        return access(bound[name].node) if not bound[name].star else None
    if name != "self" or not isinstance(site.func, cst.Attribute):
        return None
    return ("self",) if is_super(site.func.value) else access(site.func.value)


def _constructed(frame: Frame, site: Site, name: str, summary: Summary, bound: Mapping[str, Given]) -> Value:
    return _with_writes(frame, site, Value(type=name), summary, bound)


def _with_writes(frame: Frame, site: Site, held: Value, summary: Summary, bound: Mapping[str, Given]) -> Value:
    """An object with what a method leaves in it besides what it held."""
    for written, results in summary.writes.items():
        if written.startswith("self."):
            key = written.removeprefix("self")
            part = Value(_given(frame, site, results, bound, key))
            held = held.with_part(key, join(held.fields[key], part) if key in held.fields else part)
    return held


def _prove(frame: Frame, summary: Summary, bound: Mapping[str, Given], given: tuple[Given, ...]) -> None:
    """What holds of the arguments once a callee has returned."""
    for parameter, kinds in summary.proves.items():
        if parameter == summary.signature.rest and MEMBERS in kinds:
            each = (one for one in given if not (one.keyword or one.star))
            proofs = tuple(Proof(path, (ANY,)) for one in each if (path := about_of(one.node, one.value)))
            frame.state = narrowed(frame.state, Value(proofs=proofs), True)
        elif parameter in bound:
            test = Value(proofs=_proof(parameter, kinds, bound))
            frame.state = narrowed(frame.state, test, True)
    for parameter, demand in summary.demands.items():
        if parameter in bound and not bound[parameter].star:
            frame.state = met(frame.state, bound[parameter].value, Demand(demand))


def _proof(parameter: str, kinds: frozenset[str], bound: Mapping[str, Given]) -> tuple[Proof, ...]:
    one = bound[parameter]
    path = about_of(one.node, one.value)
    if "." in parameter:
        holder = access(one.node)
        return (Proof(joined(holder) + parameter.removeprefix("self"), tuple(sorted(kinds))),) if holder else ()
    return (Proof(path, tuple(sorted(kinds))),) if path and not is_name(one.node, "self") else ()
