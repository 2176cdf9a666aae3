"""What people read: each test is a page as a reviewer sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from analyzers.model import Confidence, Report, Step, Trace
from bot import wording
from bot.model import LineLinks
from bot.review import compose
from config.settings import ReviewSettings
from tests.bot.stories import CHANGE, CLEAN, LINKS, PARTIAL, TWO_DEFECTS, analysed, no_timeout, span, sql


def page(report, **settings):
    summary = compose(report, CHANGE, ReviewSettings(**settings)).summary
    return summary.text


def test_a_change_with_defects_reads_verdict_groups_actions_clean_receipt():
    at = "https://forge.example/shop/blob/h1"
    assert (
        page(TWO_DEFECTS)
        == f"""\
**This change causes 2 defects, the gravest: SQL built from user input at [`shop/db.py:41`]({at}/shop/db.py#L41).**

1. **SQL built from user input (CWE-89)**, critical, rule `sql-from-user-input`
    - [`shop/db.py:41`]({at}/shop/db.py#L41): `name` is put into the text of the statement that `cursor.execute` runs.
2. **Request without a timeout (CWE-1088)**, medium, rule `request-without-timeout`
    - [`shop/net.py:9`]({at}/shop/net.py#L9): `requests.get` waits for ever when the other side does not answer.

**What to do**
- [`shop/db.py:41`]({at}/shop/db.py#L41): Pass `name` as a bound parameter: `cursor.execute(query, (name,))`.
- [`shop/net.py:9`]({at}/shop/net.py#L9): Add `timeout=30`.

**Examined and found clean**
- 3 SQL statements, all with bound parameters

3 changed files: 2 analysed (`shop/db.py`, `shop/net.py`); 1 skipped: not Python (`README.md`)."""
    )


def test_a_clean_change_gets_two_lines():
    assert page(CLEAN) == (
        "**Nothing to report on 12 touched lines in 1 Python file.** "
        "Looked at 1 SQL statement, with bound parameters.\n\n"
        "1 changed file: 1 analysed (`shop/db.py`)."
    )


def test_a_partial_review_says_so_first():
    assert page(PARTIAL).splitlines()[0] == (
        "**Incomplete: 1 of 2 Python files could not be analysed:** `shop/bad.py` (does not parse at line 3). "
        "Nothing to report in the rest."
    )


def test_an_inline_comment_says_what_how_and_what_to_do():
    at = "https://forge.example/shop/blob/h1"
    assert (
        wording.comment_body(sql(), LINKS)
        == f"""\
**SQL built from user input** (CWE-89, critical)

`name` is put into the text of the statement that `cursor.execute` runs.

How it comes about:
1. [`shop/views.py:12`]({at}/shop/views.py#L12): `name` comes from the request
2. [`shop/db.py:41`]({at}/shop/db.py#L41): reaches `cursor.execute`

Pass `name` as a bound parameter: `cursor.execute(query, (name,))`.

Rule `sql-from-user-input`. Not a defect here? `# touchline: ignore[sql-from-user-input] because …`"""
    )


@pytest.mark.parametrize(
    ("path", "line", "told"), [("shop/db.py", 41, False), ("shop/db.py", 12, True), ("shop/views.py", 41, True)]
)
def test_a_single_step_is_told_where_it_stands_elsewhere(path, line, told):
    finding = sql(trace=Trace((Step(path, span(line), "returns None"),)))
    assert ("How it comes about" in wording.comment_body(finding, LINKS)) == told


def test_a_doubtful_finding_says_how_sure_it_is():
    assert "Confidence: medium." in wording.comment_body(sql(confidence=Confidence.MEDIUM), LINKS)


def test_findings_beyond_the_cap_are_told_in_the_summary():
    text = page(TWO_DEFECTS, max_comments=1)
    (line,) = [line for line in text.splitlines() if line.endswith("*(no comment of its own)*")]
    assert "shop/net.py:9" in line


def test_what_is_less_sure_stands_under_a_heading_of_its_own():
    unsure = no_timeout(confidence=Confidence.MEDIUM)
    both = page(Report((analysed("shop/db.py", sql()), analysed("shop/net.py", unsure))))
    at = "https://forge.example/shop/blob/h1"
    first, _, second = both.partition("**Worth a look**, less sure and so told here alone\n\n")
    assert first.startswith("**This change causes 1 defect: SQL built from user input at ")
    assert first.splitlines()[0].endswith(".** 1 more place is worth a look.")
    assert second.startswith(
        "2. **Request without a timeout (CWE-1088)**, medium, rule `request-without-timeout`\n"
        f"    - [`shop/net.py:9`]({at}/shop/net.py#L9): `requests.get` waits for ever when"
    )
    assert "no comment of its own" not in both


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([9], "**No certain defect. 1 place is worth a look: request without a timeout at "),
        ([9, 12], "**No certain defect. 2 places are worth a look, the gravest: request without a timeout at "),
    ],
)
def test_a_change_with_nothing_sure_says_so(lines, words):
    unsure = [no_timeout(line, mark=f"{line:016}", confidence=Confidence.MEDIUM) for line in lines]
    assert page(Report((analysed("shop/net.py", *unsure),))).startswith(words)


def test_places_with_the_same_advice_share_a_line():
    report = type(TWO_DEFECTS)((analysed("shop/db.py", sql(41), sql(60, "c" * 16)),))
    actions = page(report).split("**What to do**")[1].splitlines()
    assert "shop/db.py:41" in actions[1]
    assert "shop/db.py:60" in actions[1]


def test_what_the_settings_keep_out_is_counted():
    assert "1 finding is kept out by the settings of this installation." in page(TWO_DEFECTS, min_severity="high")


@pytest.mark.parametrize(
    ("topic", "one"),
    [
        ("SQL statements", "SQL statement"),
        ("queries", "query"),
        ("classes", "class"),
        ("reads of files", "read of files"),
        ("regexes", "regex"),
        ("accesses of `dict`", "access of `dict`"),
    ],
)
def test_topics_have_a_singular(topic, one):
    assert wording.one_of(topic) == one


@given(st.text(max_size=60))
def test_a_path_can_not_leave_its_code_span(path):
    (inline,) = MarkdownIt().parseInline(wording.code(path))
    assert [child.type for child in inline.children] == ["code_inline"]


@given(st.text(max_size=60))
def test_a_reason_formats_mentions_and_links_nothing(reason):
    (inline,) = MarkdownIt().parseInline("(" + wording.prose(reason) + ")")
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "@" not in wording.prose(reason).replace("@\u200b", "")


@given(st.text(max_size=60))
def test_a_rule_that_repeats_code_outside_of_backticks_still_formats_nothing(code):
    (inline,) = MarkdownIt().parseInline("(" + wording.sentence(f"`{code}` is taken, then {code}") + ")")
    assert {child.type for child in inline.children} <= {"text", "text_special", "code_inline"}


def test_what_a_rule_says_keeps_its_code():
    assert wording.sentence("`a*b` is *not* checked by @all") == "`a*b` is \\*not\\* checked by @\u200ball"


def test_a_forge_without_links_shows_places_as_code():
    assert wording.place("a.py", 3, LineLinks()) == "`a.py:3`"
