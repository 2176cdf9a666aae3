"""Whether a flow of two kinds could be in a unit, going by texts alone: most units need not be parsed to know better.

A text leads to a sink when it, or a function of the files at hand that it names, or one that such a function names,
speaks of one. Too much counts rather than too little: names are taken for whatever has that name.
"""

from collections.abc import Container, Iterator, Mapping

from analyzers.flow import toplevel
from analyzers.flow.elsewhere import calls_of
from analyzers.flow.entries import may_be_given, may_be_sent_as, possible_entries
from analyzers.flow.hints import EVERYDAY, speaks_of_source
from analyzers.flow.memory import may_leave, may_read
from analyzers.flow.signs import possible
from analyzers.flow.sinks import kinds_in
from analyzers.glimpse import Glimpse, Passage
from analyzers.models import Models
from analyzers.nearby import defined
from analyzers.outline import Definition, Kind
from analyzers.source import SourceFile

OWN = ("self.", "cls.", "super().")
MAKING = frozenset({"__init__", "__new__", "__post_init__", "__enter__", "__call__"})
Place = tuple[SourceFile, int, int]
Read = dict[Place, tuple[frozenset[str], frozenset[Place]]]
Caller = tuple[SourceFile, Definition]


def may_flow(glimpse: Glimpse, source_kind: str, sink_kind: str) -> bool:
    """Whether a rule about these kinds could find or examine anything in the unit."""
    file, unit = glimpse.file, glimpse.unit
    models = file.project.models
    if not isinstance(models, Models) or not possible(file.project, models, source_kind):
        return False
    if unit.kind is Kind.STATEMENT:
        return "def" in glimpse.written or toplevel.may_have_source(file, models, source_kind)
    if unit.kind is Kind.CLASS:
        return False
    own = _at(file).get((unit.qualname, unit.line))
    if own is None or sink_kind in _sinks_of(file, own, models, source_kind):
        return True
    return any(sink_kind in sinks_from(*caller, models) for caller in _callers(file, own, source_kind))


def _at(file: SourceFile) -> Mapping[tuple[str, int], Definition]:
    known: dict[tuple[str, int], Definition] | None = file.cache.get(_at)
    if known is None:
        known = file.cache[_at] = {(one.qualname, one.line): one for one in file.outline.definitions}
    return known


def _sinks_of(file: SourceFile, own: Definition, models: Models, source_kind: str) -> frozenset[str]:
    """The sinks that a function leads to if it could have a source, and the methods that read what it leaves."""
    known: dict[tuple[Definition, str], frozenset[str]] = file.cache.setdefault(_sinks_of, {})
    if (own, source_kind) not in known:
        found: frozenset[str] = frozenset()
        if _has_source(file, own, models, source_kind) or _is_left_some(file, own, models, source_kind):
            found = found.union(*(sinks_from(file, one, models) for one in (own, *may_read(file, own))))
        known[own, source_kind] = found
    return known[own, source_kind]


def sinks_from(file: SourceFile, definition: Definition, models: Models) -> frozenset[str]:
    """The kinds of sinks that a function leads to; what a handler answers is one."""
    known: dict[Definition, frozenset[str]] = file.cache.setdefault(sinks_from, {})
    if definition not in known:
        answers = {kind for entry in possible_entries(file, definition, models) for kind in may_be_sent_as(file, entry)}
        known[definition] = frozenset(answers).union(_reached((file, definition.line, definition.end_line), models))
    return known[definition]


def _has_source(file: SourceFile, definition: Definition, models: Models, kind: str) -> bool:
    return may_be_given(file, definition, models) or speaks_of_source(file, definition, models, kind)


def _is_left_some(file: SourceFile, own: Definition, models: Models, kind: str) -> bool:
    """Whether another method of the class, or one who makes its objects, could leave a source in them."""
    return any(_has_source(file, one, models, kind) for one in may_leave(file, own))


def _callers(file: SourceFile, own: Definition, kind: str) -> tuple[Caller, ...]:
    """The functions of the project that could have a source, and in which the name of this one is called."""
    known: dict[tuple[Definition, str], tuple[Caller, ...]] = file.cache.setdefault(_callers, {})
    if (own, kind) not in known:
        models = file.project.models
        near = ((other, one) for other in file.project.files.values() for one in calls_of(file, own, other))
        known[own, kind] = tuple(
            (other, one) for other, one in near if one is not own and _has_source(other, one, models, kind)
        )
    return known[own, kind]


def _reached(start: Place, models: Models) -> frozenset[str]:
    """The kinds of sinks that a text speaks of, or one of the functions that it comes to."""
    known: dict[Place, frozenset[str]] = start[0].project.cache.setdefault(_reached, {})
    if start not in known:
        _spread(_explored(start, models, known), known)
    return known[start]


def _explored(start: Place, models: Models, known: Container[Place]) -> Read:
    """The texts that one comes to and that are not known yet."""
    found: Read = {}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place not in found and place not in known:
            found[place] = _read(place, models)
            waiting += found[place][1]
    return found


def _spread(found: Read, known: dict[Place, frozenset[str]]) -> None:
    """Make known what each leads to: what it speaks of, handed to those that name it until nothing is new."""
    naming: dict[Place, list[Place]] = {}
    for place, (kinds, named) in found.items():
        known[place] = kinds.union(*(known[one] for one in named if one in known))
        for one in named:
            naming.setdefault(one, []).append(place)
    waiting = list(found)
    while waiting:
        place = waiting.pop()
        for one in naming.get(place, ()):
            if not known[place] <= known[one]:
                known[one] |= known[place]
                waiting.append(one)


def _read(place: Place, models: Models) -> tuple[frozenset[str], frozenset[Place]]:
    """The kinds of sinks that a text speaks of by itself, and the functions that it names."""
    file, first, last = place
    known: dict[tuple[int, int], tuple[frozenset[str], frozenset[Place]]] = file.cache.setdefault(_read, {})
    if (first, last) not in known:
        passage = Passage(file, "".join(file.lines[first - 1 : last]))
        known[first, last] = kinds_in(passage, models), frozenset(_named(passage))
    return known[first, last]


def _named(passage: Passage) -> Iterator[Place]:
    functions = defined(passage.file)
    for name in passage.words & functions.keys():
        for one, other in functions[name]:
            if _is_meant(one, name, passage):
                yield other, one.line, one.end_line


def _is_meant(definition: Definition, name: str, passage: Passage) -> bool:
    """Whether a word could stand for the function: one of a module, also where it is only passed on, or a method.

    A method is meant if it is called, or is one of `self`; the name of a class for what runs when an object is made.
    A method with a name that everything has is meant where it is called on the object itself, or the file makes
    objects of its class.
    """
    if not definition.parent:
        return True
    text = passage.text
    called = f"{name}(" in text or name not in passage.written or f"self.{name}" in text
    if definition.name != name:
        return called and definition.name in MAKING
    if name not in EVERYDAY or not called:
        return called
    maker = definition.parent.rpartition(".")[2]
    return _makes(passage.file, maker) or any(f"{own}{name}(" in text for own in OWN)


def _makes(file: SourceFile, maker: str) -> bool:
    """Whether the file could make objects of the class of that name."""
    known: dict[str, bool] = file.cache.setdefault(_makes, {})
    if maker not in known:
        known[maker] = f"{maker}(" in file.text
    return known[maker]
