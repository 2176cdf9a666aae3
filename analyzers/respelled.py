"""Statements that say of a file what a rule is about, though the rule does not speak of them."""

import re
from collections.abc import Iterator

from analyzers.source import SourceFile

# What stands under one of these, or beside one, was not always so.
CONDITION = re.compile(r"[ \t]*(?:if|elif|else|while|case)\b|.*[ \t]if[ \t]")
OPENED = ("(", "[", "{", ",")
DEFINES = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)\b")
COMMENT = re.compile(r"#.*")


def statements(file: SourceFile, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The first line of each statement without a condition in which the pattern fits, and the line where it does."""
    if not pattern.search(file.text):
        return
    for line, text in enumerate(file.lines, 1):
        if pattern.search(COMMENT.sub("", text)):
            heads = list(_heads(line, file))
            if not any(CONDITION.match(file.line_text(head)) for head in (line, *heads)):
                yield _first(line, heads, file), line


def _heads(line: int, file: SourceFile) -> Iterator[int]:
    """The lines above that a line is indented under, up to its definition, innermost first."""
    depth = _depth(file.line_text(line))
    for above in range(line - 1, 0, -1):
        text = file.line_text(above)
        if depth == 0 or DEFINES.match(text):
            return
        if text.strip() and _depth(text) < depth:
            depth = _depth(text)
            yield above


def _first(line: int, heads: list[int], file: SourceFile) -> int:
    """The line where a statement begins that stands on several, as formatters break them."""
    for head in heads:
        if not file.line_text(head).rstrip().endswith(OPENED):
            break
        line = head
    return line


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
