"""Holes of templates that take only numbers."""

import pytest

from analyzers.templates import Key, format_holes, percent_holes, writes_number


@pytest.mark.parametrize(
    ("template", "holes"),
    [
        ("LIMIT %d", {0: True}),
        ("%s LIMIT %05d OFFSET %.2f 100%%", {0: False, 1: True, 2: True}),
        ("%(name)s %(size)d", {"name": False, "size": True}),
        ("%(size)d %(size)s", {"size": False}),
        ("%c", {0: False}),
        ("%*d", {}),
    ],
)
def test_percent_holes_for_numbers_are_told(template: str, holes: dict[Key, bool]) -> None:
    assert percent_holes(template) == holes


@pytest.mark.parametrize(
    ("template", "holes"),
    [
        ("{:d} {}", {0: True, 1: False}),
        ("{1:.2f} {0}", {1: True, 0: False}),
        ("{size:>10d} {{}}", {"size": True}),
        ("{page.size:d} {page}", {"page": False}),
        ("{:{}d}", {}),
        ("{", {}),
    ],
)
def test_format_holes_for_numbers_are_told(template: str, holes: dict[Key, bool]) -> None:
    assert format_holes(template) == holes


@pytest.mark.parametrize(("spec", "number"), [("d", True), ("+,.2f", True), ("05x", True), ("c", False), (">9", False)])
def test_a_specification_with_the_type_of_a_number_writes_one(spec: str, number: bool) -> None:
    assert writes_number(spec) is number
