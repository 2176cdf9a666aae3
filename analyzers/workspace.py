"""Both sides of every file of a change, decoded, with what is touched in each: what one analysis stands on."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analyzers.memory import Memory
from analyzers.model import ContextFile, FilePair
from analyzers.rewritten import kept
from analyzers.source import Project, SourceFile
from analyzers.text import Unreadable, bare, decode, line_ends
from analyzers.touched import Change, TouchedLines, changes, touched_by

PYTHON = (".py", ".pyi", ".pyw")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost before it is refused: its size in bytes, its lines, the calling functions looked at."""

    file_bytes: int = 2_000_000
    lines: int = 60_000
    callers: int = 20


DEFAULT_LIMITS = Limits()


class Side:
    """One file of the change as it will be analysed; `base` is None for a new file, `head` empty for a deleted one."""

    def __init__(self, pair: FilePair, head: SourceFile, base: SourceFile | None) -> None:
        self.pair, self.head, self.base = pair, head, base

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """How base became head."""
        return changes(self.base.text, self.head.text) if self.base else ()

    @cached_property
    def touched(self) -> TouchedLines:
        """What the forge says is touched; else what differs from base; else every line."""
        if self.pair.touched is not None and not self._other_lines:
            return self.pair.touched
        count = len(self.head.lines)
        if self.base is not None:
            return touched_by(self.changes, count)
        return TouchedLines(frozenset(range(1, count + 1)), frozenset(), ((1, count),) if count else ())

    @property
    def _other_lines(self) -> bool:
        r"""Whether Python counts lines otherwise than git, which ends them at `\n` alone."""
        return "\r" in self.head.text.replace("\r\n", "")

    @cached_property
    def removed(self) -> TouchedLines:
        """The touched lines of base: those that are gone from head, and where head put lines in."""
        if self.base is None:
            return TouchedLines()
        turned = [Change(c.head_start, c.head_end, c.base_start, c.base_end) for c in self.changes]
        return touched_by(turned, len(self.base.lines))

    def took(self, first: int, last: int) -> bool:
        """Whether the change took any of these lines of base away, or put others between them."""
        return any(line in self.removed.added for line in range(first, last + 1)) or any(
            gap in self.removed.gaps for gap in range(first, last)
        )

    def change_at(self, line: int) -> Change:
        """How a line of head came about; one that the change left alone is a change of its own, into the same."""
        place = bisect_left(self._ends, line)
        if self.wrote(line):
            return self.changes[place]
        moved = self.changes[place - 1].base_end - self.changes[place - 1].head_end if place else 0
        return Change(line - 1 + moved, line + moved, line - 1, line)

    def wrote(self, line: int) -> bool:
        """Whether a line of head is not one of base, whatever the forge calls touched."""
        place = bisect_left(self._ends, line)
        return place < len(self.changes) and self.changes[place].head_start < line

    @cached_property
    def _ends(self) -> Sequence[int]:
        return [change.head_end for change in self.changes]

    @cached_property
    def changed(self) -> frozenset[int]:
        """The touched lines without those that were only moved, indented anew, broken or put into parentheses."""
        if self.base is None:
            return self.touched.added
        written = self._not_moved(self.base)
        return written - kept(self.base, self.removed.added, self.head, written)

    def _not_moved(self, base: SourceFile) -> frozenset[int]:
        """The touched lines that did not stand in base as they are, wherever it was."""
        gone = Counter(base.line_text(line).strip() for line in self.removed.added)
        written = set()
        for line in sorted(self.touched.added - self._reformatted):
            text = self.head.line_text(line).strip()
            if gone[text] > 0:
                gone[text] -= 1
            else:
                written.add(line)
        return frozenset(written)

    @cached_property
    def _reformatted(self) -> frozenset[int]:
        """The lines of head that say what the lines in their place in base said, as a formatter leaves them."""
        base, head = self.base.lines if self.base else [], self.head.lines
        alike = (
            one
            for one in self.changes
            if bare("".join(base[one.base_start : one.base_end])) == bare("".join(head[one.head_start : one.head_end]))
        )
        return frozenset(line for one in alike for line in range(one.head_start + 1, one.head_end + 1))


@dataclass(frozen=True)
class Workspace:
    """The files of a change. `unreadable` says of each file that is not analysed why; `paths` are all at hand."""

    sides: dict[str, Side]
    unreadable: dict[str, str] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()


def workspace(
    pairs: Sequence[FilePair],
    models: Any = None,
    limits: Limits = DEFAULT_LIMITS,
    context: Sequence[ContextFile] = (),
    memory: Memory | None = None,
) -> Workspace:
    """Decode what can be decoded; everything else is a reason, not an error.

    The files of the `context` are the same on both sides, since the change does not touch them.
    """
    head, base = Project(models=models, memory=memory), Project(models=models, memory=memory)
    sides: dict[str, Side] = {}
    unreadable: dict[str, str] = {}
    for pair in pairs:
        if not pair.path.endswith(PYTHON):
            continue
        try:
            file = SourceFile(pair.path, _text(pair.head or b"", limits), head)
            old = _old(pair, base, limits)
        except Unreadable as error:
            unreadable[pair.path] = str(error)
            continue
        sides[pair.path] = Side(pair, file, old)
        if pair.head is not None:
            head.add(file)
        if old:
            base.add(old)
    head.touches = _touching(sides, lambda side: side.touched)
    head.taken = _taking(sides)
    base.touches = _touching({side.base.path: side for side in sides.values() if side.base}, lambda side: side.removed)
    for near in context:
        _surround(head, near, limits)
        _surround(base, near, limits)
    paths = [*(pair.path for pair in pairs), *(near.path for near in context)]
    return Workspace(sides, unreadable, frozenset(paths))


def _touching(sides: dict[str, Side], lines: Callable[[Side], TouchedLines]) -> Callable[[str, int, int], bool]:
    """Whether the change touches lines of a path."""

    def touches(path: str, first: int, last: int) -> bool:
        return path in sides and lines(sides[path]).meet(first, last)

    return touches


def _taking(sides: dict[str, Side]) -> Callable[[str], str]:
    """The lines that the change took away from a path."""

    def taken(path: str) -> str:
        side = sides.get(path)
        if side is None or side.base is None:
            return ""
        lines = side.base.lines
        return "".join(lines[line - 1] for line in sorted(side.removed.added) if line <= len(lines))

    return taken


def _surround(project: Project, file: ContextFile, limits: Limits) -> None:
    """Let the files of a side see a file that the change does not touch; one that cannot be read is not there."""
    try:
        made = SourceFile(file.path, _text(file.text, limits), project)
    except Unreadable:
        return
    made.untouched = True
    if made.module not in project.files:
        project.add(made)


def _old(pair: FilePair, base: Project, limits: Limits) -> SourceFile | None:
    """The base of a file; one that cannot be read counts as none, for then nothing in it was reported before."""
    if pair.base is None:
        return None
    try:
        return SourceFile(pair.old_path or pair.path, _text(pair.base, limits), base)
    except Unreadable:
        return None


def _text(data: bytes, limits: Limits) -> str:
    if len(data) > limits.file_bytes:
        raise Unreadable(f"larger than {limits.file_bytes:,} bytes")
    text = decode(data)
    lines = line_ends(text, 0, len(text))
    if lines > limits.lines:
        raise Unreadable(f"longer than {limits.lines:,} lines")
    return text
