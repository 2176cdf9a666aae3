"""Reviews to publish, in the words of the bot."""

from dataclasses import replace

from analyzers.model import Severity, Span
from bot.model import Change, Comment, Fold, Plan, Posted, Resolution, Summary, Verdict

MARK = "00112233445566{:02x}"
CLEAN = Summary("**Nothing to report.**")
FOUND = Summary("**One defect to look at.**\n\n1. `app.py`, line 2", (Fold("Receipt", "`app.py`: analysed"),))


def comment(
    number: int, path: str, line: int, body: str = "This line is wrong.", end_line: int | None = None
) -> Comment:
    """Comment `number` on whole lines of head."""
    span = Span(line, 1, end_line or line, 200)
    return Comment(MARK.format(number), "some-rule", path, span, Severity.HIGH, body)


def plan(change: Change, *comments: Comment, summary: Summary | None = FOUND, posted: Posted | None = None) -> Plan:
    """Add these comments and write this summary, over what stands."""
    standing = posted.summary if posted else None
    verdict = Verdict.FINDINGS if comments else Verdict.CLEAN
    digest = f"{abs(hash_of(summary)):016x}" if summary else ""
    return Plan(change.head, verdict, add=comments, summary=summary, standing_summary=standing, digest=digest)


def fixing(whole: Plan, posted: Posted, reply: str = "Gone since this patchset.") -> Plan:
    """The same plan, resolving every thread that stands."""
    return replace(whole, resolve=tuple(Resolution(thread, reply) for thread in posted.threads))


def hash_of(summary: Summary) -> int:
    """A number that tells two summaries apart, the same in every run."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(repr(summary)))
