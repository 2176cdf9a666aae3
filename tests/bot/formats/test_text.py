"""What a person reads at a terminal."""

import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from analyzers.model import Confidence, Edit, FileReport, Finding, Span
from bot.formats import text
from bot.formats.fragments import WIDEST, edited, marked, printable, prose
from tests.bot.formats.samples import REQUEST, SOURCES, SQL, UNREAD, reviewed

WIDTH = 140


def shown(*findings: Finding, unread: tuple[FileReport, ...] = (), sources: dict[str, str] = SOURCES) -> str:
    page = io.StringIO()
    text.show(reviewed(*findings, unread=unread, sources=sources), Console(file=page, width=WIDTH, highlight=False))
    return page.getvalue()


def test_a_finding_shows_its_place_the_code_the_caret_and_the_trace() -> None:
    assert shown(SQL).startswith(
        """\
shop/db.py:41:5  critical  SQL built from user input  CWE-89
  `name` is put into the text of the statement that `cursor.execute` runs.
  41 │     cursor.execute('select ' + name)
     │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  how it comes about
  1. shop/views.py:12  `name` comes from the request
     12 │ name = request.args['name']
  2. shop/db.py:41  reaches `cursor.execute`
     41 │ cursor.execute('select ' + name)
  what to do  Pass `name` as a bound parameter: `cursor.execute(query, (name,))`.
  rule sql-from-user-input
"""
    )


def test_a_finding_that_is_not_sure_says_so() -> None:
    assert "rule sql-from-user-input, confidence medium\n" in shown(replace(SQL, confidence=Confidence.MEDIUM))


def test_a_fix_is_shown_as_the_lines_it_changes() -> None:
    page = shown(REQUEST)
    assert "fix  Add `timeout=30` (safe)" in page
    assert "  -     answer = requests.get(url)\n  +     answer = requests.get(url, timeout=30)\n" in page


def test_the_verdict_and_the_receipt_come_last() -> None:
    end = shown(SQL, REQUEST, unread=(UNREAD,)).split("─" * WIDTH)[-1]
    assert "Incomplete: 1 of 3 Python files could not be analysed" in end
    assert "found clean: 1 SQL statement, with bound parameters" in end
    assert end.rstrip().splitlines()[-1].startswith("3 changed files: 2 analysed")


def test_a_clean_review_is_two_lines() -> None:
    lines = shown().strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Nothing to report on 10 touched lines in 1 Python file.")


def test_code_cannot_steer_the_terminal() -> None:
    hostile = {**SOURCES, "shop/db.py": "\n" * 40 + "    x = '\x1b]0;owned\x07\x1b[31m' # \u202e \x9b31m\n"}
    evil = replace(SQL, message="`\x1b[2J` is run", path="shop/db.py")
    page = shown(evil, sources=hostile)
    assert not set(page) & {"\x1b", "\x07", "\u202e", "\x9b"}


def test_colours_are_only_ours_and_only_where_wanted() -> None:
    page = io.StringIO()
    text.show(reviewed(SQL), Console(file=page, width=100, force_terminal=True, color_system="standard"))
    assert "\x1b[1;31mcritical" in page.getvalue()


def test_a_very_long_line_is_cut_around_the_mark() -> None:
    line = "x = [" + "1, " * 5000 + "boom(), " + "2, " * 5000 + "]\n"
    column = line.index("boom") + 1
    shown_line = marked(line, column, column + 6)
    assert len(shown_line.code) <= WIDEST + 2
    assert shown_line.code[shown_line.start : shown_line.start + shown_line.width] == "boom()"


@given(st.text(max_size=300), st.integers(1, 320), st.integers(0, 60))
def test_the_caret_stands_under_the_mark(line: str, column: int, length: int) -> None:
    bare = line.replace("\r", " ").replace("\n", " ")
    shown_line = marked(bare, column, column + length)
    assert shown_line.code == "".join(c for c in shown_line.code if c.isprintable())
    assert 0 <= shown_line.start <= cell_len(shown_line.code)
    assert shown_line.width >= 1
    if len(bare) <= WIDEST:
        assert shown_line.start == cell_len(printable(bare[: column - 1]))


@given(st.text())
def test_prose_never_carries_a_control_character(sentence: str) -> None:
    assert all(c.isprintable() for c in prose(sentence).plain)


def test_edits_are_applied_last_first() -> None:
    edits = (Edit(Span(3, 1, 3, 1), "# "), Edit(Span(3, 5, 4, 2), "Y\nZ"))
    assert edited(["abcdef\n", "ghi\n"], 3, edits) == ["# abcdY\n", "Zhi\n"]
