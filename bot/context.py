"""The modules that a change looks into and does not touch, read from the forge within a budget.

They make a review better and never make it fail: a module that cannot be had just now is not at hand, and the receipts
of the files that asked for it say so.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from analyzers.model import ContextFile, FilePair, FileReport, Report, Status, Wish
from bot.errors import Refused, TouchlineError
from bot.forge import Forge
from bot.model import Change, ChangedFile, FileStatus, Side
from config.settings import LimitSettings

log = logging.getLogger("touchline.context")


class Analyst(Protocol):
    """Who reads the files: the sandbox. No source is parsed outside of it."""

    def wishes(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> tuple[Wish, ...]:
        """The modules that the files look into and that are not at hand."""
        ...

    def analyze(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> Report:
        """The report of the change."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What could be had, in path order; `missing` are (who asked, path) of what a forge in trouble did not give."""

    files: tuple[ContextFile, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    def told(self, report: Report) -> Report:
        """The report with a word on what was missing, at the files that asked for it."""
        return Report(tuple(self._told(file) for file in report.files)) if self.missing else report

    def _told(self, file: FileReport) -> FileReport:
        paths = [path for by, path in self.missing if by == file.path]
        if not paths or file.status is not Status.ANALYSED:
            return file
        return replace(file, reason=f"without {', '.join(paths)}, which the forge could not give")


@dataclass
class Shelf:
    """The modules of one review. No path is asked for twice; a forge in trouble is not asked again."""

    forge: Forge
    change: Change
    touched: Collection[str]
    limits: LimitSettings
    files: dict[str, ContextFile] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    missing: dict[tuple[str, str], None] = field(default_factory=dict)
    requests: int = 0
    in_trouble: bool = False

    @property
    def context(self) -> Context:
        """What stands on the shelf."""
        return Context(tuple(self.files[path] for path in sorted(self.files)), tuple(self.missing))

    def fetch(self, wishes: Iterable[Wish]) -> bool:
        """Read what is wished for, the sure and the near modules first; whether anything came of it."""
        before, libraries = len(self.files), set[str]()
        for wish in sorted(wishes, key=lambda wish: (not wish.sure, wish.rank, wish.module, wish.by)):
            package = wish.module.partition(".")[0]
            if not wish.sure and package in libraries:
                continue
            if not any(self._has(path, wish) for path in wish.paths) and not wish.sure:
                libraries.add(package)
        return len(self.files) > before

    def _has(self, path: str, wish: Wish) -> bool:
        """Whether a file is on the shelf, once it was looked for."""
        if path in self.files:
            return True
        room = self.limits.context_bytes - sum(len(file.text) for file in self.files.values())
        spent = self.requests >= self.limits.context_requests or len(self.files) >= self.limits.context_files
        if path in self.absent or path in self.touched or spent or room <= 0 or self._is_package(path):
            return False
        if self.in_trouble:
            self.missing[wish.by, path] = None
            return False
        return self._read(path, wish, min(room, self.limits.file_bytes))

    def _is_package(self, path: str) -> bool:
        """Whether there is a folder of the name of the module: then it is no file."""
        folder = path.removesuffix(".py") + "/"
        return any(known.startswith(folder) for paths in (self.files, self.touched) for known in paths)

    def _read(self, path: str, wish: Wish, limit: int) -> bool:
        self.requests += 1
        try:
            text = self.forge.read(self.change, ChangedFile(path, FileStatus.MODIFIED, None), Side.HEAD, limit)
        except Refused:
            self.absent.add(path)
            return False
        except TouchlineError as trouble:
            log.warning("%s could not be read as context: %s", path, trouble)
            self.in_trouble = True
            self.missing[wish.by, path] = None
            return False
        self.files[path] = ContextFile(path, text)
        return True


def surround(
    forge: Forge,
    change: Change,
    pairs: Sequence[FilePair],
    touched: Collection[str],
    analyst: Analyst,
    limits: LimitSettings,
) -> Context:
    """The modules that `pairs` look into, hop by hop. `touched` are the paths of the change: those are never read.

    Costs no request when nothing is wished for. Never raises for what the forge says.
    """
    shelf = Shelf(forge, change, touched, limits)
    for _ in range(limits.context_hops if limits.context_files and pairs else 0):
        if not shelf.fetch(analyst.wishes(pairs, shelf.context.files)):
            break
    return shelf.context
