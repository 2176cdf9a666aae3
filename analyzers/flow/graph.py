"""The control flow of one function as a graph of points, and the one solver that walks it.

A point is one thing the program does: a simple statement, a test, a step of a loop, entering or leaving a `with`,
taking an exception, matching a case. Short-circuit conditions are several tests, so that each can narrow. Every point
that can raise has an edge to whoever takes the exception. `finally` bodies and `with` exits stand once for each way
through them. Comprehensions are part of the statement they stand in.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import libcst as cst

S = TypeVar("S")


class Kind(StrEnum):
    """What a point does with its node."""

    ENTRY = "entry"
    EXIT = "exit"
    RAISED = "raised"
    JOIN = "join"
    STATEMENT = "statement"
    EVALUATE = "evaluate"
    TEST = "test"
    ITERATE = "iterate"
    ENTER = "enter"
    LEAVE = "leave"
    CATCH = "catch"
    MATCH = "match"


class Edge(StrEnum):
    """When the program takes an edge."""

    NEXT = "next"
    TRUE = "true"
    FALSE = "false"
    RAISE = "raise"


class Undecided(Exception):
    """The function is too large for the budget: nothing may be said of it."""


@dataclass(eq=False, slots=True)
class Point:
    """One point; `node` is the syntax it stands for, `out` where the program goes from here."""

    index: int
    kind: Kind
    node: cst.CSTNode | None = None
    out: list[tuple[Edge, "Point"]] = field(default_factory=list)
    order: int = 0

    def after(self, *edges: Edge) -> Iterator["Point"]:
        """The points reached by these edges."""
        return (point for edge, point in self.out if edge in edges)


@dataclass(eq=False)
class Graph:
    """The points of a function. `exit` is its normal end, `raised` the end by an exception.

    Before the normal end stands `fallen`, where the last statement leads on, but no `return`.
    """

    points: list[Point]
    entry: Point
    exit: Point
    raised: Point
    fallen: Point
    _of: dict[cst.CSTNode, list[Point]] = field(default_factory=dict)

    def of(self, node: cst.CSTNode) -> tuple[Point, ...]:
        """The points that stand for this very node (several for a statement in a `finally`)."""
        if not self._of:
            for point in self.points:
                if point.node is not None:
                    self._of.setdefault(point.node, []).append(point)
        return tuple(self._of.get(node, ()))

    def number(self) -> None:
        """Give the points their reverse postorder, so that the solver meets causes before effects."""
        seen: set[Point] = {self.entry}
        finished: list[Point] = []
        stack: list[tuple[Point, Iterator[tuple[Edge, Point]]]] = [(self.entry, iter(self.entry.out))]
        while stack:
            point, out = stack[-1]
            following = next((after for _, after in out if after not in seen), None)
            if following is None:
                finished.append(stack.pop()[0])
            else:
                seen.add(following)
                stack.append((following, iter(following.out)))
        for order, point in enumerate(reversed(finished)):
            point.order = order


Transfer = Callable[[Point, S], dict[Edge, S | None]]


def solve(
    graph: Graph, start: S, transfer: Transfer[S], join: Callable[[S, S], S], *, budget: int = 4000
) -> dict[Point, S]:
    """The state before every point that can be reached, at the fixed point.

    `transfer` gives the state after a point for each of its edges (None: this way is never taken; a missing edge is
    treated like NEXT). `join(old, new)` must return `old` itself when nothing is new. Raises Undecided when more than
    `budget` points are visited.
    """
    before: dict[Point, S] = {graph.entry: start}
    waiting: list[tuple[int, int]] = [(graph.entry.order, graph.entry.index)]
    queued = {graph.entry.index}
    for _ in range(budget):
        if not waiting:
            return before
        index = heapq.heappop(waiting)[1]
        queued.discard(index)
        point = graph.points[index]
        after = transfer(point, before[point])
        for edge, target in point.out:
            state = after.get(edge, after.get(Edge.NEXT))
            if state is None or not _arrive(before, target, state, join):
                continue
            if target.index not in queued:
                queued.add(target.index)
                heapq.heappush(waiting, (target.order, target.index))
    raise Undecided


def _arrive(before: dict[Point, S], target: Point, state: S, join: Callable[[S, S], S]) -> bool:
    """Whether the state before `target` became larger."""
    if target not in before:
        before[target] = state
        return True
    old = before[target]
    before[target] = join(old, state)
    return before[target] is not old
