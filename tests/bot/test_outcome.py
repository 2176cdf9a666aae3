"""What follows from how a try of a job ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadSettings, Broken, Refused, Superseded, Unavailable
from bot.outcome import LONGEST_DELAY_SECONDS, LONGEST_REASON, Kind, Outcome, delay_seconds, outcome_of, retry_in
from bot.outcome import state_after as state
from bot.store import State

AWAY = Outcome(Kind.UNAVAILABLE)


def raising(problem: Exception) -> Outcome:
    def step() -> Outcome:
        raise problem

    return outcome_of(step)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Refused("why"), Kind.REFUSED),
        (BadSettings("why"), Kind.REFUSED),
        (Unavailable("why", 7.0), Kind.UNAVAILABLE),
        (Superseded("why"), Kind.SUPERSEDED),
        (Broken("why"), Kind.BROKEN),
    ],
)
def test_an_error_becomes_the_outcome_that_it_is(problem: Exception, kind: Kind) -> None:
    outcome = raising(problem)
    assert (outcome.kind, outcome.reason) == (kind, "why")
    assert outcome.retry_after == getattr(problem, "retry_after", None)


def test_a_bug_is_loud_and_its_reason_shows_nothing_of_what_was_read(caplog: pytest.LogCaptureFixture) -> None:
    assert raising(ValueError("a token: s3cret")) == Outcome(Kind.BROKEN, reason="ValueError")
    assert "Traceback" in caplog.text


def test_a_reason_is_bounded() -> None:
    assert len(raising(Refused("x" * 100_000)).reason) == LONGEST_REASON


@given(attempt=st.integers(1, 10_000), asked=st.none() | st.floats(0, 1e6))
def test_a_delay_grows_to_a_bound_and_is_never_sooner_than_asked(attempt: int, asked: float | None) -> None:
    delay = delay_seconds(attempt, asked)
    assert delay >= (asked or 0.0)
    assert delay_seconds(attempt, None) <= delay_seconds(attempt + 1, None) <= LONGEST_DELAY_SECONDS
    assert delay <= max(LONGEST_DELAY_SECONDS, asked or 0.0)


@given(attempt=st.integers(1, 1_000), age=st.floats(0, 1e7), give_up=st.floats(1, 1e6))
def test_no_try_is_made_when_the_job_would_be_too_old(attempt: int, age: float, give_up: float) -> None:
    again = retry_in(AWAY, attempt, age, give_up)
    assert again is None or age + again <= give_up


def test_only_a_forge_that_is_away_is_asked_again() -> None:
    kinds = [kind for kind in Kind if retry_in(Outcome(kind), 1, 0.0, 1e6) is not None]
    assert kinds == [Kind.UNAVAILABLE]


def test_what_may_come_again_is_what_failed() -> None:
    assert state(AWAY, 15.0) is State.QUEUED
    failed = {kind for kind in Kind if state(Outcome(kind), None) is State.FAILED}
    assert failed == {Kind.UNAVAILABLE, Kind.REFUSED, Kind.BROKEN, Kind.EXAMINED}
