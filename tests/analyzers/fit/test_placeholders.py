"""What a text takes, against Python itself: every text that can be made of a few pieces is put together both ways."""

from itertools import product

import pytest

from analyzers.fit.placeholders import Unclear, by_name, by_position, in_braces, percent_marks, simple_braces, unknown

PERCENT = ("%s", "%d", "%%", "%", "(a)", "%(b)s", "%*d", "%.*f", "%-5.2f", "%hd", "%z", "%()s", " ")
BRACES = (
    "{}",
    "{0}",
    "{1!r:>5}",
    "{a.real}",
    "{b[0]}",
    "{",
    "}",
    "{{",
    "}}",
    "{!z}",
    "{:>{}}",
    "{0:{a}}",
    "{:{:{}}}",
    "{ a }",
)
# A mapping is no number.
OF_THE_VALUE = ("number is required", "real number", "must be real", "wants int", "requires int", "is required, not")


class Anything:
    """A value with every attribute and every item, which fits every format."""

    def __format__(self, specification: str) -> str:
        return specification

    def __getattr__(self, name: str) -> "Anything":
        return self

    def __getitem__(self, key: object) -> "Anything":
        return self


def texts(pieces: tuple[str, ...]) -> list[str]:
    made = ["".join(some) for count in range(4) for some in product(pieces, repeat=count)]
    return list(dict.fromkeys(made))


def is_clear(text: str) -> bool:
    try:
        percent_marks(text)
    except Unclear:
        return False
    return True


def raised(text: str, values: object) -> Exception | None:
    try:
        text % values
    except (TypeError, ValueError, KeyError) as error:
        return error
    return None


def test_values_by_position_fail_as_in_python() -> None:
    for text in filter(is_clear, texts(PERCENT)):
        for count in range(4):
            found, real = by_position(text, count), raised(text, (1,) * count)
            assert (found.error if found else None) is (type(real) if real else None), (text, count)


def test_values_by_name_fail_as_in_python() -> None:
    for text in filter(is_clear, texts(PERCENT)):
        for names in ({}, {"a": 1}, {"a": 1, "b": 2}, {"": 3, "b": 4}):
            found, real = by_name(text, names.keys()), raised(text, names)
            if not any(words in str(real) for words in OF_THE_VALUE):
                assert (found.error if found else None) is (type(real) if real else None), (text, names)


def test_what_fails_for_any_value_fails_for_each() -> None:
    for text in filter(unknown, texts(PERCENT)):
        for values in ((), (1,), (1, 2), (1, 2, 3), {}, {"b": Anything()}, 1, "x"):
            assert raised(text, values), (text, values)


def test_braces_fail_as_in_python() -> None:
    for text in texts(BRACES):
        for count, names in product(range(3), ((), ("a",), ("a", "b"))):
            try:
                text.format(*(Anything(),) * count, **dict.fromkeys(names, Anything()))
                fails = False
            except (ValueError, IndexError, KeyError):
                fails = True
            assert bool(in_braces(text, count, set(names))) is fails, (text, count, names)


@pytest.mark.parametrize(
    ("text", "count"), [("{}", 1), ("{} of {}", 2), ("{{}}", 0), ("{0}", 0), ("{!r}", 0), ("{", 0)]
)
def test_only_empty_braces_are_simple(text: str, count: int) -> None:
    assert simple_braces(text) == count
