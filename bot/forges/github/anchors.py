"""Where on GitHub a comment can stand: a ladder, best rung first, that always ends in the summary.

A review is atomic and a bad anchor is not named, so every anchor is checked against the hunks before it is sent:
https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from analyzers.model import Span
from bot.forges.github.patch import Hunk
from bot.model import Comment, Placement

# a longer range hides the code under its comment; the reported line alone says as much
RANGE_LIMIT = 12

Hunks = Mapping[str, Sequence[Hunk]]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place for a comment: lines `first` to `last` of head (both 0 on the rungs FILE and SUMMARY)."""

    placement: Placement
    path: str
    first: int = 0
    last: int = 0


def ladder(comment: Comment, hunks: Hunks) -> tuple[Anchor, ...]:
    """The rungs for a comment. `hunks` has an entry for every file of the change, empty where GitHub shows none."""
    rungs = list(islice(_shown(comment, hunks), 1))
    if comment.path in hunks:
        rungs.append(Anchor(Placement.FILE, comment.path))
    return (*rungs, Anchor(Placement.SUMMARY, comment.path))


def _shown(comment: Comment, hunks: Hunks) -> Iterator[Anchor]:
    """The places on lines: the defect's own, then those of its trace, of which a touched one is always shown."""
    for path, span in ((comment.path, comment.span), *comment.via):
        if near := nearest(span, hunks.get(path, ())):
            exact = (path, near[0]) == (comment.path, comment.span.line)
            yield Anchor(Placement.LINE if exact else Placement.NEARBY, path, *near)


def nearest(span: Span, hunks: Sequence[Hunk]) -> tuple[int, int] | None:
    """The lines of the statement that a hunk shows, from its first shown one on; None when no hunk shows any."""
    end = last_line(span)
    for hunk in hunks:
        first = max(span.line, hunk.first)
        if first <= min(end, hunk.last):
            whole = hunk.shows(first, end) and end - first < RANGE_LIMIT
            return first, end if whole else first
    return None


def last_line(span: Span) -> int:
    """The last line that a span really touches: one that ends before the first column of a line does not."""
    return span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else max(span.line, span.end_line)
