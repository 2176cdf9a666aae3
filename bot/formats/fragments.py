"""Fragments of code fit for a terminal: what stands in a file can neither steer the terminal nor flood it."""

import re
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from analyzers.model import Edit
from analyzers.text import split_lines

TAB = "    "
WIDEST = 110
LEAD = 30
REPLACEMENT = "�"
CODE_OR_BOLD = re.compile(
    r"(?P<fence>`+)(?P<code>.+?)(?P=fence)|\*\*(?P<bold>.+?)\*\*|\[(?P<link>[^\[\]]+)\]\([^()]*\)"
)


def printable(text: str) -> str:
    """One line of text without control, format or bidirectional characters; tabs are four spaces."""
    return "".join(c if c.isprintable() else TAB if c == "\t" else REPLACEMENT for c in text)


@dataclass(frozen=True, slots=True)
class Marked:
    """A line of code as it is shown, and the cells under which the caret stands."""

    code: str
    start: int
    width: int


def marked(line: str, column: int, end_column: int) -> Marked:
    """The line, cut around the marked columns (1-based characters, the end exclusive) where it is very long."""
    bare = line.rstrip("\r\n")
    first = max(0, column - 1 - LEAD) if len(bare) > WIDEST else 0
    last = min(len(bare), first + WIDEST)
    before, after = "…" if first else "", "…" if last < len(bare) else ""
    inside = slice(min(max(column - 1, first), last), min(max(end_column - 1, first), last))
    lead = before + printable(bare[first : inside.start])
    return Marked(
        code=before + printable(bare[first:last]) + after,
        start=cell_len(lead),
        width=max(1, cell_len(printable(bare[inside]))),
    )


def prose(markdown: str) -> Text:
    """A sentence of ours for a terminal: code spans are coloured, bold is bold, links are their words."""
    shown = Text()
    done = 0
    for match in CODE_OR_BOLD.finditer(markdown):
        shown.append(printable(markdown[done : match.start()]))
        shown.append_text(_styled(match))
        done = match.end()
    return shown.append(printable(markdown[done:]))


def _styled(match: re.Match[str]) -> Text:
    if match["code"] is not None:
        return Text(printable(match[0]), style="cyan")
    if match["bold"] is not None:
        return Text.assemble(prose(match["bold"]), style="bold")
    return prose(match["link"])


@dataclass(frozen=True, slots=True)
class Indented:
    """Prose wrapped to the width, every line moved to the right; nothing is filled up with spaces."""

    text: Text
    by: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.wrap(console, max(20, options.max_width - self.by)):
            line.rstrip()
            yield Text(" " * self.by).append_text(line)


def edited(lines: list[str], first: int, edits: tuple[Edit, ...]) -> list[str]:
    """Lines of a file after the edits; `first` is the number of the first of them. Edits come in file order."""
    text = "".join(lines)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in reversed(edits):
        start = starts[edit.span.line - first] + edit.span.column - 1
        end = starts[edit.span.end_line - first] + edit.span.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return split_lines(text)
