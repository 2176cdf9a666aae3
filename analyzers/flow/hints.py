"""What the text of a function hints at, before any of it is parsed: a source it may read, data it may be given."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import partial

import libcst as cst

from analyzers.flow.entries import entry_of
from analyzers.flow.signs import spoken_of
from analyzers.models import Alias, Entry, Models, Source, Stop, Type
from analyzers.outline import Definition
from analyzers.source import Project, SourceFile
from analyzers.text import places, words
from analyzers.whereabouts import calling, function_at, line_at

# What is called; first what says that it is a function or a method of the object itself, not of a text or a list.
CALLED = re.compile(r"(\b(?:self|cls)\.|super\(\)\.|[^\w.])?\b(\w+)(?=\()")
HEAD = re.compile(r"def[ \t]+(\w+)")
INIT = "__init__"
MADE_ABOVE = re.compile(r"(?:super\(\)|\bself)\.__init__\(")
# Methods of texts, mappings and sequences: a call says nothing of a method of the project that has the same name.
EVERYDAY = frozenset(
    "get post put patch delete head options items keys values pop update append add extend insert remove clear copy "
    "read write close open save filter all first last count index find split join strip format replace encode decode "
    "setdefault __init__ __call__ __enter__ __exit__ __str__ __repr__".split()
)
# A value goes through so many functions more on its way from the one that reads it.
HANDS = 2
# Of more names than these, all calls of a file are looked at once.
FEW = 64
# What may stand before a name that has no dot; and how far before one that has.
FREE = re.compile(r"[.\s(=\[,]")
FURTHEST = 200
Pair = tuple[str, str]


@dataclass(frozen=True)
class Words:
    """What a text says where it reads a source of one kind.

    `plain` stand for themselves, `free` behind a dot; of each pair of `carried` both have to be said: an attribute, and
    what it is one of.
    """

    plain: frozenset[str]
    free: frozenset[str]
    carried: tuple[tuple[frozenset[str], frozenset[str]], ...]

    def among(self, words: Set[str]) -> bool:
        """Whether a text of these words may read such a source."""
        return not (words.isdisjoint(self.plain) and words.isdisjoint(self.free)) or any(
            not (words.isdisjoint(one) or words.isdisjoint(by)) for one, by in self.carried
        )

    def said(self, text: str, found: Set[str]) -> bool:
        """Whether a text, of which these words are found, may read such a source."""
        return next(self.places(text, found), None) is not None

    def places(self, text: str, found: Set[str]) -> Iterator[int]:
        """Where a text, of which these words are found, speaks of such a source, or of what is called like one."""
        if not self.among(found):
            return
        behind = self.free.union(*(one for one, by in self.carried if not found.isdisjoint(by)))
        for word in (self.plain | behind) & found:
            for place in places(text, word):
                before = text[max(0, place - FURTHEST) : place]
                dotted = word in behind and before.rstrip().endswith(".")
                if dotted or (word in self.plain and FREE.match(before[-1:])):
                    yield place


def gives_by_itself(file: SourceFile, definition: Definition, models: Models, kind: str) -> bool:
    """Whether a function may give what is of a source of this kind, or end by never returning, going by texts."""
    lines = reversed(file.lines[definition.line - 1 : definition.end_line])
    last = next((stripped for line in lines if (stripped := line.strip())), "")
    return bool(_stop_words(models).match(last)) or speaks_of_source(file, definition, models, kind)


def may_have_source(file: SourceFile, function: cst.FunctionDef, models: Models, kind: str) -> bool:
    """Whether a function is given data, or its text speaks of a source or calls a function whose text does."""
    definition = file.definition(function)
    if definition is None or speaks_of_source(file, definition, models, kind):
        return True
    known: dict[cst.FunctionDef, bool] = file.cache.setdefault(may_have_source, {})
    if function not in known:
        known[function] = entry_of(file, models, function) is not None
    return known[function]


def speaks_of_source(file: SourceFile, definition: Definition, models: Models, kind: str) -> bool:
    """Whether the text of a definition speaks of a source of this kind, or calls a function whose text does."""
    known: dict[tuple[Definition, str], bool] = file.cache.setdefault(speaks_of_source, {})
    about = (definition, kind)
    if about not in known:
        givers = _givers(file.project, source_words(file.project, models, kind))
        known[about] = _reads_source(file, definition, models, kind) or (
            not givers.isdisjoint(_made_above(file, definition))
            or (
                not givers.isdisjoint(words_of(file, definition))
                and not givers.isdisjoint(_called(text_of(file, definition)))
            )
        )
    return known[about]


def _reads_source(file: SourceFile, definition: Definition, models: Models, kind: str) -> bool:
    """Whether the text of a definition speaks of a source of this kind."""
    return source_words(file.project, models, kind).said(text_of(file, definition), words_of(file, definition))


def words_of(file: SourceFile, definition: Definition) -> frozenset[str]:
    """The words of a definition's text."""
    known: dict[Definition, frozenset[str]] = file.cache.setdefault(words_of, {})
    if definition not in known:
        known[definition] = words(text_of(file, definition))
    return known[definition]


def text_of(file: SourceFile, definition: Definition) -> str:
    """The text of a definition, its decorators included."""
    return "".join(file.lines[definition.line - 1 : definition.end_line])


def _called(text: str) -> Iterator[str]:
    """The names of the functions that a text calls, without methods that everything has."""
    return (name for own, name in CALLED.findall(text) if own or name not in EVERYDAY)


