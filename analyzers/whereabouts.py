"""Where in a file something stands: the line of a place, the function around a line, the callers of a name."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import accumulate

from analyzers.outline import Definition, Kind, Unit
from analyzers.source import SourceFile
from analyzers.text import places

# A call, not a definition, to be searched in a text turned round: a parenthesis is found faster than a word's end.
LLAC = re.compile(r"\([ \t]*+(\w++)(?![ \t]+(?:fed|ssalc)\b)")
# What stands before a name that is defined, and behind one that is called.
DEFINES = re.compile(r"\b(?:def|class)[ \t]+\Z")
OPENS = re.compile(r"[ \t]*\(")
# More names are not searched for one by one.
FEW = 8


def units_calling(file: SourceFile, names: Set[str]) -> tuple[Unit, ...]:
    """The units, in their order, in whose text a function or method of these names is called.

    What is called in a method is not called in its class.
    """
    if not file.readable or names.isdisjoint(file.words):
        return ()
    every = _calls(file) if len(names) > FEW else {name: tuple(_calls_of(name, file.text)) for name in names}
    return _units_at(file, (place for name in names for place in every.get(name, ())))


def units_saying(file: SourceFile, names: Set[str]) -> tuple[Unit, ...]:
    """The units, in their order, in whose text one of these words stands; what a method says its class does not."""
    return _units_at(file, (place for name in names for place in places(file.text, name))) if file.readable else ()


def _units_at(file: SourceFile, found: Iterable[int]) -> tuple[Unit, ...]:
    return tuple(dict.fromkeys(unit for place in sorted(found) if (unit := _unit_at(file, line_at(file, place)))))


def _calls_of(name: str, text: str) -> Iterator[int]:
    for place in places(text, name):
        if OPENS.match(text, place + len(name)) and not DEFINES.search(text[max(0, place - 8) : place]):
            yield place


def _calls(file: SourceFile) -> Mapping[str, Sequence[int]]:
    """Where in the text each word is called."""
    known: dict[str, list[int]] | None = file.cache.get(_calls)
    if known is None:
        known = file.cache[_calls] = {}
        for found in LLAC.finditer(file.text[::-1]):
            known.setdefault(found[1][::-1], []).append(len(file.text) - found.end())
    return known


def _unit_at(file: SourceFile, line: int) -> Unit | None:
    """The innermost unit that holds a line."""
    units, above = file.outline.units, _around(file)
    place = bisect_right(units, line, key=lambda unit: unit.line) - 1
    while place >= 0 and units[place].end_line < line:
        place = above[place]
    return units[place] if place >= 0 else None


def _around(file: SourceFile) -> Sequence[int]:
    """Of each unit the place of the one that surrounds it, or -1."""
    known: list[int] | None = file.cache.get(_around)
    if known is None:
        known = file.cache[_around] = []
        open_ones: list[int] = []
        for place, unit in enumerate(file.outline.units):
            while open_ones and file.outline.units[open_ones[-1]].end_line < unit.line:
                open_ones.pop()
            known.append(open_ones[-1] if open_ones else -1)
            open_ones.append(place)
    return known


def calling(file: SourceFile, name: str) -> tuple[Definition, ...]:
    """The functions of a file in whose text a name, or a longer one that ends alike, is called; in their order."""
    known: dict[str, tuple[Definition, ...]] = file.cache.setdefault(calling, {})
    if name not in known:
        around = [(line, function_at(file, line)) for line in _lines_with(file, f"{name}(")]
        known[name] = tuple(dict.fromkeys(one for line, one in around if one and line > one.head))
    return known[name]


def _lines_with(file: SourceFile, text: str) -> Iterator[int]:
    place = file.text.find(text)
    while place >= 0:
        line = line_at(file, place)
        yield line
        place = file.text.find(text, _starts(file)[line])


def line_at(file: SourceFile, place: int) -> int:
    """The line of a place in the text."""
    return bisect_right(_starts(file), place)


def _starts(file: SourceFile) -> list[int]:
    known: list[int] | None = file.cache.get(_starts)
    if known is None:
        known = file.cache[_starts] = list(accumulate(map(len, file.lines), initial=0))
    return known


def function_at(file: SourceFile, line: int) -> Definition | None:
    """The function that holds a line: those of an outline never stand in each other."""
    known: tuple[list[Definition], list[int]] | None = file.cache.get(function_at)
    if known is None:
        every = file.outline.definitions if file.readable else ()
        functions = sorted((one for one in every if one.kind is Kind.FUNCTION), key=lambda one: one.line)
        known = file.cache[function_at] = functions, [one.line for one in functions]
    functions, firsts = known
    place = bisect_right(firsts, line)
    return functions[place - 1] if place and line <= functions[place - 1].end_line else None
