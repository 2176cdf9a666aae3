"""What a call does: its sinks, what it proves, and what comes out of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import TypeGuard

import libcst as cst

from analyzers.flow.callbacks import asked, handed_on, parameters_of
from analyzers.flow.callees import Site, apply_callee, called_of
from analyzers.flow.checks import NUMBERS, proofs_of
from analyzers.flow.choices import choices
from analyzers.flow.frame import Frame, Hit, access, is_as_given, short, source_taints, type_named
from analyzers.flow.given import Called, Given, arguments, gather, select
from analyzers.flow.guards import about_of, narrowed
from analyzers.flow.items import gone_through, taken_from
from analyzers.flow.objects import is_super
from analyzers.flow.patterns import taken, use_of
from analyzers.flow.setting import TEXTS, speaks
from analyzers.flow.summary import When
from analyzers.flow.switches import conditions
from analyzers.flow.texts import everything, put_together, replaced
from analyzers.flow.value import (
    CLEAN,
    State,
    Taint,
    Value,
    join,
    join_states,
    merge_taints,
)
from analyzers.models import ANY, Propagator, Sanitizer, Sink, Source, Stop
from analyzers.syntax import constant_of, is_name, last_name, words

# Methods of texts, mappings, sequences, matches and paths whose result is made of what they are called on.
PASSING = frozenset(
    "strip lstrip rstrip lower upper title capitalize casefold replace split rsplit splitlines partition rpartition "
    "encode decode expandtabs zfill ljust rjust center removeprefix removesuffix translate swapcase get getlist "
    "get_all pop popitem popleft items values keys copy setdefault read readline readlines json to_dict dict "
    "model_dump getvalue getfirst result group groups groupdict joinpath with_suffix with_name as_posix tobytes hex "
    "first".split()
)
# Of these, the ones a test of whose result is a test of the whole.
WHOLE = frozenset("strip lower upper casefold title capitalize".split())
# Of these, the ones that give what stands behind the keys of a mapping.
BEHIND_KEYS = frozenset("get pop setdefault".split())
# Where their second or third argument stands, which makes a number of what they give.
CONVERTING = {"get": 2, "getlist": 1}
FILLING = frozenset("append add insert extend update appendleft put put_nowait push setdefault".split())
# They give what they were given, not what the function gives.
CHOOSING = frozenset({"filter", "add_task"})
PAGES = ("text/html", "text/html; charset=utf-8", "application/xhtml+xml")
# What names the folder a path is held against: `os.path.commonpath([directory, target])`.
FOLDERS = frozenset("directory dir folder base basedir root parent parents safe allowed within".split())
MAPPINGS = frozenset({"dict", "builtins.dict"})


def call(frame: Frame, node: cst.Call) -> Value:
    """The value of a call; its effects go into the frame."""
    receiver = frame.value(node.func.value) if isinstance(node.func, cst.Attribute) else None
    name = called_of(frame, node.func) or frame.name(node.func, receiver)
    called = Called(node, node.func, name, receiver, gather(frame, node))
    return _any_of(frame, called) or _perform(frame, called)


def _any_of(frame: Frame, called: Called) -> Value | None:
    """The value of a call that may be one of several functions; None where nothing is known, or it is one by name."""
    named = called.name is not None or isinstance(called.func, cst.Attribute)
    own = isinstance(called.func, cst.Name) and called.func.value in (*frame.inner, frame.watched)
    if named or own or not any(one.value.dirty for one in called.given):
        return None
    ends: list[tuple[Value, State]] = []
    before, stopped = frame.state, frame.stopped
    found = choices(frame, called.func)
    for one in found:
        frame.state, frame.stopped = dict(before), False
        receiver = frame.value(one.func.value) if _is_own_method(one.func) else None
        given = _along(frame, one.given, called.given)
        value = _perform(frame, replace(called, func=one.func, name=one.name, receiver=receiver, given=given))
        ends += [] if frame.stopped else [(value, frame.state)]
    frame.state, frame.stopped = before, stopped or (bool(found) and not ends)
    if ends:
        frame.state = reduce(join_states, (state for _, state in ends))
    return reduce(join, (value for value, _ in ends), ends[0][0]) if ends else CLEAN if found else None


def _along(frame: Frame, before: tuple[cst.Arg, ...], given: tuple[Given, ...]) -> tuple[Given, ...]:
    """All that a function is given that was given something before."""
    first = arguments(frame, before)
    places = sum(not one.keyword for one in first)
    return (*first, *(one if one.keyword else replace(one, position=one.position + places) for one in given))


def _is_own_method(func: cst.BaseExpression) -> TypeGuard[cst.Attribute]:
    return isinstance(func, cst.Attribute) and is_name(func.value, "self")


def _perform(frame: Frame, called: Called) -> Value:
    _check_sinks(frame, called)
    if frame.models.named(Stop, called.name):
        frame.stopped = True
        return CLEAN
    proofs = tuple(proofs_of(frame, called))
    proved = Value(proofs=tuple(proof for kind, proof in proofs if kind == "return"))
    if proved.proofs:
        frame.state = narrowed(frame.state, proved, True)
    value = _result(frame, called)
    tests = tuple(proof for kind, proof in proofs if kind != "return")
    return replace(value, proofs=(*value.proofs, *tests)) if tests else value


def _check_sinks(frame: Frame, called: Called) -> None:
    sinks = frame.models.named(Sink, called.name)
    assumed: tuple[str, ...] = ()
    if not sinks and isinstance(called.func, cst.Attribute) and _is_unknown(frame, called):
        holder = last_name(called.func.value)
        assumed = (f"that `{holder}` is what its name says",)
        sinks = frame.models.guessed(holder, called.method)
    for sink in sinks:
        when = _applies(frame, sink, called.given)
        if when is None or speaks(frame, called.node, sink.unsaid):
            continue
        if not when:
            frame.sinks.setdefault(called.node, set()).update(sink.kinds)
        for argument, value in select(frame, sink.arguments, called.given, called.node, called.receiver):
            used = value.fields.get(sink.part, CLEAN) if sink.part else value
            _check_value(frame, called, sink, argument, used, assumed, when)


def _is_unknown(frame: Frame, called: Called) -> bool:
    """Whether nothing at hand says what the object is that a method is called on."""
    kind = called.receiver.type if called.receiver else ""
    return called.unknown or not (frame.models.speaks_of(kind) or frame.file.project.locate(kind))


def _applies(frame: Frame, sink: Sink, given: tuple[Given, ...]) -> When | None:
    """What the function has to be given for a call to be a sink, mostly nothing; None when it is none."""
    named = {one.keyword: one.node for one in given if one.keyword}
    said = [constant_of(named[key]) for key in sink.unless if key in named]
    spared = any(one is not False and one not in PAGES for one in said)
    return None if spared else conditions(frame, sink.when.items(), named)


def _check_value(
    frame: Frame,
    called: Called,
    sink: Sink,
    argument: cst.BaseExpression,
    value: Value,
    assumed: tuple[str, ...],
    when: When,
) -> None:
    for taint in value.all_taints():
        for kind in sink.kinds:
            if taint.harms(kind) and (kind not in TEXTS or taint in value.taints):
                lead = "is put into a text and reaches" if value.composed else "reaches"
                what = f"{lead} `{short(frame.file, called.func)}`, which {sink.does}"
                frame.hit(Hit(kind, called.node, argument, taint, what, assumed, when=when))


def _shown(argument: cst.BaseExpression, value: Value) -> str:
    """The access path that an argument is about; of a sequence, its first element that is about one.

    What the object itself holds, or is named as the folder that a path is held against, comes last.
    """
    abouts = sorted((part.about[0] for part in value.fields.values() if part.dirty and part.about[0]), key=_is_folder)
    return about_of(argument, value) or (abouts[0] if abouts else "")


def _is_folder(path: str) -> bool:
    return path.startswith("self.") or not FOLDERS.isdisjoint(words(path))


def _result(frame: Frame, called: Called) -> Value:
    models, name = frame.models, called.name
    kind = models.returned(name) or (name if name and models.speaks_of(name) else "")
    if name and not kind and "." in name and type_named(frame, name):
        kind = name if frame.file.project.locate(name) else type_named(frame, name)
    if models.named(Source, name):
        return Value(taints=source_taints(frame, called.node, name), type=kind)
    if name in NUMBERS:
        return CLEAN
    if name in MAPPINGS and all(one.keyword for one in called.given):
        return Value(fields={f"[{one.keyword!r}]": one.value for one in called.given})
    if is_super(called.node):
        return replace(frame.state.get("self", CLEAN), type="")
    through = gone_through(name, called.given)
    if through is not None:
        return through
    sanitizers = models.named(Sanitizer, name)
    if sanitizers:
        return _sanitized(called, tuple(one for item in sanitizers for one in item.kinds), kind)
    handed = _handed_on(frame, called)
    propagators = models.named(Propagator, name)
    if handed is None and propagators:
        passed, use = _propagated(frame, called, propagators, kind), use_of(frame, called)
        return taken(use, passed) if use else passed
    known = handed or apply_callee(frame, Site(called.node, called.func), name, called.receiver, called.given)
    _call_back(frame, called)
    if known is not None:
        return known
    return replace(_method(frame, called), type=kind) if kind else _method(frame, called)


def _call_back(frame: Frame, called: Called) -> None:
    """Have the functions called that a callee calls, and note where this function calls what it is given itself."""
    waiting, frame.waiting = frame.waiting, []
    for function, given in waiting:
        before = frame.state
        _run(frame, called, function, given)
        frame.state = join_states(before, frame.state)
    name = called.func.value if frame.symbolic and isinstance(called.func, cst.Name) else ""
    if any(is_as_given(taint, name) for taint in frame.state.get(name, CLEAN).taints):
        for one in called.given:
            for taint in one.value.all_taints():
                kind, what = asked(name, one), f"is passed to `{name}`"
                frame.hit(Hit(kind, called.node, one.node, taint, what))


def _run(frame: Frame, called: Called, function: cst.BaseExpression, given: tuple[Given, ...]) -> tuple[Value, str]:
    """What a function gives that another one calls, and its name."""
    if isinstance(function, cst.Lambda):
        before = frame.state
        frame.state = {**before, **parameters_of(function, given)}
        value = frame.value_if_run(function.body)[0]
        frame.state = before
        return value, ""
    receiver = frame.value(function.value) if isinstance(function, cst.Attribute) else None
    name = frame.name(function, receiver)
    stopped = frame.stopped
    value = _perform(frame, Called(called.node, function, name, receiver, given))
    frame.stopped = stopped
    return value, name or ""


def _handed_on(frame: Frame, called: Called) -> Value | None:
    """What a function gives that is handed to somebody who calls it; None when that is not known, or not passed on."""
    handed = handed_on(called.name, called.method, called.given)
    if handed is None:
        return None
    function, given = handed
    value, name = _run(frame, called, function, given)
    told = (
        isinstance(function, cst.Lambda)
        or frame.models.canonical(name) in NUMBERS
        or frame.models.named(Sanitizer, name)
    )
    known = told or (name and frame.file.project.locate(name))
    return value.flat() if known and called.method not in CHOOSING else None


def _sanitized(called: Called, kinds: tuple[str, ...], kind: str) -> Value:
    if ANY in kinds:
        return Value(type=kind)
    whole = everything(called.given, called.receiver)
    return replace(whole.map(lambda taint: taint.clear(kinds)), type=kind)


def _propagated(frame: Frame, called: Called, propagators: tuple[Propagator, ...], kind: str) -> Value:
    result = CLEAN
    for item in propagators:
        chosen = list(select(frame, item.arguments, called.given, called.node, called.receiver))
        if item.to == "receiver":
            _fill(frame, called, (taint for _, value in chosen for taint in value.all_taints()))
            continue
        passed = _passed(item, chosen, called)
        about = result.about if result.about[0] else passed.about
        result = replace(join(result, passed) if result.dirty else passed, about=about)
    return replace(_parts(frame, called.name, result), type=kind)


def _parts(frame: Frame, name: str | None, whole: Value) -> Value:
    """A value that a call passes on in parts, of which one may be safe: the extension of a file."""
    for key in ("[0]", "[1]") if whole.dirty else ():
        for item in frame.models.named(Sanitizer, f"{name}{key}"):
            whole = whole.with_part(key, whole.part(key).clear(item.kinds))
    return whole


def _passed(item: Propagator, chosen: list[tuple[cst.BaseExpression, Value]], called: Called) -> Value:
    dirty = [(argument, value) for argument, value in chosen if value.dirty]
    if not dirty:
        return CLEAN
    taints = merge_taints((), (taint.clear(item.adds) for _, value in dirty for taint in value.all_taints()))
    path = _shown(*dirty[0]) if item.shows and len(dirty) == 1 else ""
    composed = any(value.composed for _, value in dirty) or len(called.given) > 1
    return Value(taints=taints, about=(path, item.shows) if path else ("", ()), composed=composed)


def _fill(frame: Frame, called: Called, taints: Iterable[Taint]) -> None:
    """What is put into the object a method is called on."""
    path = _filled(called.func.value) if isinstance(called.func, cst.Attribute) else None
    merged = merge_taints((), taints)
    if path and merged:
        holder = short(frame.file, called.func.value) if isinstance(called.func, cst.Attribute) else ""
        steps = tuple(
            replace(taint, link=taint.link.then(frame.file, called.node, f"is put into `{holder}`")) for taint in merged
        )
        frame.write(path, Value(taints=steps), weak=True)


def _filled(holder: cst.BaseExpression) -> tuple[str, ...] | None:
    """The access path of what something is put into; of what stands at a key that is not constant, of the whole."""
    path = access(holder)
    return path or (_filled(holder.value) if isinstance(holder, cst.Subscript) else None)


def _method(frame: Frame, called: Called) -> Value:
    """A method of an object of a builtin or unknown type."""
    receiver, func = called.receiver, called.func
    if receiver is None or not isinstance(func, cst.Attribute):
        return CLEAN
    if called.method in FILLING:
        _fill(frame, called, (taint for one in called.given for taint in one.value.all_taints()))
    taken = taken_from(called.method, receiver)
    if taken is not None:
        return taken
    if called.method in ("format", "join", "format_map"):
        return put_together(called, func.value, receiver)
    if called.method in CONVERTING and (converted := _converted(frame, called)) is not None:
        return converted
    if called.method in ("get", "pop") and called.given and (looked := _looked_up(frame, called, receiver)):
        return looked
    if called.method == "group" and len(called.given) == 1 and called.given[0].key:
        return receiver.part(called.given[0].key)
    if called.method == "replace":
        return replaced(called, func.value, receiver)
    if called.method == "setdefault":
        new = everything(called.given[1:], None)
        return join(receiver.flat(), replace(new, composed=True)) if new.dirty else receiver.flat()
    if called.method not in PASSING or not receiver.dirty:
        return CLEAN
    passed = receiver.flat().behind_keys() if _is_behind_keys(called) else receiver.flat()
    if called.method in WHOLE:
        return replace(passed, about=(about_of(func.value, receiver), receiver.about[1] or (ANY,)))
    return passed


def _looked_up(frame: Frame, called: Called, receiver: Value) -> Value | None:
    """What a mapping has at a key, or what is given in its stead: `NAMES.get(name, name)`; None when nobody knows."""
    key, *default = called.given
    if called.given[0].key and receiver.fields:
        return join(receiver.part(key.key or ""), default[0].value if default else CLEAN)
    own = default and default[0].value.dirty and frame.file.code(key.node) == frame.file.code(default[0].node)
    return join(receiver.item(), default[0].value) if own else None


def _is_behind_keys(called: Called) -> bool:
    """Whether a method gives what stands behind the keys of a mapping; `pop()` alone gives the last of a list."""
    return called.method in ("values", "items", "popitem") or (called.method in BEHIND_KEYS and bool(called.given))


def _converted(frame: Frame, called: Called) -> Value | None:
    """What `args.get("page", 1, type=int)` gives: a number, or else the default.

    https://werkzeug.palletsprojects.com/en/stable/datastructures/#werkzeug.datastructures.MultiDict.get
    """
    place = CONVERTING[called.method]
    kinds = [one.node for one in called.given if one.keyword == "type" or (one.position == place and not one.keyword)]
    if not kinds or frame.models.canonical(frame.file.qualified(kinds[0]) or "") not in NUMBERS:
        return None
    default = [one.value for one in called.given if one.keyword == "default" or one.position == 1 < place]
    return default[0] if default else CLEAN