def _made_above(file: SourceFile, definition: Definition) -> Iterator[str]:
    """What begins the objects of the classes above, where a method has it begin them: `Handler.__init__`."""
    makes = INIT in words_of(file, definition) and definition.parent in file.outline.classes
    if makes and MADE_ABOVE.search(text_of(file, definition)):
        yield from (_init(base) for base in file.mro(definition.parent))


def _init(qualname: str) -> str:
    return f"{qualname.rpartition('.')[2]}.{INIT}"


def _givers(project: Project, wanted: Words) -> frozenset[str]:
    """The names of the functions of a project whose text speaks of a source, and of those that call them."""
    known: frozenset[str] | None = project.cache.get((_givers, wanted))
    if known is None:
        files = project.files.values()
        known = new = frozenset(name for file in files for name in _speaking(file, wanted))
        for _ in range(HANDS):
            new = frozenset(name for file in files for name in _calling(file, new)) - known
            known |= new
        project.cache[_givers, wanted] = known
    return known


def _calling(file: SourceFile, names: Set[str]) -> Iterator[str]:
    """The names of the functions in whose text one of these functions is called."""
    said = sorted(names & file.words - EVERYDAY)
    around = _callers(file).get if len(said) > FEW else partial(calling, file)
    for name in said:
        yield from (one.name for one in around(name) or () if one.name != INIT)


def _callers(file: SourceFile) -> dict[str, dict[Definition, None]]:
    """The functions around each call of a file, by the name of what is called."""
    known: dict[str, dict[Definition, None]] | None = file.cache.get(_callers)
    if known is None:
        known = file.cache[_callers] = {}
        for found in CALLED.finditer(file.text):
            one = function_at(file, line_at(file, found.start(2)))
            if one:
                known.setdefault(found[2], {})[one] = None
    return known


def _speaking(file: SourceFile, wanted: Words) -> Iterator[str]:
    """The names of the functions that hold a place where a text speaks of a source, and of those inside them."""
    around = (function_at(file, line_at(file, place)) for place in wanted.places(file.text, file.words))
    for one in dict.fromkeys(one for one in around if one):
        if wanted.said(text := text_of(file, one), words_of(file, one)):
            yield _init(one.parent) if one.name == INIT else one.name
            yield from (name for name in HEAD.findall(text) if name != INIT)


def source_words(project: Project, models: Models, kind: str) -> Words:
    """What a text says where it reads a source of this kind, of the packages that files of the project speak of."""
    known: Words | None = project.cache.get((source_words, kind))
    if known is None:
        names = spoken_of(project, models, kind)
        known = project.cache[source_words, kind] = _compiled(models, names, _renamed(project, models))
    return known


def _compiled(models: Models, names: frozenset[str], renamed: frozenset[Pair]) -> Words:
    about = (_compiled, names, renamed)
    if about not in models.cache:
        models.cache[about] = _patterns(models, sorted(names), renamed)
    known: Words = models.cache[about]
    return known


def _patterns(models: Models, names: list[str], renamed: frozenset[Pair]) -> Words:
    plain = {name.rpartition(".")[2] for name in names if name.count(".") <= 1}
    groups: dict[frozenset[str], set[str]] = {}
    for name in (name for name in names if name.count(".") > 1):
        owner, _, last = name.rpartition(".")
        holders = _holders(models, owner)
        groups.setdefault(holders | {new for old, new in renamed if old in holders}, set()).add(last)
    free = groups.pop(frozenset(), set())
    carried = tuple((frozenset(groups[by]), by) for by in sorted(groups, key=sorted))
    return Words(frozenset(plain), frozenset(free), carried)


def _holders(models: Models, owner: str) -> frozenset[str]:
    """The words of which a function has to say one to have an object of the type `owner` in hand; none: any may have.

    What only a framework makes comes as a parameter or an attribute of a well-known name, or by an annotation.
    """
    own = owner.rpartition(".")[2]
    keys = {
        key
        for entry in models.all(Entry)
        for key, kind in (*entry.types.items(), *entry.attributes.items())
        if models.canonical(kind) == owner
    }
    if not keys and own[:1].isupper():
        return frozenset()
    other = [name for one in models.all(Alias) if one.to == owner for name in one.names]
    other += [name for one in models.all(Type) if one.returns == owner for name in one.names]
    return frozenset({own, *keys, *(name.rpartition(".")[2] for name in other)})


def _renamed(project: Project, models: Models) -> frozenset[Pair]:
    """What files call a holder where they import it: ("request", "req") of `from flask import request as req`."""
    holders = _all_holders(models)
    return frozenset(
        (old, new)
        for file in project.files.values()
        for old in holders & file.words
        for new in re.findall(rf"{old} as (\w+)", file.text)
    )


def _all_holders(models: Models) -> frozenset[str]:
    known: frozenset[str] | None = models.cache.get(_all_holders)
    if known is None:
        owners = {name.rpartition(".")[0] for one in models.all(Source) for name in one.names}
        known = models.cache[_all_holders] = frozenset().union(*(_holders(models, owner) for owner in owners))
    return known


def _stop_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_stop_words)
    if known is None:
        words = {name.rpartition(".")[2] for one in models.all(Stop) for name in one.names} | {"raise"}
        known = models.cache[_stop_words] = re.compile(rf"(?:[\w.]+\.)?{_any(words)}")
    return known


def _any(words: Set[str]) -> str:
    """A pattern for any of these words, whole; one that never fits for none."""
    return rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b" if words else "(?!)"
