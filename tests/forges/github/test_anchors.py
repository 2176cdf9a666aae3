"""Where a comment can stand, and when a fix can be one click."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.model import Edit, Fix, Safety, Severity, Span
from bot.forges.github.anchors import ladder, last_line, nearest
from bot.forges.github.patch import Hunk
from bot.forges.github.suggestion import apply, suggestion
from bot.model import Comment, Placement

HUNKS = (Hunk(10, tuple(f"line {number}" for number in range(10, 17))), Hunk(40, ("line 40", "line 41")))


def comment(line: int, end_line: int, end_column: int = 5) -> Comment:
    """A comment on these lines of app.py."""
    return Comment("0" * 16, "rule", "app.py", Span(line, 1, end_line, end_column), Severity.HIGH, "Words.")


def rungs(line: int, end_line: int) -> list[tuple[Placement, int, int]]:
    """The ladder of such a comment."""
    return [(a.placement, a.first, a.last) for a in ladder(comment(line, end_line), {"app.py": HUNKS, "big.py": ()})]


BELOW = [(Placement.FILE, 0, 0), (Placement.SUMMARY, 0, 0)]


@pytest.mark.parametrize(
    ("line", "end_line", "rung"),
    [
        (10, 10, (Placement.LINE, 10, 10)),
        (11, 13, (Placement.LINE, 11, 13)),
        (15, 18, (Placement.LINE, 15, 15)),
        (8, 12, (Placement.NEARBY, 10, 12)),
        (20, 40, (Placement.NEARBY, 40, 40)),
        (41, 41, (Placement.LINE, 41, 41)),
    ],
)
def test_the_first_rung_is_the_nearest_shown_line(line: int, end_line: int, rung: tuple[Placement, int, int]) -> None:
    assert rungs(line, end_line) == [rung, *BELOW]


@pytest.mark.parametrize(("line", "end_line"), [(1, 9), (17, 39), (42, 42), (0, 0), (10_000, 10_000)])
def test_outside_of_the_hunks_the_file_is_left(line: int, end_line: int) -> None:
    assert rungs(line, end_line) == BELOW


def test_a_touched_step_of_the_trace_is_better_than_the_file() -> None:
    away = replace(comment(30, 30), via=(("app.py", Span(33, 1, 33, 9)), ("views.py", Span(12, 1, 12, 9))))
    rung, *below = ladder(away, {"app.py": HUNKS, "views.py": HUNKS})
    assert (rung.placement, rung.path, rung.first) == (Placement.NEARBY, "views.py", 12)
    assert [(a.placement, a.path) for a in below] == [(Placement.FILE, "app.py"), (Placement.SUMMARY, "app.py")]


def test_a_file_that_is_not_in_the_change_leaves_the_summary() -> None:
    assert [anchor.placement for anchor in ladder(comment(1, 1), {"other.py": HUNKS})] == [Placement.SUMMARY]


def test_a_span_that_ends_before_a_line_does_not_touch_it() -> None:
    assert last_line(Span(3, 1, 5, 1)) == 4
    assert last_line(Span(3, 1, 3, 1)) == 3


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_an_anchor_always_stands_in_one_hunk(line: int, length: int, end_column: int) -> None:
    span = Span(line, 1, line + length, end_column)
    found = nearest(span, HUNKS)
    if found is not None:
        first, last = found
        assert line <= first <= last <= last_line(span)
        assert sum(hunk.shows(first, last) for hunk in HUNKS) == 1


# --- suggestions


def fix(*edits: Edit) -> Fix:
    """A safe fix."""
    return Fix("Fix it", Safety.SAFE, edits)


def test_an_edit_inside_a_line_becomes_the_whole_line() -> None:
    hunk = Hunk(1, ("if x:", "    y = load(a)  # why", "z"))
    found = suggestion(fix(Edit(Span(2, 9, 2, 13), "safe_load")), 2, [hunk])
    assert found is not None
    assert (found.first, found.last, found.lines) == (2, 2, ("    y = safe_load(a)  # why",))
    assert found.block == "```suggestion\n    y = safe_load(a)  # why\n```"


def test_the_fence_is_longer_than_any_in_the_code() -> None:
    found = suggestion(fix(Edit(Span(1, 1, 1, 2), "b")), 1, [Hunk(1, ("a = '````'",))])
    assert found is not None
    assert found.block == "`````suggestion\nb = '````'\n`````"


def test_lines_can_be_added_and_removed() -> None:
    hunk = Hunk(5, ("a", "b", "c"))
    added = suggestion(fix(Edit(Span(6, 1, 6, 1), "new\n")), 6, [hunk])
    removed = suggestion(fix(Edit(Span(6, 1, 7, 1), "")), 6, [hunk])
    assert added is not None
    assert removed is not None
    assert (added.first, added.last, added.lines) == (6, 6, ("new", "b"))
    assert (removed.first, removed.last, removed.lines, removed.block) == (6, 6, (), "```suggestion\n```")


@pytest.mark.parametrize(
    ("line", "edits"),
    [
        (1, []),
        (6, [Edit(Span(6, 1, 6, 2), "b")]),
        (6, [Edit(Span(4, 1, 6, 2), "x")]),
        (6, [Edit(Span(7, 1, 8, 1), "")]),
        (5, [Edit(Span(6, 1, 6, 2), "x")]),
        (6, [Edit(Span(6, 1, 6, 9), "x")]),
        (6, [Edit(Span(6, 2, 7, 1), "")]),
        (6, [Edit(Span(6, 1, 6, 2), "x\r")]),
        (5, [Edit(Span(5, 1, 5, 2), "x"), Edit(Span(200, 1, 200, 2), "y")]),
    ],
    ids=["empty", "no-op", "before", "after", "elsewhere", "column", "joined", "return", "two hunks"],
)
def test_what_is_not_whole_lines_of_one_hunk_is_no_suggestion(line: int, edits: list[Edit]) -> None:
    assert suggestion(fix(*edits), line, [Hunk(5, ("a", "b", "c")), Hunk(200, ("d",))]) is None


@pytest.mark.parametrize("text", ["x = 1\r", "x = '\ufffd'", "x = '\0'"])
def test_text_that_may_change_on_the_way_is_not_suggested(text: str) -> None:
    assert suggestion(fix(Edit(Span(1, 1, 1, 2), "y")), 1, [Hunk(1, (text,))]) is None


FILE = ("def f(a):", "    # \u00fc \U0001f40d", "    b = a", "", "\treturn b  # ```", "\x0cdone")
POSITIONS = [(line + 1, column + 1) for line, text in enumerate(FILE) for column in range(len(text) + 1)]


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    """Sorted edits that do not overlap."""
    places = sorted(draw(st.lists(st.sampled_from(POSITIONS), min_size=2, max_size=6)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    words = st.text(alphabet="ab `\n", max_size=6)
    return [Edit(Span(*start, *end), draw(words)) for start, end in pairs]


@given(edits(), st.integers(1, len(FILE)), st.integers(0, 3), st.integers(2, 6))
def test_a_click_writes_exactly_the_fix(given_edits: list[Edit], line: int, skip: int, length: int) -> None:
    hunk = Hunk(1 + skip, FILE[skip : skip + length])
    found = suggestion(fix(*given_edits), line, [hunk])
    if found is None:
        return
    clicked = [*FILE[: found.first - 1], *found.lines, *FILE[found.last :]]
    whole = apply("".join(f"{text}\n" for text in FILE), 1, given_edits)
    assert "".join(f"{text}\n" for text in clicked) == whole
    assert hunk.shows(found.first, found.last)
    assert found.first <= line <= found.last
