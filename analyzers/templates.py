"""What fills the holes of a template: `%d`, `{:d}` and `{n:.2f}` write a number, or raise, whatever they are given.

https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
https://docs.python.org/3/library/string.html#format-specification-mini-language
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter

Key = int | str
"""What fills a hole: the value at a position, or of a name."""
Holes = Mapping[Key, bool]
"""What fills the holes of a template, and whether all that it fills takes only numbers."""

CONVERSION = re.compile(r"%(?:\((\w+)\))?([-+ #0-9.*]*)[hlL]?([a-zA-Z%])")
NUMERIC_CONVERSIONS = frozenset("diouxXeEfFgG")
NUMERIC_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?\d*[_,]?(?:\.\d+)?[bdeEfFgGnoxX%]")
FIELD = re.compile(r"\w*")


def writes_number(spec: str) -> bool:
    """Whether a format specification (what stands behind the colon) takes only numbers: `d`, `05.1f`; `c` does not."""
    return NUMERIC_SPEC.fullmatch(spec) is not None


def percent_holes(template: str) -> Holes:
    """The holes of a template for `%`; nothing where more fills them than is written in it."""
    found = [match for match in CONVERSION.finditer(template) if match[3] != "%"]
    if any("*" in match[2] for match in found):
        return {}
    return _together((match[1] or place, match[3] in NUMERIC_CONVERSIONS) for place, match in enumerate(found))


def format_holes(template: str) -> Holes:
    """The holes of a template for `str.format`; nothing where specifications are filled themselves."""
    try:
        return _together(_fields(template))
    except ValueError:
        return {}


def _fields(template: str) -> Iterator[tuple[Key, bool]]:
    place = 0
    for _, name, spec, _ in Formatter().parse(template):
        if name is None:
            continue
        if "{" in (spec or ""):
            raise ValueError("a specification is filled itself")
        root = FIELD.match(name)
        key = root[0] if root else ""
        yield (int(key) if key.isdecimal() else key) if key else place, writes_number(spec or "")
        place += not key


def _together(holes: Iterable[tuple[Key, bool]]) -> Holes:
    known: dict[Key, bool] = {}
    for key, number in holes:
        known[key] = known.get(key, True) and number
    return known
