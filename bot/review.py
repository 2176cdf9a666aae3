"""The judgement: what is worth saying, and how that differs from what already stands. Pure; does nothing."""

import hashlib
from collections.abc import Sequence

from analyzers.model import Confidence, FileReport, Finding, Report, Safety, Severity, Status
from bot import wording
from bot.model import (
    Change,
    Comment,
    LineLinks,
    Patchset,
    Plan,
    Posted,
    PostedSummary,
    Resolution,
    Review,
    Summary,
    Thread,
    Verdict,
)
from bot.wording import Told
from config.settings import ReviewSettings


def compose(report: Report, change: Change, settings: ReviewSettings) -> Review:
    """What the change should show. The same report, change and settings always give the same review.

    A comment on a line interrupts somebody, so it is for what is sure; the rest is in the summary.
    """
    worth = sorted((f for f in report.findings if worth_saying(f, settings)), key=gravity)
    sure = [finding for finding in worth if is_sure(finding, settings)]
    unsure = [finding for finding in worth if not is_sure(finding, settings)]
    once = together(sure)
    inline = [first for first, *_ in once][: settings.max_comments]
    quiet = len(report.findings) - len(worth)
    told = Told(tuple(sure), tuple(unsure), frozenset(f.mark for f in inline), quiet)
    return Review(
        patchset=change.head,
        verdict=verdict(report, bool(sure)),
        comments=tuple(comment(*same, links=change.links) for same in once[: settings.max_comments]),
        summary=wording.summary(report, told, change.links),
        live=tuple(finding.mark for finding in report.findings),
        unknown=tuple(file.path for file in report.files if not wholly_known(file)),
    )


def wholly_known(file: FileReport) -> bool:
    """Whether what was not found in a file is not there: not so where it, or something it calls, could not be had."""
    return file.status is not Status.UNREADABLE and not (file.status is Status.ANALYSED and file.reason)


def together(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings, those put together that one comment can tell of, in the order of the first.

    Those are what one rule says of one file; of values, what comes from one place or ends at one: mending that mends
    all.
    """
    groups: list[list[Finding]] = []
    about: dict[object, list[Finding]] = {}
    for one in findings:
        keys = _ends(one) or [(one.rule, one.path)]
        group = next((about[key] for key in keys if key in about), None)
        if group is None:
            groups.append(group := [])
        group.append(one)
        for key in keys:
            about.setdefault(key, group)
    return groups


def _ends(finding: Finding) -> list[object]:
    """Where the way of a value begins and where it ends, as far as it has one."""
    steps = finding.trace.steps
    ends = {"from": steps[0], "to": steps[-1]} if len(steps) > 1 else {}
    return [(finding.rule, end, step.path, step.line) for end, step in ends.items()]


def worth_saying(finding: Finding, settings: ReviewSettings) -> bool:
    """Whether the operator wants to hear of it."""
    return (
        finding.rule not in settings.disabled_rules
        and finding.severity.rank >= Severity(settings.min_severity).rank
        and finding.confidence.rank >= Confidence(settings.min_confidence).rank
    )


def is_sure(finding: Finding, settings: ReviewSettings) -> bool:
    """Whether a finding is sure enough for a comment on its line."""
    return finding.confidence.rank >= Confidence(settings.inline_confidence).rank


def gravity(finding: Finding) -> tuple[int, int, str, int, int, str, str]:
    """Sorts the gravest first, then the surest, then by place: a total order, so that a cap always cuts the same."""
    span = finding.span
    return (
        -finding.severity.rank,
        -finding.confidence.rank,
        finding.path,
        span.line,
        span.column,
        finding.rule,
        finding.mark,
    )


def verdict(report: Report, defects: bool) -> Verdict:
    """A partial review is never green, whatever it found; one that only asks to take a look is."""
    if report.partial:
        return Verdict.PARTIAL
    return Verdict.FINDINGS if defects else Verdict.CLEAN


def comment(finding: Finding, *same: Finding, links: LineLinks) -> Comment:
    """The inline comment of a finding, with the places of the `same`; only a SAFE fix is offered as one click."""
    safe = finding.fix if finding.fix and finding.fix.safety is Safety.SAFE else None
    return Comment(
        mark=finding.mark,
        rule=finding.rule,
        path=finding.path,
        span=finding.span,
        severity=finding.severity,
        body=wording.comment_body(finding, links, same),
        fix=safe,
        blocking=finding.severity.rank >= Severity.HIGH.rank,
        via=tuple((step.path, step.span) for step in reversed(finding.trace.steps)),
    )


def plan(review: Review, posted: Posted) -> Plan:
    """What to write so that the change shows the review. A thread that a person answered or closed is left alone.

    Nothing, when the patchset only repeats the code of one that was reviewed.
    """
    if posted.summary and posted.summary.patchset in review.patchset.echoes:
        return Plan(review.patchset, review.verdict, keep=posted.threads, standing_summary=posted.summary)
    standing = {thread.mark: thread for thread in posted.threads}
    want = digest(review.summary)
    found = posted.summary
    stands = found is not None and summary_holds(found, want, review.patchset)
    return Plan(
        patchset=review.patchset,
        verdict=review.verdict,
        add=tuple(c for c in review.comments if c.mark not in standing),
        keep=tuple(standing[c.mark] for c in review.comments if c.mark in standing),
        resolve=tuple(Resolution(t, wording.GONE) for t in posted.threads if gone(t, review)),
        summary=None if stands else review.summary,
        standing_summary=found,
        digest=want,
    )


def summary_holds(found: PostedSummary, want: str, head: Patchset) -> bool:
    """Whether the summary that stands may stay: it is the wanted one, or head only repeats the code it speaks of."""
    return found.patchset in head.echoes or (found.patchset == head.id and found.digest == want)


def gone(thread: Thread, review: Review) -> bool:
    """Whether the defect of an open, unanswered thread is surely no longer there."""
    settled = thread.resolved or thread.answered
    return not settled and thread.mark not in review.live and thread.path not in review.unknown


def digest(summary: Summary) -> str:
    """16 hex digits that name a summary's text."""
    parts = [summary.text, *(part for fold in summary.folds for part in (fold.title, fold.text))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
