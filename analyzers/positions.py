"""Where every node of a tree stands in its text: one code generation, no metadata.

libcst knows no positions; they come from writing the code out again. Here a node's start and end are kept as
indexes into the list of written tokens, and the tokens' lengths are added up once at the end.
What a node's position leaves out (leading lines, parentheses, trailing whitespace) is libcst's own
`PositionProvider` convention: https://libcst.readthedocs.io/en/latest/metadata.html#position-metadata
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import accumulate
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState

from analyzers.text import Unreadable

FORGOTTEN = (" ", "\t", "\f")


class Positions:
    """Character offsets of every node under a module. Raises Unreadable when the code written is not `text`."""

    def __init__(self, module: cst.Module, text: str) -> None:
        state = _Log(module.default_indent, module.default_newline)
        module._codegen(state)
        self._ranges = state.ranges
        self._starts, self._ends = (
            _exact(state.tokens) if "".join(state.tokens) == text else _aligned(state.tokens, text)
        )

    def __getitem__(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end offset of a node (end exclusive). Raises KeyError for a node of another tree."""
        first, after = self._ranges[node]
        start = self._starts[min(first, len(self._starts) - 1)]
        return start, max(start, self._ends[min(after, len(self._ends) - 1)])

    def __iter__(self) -> Iterator[cst.CSTNode]:
        return iter(self._ranges)


def _exact(tokens: list[str]) -> tuple[list[int], list[int]]:
    offsets = [0, *accumulate(map(len, tokens))]
    return offsets, offsets


def _aligned(tokens: list[str], text: str) -> tuple[list[int], list[int]]:
    """Token k starts at the first list's k and token k - 1 ends at the second's, past what libcst forgot to write.

    libcst drops form feeds that stand before a statement, and writes those in the first indentation of a block on all
    its lines. A line that holds only a backslash it drops too, but then it may take the statement behind it into a
    block where Python does not see it: such a text is refused.
    """
    starts, ends, place = [], [0], 0
    for token in tokens:
        while (end := _end(token, text, place)) < 0:
            if text[place : place + 1] not in FORGOTTEN:
                raise Unreadable("libcst loses a part of it")
            place += 1
        starts.append(place)
        ends.append(place := end)
    if text[place:].strip():
        raise Unreadable("libcst loses a part of it")
    return [*starts, place], ends


def _end(token: str, text: str, place: int) -> int:
    """Where the token ends that stands at this place, -1 when it does not: blanks need not agree in form feeds."""
    if text.startswith(token, place):
        return place + len(token)
    if token.strip(" \t\f"):
        return -1
    found = re.compile("\f*" + "\f*".join(map(re.escape, token.replace("\f", "")))).match(text, place)
    return found.end() if found else -1


def written(expression: cst.CSTNode) -> str | None:
    """The text of an expression that stands on one line and in no parentheses; None for what has to be placed first."""
    # A starred element writes its comma, too.
    if not isinstance(expression, cst.BaseExpression) or isinstance(expression, cst.BaseElement) or expression.lpar:
        return None
    state = CodegenState(default_indent="", default_newline="\n")
    expression._codegen(state)
    text = "".join(state.tokens)
    return None if "\n" in text or "\r" in text else text


class _Log(CodegenState):
    """A code generation that remembers how many tokens were written when each node began and ended."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.ranges: dict[cst.CSTNode, tuple[int, int]] = {}
        self.open: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.open.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self.open.pop()
        if node not in self.ranges:
            self.ranges[node] = (start, len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return _Record(self, node, start_node, end_node)


class _Record(AbstractContextManager[None]):
    __slots__ = ("end_node", "log", "node", "start", "start_node")

    def __init__(
        self, log: _Log, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.log, self.node, self.start_node, self.end_node = log, node, start_node, end_node
        self.start = len(log.tokens)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ranges = self.log.ranges
        start = ranges[self.start_node][0] if self.start_node is not None else self.start
        end = ranges[self.end_node][1] if self.end_node is not None else len(self.log.tokens)
        ranges[self.node] = (start, end)
