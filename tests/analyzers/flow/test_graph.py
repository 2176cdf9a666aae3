"""The graph of a function: every way through it, and no other."""

import libcst as cst
import pytest

from analyzers.flow.build import POINT_LIMIT, build
from analyzers.flow.graph import Edge, Graph, Kind, Point, Undecided, solve

WAYS = {
    "a branch": ("if a:\n    x\nelse:\n    y", {"a x", "a y"}),
    "an elif without else": ("if a:\n    x\nelif b:\n    y", {"a x", "a b y", "a b"}),
    "a short circuit": ("if a and b:\n    x\ny", {"a y", "a b y", "a b x y"}),
    "a negation": ("if not (a or b):\n    x", {"a", "a b", "a b x"}),
    "an early return": ("if a:\n    return x\ny", {"a return x", "a y"}),
    "an early return on one line": ("if a: return x\ny", {"a return x", "a y"}),
    "a loop left on one line": ("while True:\n    if a: break\nx", {"True a x"}),
    "a loop with else": ("for a in b:\n    break\nelse:\n    x", {"b for", "b for x"}),
    "an endless loop": ("while True:\n    if a:\n        break", {"True a"}),
    "a loop that goes on": ("while a:\n    continue\nx", {"a x"}),
    "finally after return": ("try:\n    return x\nfinally:\n    y", {"return x y"}),
    "a match": ("match a:\n    case 1:\n        x\n    case _:\n        y", {"a case x", "a case case y"}),
    "a with": ("with a:\n    x\ny", {"with x with y"}),
    "an assertion": ("assert a\nx", {"a x"}),
}


@pytest.mark.parametrize(("code", "ways"), WAYS.values(), ids=WAYS)
def test_the_ways_to_the_normal_end(code: str, ways: set[str]) -> None:
    graph = graph_of(code)
    assert set(paths(graph, graph.exit)) == ways


RAISING = {
    "a call": ("x()\ny", {"x()"}),
    "a handler of one kind": ("try:\n    x()\nexcept ValueError:\n    y", {"x()"}),
    "a handler of every kind": ("try:\n    x()\nexcept Exception:\n    y", set()),
    "a bare raise in a handler": ("try:\n    x()\nexcept:\n    raise", {"x() except raise"}),
    "finally": ("try:\n    x()\nfinally:\n    y", {"x() y"}),
    "a return in finally": ("try:\n    x()\nfinally:\n    return 1", set()),
    "a with": ("with a:\n    x()", {"with x() with"}),
    "a with that swallows": ("with suppress(E):\n    x()", {"with"}),
}


@pytest.mark.parametrize(("code", "ways"), RAISING.values(), ids=RAISING)
def test_the_ways_out_by_an_exception(code: str, ways: set[str]) -> None:
    graph = graph_of(code)
    assert set(paths(graph, graph.raised)) == ways


def test_what_follows_a_return_is_never_reached() -> None:
    graph = graph_of("return 1\nx")
    reached = solve(graph, 0, lambda point, state: {Edge.NEXT: state}, lambda old, new: old)
    assert "x" not in {label(point) for point in reached}


def test_a_function_that_is_too_large_is_not_decided() -> None:
    with pytest.raises(Undecided):
        graph_of("x\n" * (POINT_LIMIT + 1))


def test_finally_in_finally_stays_within_the_limit() -> None:
    code = "x()\n"
    for _ in range(12):
        inner = "".join(f"    {line}\n" for line in code.splitlines())
        code = f"try:\n    y()\nfinally:\n{inner}"
    with pytest.raises(Undecided):
        graph_of(code)


def test_a_solver_that_does_not_settle_gives_up() -> None:
    graph = graph_of("while a:\n    x")
    with pytest.raises(Undecided):
        solve(graph, 0, lambda point, state: {Edge.NEXT: state + 1}, max, budget=200)


def graph_of(code: str) -> Graph:
    return build(cst.parse_module(code).body)


def paths(graph: Graph, end: Point) -> list[str]:
    """The ways from the entry to an end, each point once, as labels."""
    found: list[str] = []
    waiting: list[tuple[Point, tuple[Point, ...]]] = [(graph.entry, ())]
    while waiting:
        point, before = waiting.pop()
        if point is end:
            found.append(" ".join(filter(None, map(label, before))))
            continue
        waiting.extend((target, (*before, point)) for _, target in point.out if target not in (*before, point))
    return found


def label(point: Point) -> str:
    words = {Kind.ITERATE: "for", Kind.ENTER: "with", Kind.LEAVE: "with", Kind.CATCH: "except", Kind.MATCH: "case"}
    if point.node is None or point.kind in words:
        return words.get(point.kind, "")
    return cst.Module([]).code_for_node(point.node)
