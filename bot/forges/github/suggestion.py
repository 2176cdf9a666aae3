"""A fix as GitHub's one-click suggestion: whole lines of head for whole lines, inside one hunk, or not at all.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/commenting-on-a-pull-request
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzers.model import Edit, Fix
from bot.forges.github.anchors import last_line
from bot.forges.github.markdown import fenced
from bot.forges.github.patch import Hunk

LINE_LIMIT = 40
TEXT_LIMIT = 16_000
# what GitHub or a browser may change on the way: then the click would write something else than was checked
UNSURE = ("\r", "\N{REPLACEMENT CHARACTER}", "\0")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines `first` to `last` of head (1-based, both included) are replaced by `lines`; none of them means: removed."""

    first: int
    last: int
    lines: tuple[str, ...]

    @property
    def block(self) -> str:
        """The fenced block that GitHub makes a button of."""
        return fenced("".join(f"{line}\n" for line in self.lines), "suggestion")


def suggestion(fix: Fix, line: int, hunks: Sequence[Hunk]) -> Suggestion | None:
    """The fix as a suggestion under a comment on `line`; None when it cannot be exactly that."""
    if not fix.edits:
        return None
    first = min(edit.span.line for edit in fix.edits)
    last = max(last_line(edit.span) for edit in fix.edits)
    hunk = next((hunk for hunk in hunks if hunk.shows(first, last)), None)
    if hunk is None or not first <= line <= last or last - first >= LINE_LIMIT:
        return None
    before = "".join(f"{text}\n" for text in hunk.cut(first, last))
    after = apply(before, first, fix.edits)
    return _checked(first, last, before, after)


def _checked(first: int, last: int, before: str, after: str | None) -> Suggestion | None:
    if after is None or after == before or len(after) > TEXT_LIMIT:
        return None
    if any(sign in text for sign in UNSURE for text in (before, after)) or (after and not after.endswith("\n")):
        return None
    return Suggestion(first, last, tuple(after.split("\n")[:-1]))


def apply(text: str, first: int, edits: Sequence[Edit]) -> str | None:
    """The text after the edits, when its first line is line `first` of the file; None when one lies outside of it."""
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        begin = _offset(edit.span.line - first, edit.span.column, starts)
        end = _offset(edit.span.end_line - first, edit.span.end_column, starts)
        if begin is None or end is None or begin > end:
            return None
        text = text[:begin] + edit.text + text[end:]
    return text


def _offset(row: int, column: int, starts: Sequence[int]) -> int | None:
    """The place of a 1-based column in row `row` (0-based); the row behind the last has column 1 only."""
    if not 0 <= row < len(starts) or column < 1:
        return None
    offset = starts[row] + column - 1
    limit = starts[row + 1] - 1 if row + 1 < len(starts) else starts[row]
    return offset if offset <= limit else None
