"""What the text of a function hints at, before any of it is parsed: a source it may read, data it may be given."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator

import libcst as cst

from analyzers.flow.entries import entry_of
from analyzers.models import Alias, Entry, Models, Source, Stop, Type
from analyzers.outline import Definition
from analyzers.source import Project, SourceFile

CALLED = re.compile(r"\w+(?=\()")
HEAD = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
# How many names lie between a package and what the models say of it: aliases of types of aliases.
CARRIED = 3


def gives_by_itself(file: SourceFile, function: cst.FunctionDef, models: Models) -> bool:
    """Whether the text of a function speaks of a source, or ends by never returning."""
    definition = file.definition(function)
    lines = file.lines[definition.line - 1 : definition.end_line] if definition else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return bool(_source_words(models).search("".join(lines))) or bool(_stop_words(models).match(last))


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
        text = "".join(file.lines[definition.line - 1 : definition.end_line])
        words = source_words(file.project, models, kind)
        known[about] = bool(words.search(text)) or not _givers(file.project, words).isdisjoint(CALLED.findall(text))
    return known[about]


def _givers(project: Project, words: re.Pattern[str]) -> frozenset[str]:
    """The names of the functions of a project whose text speaks of a source."""
    known: frozenset[str] | None = project.cache.get((_givers, words))
    if known is None:
        found = (name for file in project.files.values() for name in _speaking(file, words))
        known = project.cache[_givers, words] = frozenset(found)
    return known


def _speaking(file: SourceFile, words: re.Pattern[str]) -> Iterator[str]:
    """The names of the functions around each place where a text speaks of a source, told by their indentation."""
    heads = list(HEAD.finditer(file.text))
    starts = [head.start() for head in heads]
    for last in {bisect_right(starts, found.start()) for found in words.finditer(file.text)}:
        depth = sys.maxsize
        for head in reversed(heads[:last]):
            if len(head[1]) < depth:
                depth = len(head[1])
                yield head[2]
            if not depth:
                break


def source_words(project: Project, models: Models, kind: str) -> re.Pattern[str]:
    """What a text says where it reads a source of this kind of a package that any file of the project speaks of."""
    known: re.Pattern[str] | None = project.cache.get((source_words, kind))
    if known is None:
        names = [name for one in models.all(Source) if one.kind == kind for name in one.names]
        said = {root: _is_said(project, _carriers(models, root)) for root in {name.partition(".")[0] for name in names}}
        names = [name for name in names if said[name.partition(".")[0]]]
        parts = {name.rpartition(".")[2] for name in names if name.count(".") > 1}
        plain = {name.rpartition(".")[2] for name in names if name.count(".") <= 1}
        known = re.compile(rf"\.\s*{_any(parts)}|[.\s(=\[,]{_any(plain)}")
        project.cache[source_words, kind] = known
    return known


def _is_said(project: Project, words: frozenset[str]) -> bool:
    return any(word in file.text for file in project.files.values() for word in words)


def _carriers(models: Models, root: str) -> frozenset[str]:
    """The packages by which something of the package `root` can come into a file: itself, and where it is known as."""
    found = {root}
    for _ in range(CARRIED):
        found |= {name.partition(".")[0] for one in models.all(Alias) if _of(one.to, found) for name in one.names}
        found |= {name.partition(".")[0] for one in models.all(Type) if _of(one.returns, found) for name in one.names}
        for entry in models.all(Entry):
            if any(_of(kind, found) for kind in (*entry.types.values(), *entry.attributes.values())):
                found.update(entry.roots)
    return frozenset(found)


def _of(name: str, roots: set[str]) -> bool:
    return name.partition(".")[0] in roots


def _source_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_source_words)
    if known is None:
        names = {name for one in models.all(Source) for name in one.names}
        words = {name.rpartition(".")[2] for name in names}
        known = models.cache[_source_words] = re.compile(rf"[.\s(=\[,]{_any(words)}")
    return known


def _stop_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_stop_words)
    if known is None:
        words = {name.rpartition(".")[2] for one in models.all(Stop) for name in one.names} | {"raise"}
        known = models.cache[_stop_words] = re.compile(rf"(?:[\w.]+\.)?{_any(words)}")
    return known


def _any(words: set[str]) -> str:
    """A pattern for any of these words, whole; one that never fits for none."""
    return rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b" if words else "(?!)"
