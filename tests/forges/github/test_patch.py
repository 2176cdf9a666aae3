"""Hunks as GitHub sends them, against the files they were made of."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import touched
from bot.forges.github.patch import parse

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "+x", "-y", "@@ -1 +1 @@", "\\ z", " d"]), max_size=14)


def patch_of(base: list[str], head: list[str], context: int = 3) -> str:
    """The patch of two files that end with a line end."""
    rows = difflib.unified_diff(base, head, lineterm="", n=context)
    return "\n".join(list(rows)[2:])


@given(LINES, LINES, st.integers(0, 3))
def test_what_a_patch_shows_is_what_stands_in_head(base: list[str], head: list[str], context: int) -> None:
    found = parse(patch_of(base, head, context))
    if base == head:
        assert found is None
        return
    assert found is not None
    for hunk in found.hunks:
        assert list(hunk.lines) == head[hunk.first - 1 : hunk.last]
    assert all(any(first <= line <= last for first, last in found.touched.shown) for line in found.touched.added)
    kept = [line for number, line in enumerate(head, 1) if number not in found.touched.added]
    assert is_part_of(kept, base)


def is_part_of(kept: list[str], base: list[str]) -> bool:
    """Whether the kept lines stand in base, in this order."""
    rest = iter(base)
    return all(line in rest for line in kept)


@given(LINES, LINES)
def test_a_gap_is_where_lines_only_went(base: list[str], head: list[str]) -> None:
    found = parse(patch_of(base, head))
    if found is None:
        return
    blocks = difflib.SequenceMatcher(None, base, head, autojunk=False).get_opcodes()
    assert found.touched.gaps == {start for kind, _, _, start, _ in blocks if kind == "delete"}
    assert found.touched.added == {
        line + 1 for kind, _, _, start, end in blocks if kind in ("insert", "replace") for line in range(start, end)
    }


def test_the_same_words_as_the_comparison_of_two_texts() -> None:
    base = "".join(f"{number}\n" for number in range(30))
    head = base.replace("4\n", "four\n", 1).replace("20\n", "").replace("29\n", "29\nmore\n")
    found = parse(patch_of(base.splitlines(), head.splitlines()))
    assert found is not None
    compared = touched.compare(base, head)
    assert (found.touched.added, found.touched.gaps) == (compared.added, compared.gaps)


def test_a_file_without_a_last_line_end() -> None:
    found = parse("@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file")
    assert found is not None
    assert found.touched.added == {1, 2}
    assert found.hunks[0].lines == ("a", "b")


def test_an_emptied_file_leaves_a_gap_at_its_top() -> None:
    found = parse("@@ -1,2 +0,0 @@\n-a\n-b")
    assert found is not None
    assert (found.touched.gaps, found.touched.shown) == ({0}, ())


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "no hunk",
        "@@ -1,3 +1,3 @@\n a\n",
        "@@ -1 +1 @@\n-a\n+b\n+c",
        "@@ -1 +1 @@\n-a\n*b",
        "@@ -1 +1 @@\n-a\n+b\rc",
        "@@ -1 +9999999999999 @@\n-a\n+b",
    ],
)
def test_a_patch_that_is_not_whole_says_nothing(patch: str) -> None:
    assert parse(patch) is None


@given(st.text(alphabet="@-+ 1,\n\\a\r"))
def test_any_text_may_be_a_patch(text: str) -> None:
    found = parse(text)
    assert found is None or found.hunks
