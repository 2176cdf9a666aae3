"""The story of a review: event -> change -> files and what they look into -> report -> review -> plan -> receipt.

Two chapters, because the first only reads and the second writes: `examine` may be done again at no harm, `publish`
looks at what stands first. The job engine keeps the result of each, so both take and give frozen values.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from analyzers.model import FilePair, FileReport, Report, Status
from analyzers.touched import TouchedLines
from bot import commands, review
from bot.context import Analyst, surround
from bot.errors import Refused, Superseded
from bot.forge import Forge
from bot.model import Change, ChangedFile, Event, FileStatus, Happened, Receipt, Side
from config.settings import LimitSettings, Settings

DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was learned of a change, and all that publishing needs: no source text in it."""

    change: Change
    report: Report


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why no review is due."""

    reason: str


def examine(event: Event, forge: Forge, analyst: Analyst, settings: Settings) -> Examination | Skipped:
    """Read everything again from the forge and analyse it; the event is only the occasion."""
    heard = forge.hear(event)
    if heard is None:
        return Skipped("nobody gave a command")
    event, change = heard, forge.change(event.ref)
    if reason := not_due(event, change, settings):
        return Skipped(reason)
    if event.what is Happened.COMMAND and (done := commands.respond(event, change, forge, settings)):
        return Skipped(done)
    files = forge.diff(change)
    told, read = sort_out(files, settings)
    lost = deleted(files, settings)[: settings.limits.files - len(read)]
    pairs, failed = gather(forge, change, [*read, *lost], settings.limits)
    if event.command.strip() == "full":
        pairs = [replace(pair, touched=every_line(pair.head)) if pair.head is not None else pair for pair in pairs]
    touched = {path for file in files for path in (file.path, file.base_path)}
    context = surround(forge, change, pairs, touched, analyst, settings.limits)
    analysed = context.told(analyst.analyze(pairs, context.files))
    told_of = {file.path for file in told}
    reports = [*told, *(file for file in (*analysed.files, *failed) if file.path not in told_of)]
    reports.sort(key=lambda file: file.path)
    return Examination(change, Report(tuple(reports)))


def publish(examination: Examination, forge: Forge, settings: Settings) -> Receipt:
    """Make the forge show the review; the second time there is nothing left to do."""
    change = examination.change
    if forge.change(change.ref).head.id != change.head.id:
        raise Superseded(f"{change.ref} moved on from {change.head.id} while it was reviewed")
    wanted = review.compose(examination.report, change, settings.review)
    plan = review.plan(wanted, forge.posted(change))
    if plan.empty:
        standing = plan.standing_summary
        return Receipt(change.head.id, summary_id=standing.id if standing else "", url=change.url)
    return forge.publish(change, plan)


def not_due(event: Event, change: Change, settings: Settings) -> str:
    """Why this event asks for no review now, or ""."""
    if event.what is Happened.CLOSED or not change.open:
        return "the change is closed"
    if event.what is Happened.COMMAND:
        return ""
    if change.draft and not settings.review.drafts:
        return "the change is a draft"
    if event.patchset and event.patchset != change.head.id:
        return f"patchset {event.patchset} is no longer the head; the head's own event brings its review"
    return ""


def sort_out(files: Sequence[ChangedFile], settings: Settings) -> tuple[list[FileReport], list[ChangedFile]]:
    """The receipts of the files that need no reading, and the files to read."""
    reasons = [(file, why_skipped(file, settings)) for file in files]
    told = [FileReport(file.path, Status.SKIPPED, reason) for file, reason in reasons if reason]
    read = [file for file, reason in reasons if not reason]
    limit = settings.limits.files
    over = f"the change has more than {limit} Python files, the limit of this installation (limits.files)"
    told += [FileReport(file.path, Status.UNREADABLE, over) for file in read[limit:]]
    return told, read[:limit]


def why_skipped(file: ChangedFile, settings: Settings) -> str:
    """Why a changed file is not analysed, or ""."""
    if file.skip:
        return file.skip
    if not file.path.endswith(".py"):
        return "not Python"
    if any(_matches(file.path, pattern) for pattern in settings.review.exclude):
        return "excluded by review.exclude"
    if file.status is FileStatus.DELETED:
        return DELETED
    return "binary" if file.binary else ""


def _matches(path: str, pattern: str) -> bool:
    """`vendor/*` is the folder at the top, `*/vendor/*` one at any depth, the top too."""
    return fnmatch(path, pattern) or fnmatch(f"/{path}", pattern)


def gather(
    forge: Forge, change: Change, files: Sequence[ChangedFile], limits: LimitSettings
) -> tuple[list[FilePair], list[FileReport]]:
    """Both sides of every file; one that cannot be had, or is one too many, costs its own receipt only."""
    pairs, failed, room = [], [], limits.change_bytes
    for file in files:
        try:
            pair = pair_of(forge, change, file, min(limits.file_bytes, max(room, 1)))
        except Refused as refused:
            failed.append(FileReport(file.path, Status.UNREADABLE, str(refused)))
        else:
            pairs.append(pair)
            room -= len(pair.head or b"") + len(pair.base or b"")
    return pairs, failed


def deleted(files: Sequence[ChangedFile], settings: Settings) -> list[ChangedFile]:
    """The deleted files that are read too: what came from them is not new."""
    return [file for file in files if why_skipped(file, settings) == DELETED]


def pair_of(forge: Forge, change: Change, file: ChangedFile, limit: int) -> FilePair:
    """Head and base of one file. A base that cannot be had is an error too: without it, old defects would look new."""
    head = None if file.status is FileStatus.DELETED else forge.read(change, file, Side.HEAD, limit)
    base = None if file.status is FileStatus.ADDED else forge.read(change, file, Side.BASE, limit)
    return FilePair(file.path, head, base, file.touched, file.old_path)


def every_line(head: bytes | None) -> TouchedLines:
    """Every line of a file counts as touched."""
    lines = (head or b"").count(b"\n") + 1
    return TouchedLines(frozenset(range(1, lines + 1)), frozenset(), ((1, lines),))
