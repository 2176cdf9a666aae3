"""A review that is shown, not posted: the same story without its last chapter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analyzers.model import Report
from analyzers.text import Unreadable, decode, split_lines
from bot import pipeline, review
from bot.context import Analyst
from bot.errors import Refused
from bot.forge import Forge
from bot.model import Change, ChangedFile, ChangeRef, Event, FileStatus, Happened, Side
from bot.pipeline import Examination
from bot.reviewed import Reviewed
from config.settings import Settings


def asked_for(ref: ChangeRef) -> Event:
    """The occasion when a person at a terminal wants a review."""
    return Event(ref, delivery="", what=Happened.READY)


def examine(ref: ChangeRef, forge: Forge, analyst: Analyst, settings: Settings) -> Examination:
    """Read and analyse a change, drafts too. Raises Refused when it is closed."""
    willing = replace(settings, review=replace(settings.review, drafts=True))
    examined = pipeline.examine(asked_for(ref), forge, analyst, willing)
    if isinstance(examined, Examination):
        return examined
    raise Refused(f"no review of {ref}: {examined.reason}")


def together(examinations: Sequence[Examination]) -> Examination:
    """The parts of one change that were examined one after the other, as one."""
    files = (file for one in examinations for file in one.report.files)
    return Examination(examinations[0].change, Report(tuple(sorted(files, key=lambda file: file.path))))


def reviewed(examination: Examination, forge: Forge, settings: Settings) -> Reviewed:
    """All that the formats show of an examination."""
    change, report = examination.change, examination.report
    worth = (finding for finding in report.findings if review.worth_saying(finding, settings.review))
    return Reviewed(
        change=change,
        report=report,
        review=review.compose(report, change, settings.review),
        findings=tuple(sorted(worth, key=review.gravity)),
        lines=HeadLines(forge, change, settings.limits.file_bytes),
    )


@dataclass(slots=True)
class HeadLines:
    """The lines of head files, each read once, when it is first shown."""

    forge: Forge
    change: Change
    limit: int
    known: dict[str, Sequence[str]] = field(default_factory=dict)

    def __call__(self, path: str) -> Sequence[str]:
        """The lines with their ends; none when the file cannot be had as text."""
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]

    def _read(self, path: str) -> Sequence[str]:
        file = ChangedFile(path, FileStatus.MODIFIED, None)
        try:
            return split_lines(decode(self.forge.read(self.change, file, Side.HEAD, self.limit)))
        except (Refused, Unreadable):
            return ()
