"""What a text takes when it is put together by `%` or by `str.format`, and why the arguments at hand do not fit it."""

import re
import string
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

# https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
PERCENT = re.compile(
    r"%(?:\((?P<name>[^()]*)\))?[-+ #0]*(?P<width>\*|\d*)(?:\.(?P<precision>\*|\d*))?[hlL]?(?P<kind>.?)", re.DOTALL
)
KINDS = frozenset("diouxXeEfFgGcrsa")
# https://docs.python.org/3/library/string.html#format-string-syntax
CONVERSIONS = frozenset({None, "r", "s", "a"})
FIELD_END = re.compile(r"[.\[]")
NESTED = 2
NAMELESS = "is given no argument of that name"


@dataclass(frozen=True, slots=True)
class Misfit:
    """The builtin error that putting the text together raises (Exception: one or the other), and why.

    `part` is what is wrong as the text has it, and `wrong` goes on from there: "takes 2 arguments, and is given 1".
    """

    error: type[Exception]
    part: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One `%` of a text: as written, the name in it, how many values it takes by position, the letter of its kind."""

    written: str
    name: str | None
    takes: int
    kind: str


class Unclear(Exception):
    """A text of which nothing is said: brackets in a name; `%5%`, which not every Python takes."""


def percent_marks(text: str) -> tuple[Mark, ...]:
    """The placeholders that `%` fills, `%%` among them. Raises Unclear."""
    return tuple(_mark(found) for found in PERCENT.finditer(text))


def _mark(found: re.Match[str]) -> Mark:
    if found["kind"] == "(" or (found["kind"] == "%" and len(found[0]) > len("%%")):
        raise Unclear
    stars = [found["width"], found["precision"]].count("*")
    return Mark(found[0], found["name"], stars + (found["kind"] not in ("%", "")), found["kind"])


def by_position(text: str, count: int) -> Misfit | None:
    """Why `text % values` fails for a tuple of so many values; None when it does not fail by that alone."""
    try:
        marks = percent_marks(text)
    except Unclear:
        return None
    left = count
    for mark in marks:
        if mark.name is not None:
            return Misfit(TypeError, mark.written, "takes an argument by name, and all are given by position")
        left -= mark.takes
        if left < 0:
            break
        if _unknown(mark):
            return _unknown(mark)
    taken = sum(mark.takes for mark in marks)
    return None if left == 0 else Misfit(TypeError, text, f"takes {_arguments(taken)}, and is given {count}")


def by_name(text: str, names: Set[str] | None) -> Misfit | None:
    """Why `text % mapping` fails for a mapping with these keys, or with any: None.

    The mapping as a whole is what the first placeholder without a name shows.
    """
    try:
        marks = percent_marks(text)
    except Unclear:
        return None
    left = 1
    for mark in marks:
        if mark.name is not None:
            left = 1
            if names is not None and mark.name not in names:
                return Misfit(KeyError, mark.written, NAMELESS)
        left -= mark.takes
        if left < 0:
            return Misfit(TypeError, mark.written, "takes an argument by position, and all are given by name")
        if _unknown(mark):
            return _unknown(mark)
    return None


def _unknown(mark: Mark) -> Misfit | None:
    if not mark.kind:
        return Misfit(ValueError, mark.written, "is a placeholder without an end")
    if mark.kind != "%" and mark.kind not in KINDS:
        return Misfit(ValueError, mark.written, "is a placeholder that Python does not know")
    return None


def unknown(text: str) -> Misfit | None:
    """Why `text % anything` fails, whatever is given."""
    try:
        found = [misfit for mark in percent_marks(text) if (misfit := _unknown(mark))]
    except Unclear:
        return None
    return replace(found[0], error=Exception) if found else None


def in_braces(text: str, count: int, names: Set[str]) -> Misfit | None:
    """Why `text.format(...)` fails for so many arguments by position, and these by name."""
    try:
        fields = list(_fields(text, NESTED))
    except ValueError:
        return Misfit(ValueError, text, "has braces that do not fit together")
    numbers = [int(field) for field in fields if field.isdecimal()]
    if numbers and "" in fields:
        return Misfit(ValueError, text, "numbers some of its placeholders, and others not")
    taken = max(fields.count(""), *(number + 1 for number in numbers), 0)
    if taken > count:
        return Misfit(IndexError, text, f"takes {_arguments(taken)} by position, and is given {count}")
    missing = [field for field in fields if field and not field.isdecimal() and field not in names]
    return Misfit(KeyError, f"{{{missing[0]}}}", NAMELESS) if missing else None


def _fields(text: str, depth: int) -> Iterator[str]:
    """What the placeholders of a text begin with: a name, a number or nothing. Raises ValueError."""
    for _, field, specification, conversion in string.Formatter().parse(text):
        if field is None:
            continue
        if not depth:
            raise ValueError("placeholders within placeholders within placeholders")
        if conversion not in CONVERSIONS:
            raise ValueError(f"unknown conversion {conversion}")
        yield FIELD_END.split(field, maxsplit=1)[0]
        if specification:
            yield from _fields(specification, depth - 1)


def simple_braces(text: str) -> int:
    """How many `{}` a text has; 0 when it has other braces, too."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return 0
    return len(parts) if all(part == ("", "", None) for part in parts) else 0


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count or 'no'} arguments"
