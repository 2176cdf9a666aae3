"""What was missed is asked for again, and nothing is brought twice."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import Refused, Unavailable
from bot.forges.gerrit import stream
from bot.model import Event, Happened
from config.settings import GerritSettings

SETTINGS = GerritSettings("http://gerrit.example.com", "touchline")
NOW = "2026-11-21 02:00:00.000000000"


def told(*messages: dict[str, Any]) -> dict[str, Any]:
    """A change as Gerrit lists it."""
    return {"project": "shop", "_number": 3, "current_revision": "c" * 40, "messages": list(messages)}


def said(text: str, by: str = "reviewer", date: str = NOW, **account: Any) -> dict[str, Any]:
    """A message on it."""
    author = {"username": by, **account}
    return {"id": f"{by}-{date}", "author": author, "date": date, "message": f"Patch Set 1:\n\n{text}"}


def commands(*messages: dict[str, Any], since: float = 0.0) -> list[tuple[Happened, str]]:
    """What of the messages is brought again."""
    events = list(stream.missed(told(*messages), since, SETTINGS))
    assert events[0].what is Happened.PATCHSET
    return [(event.what, event.command) for event in events[1:]]


def test_a_command_is_brought_until_we_spoke() -> None:
    asked = said("/touchline full")
    answered = said("Done.", "touchline", "2026-11-21 02:00:05.000000000")
    assert commands(asked) == [(Happened.COMMAND, "full")]
    assert commands(asked, answered) == []
    assert commands(answered, said("/touchline help", date="2026-11-21 02:00:09.000000000")) != []


def test_old_words_robots_and_ourselves_are_left_out() -> None:
    assert commands(said("/touchline full"), since=4_000_000_000.0) == []
    assert commands(said("/touchline full", "zuul", tags=["SERVICE_USER"])) == []
    assert commands(said("/touchline full", "touchline")) == []


def test_inline_comments_are_brought_to_be_heard() -> None:
    assert commands(said("(2 comments)")) == [(Happened.TALK, "")]


def test_a_head_is_the_same_delivery_each_time() -> None:
    first, again = (list(stream.missed(told(), 0.0, SETTINGS)) for _ in range(2))
    assert first == again
    assert first[0].delivery.endswith("c" * 40)


def test_a_change_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(Refused):
        list(stream.missed({"project": "shop"}, 0.0, SETTINGS))


def test_a_server_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    event = next(iter(stream.missed(told(), 0.0, SETTINGS)))
    answers: list[Exception | Event] = [Unavailable("away"), Unavailable("away"), event]

    def once_more(*_: object) -> Iterator[Event]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield answer

    monkeypatch.setattr(stream, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(stream, "catch_up", once_more)
    taken: list[Event] = []
    stream.catch_up_patiently(SETTINGS, taken.append, 0.0, threading.Event())
    assert taken == [event]


def test_lines_that_are_too_long_are_left_out() -> None:
    class Lines:
        """A stream of bytes."""

        def __init__(self, *pieces: bytes) -> None:
            self.pieces = list(pieces)

        def readline(self, _limit: int) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    pieces = Lines(b"one\n", b"a part", b"of a long one", b"and its end\n", b"two\n")
    assert list(stream.lines_of(pieces)) == [b"one\n", b"two\n"]  # type: ignore[arg-type]
