"""Where in a file something stands: the line of a place, the function around a line, the callers of a name."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from analyzers.outline import Definition, Kind, Unit
from analyzers.source import SourceFile

# A call, not a definition, to be searched in a text turned round: a parenthesis is found faster than a word's end.
LLAC = re.compile(r"\([ \t]*+(\w++)(?![ \t]+(?:fed|ssalc)\b)")


def units_calling(file: SourceFile, name: str) -> Sequence[Unit]:
    """The units in whose text a function or method of this name is called; a class's are not those of its methods."""
    known: dict[str, dict[Unit, None]] | None = file.cache.get(units_calling)
    if known is None:
        known = file.cache[units_calling] = {}
        for unit, word in _calls(file) if file.readable else ():
            known.setdefault(word, {})[unit] = None
    return tuple(known.get(name, ()))


def _calls(file: SourceFile) -> Iterator[tuple[Unit, str]]:
    waiting, around = list(reversed(file.outline.units)), list[Unit]()
    for found in reversed(list(LLAC.finditer(file.text[::-1]))):
        line = line_at(file, len(file.text) - found.end())
        while waiting and waiting[-1].line <= line:
            around.append(waiting.pop())
        while around and around[-1].end_line < line:
            around.pop()
        if around:
            yield around[-1], found[1][::-1]


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
