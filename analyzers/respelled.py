"""Statements that say of a file what a rule is about, though the rule does not speak of them."""

import re
from collections.abc import Iterator, Mapping

from analyzers.source import SourceFile

# What stands under one of these, or beside one, was not always so.
CONDITION = re.compile(r"[ \t]*(?:if|elif|else|while|case)\b|.*[ \t]if[ \t]")
OPENED = ("(", "[", "{", ",")
DEFINES = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)\b")
COMMENT = re.compile(r"#.*")


def statements(file: SourceFile, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The first line of each statement without a condition in which the pattern fits, and the line where it does."""
    above = _above(file) if pattern.search(file.text) else {}
    for line, text in enumerate(file.lines, 1) if above else ():
        if pattern.search(COMMENT.sub("", text)):
            heads = list(_heads(line, above, file))
            if not any(CONDITION.match(file.line_text(head)) for head in (line, *heads)):
                yield _first(line, heads, file), line


def _heads(line: int, above: Mapping[int, int], file: SourceFile) -> Iterator[int]:
    """The lines above that a line is indented under, up to its definition, innermost first."""
    while (line := above.get(line, 0)) and not DEFINES.match(file.line_text(line)):
        yield line


def _above(file: SourceFile) -> Mapping[int, int]:
    """For each line that is not blank the one that it is indented under, 0 where there is none."""
    found: dict[int, int] = {}
    around: list[tuple[int, int]] = []
    for line, text in enumerate(file.lines, 1):
        if text.strip():
            depth = _depth(text)
            while around and around[-1][0] >= depth:
                around.pop()
            found[line] = around[-1][1] if around else 0
            around.append((depth, line))
    return found


def _first(line: int, heads: list[int], file: SourceFile) -> int:
    """The line where a statement begins that stands on several, as formatters break them."""
    for head in heads:
        if not file.line_text(head).rstrip().endswith(OPENED):
            break
        line = head
    return line


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
