"""Which lines of head a change touches, found by comparing two texts."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise

LINE_END = re.compile(r"\r\n|\r|\n")
CONTEXT = 3
# Two stretches without a common unique line are matched exactly up to this many pairs of lines, else all is replaced.
PAIRS_LIMIT = 10_000
# Hostile texts could be split for ever: past this many looks at each line, what is left is replaced.
LOOKS_LIMIT = 40


@dataclass(frozen=True)
class TouchedLines:
    """The touched lines of one file, in head's 1-based lines.

    `added` are the lines that are new or changed. `gaps` are places where lines were only removed: g means
    "between line g and line g + 1" (0 = before the first line). `shown` are the inclusive ranges of head lines
    that the diff shows (added and context lines): the only lines a forge with hunks can carry a comment on.
    """

    added: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()
    shown: tuple[tuple[int, int], ...] = ()

    def meet(self, first: int, last: int) -> bool:
        """Whether a touched line is one of these, or lines were removed between them or right beside them."""
        return _any_between(self._lines, first, last) or _any_between(self._gaps, first - 1, last)

    @cached_property
    def _lines(self) -> list[int]:
        return sorted(self.added)

    @cached_property
    def _gaps(self) -> list[int]:
        return sorted(self.gaps)


def _any_between(ordered: Sequence[int], first: int, last: int) -> bool:
    place = bisect_left(ordered, first)
    return place < len(ordered) and ordered[place] <= last


@dataclass(frozen=True, slots=True)
class Change:
    """Base lines `base_start` to `base_end` became head lines `head_start` to `head_end`: 0-based, end exclusive."""

    base_start: int
    base_end: int
    head_start: int
    head_end: int


def compare(base: str, head: str) -> TouchedLines:
    """The lines that differ between two texts; how lines end does not count."""
    return touched_by(changes(base, head), len(LINE_END.split(head)))


def touched_by(found: Sequence[Change], head_length: int) -> TouchedLines:
    """The touched lines of head that these changes make, shown with three lines around each."""
    added = frozenset(line for change in found for line in range(change.head_start + 1, change.head_end + 1))
    gaps = frozenset(change.head_start for change in found if change.head_start == change.head_end)
    shown: list[tuple[int, int]] = []
    for change in found:
        first, last = max(1, change.head_start + 1 - CONTEXT), min(head_length, change.head_end + CONTEXT)
        if shown and first <= shown[-1][1] + 1:
            shown[-1] = (shown[-1][0], last)
        elif first <= last:
            shown.append((first, last))
    return TouchedLines(added, gaps, tuple(shown))


def changes(base: str, head: str) -> tuple[Change, ...]:
    """How base became head, in order. The same texts always give the same answer, in bounded time."""
    old, new = _lines(base), _lines(head)
    found: list[Change] = []
    waiting = [Change(0, len(old), 0, len(new))]
    looks = LOOKS_LIMIT * (len(old) + len(new))
    while waiting:
        part = _trimmed(old, new, waiting.pop())
        removed, added = part.base_end - part.base_start, part.head_end - part.head_start
        looks -= removed + added
        if not (removed and added) or looks < 0:
            found.extend([part] if removed or added else [])
            continue
        waiting.extend(reversed(_split(old, new, part, found)))
    return tuple(_joined(found))


def _lines(text: str) -> list[str]:
    """The lines without their ends."""
    return LINE_END.split(text) if "\r" in text else text.split("\n")


def _trimmed(old: list[str], new: list[str], part: Change) -> Change:
    """The part without what both sides begin and end with."""
    before, after = old[part.base_start : part.base_end], new[part.head_start : part.head_end]
    begin = _alike(before, after)
    before.reverse()
    after.reverse()
    end = _alike(before[: len(before) - begin], after[: len(after) - begin])
    return Change(part.base_start + begin, part.base_end - end, part.head_start + begin, part.head_end - end)


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines two lists begin with together; whole slices are compared, twice as long each time."""
    most, known, step = min(len(one), len(other)), 0, 1
    while known < most:
        upto = min(known + step, most)
        if one[known:upto] == other[known:upto]:
            known, step = upto, step * 2
        elif step == 1:
            break
        else:
            most, step = upto - 1, 1
    return known


def _split(old: list[str], new: list[str], part: Change, found: list[Change]) -> list[Change]:
    """Smaller parts between the lines that stand once on both sides; or the answer itself, put into `found`."""
    anchors = _anchors(old, new, part)
    if anchors:
        return _between(old, new, part, anchors)
    if (part.base_end - part.base_start) * (part.head_end - part.head_start) > PAIRS_LIMIT:
        found.append(part)
        return []
    matcher = SequenceMatcher(None, old[part.base_start : part.base_end], new[part.head_start : part.head_end], False)
    for tag, base_start, base_end, head_start, head_end in matcher.get_opcodes():
        if tag != "equal":
            at_base, at_head = part.base_start, part.head_start
            found.append(Change(at_base + base_start, at_base + base_end, at_head + head_start, at_head + head_end))
    return []


def _anchors(old: list[str], new: list[str], part: Change) -> list[tuple[int, int]]:
    """The longest run of pairs, rising on both sides, of lines that stand exactly once on each side."""
    once_old = _once(old, part.base_start, part.base_end)
    once_new = _once(new, part.head_start, part.head_end)
    pairs = [(place, once_new[line]) for line, place in once_old.items() if line in once_new]
    if all(one[1] < next_one[1] for one, next_one in pairwise(pairs)):
        return pairs
    ends: list[int] = []
    tips: list[int] = []
    before: list[int] = []
    for index, (_, at_head) in enumerate(pairs):
        length = bisect_left(ends, at_head)
        ends[length : length + 1] = [at_head]
        tips[length : length + 1] = [index]
        before.append(tips[length - 1] if length else -1)
    chain: list[tuple[int, int]] = []
    index = tips[-1] if tips else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _once(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    counts = Counter(lines[start:end])
    return {lines[place]: place for place in range(start, end) if counts[lines[place]] == 1}


def _between(old: list[str], new: list[str], part: Change, anchors: Sequence[tuple[int, int]]) -> list[Change]:
    """What lies between pairs of lines and is not the same on both sides."""
    parts: list[Change] = []
    at_base, at_head = part.base_start, part.head_start
    for base_line, head_line in [*anchors, (part.base_end, part.head_end)]:
        if old[at_base:base_line] != new[at_head:head_line]:
            parts.append(Change(at_base, base_line, at_head, head_line))
        at_base, at_head = base_line + 1, head_line + 1
    return parts


def _joined(found: Sequence[Change]) -> Iterator[Change]:
    """The changes in order, neighbours made one."""
    waiting: Change | None = None
    for change in sorted(found, key=lambda change: (change.base_start, change.head_start)):
        if waiting and waiting.base_end == change.base_start and waiting.head_end == change.head_start:
            waiting = Change(waiting.base_start, change.base_end, waiting.head_start, change.head_end)
            continue
        if waiting:
            yield waiting
        waiting = change
    if waiting:
        yield waiting
