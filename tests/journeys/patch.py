"""The patch of a file as rows to show, coloured as Python."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from pygments import lex
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import _TokenType

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)")


@dataclass(frozen=True)
class Row:
    """A row of a patch: sign is "+", "-", " " or "@"; line numbers are None where the side has none."""

    sign: str
    old: int | None
    new: int | None
    text: str

    @property
    def html(self) -> Markup:
        """The text, escaped and coloured."""
        return Markup("").join(_spans(self.text)) if self.sign != "@" else Markup(Markup.escape(self.text))


def rows(patch: str) -> Iterator[Row]:
    """The rows of a unified diff without its file headers."""
    old = new = 0
    for line in patch.split("\n"):
        if match := HUNK.match(line):
            old, new = int(match[1]), int(match[2])
            yield Row("@", None, None, line)
        elif line.startswith("+"):
            yield Row("+", None, new, line[1:])
            new += 1
        elif line.startswith("-"):
            yield Row("-", old, None, line[1:])
            old += 1
        elif line.startswith(" "):
            yield Row(" ", old, new, line[1:])
            old, new = old + 1, new + 1


def around(every: list[Row], line: int, before: int) -> list[Row]:
    """The rows that end with a line of head, at most `before` of them before it, of its own hunk only."""
    end = next((place for place, row in enumerate(every) if row.new == line), None)
    if end is None:
        return []
    begin = max((place + 1 for place, row in enumerate(every[:end]) if row.sign == "@"), default=0)
    return every[max(begin, end - before) : end + 1]


def hunk_of(every: list[Row], line: int) -> tuple[int, int]:
    """Where the hunk of a line of head begins and ends in the rows."""
    place = next((place for place, row in enumerate(every) if row.new == line), 0)
    begin = max((at for at, row in enumerate(every[: place + 1]) if row.sign == "@"), default=0)
    end = min((at for at, row in enumerate(every) if row.sign == "@" and at > place), default=len(every))
    return begin, end


def _spans(text: str) -> Iterator[Markup]:
    for kind, value in lex(text, PythonLexer(stripnl=False, ensurenl=False)):
        yield Markup('<span class="{}">{}</span>').format(_css_class(kind), value)


def _css_class(kind: _TokenType) -> str:
    return str(FORMATTER._get_css_class(kind))


FORMATTER: HtmlFormatter[str] = HtmlFormatter(style="default")
STYLES: str = FORMATTER.get_style_defs(".code")
