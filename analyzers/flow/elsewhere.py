"""Flows that begin in another file at hand and lead through a function of this one.

A caller that the change touches is left out: its own file speaks of the flow.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers.flow.analysis import Analysis, Kept
from analyzers.flow.entries import may_be_given
from analyzers.flow.frame import Frame, Hit
from analyzers.flow.graph import Undecided
from analyzers.flow.hints import INIT, may_have_source, speaks_of_source
from analyzers.flow.results import Flow
from analyzers.flow.trace import assumed, hit_steps, source_words
from analyzers.models import Entry, Models
from analyzers.outline import Definition
from analyzers.purpose import TEST_PATH
from analyzers.source import SourceFile
from analyzers.tables import holding
from analyzers.text import places
from analyzers.whereabouts import calling, function_at, line_at

CALLER_LIMIT = 8


def calls_of(file: SourceFile, own: Definition, other: SourceFile) -> tuple[Definition, ...]:
    """The functions of another file, or of this one, in whose text a function of this file may be called.

    What makes an object is called by those that make one of a class below; what a handler depends on, for the handler;
    what a table holds, by those that name the table. Tests call nothing but for tests.
    """
    if TEST_PATH.search(other.path) and not TEST_PATH.search(file.path):
        return ()
    found = tuple(dict.fromkeys((*calling(other, own.name), *depending_on(other, own.name), *_by_table(other, own))))
    return tuple(one for one in found if is_below(other, one, own)) if own.name == INIT and found else found


def depending_on(file: SourceFile, name: str) -> tuple[Definition, ...]:
    """The handlers of a file that depend on a function of that name, going by their text."""
    models = file.project.models
    marks = frozenset(mark for one in models.all(Entry) for mark in one.handed) if isinstance(models, Models) else ()
    if file.words.isdisjoint(marks):
        return ()
    known: dict[str, dict[Definition, None]] | None = file.cache.get(depending_on)
    if known is None:
        known = file.cache[depending_on] = {}
        given = re.compile(rf"\b(?:{'|'.join(sorted(marks))})\(\s*(?:dependency\s*=\s*)?(?:\w+\.)*(\w+)\s*[,)]")
        for found in given.finditer(file.text):
            one = function_at(file, line_at(file, found.start()))
            if one:
                known.setdefault(found[1], {})[one] = None
    return tuple(known.get(name, ()))


def _by_table(file: SourceFile, own: Definition) -> Iterator[Definition]:
    """The functions of a file that name a table in which a function may be."""
    for name in sorted(holding(file.project, own.name) & file.words):
        for place in places(file.text, name):
            one = function_at(file, line_at(file, place))
            if one and one.qualname != own.qualname:
                yield one


def is_below(file: SourceFile, one: Definition, own: Definition) -> bool:
    """Whether a method is of a class below that of another method, going by the names of classes."""
    maker = own.parent.rpartition(".")[2]
    return one.parent in file.outline.classes and any(base.rpartition(".")[2] == maker for base in file.mro(one.parent))


def callers_elsewhere(
    file: SourceFile, own: Definition, models: Models, kind: str
) -> list[tuple[SourceFile, cst.FunctionDef]]:
    """The functions of other files in whose text the name of this one is called, and that may have a source."""
    known: dict[tuple[Definition, str], list[tuple[SourceFile, cst.FunctionDef]]] = file.cache.setdefault(
        callers_elsewhere, {}
    )
    if (own, kind) not in known:
        known[own, kind] = [
            (other, found)
            for other, one in _candidates(file, own)
            if (may_be_given(other, one, models) or speaks_of_source(other, one, models, kind))
            and (found := other.function(one.qualname)) is not None
            and may_have_source(other, found, models, kind)
        ]
    return known[own, kind]


def _candidates(file: SourceFile, own: Definition) -> list[tuple[SourceFile, Definition]]:
    """The functions that the change does not touch, with a call of that name, in files that may import this one."""
    called, modules = f"{own.name}(", file.module.split(".")[-2:]
    found: list[tuple[SourceFile, Definition]] = []
    for other in sorted(file.project.files.values(), key=lambda other: other.path):
        named = called in other.text or bool(depending_on(other, own.name) or holding(file.project, own.name))
        named = named and any(module in other.text for module in modules)
        if other is file or not named or not other.readable:
            continue
        own_callers = calls_of(file, own, other)
        found += [(other, one) for one in own_callers if not file.project.touches(other.path, one.line, one.end_line)]
    return found[:CALLER_LIMIT]


def flows_from(
    file: SourceFile, own: Definition, callers: list[tuple[SourceFile, cst.FunctionDef]], models: Models, kind: str
) -> Iterator[tuple[Hit, Flow]]:
    """The flows in the callers that lead through `own`, each told at its sink or where it leaves this file."""
    for other, caller in callers:
        frame = _reviewed(file, other, caller, models, kind)
        hits = sorted(frame.hits.values(), key=lambda hit: hit.length) if frame else ()
        for hit in hits:
            flow = _flow(file, own, hit)
            if flow is not None:
                yield hit, flow


def _reviewed(file: SourceFile, other: SourceFile, caller: cst.FunctionDef, models: Models, kind: str) -> Frame | None:
    """The analysis of a caller on the account of this file: what another file costs it, depends on no order."""
    known: dict[tuple[cst.FunctionDef, str], Frame | None] = file.cache.setdefault(_reviewed, {})
    if (caller, kind) not in known:
        try:
            known[caller, kind] = Analysis(models, kind, file.cache.setdefault(Kept, Kept())).review(other, caller)
        except (Undecided, RecursionError):
            known[caller, kind] = None
    return known[caller, kind]


def _flow(file: SourceFile, own: Definition, hit: Hit) -> Flow | None:
    steps = hit_steps(hit)
    inside = [step for step in steps if step.path == file.path and own.line <= step.line <= own.end_line]
    if not inside:
        return None
    at_sink = hit.place is not None and hit.place.path == file.path
    return Flow(
        path=file.path,
        span=hit.place.span if hit.place and at_sink else inside[-1].span,
        definition=hit.place.definition if hit.place and at_sink else own.qualname,
        source=source_words(hit),
        sink=hit.place.code if hit.place else own.name,
        steps=steps,
        assumed=assumed(hit),
    )
