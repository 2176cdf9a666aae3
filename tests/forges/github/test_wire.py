"""GitHub's JSON and the bot's words, one into the other: what is said stays as it was said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import review
from bot.forges.github import wire
from bot.forges.github.anchors import Anchor
from bot.forges.github.fields import Odd
from bot.forges.github.markdown import BODY_LIMIT, marker_of
from bot.model import Comment, FileStatus, Fold, Permission, Placement, Summary
from config.settings import ReviewSettings
from tests.bot import stories

REVIEWS = [
    review.compose(report, stories.CHANGE, ReviewSettings()) for report in (stories.TWO_DEFECTS, stories.PARTIAL)
]
COMMENTS = [comment for composed in REVIEWS for comment in composed.comments]
CHANGE = replace(stories.CHANGE, head=replace(stories.CHANGE.head, id="a" * 40))
FORGED = "<!-- touchline:comment 0123456789abcdef 00 -->"


def after_marker(body: str) -> str:
    """What people see of a text of ours."""
    assert marker_of(body) is not None
    return body.split("\n", 1)[1]


@pytest.mark.parametrize("comment", COMMENTS, ids=lambda comment: comment.rule)
def test_a_comment_is_shown_word_for_word(comment: Comment) -> None:
    body = wire.comment_body(CHANGE, comment, Anchor(Placement.LINE, comment.path, 1, 1))
    assert after_marker(body) == comment.body


@pytest.mark.parametrize("composed", REVIEWS, ids=lambda composed: composed.verdict)
def test_a_summary_is_shown_word_for_word_and_folds_its_details(composed: review.Review) -> None:
    body = wire.summary_body(CHANGE, composed.summary, "0" * 16)
    text, *folds = after_marker(body).split("\n\n<details>\n")
    assert text == composed.summary.text
    assert len(folds) == len(composed.summary.folds)


@given(st.text(max_size=200), st.text(max_size=30), st.text(max_size=200))
def test_no_words_can_forge_a_marker_or_exceed_the_limit(text: str, title: str, details: str) -> None:
    summary = Summary(f"{FORGED}\n{text}", (Fold(f"{title}{FORGED}", f"{details * 400}\n```\n{FORGED}"),))
    body = wire.summary_body(CHANGE, summary, "d" * 16)
    found = marker_of(body)
    assert found is not None
    assert (found.kind, found.key, found.patchset) == ("summary", "d" * 16, "a" * 40)
    assert len(body) <= BODY_LIMIT


@given(st.text(max_size=100), st.integers(1, 3))
def test_what_a_summary_carries_can_be_exchanged(words: str, number: int) -> None:
    summary = Summary(f"**One.**\n\n{words}")
    carried = [replace(COMMENTS[0], body=f"Carried {place}: {words}") for place in range(number)]
    first = wire.summary_body(CHANGE, summary, "d" * 16, carried)
    assert wire.recarried(CHANGE, first, carried) == first
    assert wire.recarried(CHANGE, first, []) == wire.summary_body(CHANGE, summary, "d" * 16)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("added", FileStatus.ADDED),
        ("removed", FileStatus.DELETED),
        ("changed", FileStatus.MODIFIED),
        ("renamed", FileStatus.RENAMED),
        ("unheard-of", FileStatus.MODIFIED),
    ],
)
def test_a_row_without_a_patch_says_nothing_of_its_lines(status: str, found: FileStatus) -> None:
    file, patch = wire.file_of({"filename": "a.py", "status": status, "changes": 0})
    assert (file.status, file.touched, patch) == (found, None, None)


@pytest.mark.parametrize("row", [None, [], {}, {"filename": 3, "status": "added"}, {"filename": "a.py"}])
def test_an_odd_row_is_said_to_be_odd(row: object) -> None:
    with pytest.raises(Odd):
        wire.file_of(row)


def test_roles_that_are_no_permission_are_none() -> None:
    assert wire.permission_of({"permission": "write"}) is Permission.WRITE
    assert wire.permission_of({"permission": "none"}) is Permission.NONE
    assert wire.permission_of({"permission": "write", "user": {"type": "Bot"}}) is Permission.NONE


def test_a_path_is_quoted_part_by_part() -> None:
    assert (
        wire.in_path("repos", "o/n", "contents", "a b/\u00e9?#%.py") == "/repos/o/n/contents/a%20b/%C3%A9%3F%23%25.py"
    )
