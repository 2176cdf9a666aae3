"""Which files of a project a file may import, and what they define: told by words, before anything is parsed."""

import re
from collections.abc import Iterator, Mapping

from analyzers.outline import Definition, Kind
from analyzers.source import SourceFile
from analyzers.text import words

# Begins with plain letters, which are found many times faster than the edge of a word.
IMPORT = re.compile(r"import\b[^\n(]*(?:\([^)]*\))?")


def at_hand(file: SourceFile) -> tuple[SourceFile, ...]:
    """The file, and the files that it and they may import, going by the words of their imports."""
    known: tuple[SourceFile, ...] | None = file.project.cache.get((at_hand, file))
    if known is None:
        known = file.project.cache[at_hand, file] = tuple(_imported(file))
    return known


def defined(file: SourceFile) -> Mapping[str, list[tuple[Definition, SourceFile]]]:
    """The functions of a file and of those it imports by their names; the methods also by the name of their class."""
    known: dict[str, list[tuple[Definition, SourceFile]]] | None = file.cache.get(defined)
    if known is None:
        known = file.cache[defined] = {}
        for other in at_hand(file):
            for one in other.outline.definitions if other.readable else ():
                if one.kind is Kind.FUNCTION:
                    known.setdefault(one.name, []).append((one, other))
                    known.setdefault(one.parent.rpartition(".")[2], []).append((one, other))
    return known


def _imported(file: SourceFile) -> Iterator[SourceFile]:
    left = {other.module: other for other in file.project.files.values() if other is not file}
    waiting = [file]
    while waiting:
        this = waiting.pop()
        yield this
        found = _imports(this) if left else frozenset()
        near = [other for other in left.values() if other.module.rpartition(".")[2] in found or _is_above(other, this)]
        waiting += [left.pop(other.module) for other in near]


def imported(file: SourceFile) -> frozenset[str]:
    """The words of the imports of a file and of those that it imports."""
    known: frozenset[str] | None = file.project.cache.get((imported, file))
    if known is None:
        known = file.project.cache[imported, file] = frozenset().union(*map(_imports, at_hand(file)))
    return known


def _imports(file: SourceFile) -> frozenset[str]:
    known: frozenset[str] | None = file.cache.get(_imports)
    if known is None:
        text = file.smooth
        lines = " ".join(text[text.rfind("\n", 0, found.start()) + 1 : found.end()] for found in IMPORT.finditer(text))
        known = file.cache[_imports] = words(lines)
    return known


def _is_above(package: SourceFile, file: SourceFile) -> bool:
    """`from . import name` says no name of the package."""
    return package.package == package.module and file.module.startswith(package.module)
