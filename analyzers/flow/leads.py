"""Whether a flow of two kinds could be in a unit, going by texts alone: most units need not be parsed to know better.

A text leads to a sink when it, or a function of the files at hand that it names, or one that such a function names,
speaks of one. Too much counts rather than too little: names are taken for whatever has that name.
"""

from collections.abc import Iterator

from analyzers.flow import toplevel
from analyzers.flow.bearing import holds, signs
from analyzers.flow.elsewhere import may_be_given
from analyzers.flow.hints import EVERYDAY, OWN, speaks_of_source
from analyzers.glimpse import WORD, Glimpse, defined, last_words, stand_for
from analyzers.models import Entry, Models, Sink
from analyzers.outline import Definition, Kind, Unit
from analyzers.source import SourceFile

# One more than the calls that summaries go deep.
DEPTH = 7
Place = tuple[SourceFile, int, int]


def may_flow(glimpse: Glimpse, source_kind: str, sink_kind: str) -> bool:
    """Whether a rule about these kinds could find or examine anything in the unit."""
    file, unit = glimpse.file, glimpse.unit
    models = file.project.models
    if not isinstance(models, Models) or not _possible(file, models, source_kind):
        return False
    if unit.kind is not Kind.FUNCTION:
        return unit.kind is Kind.STATEMENT and (
            "def" in glimpse.written or toplevel.may_have_source(file, models, source_kind)
        )
    own = next(
        (one for one in file.outline.definitions if one.qualname == unit.qualname and one.line == unit.line), None
    )
    if own is None:
        return True
    given = may_be_given(own, models)
    leads = sink_kind in _own_sinks(file, unit, own) or (given and sink_kind in _answers(models))
    if leads and (given or speaks_of_source(file, own, models, source_kind) or _is_method(own)):
        return True
    callers = list(_callers(file, own))
    return bool(callers) and (leads or any(sink_kind in sinks(*place) for place in callers))


def _possible(file: SourceFile, models: Models, kind: str) -> bool:
    """Whether any file of the project can hold such a source."""
    known: dict[str, bool] = file.project.cache.setdefault(_possible, {})
    if kind not in known:
        wanted = signs(models, kind)
        known[kind] = any(holds(other.text, wanted) for other in file.project.files.values())
    return known[kind]


def _is_method(definition: Definition) -> bool:
    """What a method reads may have been left in its object by another one."""
    return bool(definition.parent)


def _answers(models: Models) -> frozenset[str]:
    """The kinds of sinks that what a handler returns can reach."""
    known: frozenset[str] | None = models.cache.get(_answers)
    if known is None:
        known = models.cache[_answers] = frozenset(kind for entry in models.all(Entry) for kind in entry.returns)
    return known


def _own_sinks(file: SourceFile, unit: Unit, own: Definition) -> frozenset[str]:
    """The sinks that a function leads to, or the methods that read what it leaves in its object."""
    found = sinks(file, unit.line, unit.end_line)
    if own.parent:
        methods = (one for one in file.outline.members(own.parent) if one.kind is Kind.FUNCTION)
        found = found.union(*(sinks(file, one.line, one.end_line) for one in methods))
    return found


def _callers(file: SourceFile, own: Definition) -> Iterator[Place]:
    """The functions of the project in which the name of this one is called; a module's code counts whole."""
    called = f"{own.name}("
    for other in file.project.files.values():
        if called not in other.text or not other.readable:
            continue
        lines = [number for number, line in enumerate(other.lines, 1) if called in line]
        for line in lines:
            if other is file and line == own.head:
                continue
            around = [one for one in other.outline.definitions if one.line <= line <= one.end_line]
            if not around:
                yield other, 1, len(other.lines)
            yield from ((other, one.line, one.end_line) for one in around if one.kind is Kind.FUNCTION)


def sinks(file: SourceFile, first: int, last: int) -> frozenset[str]:
    """The kinds of sinks that these lines lead to."""
    known: dict[tuple[int, int], frozenset[str]] = file.cache.setdefault(sinks, {})
    if (first, last) not in known:
        known[first, last] = frozenset(_reached((file, first, last)))
    return known[first, last]


def _reached(start: Place) -> Iterator[str]:
    seen, level = {start}, [start]
    for _ in range(DEPTH):
        following = []
        for place in level:
            kinds, named = _read(place)
            yield from kinds
            following += [one for one in named if one not in seen]
            seen.update(named)
        level = following


def _read(place: Place) -> tuple[frozenset[str], tuple[Place, ...]]:
    """The kinds of sinks that a text speaks of by itself, and the functions that it names."""
    file, first, last = place
    known: dict[tuple[int, int], tuple[frozenset[str], tuple[Place, ...]]] = file.cache.setdefault(_read, {})
    if (first, last) not in known:
        text = "".join(file.lines[first - 1 : last])
        words = stand_for(file, frozenset(WORD.findall(text)))
        said = _sink_words(file.project.models)
        own = frozenset(OWN.findall(text))
        functions = defined(file)
        named = [one for name in (words - EVERYDAY) | own for one in functions.get(name, ())]
        places = tuple((other, one.line, one.end_line) for one, other in named)
        known[first, last] = frozenset().union(*(said[word] for word in words & said.keys())), places
    return known[first, last]


def _sink_words(models: Models) -> dict[str, frozenset[str]]:
    """The last words of the names of all sinks, with the kinds of sinks that they may be."""
    known: dict[str, frozenset[str]] | None = models.cache.get(_sink_words)
    if known is None:
        found: dict[str, set[str]] = {}
        for sink in models.all(Sink):
            for name in sink.names:
                found.setdefault(name.rpartition(".")[2], set()).update(sink.kinds)
        every = frozenset(kind for sink in models.all(Sink) for kind in sink.kinds)
        others = last_words(models, Sink) - found.keys()
        known = {word: frozenset(kinds) for word, kinds in found.items()} | dict.fromkeys(others, every)
        models.cache[_sink_words] = known
    return known
