"""Where in a file something stands: the line of a place, the function around a line, the callers of a name."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from analyzers.outline import Definition, Kind
from analyzers.source import SourceFile


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
