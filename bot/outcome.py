"""How one try of a job ended, as data, and what follows from it. Decides, does nothing.

| kind | whose | what follows |
|---|---|---|
| published, skipped | nobody's | the delivery is done |
| superseded | nobody's | done, quietly: the new head has an event of its own |
| unavailable | the world's | tried again, ever less often, until the job is too old |
| refused | theirs | failed, the reason is kept |
| broken | ours | failed, loudly |
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Broken, Refused, Superseded, Unavailable
from bot.store import State

FIRST_DELAY_SECONDS = 15.0
LONGEST_DELAY_SECONDS = 3600.0
LONGEST_REASON = 2_000

log = logging.getLogger("touchline.jobs")


class Kind(StrEnum):
    """The outcome in a word. EXAMINED is the one that does not end a job."""

    EXAMINED = "examined"
    PUBLISHED = "published"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to. `value` is JSON: the examination or the receipt; `retry_after` is in seconds."""

    kind: Kind
    patchset: str = ""
    value: str = ""
    reason: str = ""
    retry_after: float | None = None


def outcome_of(step: Callable[[], Outcome]) -> Outcome:
    """Run a step; every error becomes the outcome that it is. A bug of ours is logged with its traceback."""
    try:
        return step()
    except Superseded as problem:
        return Outcome(Kind.SUPERSEDED, reason=_cut(problem))
    except Unavailable as problem:
        return Outcome(Kind.UNAVAILABLE, reason=_cut(problem), retry_after=problem.retry_after)
    except Refused as problem:
        return Outcome(Kind.REFUSED, reason=_cut(problem))
    except Broken as problem:
        log.exception("a promise of our own code does not hold")
        return Outcome(Kind.BROKEN, reason=_cut(problem))
    except Exception as problem:  # a bug anywhere must end its own job, with a reason, and no other
        log.exception("a step failed in a way nobody foresaw")
        return Outcome(Kind.BROKEN, reason=type(problem).__name__)


def delay_seconds(attempt: int, retry_after: float | None) -> float:
    """How long to wait after the `attempt`-th try (from 1): doubling, and never sooner than the forge asked."""
    doubled = min(FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 20), LONGEST_DELAY_SECONDS)
    return max(doubled, retry_after or 0.0)


def retry_in(outcome: Outcome, attempt: int, age_seconds: float, give_up_seconds: float) -> float | None:
    """Seconds until the next try; None: there is none."""
    if outcome.kind is not Kind.UNAVAILABLE:
        return None
    delay = delay_seconds(attempt, outcome.retry_after)
    return delay if age_seconds + delay <= give_up_seconds else None


def state_after(outcome: Outcome, again: float | None) -> State:
    """How far the outcome brings its delivery."""
    if again is not None:
        return State.QUEUED
    return State.DONE if outcome.kind in (Kind.PUBLISHED, Kind.SKIPPED, Kind.SUPERSEDED) else State.FAILED


def _cut(problem: Exception) -> str:
    return str(problem)[:LONGEST_REASON]
