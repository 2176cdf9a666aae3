"""What a text must speak of to hold a source: told by its words alone, before anything of it is read.

A name can come into a file in few ways, and each leaves words behind: `flask.request.args` needs a package that has it
(`flask`, or one that is known as it) and what it is an attribute of (`request`, or what makes one).
"""

from collections.abc import Iterator, Set

from analyzers.glimpse import carriers
from analyzers.models import Alias, Entry, Models, Source, Type
from analyzers.source import Project

Words = Set[str]
Sign = tuple[Words, ...]
"""Sets of words; a text has the sign if it says one of each."""


def possible(project: Project, models: Models, kind: str) -> bool:
    """Whether any file of the project can hold a source of this kind, or is given one by a framework."""
    known: dict[str, bool] = project.cache.setdefault(possible, {})
    if kind not in known:
        known[kind] = any(may_hold(file.words, models, kind) for file in project.files.values())
    return known[kind]


def may_hold(words: Words, models: Models, kind: str) -> bool:
    """Whether a text of these words can hold a source of this kind, or is given one by a framework."""
    return any(_has(words, sign) for _, sign in (*_source_signs(models, kind), *_entry_signs(models, kind)))


def spoken_of(project: Project, models: Models, kind: str) -> frozenset[str]:
    """The names of the sources of this kind that the files of the project can hold."""
    known: dict[str, frozenset[str]] = project.cache.setdefault(spoken_of, {})
    if kind not in known:
        texts = [file.words for file in project.files.values()]
        entered = [(entry, sign) for entry, sign in _entry_signs(models, kind)]
        types = {models.canonical(of) for entry, sign in entered for of in _types(entry) if _any_has(texts, sign)}
        names = {name for name, sign in _source_signs(models, kind) if _any_has(texts, sign)}
        given = {name for name, _ in _source_signs(models, kind) if _owner(name) in types}
        known[kind] = frozenset(names | given)
    return known[kind]


def _has(words: Words, sign: Sign) -> bool:
    return not any(words.isdisjoint(some) for some in sign)


def _any_has(texts: list[frozenset[str]], sign: Sign) -> bool:
    return any(_has(words, sign) for words in texts)


def _source_signs(models: Models, kind: str) -> tuple[tuple[str, Sign], ...]:
    known: tuple[tuple[str, Sign], ...] | None = models.cache.get((_source_signs, kind))
    if known is None:
        names = (name for one in models.all(Source) if one.kind == kind for name in one.names)
        known = models.cache[_source_signs, kind] = tuple(
            (name, sign) for name in names for sign in _signs(models, name)
        )
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


def _entry_signs(models: Models, kind: str) -> tuple[tuple[Entry, Sign], ...]:
    known: tuple[tuple[Entry, Sign], ...] | None = models.cache.get((_entry_signs, kind))
    if known is None:
        entries = (one for one in models.all(Entry) if one.kind == kind)
        known = models.cache[_entry_signs, kind] = tuple((one, sign) for one in entries for sign in _given(models, one))
    return known


def _given(models: Models, entry: Entry) -> Iterator[Sign]:
    """The ways in which a framework can find a function to give data to."""
    if entry.parameters:
        yield tuple(frozenset({name}) for name in entry.parameters)
    for name in (*entry.decorators, *entry.bases):
        yield carriers(models, name.partition(".")[0]), frozenset({_last(name)})
    near = frozenset({*entry.types, *entry.attributes, *entry.methods})
    if near:
        yield (frozenset(entry.roots), near) if entry.roots else (near,)


def _types(entry: Entry) -> tuple[str, ...]:
    return (*entry.types.values(), *entry.attributes.values())


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
