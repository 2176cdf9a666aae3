"""The `patch` of a file as GitHub gives it: hunks without a file header.

https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
Only a line of head that a hunk shows can carry a comment, so the hunks keep the lines' text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzers.touched import TouchedLines

HEADER = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")

BARE_RETURN = re.compile(r"\r(?!\n|$)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Consecutive lines of head that the diff shows: `lines[0]` is line `first` (1-based), without its line end."""

    first: int
    lines: tuple[str, ...]

    @property
    def last(self) -> int:
        """The last shown line; less than `first` when the hunk shows none of head."""
        return self.first + len(self.lines) - 1

    def shows(self, first: int, last: int) -> bool:
        """Whether all of these lines are in the hunk."""
        return self.first <= first <= last <= self.last

    def cut(self, first: int, last: int) -> tuple[str, ...]:
        """The text of these lines, both included."""
        return self.lines[first - self.first : last - self.first + 1]


@dataclass(frozen=True, slots=True)
class Patch:
    """What a file's hunks say."""

    touched: TouchedLines
    hunks: tuple[Hunk, ...]


@dataclass(slots=True)
class _Reader:
    """One hunk while it is read; `line` is the next line of head."""

    line: int
    olds: int
    news: int
    lines: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    removing: bool = False

    def take(self, row: str) -> bool:
        """Read one row; False when the row cannot stand here."""
        kind, content = row[:1], row[1:]
        if kind not in ("+", "-", " ", "\\", ""):
            return False
        if kind == "\\":
            return True
        if kind == "-":
            self.olds -= 1
            self.removing = True
            return True
        if kind == "+":
            self.removing = False
            self.added.append(self.line)
        else:
            self.olds -= 1
            self.end_of_run()
        self.news -= 1
        self.lines.append(content)
        self.line += 1
        return True

    def end_of_run(self) -> None:
        """A run of changed rows is over: rows that were only removed leave a gap."""
        after_addition = bool(self.added) and self.added[-1] == self.line - 1
        if self.removing and not after_addition:
            self.gaps.append(self.line - 1)
        self.removing = False


def parse(patch: str) -> Patch | None:
    """What the patch says, or None when its hunks are not whole: then nothing in it can be relied on.

    Nor can the line numbers where a bare carriage return ends lines: it does for Python, and not for git.
    """
    if BARE_RETURN.search(patch):
        return None
    readers = list(_hunks(patch.split("\n")))
    if not readers or any(reader is None or reader.olds or reader.news for reader in readers):
        return None
    whole = [reader for reader in readers if reader is not None]
    hunks = tuple(Hunk(reader.line - len(reader.lines), tuple(reader.lines)) for reader in whole)
    return Patch(
        TouchedLines(
            frozenset(line for reader in whole for line in reader.added),
            frozenset(gap for reader in whole for gap in reader.gaps),
            tuple((hunk.first, hunk.last) for hunk in hunks if hunk.lines),
        ),
        hunks,
    )


def _hunks(rows: list[str]) -> Iterator[_Reader | None]:
    """Every hunk, read; None for rows that belong to none."""
    reader: _Reader | None = None
    for row in rows:
        if reader is not None and (reader.olds or reader.news or row.startswith("\\")):
            if not reader.take(row):
                yield None
            continue
        if reader is not None:
            reader.end_of_run()
            yield reader
        reader = _begin(row)
        if reader is None and row:
            yield None
    if reader is not None:
        reader.end_of_run()
        yield reader


def _begin(row: str) -> _Reader | None:
    if not (found := HEADER.match(row)):
        return None
    old, new = (int(found[i]) if found[i] is not None else 1 for i in (2, 4))
    return _Reader(int(found[3]) + (new == 0), old, new)
