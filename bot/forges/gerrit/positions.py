"""Places in a file as Gerrit counts them, from the places the analysis names.

Ours: lines end at CRLF, CR or LF, 1-based; columns are 1-based and count characters, the end exclusive.
Gerrit's: lines end at LF alone, 1-based; columns are 0-based and count UTF-16 code units, the end exclusive; a byte
order mark counts (all seen by previewing fixes on 3.10.2 and 3.13.5):
https://gerrit-review.googlesource.com/Documentation/rest-api-changes.html#comment-range
"""

import re
from dataclasses import dataclass
from functools import cached_property

from analyzers.model import Span

LINE_END = re.compile(r"\r\n|\r|\n")
BOM = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A point in Gerrit's counting."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch in Gerrit's counting."""

    start: Place
    end: Place

    def json(self) -> dict[str, int]:
        """Gerrit's CommentRange."""
        return {
            "start_line": self.start.line,
            "start_character": self.start.character,
            "end_line": self.end.line,
            "end_character": self.end.character,
        }


@dataclass(frozen=True)
class Text:
    """The text of a file. A byte order mark is part of it, though our columns do not count it."""

    text: str

    @classmethod
    def of(cls, content: bytes) -> "Text | None":
        """The text of UTF-8 bytes; None of others, where Gerrit's guess at the encoding decides what a column is."""
        try:
            return cls(content.decode("utf-8"))
        except UnicodeDecodeError:
            return None

    @cached_property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """Offsets of our lines: where each begins and where its text ends, without its line end."""
        starts = [0, *(match.end() for match in LINE_END.finditer(self.text))]
        ends = [*(match.start() for match in LINE_END.finditer(self.text)), len(self.text)]
        pairs = list(zip(starts, ends, strict=True))
        return tuple(pairs[:-1] if len(pairs) > 1 and pairs[-1][0] == len(self.text) else pairs)

    def has(self, line: int) -> bool:
        """Whether our line `line` exists."""
        return 1 <= line <= len(self.lines)

    def line(self, number: int) -> str:
        """Our line, without its end."""
        start, end = self.lines[number - 1]
        return self.text[start:end]

    def offset(self, line: int, column: int) -> int:
        """Where a point of ours lies in the text; a column past the end of its line means that end."""
        start, end = self.lines[line - 1]
        mark = 1 if line == 1 and self.text.startswith(BOM) else 0
        return min(start + mark + max(column, 1) - 1, end)

    def place(self, offset: int) -> Place:
        """The point of Gerrit's at an offset."""
        before = self.text.rfind("\n", 0, offset) + 1
        return Place(self.text.count("\n", 0, offset) + 1, utf16_units(self.text[before:offset]))

    def range(self, span: Span) -> Range:
        """Gerrit's range for a span whose lines exist."""
        start = self.offset(span.line, span.column)
        return Range(self.place(start), self.place(max(start, self.offset(span.end_line, span.end_column))))


def utf16_units(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
