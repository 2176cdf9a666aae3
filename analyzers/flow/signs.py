"""What a text must speak of to hold a source: told by its words alone, before anything of it is read.

A name can come into a file in few ways, and each leaves words behind: `flask.request.args` needs a package that has it
(`flask`, or one that is known as it) and what it is an attribute of (`request`, or what makes one).
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TypeVar

from analyzers.glimpse import carriers
from analyzers.models import Alias, Entry, Models, Source, Type
from analyzers.source import Project

Words = Set[str]
Sign = tuple[Words, ...]
"""Sets of words; a text has the sign if it says one of each."""
T = TypeVar("T")
Signs = Mapping[str, list[tuple[T, Sign]]]


def possible(project: Project, models: Models, kind: str) -> bool:
    """Whether any file of the project can hold a source of this kind, or is given one by a framework."""
    known: dict[str, bool] = project.cache.setdefault(possible, {})
    if kind not in known:
        known[kind] = any(may_hold(file.words, models, kind) for file in project.files.values())
    return known[kind]


def may_hold(words: Words, models: Models, kind: str) -> bool:
    """Whether a text of these words can hold a source of this kind, or is given one by a framework."""
    return bool(_shown(_source_signs(models, kind), words) or _shown(_entry_signs(models, kind), words))


def spoken_of(project: Project, models: Models, kind: str) -> frozenset[str]:
    """The names of the sources of this kind that the files of the project can hold."""
    known: dict[str, frozenset[str]] = project.cache.setdefault(spoken_of, {})
    if kind not in known:
        sources, entries = _source_signs(models, kind), _entry_signs(models, kind)
        texts = [file.words for file in project.files.values()]
        entered = (entry for words in texts for entry in _shown(entries, words))
        types = {models.canonical(of) for entry in entered for of in _types(entry)}
        names = {name for words in texts for name in _shown(sources, words)}
        given = {name for signs in sources.values() for name, _ in signs if _owner(name) in types}
        known[kind] = frozenset(names | given)
    return known[kind]


def _shown(signs: Signs[T], words: Words) -> list[T]:
    """What a text of these words has a sign of."""
    found = (one for word in words & signs.keys() for one in signs[word])
    return [what for what, sign in found if not any(words.isdisjoint(some) for some in sign)]


def _by_word(signs: Iterable[tuple[T, Sign]]) -> Signs[T]:
    """Signs by the words of the first of their sets, of which a text must say one."""
    found: dict[str, list[tuple[T, Sign]]] = {}
    for what, sign in signs:
        for word in sign[0]:
            found.setdefault(word, []).append((what, sign))
    return found


def _source_signs(models: Models, kind: str) -> Signs[str]:
    known: Signs[str] | None = models.cache.get((_source_signs, kind))
    if known is None:
        names = [name for one in models.all(Source) if one.kind == kind for name in one.names]
        known = _by_word((name, sign) for name in names for sign in _signs(models, name))
        models.cache[_source_signs, kind] = known
    return known


def _signs(models: Models, name: str) -> Iterator[Sign]:
    """The ways in which a file can come by a name."""
    package, owner, last = name.partition(".")[0], _owner(name), name.rpartition(".")[2]
    packages = carriers(models, package)
    if "." not in owner:
        yield (packages, frozenset({last})) if owner else (frozenset({last}),)
        return
    other = {alias for one in models.all(Alias) if one.to == owner for alias in one.names}
    yield packages, frozenset(map(_last, {owner, *other}))
    for maker in (made for one in models.all(Type) if one.returns == owner for made in one.names):
        yield carriers(models, maker.partition(".")[0]), frozenset({_last(maker)})


def _entry_signs(models: Models, kind: str) -> Signs[Entry]:
    known: Signs[Entry] | None = models.cache.get((_entry_signs, kind))
    if known is None:
        entries = [one for one in models.all(Entry) if one.kind == kind]
        known = _by_word((one, sign) for one in entries for sign in _given(models, one))
        models.cache[_entry_signs, kind] = known
    return known


def _given(models: Models, entry: Entry) -> Iterator[Sign]:
    """The ways in which a framework can find a function to give data to."""
    if entry.parameters:
        yield tuple(frozenset({name}) for name in entry.parameters)
    for name in (*entry.decorators, *entry.bases):
        yield carriers(models, name.partition(".")[0]), frozenset({_last(name)})
    near = frozenset({*entry.types, *entry.attributes, *entry.methods, *entry.handed})
    if near:
        yield (frozenset(entry.roots), near) if entry.roots else (near,)


def _types(entry: Entry) -> tuple[str, ...]:
    return (*entry.types.values(), *entry.attributes.values())


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
