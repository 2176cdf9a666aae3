"""The pure half, on texts and threads that nobody would think of."""

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analyzers.model import Edit, Fix, Safety, Severity, Span
from analyzers.touched import TouchedLines
from bot.errors import Refused
from bot.forges.gerrit import wire
from bot.forges.gerrit.positions import Range, Text
from bot.forges.gerrit.threads import Mark, Ours, conversations, mark_of
from bot.forges.gerrit.webhook import command_in, read_event, words
from bot.forges.gerrit.writing import COMMENT_LIMIT, Source, anchor, cut, signed, suggestion
from bot.model import Comment
from config.settings import GerritSettings
from tests.fakes.gerrit.repository import chunks, lines_of

TEXTS = st.text(st.sampled_from("ab\t \u00e9\U0001f600\u2028\x0c\n\r\ufeff"), max_size=60)
LINES = st.lists(st.sampled_from(["a", "b", "", "c c"]), max_size=12)


def taken(text: str, where: Range) -> str:
    """What Gerrit's range takes out of a text, by Gerrit's own counting."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    begin, end = where.start, where.end
    if begin.line == end.line:
        return lines[begin.line - 1][2 * begin.character : 2 * end.character].decode("utf-16-le")
    between = lines[begin.line : end.line - 1]
    parts = [lines[begin.line - 1][2 * begin.character :], *between, lines[end.line - 1][: 2 * end.character]]
    return "\n".join(part.decode("utf-16-le") for part in parts)


@given(TEXTS, st.data())
def test_a_range_takes_what_the_span_takes(content: str, data: st.DataObject) -> None:
    text = Text(content)
    ends = st.tuples(st.integers(1, len(text.lines)), st.integers(1, 12))
    (line, column), (end_line, end_column) = sorted((data.draw(ends), data.draw(ends)))
    start, end = text.offset(line, column), text.offset(end_line, end_column)
    assert taken(content, text.range(Span(line, column, end_line, end_column))) == content[start : max(start, end)]


@given(LINES, LINES, st.booleans())
def test_a_diff_touches_the_lines_that_are_new(before: list[str], after: list[str], ends: bool) -> None:
    base, head = ("".join(f"{line}\n" for line in side) for side in (before, after))
    head = head if ends else head.removesuffix("\n")
    touched = wire.read_diff({"content": list(chunks(lines_of(base.encode()), lines_of(head.encode())))})
    assert touched is not None
    count = len(Text(head).lines) if head else 0
    assert all(1 <= line <= count for line in touched.added)
    assert all(0 <= gap <= count for gap in touched.gaps)
    # Gerrit's empty line after the last end may stand for an empty one of ours: those alone may be taken for old.
    kept = [text for number, text in enumerate(head.splitlines(), 1) if number not in touched.added and text]
    rest = iter(base.splitlines())
    assert all(line in rest for line in kept)


def test_what_a_rebase_brought_and_what_is_withheld_are_counted_and_not_touched() -> None:
    content = [{"skip": 10}, {"a": ["x"], "b": ["y", "z"], "due_to_rebase": True}, {"b": ["new"]}, {"ab": ["end", ""]}]
    assert wire.read_diff({"content": content}) == TouchedLines(frozenset({13}), frozenset(), ((1, 14),))


def test_a_lone_carriage_return_leaves_the_lines_to_the_analysis() -> None:
    assert wire.read_diff({"content": [{"ab": ["a\r"]}, {"b": ["b\r"]}]}) is not None
    assert wire.read_diff({"content": [{"ab": ["a\rb"]}, {"b": ["c"]}]}) is None


COMMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from("abcdef"),
            "in_reply_to": st.sampled_from(["a", "b", "c", "d", "e", "f", "gone", ""]),
            "updated": st.sampled_from(["2026-11-21 02:00:00.000000000", "2026-11-21 02:00:01.000000000"]),
            "unresolved": st.booleans(),
            "author": st.fixed_dictionaries({"username": st.sampled_from(["touchline", "reviewer"])}),
            "message": st.just("words"),
            "patch_set": st.just(1),
            "commit_id": st.just("c"),
        }
    ),
    unique_by=lambda comment: str(comment["id"]),
    max_size=6,
)


@given(COMMENTS)
def test_no_comment_is_lost_or_in_two_threads(comments: list[Any]) -> None:
    found = [comment["id"] for one in conversations({"a.py": comments}) for comment in one.comments]
    assert sorted(found) == sorted(comment["id"] for comment in comments)


def test_the_last_of_two_answers_in_one_second_is_the_deeper_one() -> None:
    first = {"id": "1", "updated": "1", "message": "x", "author": {}, "commit_id": "c", "unresolved": True}
    reply = {**first, "id": "9", "in_reply_to": "1", "unresolved": True}
    answer = {**first, "id": "2", "in_reply_to": "9", "unresolved": False}
    (one,) = conversations({"a.py": [answer, reply, first]})
    assert (one.id, one.last["id"], one.resolved) == ("1", "2", True)


@given(st.text(), st.sampled_from(["finding", "summary", "reply"]), st.text(max_size=20))
def test_a_marker_is_read_back_and_only_from_the_last_line(body: str, kind: str, path: str) -> None:
    mark = Mark(kind, "0123456789abcdef", path)
    assert mark_of(signed(body, mark)) == mark
    assert mark_of(f"{mark.line()}\nand more") is None


def test_a_marker_written_by_somebody_else_is_nothing() -> None:
    text = signed("Words.", Mark("finding", "0123456789abcdef"))
    theirs = {"id": "1", "updated": "1", "message": text, "author": {"username": "reviewer"}, "commit_id": "c"}
    untagged = {**theirs, "author": {"username": "touchline"}}
    for comment in (theirs, untagged):
        assert Ours("touchline", conversations({"a.py": [comment]})).findings() == {}


@given(st.text(st.sampled_from("a`\n \U0001f600"), max_size=400), st.integers(200, 600))
def test_a_cut_text_keeps_to_its_limit(text: str, limit: int) -> None:
    shown = cut(text * 3, limit)
    assert len(shown.encode()) <= limit
    assert shown == text * 3 or "Cut here" in shown


def test_a_long_body_leaves_room_for_everything_else() -> None:
    told = signed("word " * 10_000, Mark("finding", "0123456789abcdef"), "extra " * 10_000, taken=3_000)
    assert len(told.encode()) <= COMMENT_LIMIT - 3_000


@given(TEXTS, st.data())
def test_a_suggestion_is_the_lines_after_the_fix(content: str, data: st.DataObject) -> None:
    source = Source.of(content.encode())
    line = data.draw(st.integers(1, len(source.lines.lines)))
    fix = Fix("Do it", Safety.SAFE, (Edit(Span(line, 1, line, 1), "new "),))
    comment = Comment("0" * 16, "rule", "a.py", Span(line, 1, line, 2), Severity.HIGH, "x", fix)
    block = suggestion(comment, source)
    place = anchor(comment, {"a.py": source})
    assert place.path == "a.py"
    if block:
        assert "\r" not in block
        assert source.lines.line(line).removeprefix("\ufeff") in block
        assert place.line is not None


KEYS = st.sampled_from(["type", "change", "project", "number", "author", "comment", "patchSet", "eventCreatedOn"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text()
ANYTHING = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@given(st.dictionaries(KEYS, ANYTHING), st.sampled_from(["comment-added", "patchset-created", "wip-state-changed"]))
def test_a_delivery_is_read_or_refused(told: dict[str, Any], kind: str) -> None:
    with contextlib.suppress(Refused):
        read_event(json.dumps({**told, "type": kind}).encode(), GerritSettings(user="touchline"))


def test_words_are_told_from_the_servers_own_lines() -> None:
    assert words("Patch Set 3: Code-Review+1\n\n(2 comments)\n\n/touchline full") == ("/touchline full", True)
    assert words("Patch Set 3:\n\nHello\n\n(2 comments)") == ("Hello\n\n(2 comments)", False)
    assert words("Patch Set 12: Verified-1") == ("", False)


def test_a_command_begins_its_line() -> None:
    assert command_in("Please\n  /touchline  explain x \nthanks") == "explain x"
    assert command_in("/touchline") == ""
    assert command_in("I say /touchline review") is None
    assert command_in("> /touchline review") is None
    assert command_in("/touchlines review") is None
