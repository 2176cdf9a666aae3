"""Which lines of head a change touches: the one place that knows hunks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TouchedLines:
    """The touched lines of one file, in head's 1-based lines.

    `added` are the lines that are new or changed. `gaps` are places where lines were only removed: g means
    "between line g and line g + 1" (0 = before the first line). `shown` are the inclusive ranges of head lines
    that the diff shows (added and context lines): the only lines a forge with hunks can carry a comment on.
    """

    added: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()
    shown: tuple[tuple[int, int], ...] = ()
