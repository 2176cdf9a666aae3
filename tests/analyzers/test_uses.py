"""Which uses None does not allow, in either of the two trees of a file."""

import ast

import libcst as cst
import pytest

from analyzers import trees
from analyzers.uses import USES, in_words, used, value_used
from tests.analyzers.flow.asking import file_of, nodes

USED = {
    "row().name": "row().name",
    "row()['name']": "row()['name']",
    "for one in row(): pass": "for one in row()",
    "return [one for one in row()]": "for one in row()",
    "first, second = row()": "first, second = row()",
    "[first, *rest] = row()": "[first, *rest] = row()",
    "with row() as one: pass": "with row()",
    "return len(row())": "len(row())",
    "return sorted(row(), key=str)": "sorted(row(), key=str)",
}
ALLOWED = [
    "first = row()",
    "return str(row())",
    "return list()",
    "return sorted(key=row())",
    "return len(*row())",
    "row()",
    "return [row() for one in p]",
]


@pytest.mark.parametrize(("line", "words"), USED.items())
def test_what_fails_for_none_is_a_use(line: str, words: str) -> None:
    file = file_of(f"def work(p):\n    {line}\n")
    found = [node for kind in USES for node in nodes(file, "work", kind) if _is_row(value_used(node, file))]
    assert [in_words(node, file) for node in found] == [words]
    assert _used(line) == 1


@pytest.mark.parametrize("line", ALLOWED)
def test_what_may_be_none_is_no_use(line: str) -> None:
    file = file_of(f"def work(p):\n    {line}\n")
    assert not [node for kind in USES for node in nodes(file, "work", kind) if _is_row(value_used(node, file))]


def _is_row(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "row"


def _used(line: str) -> int:
    values = [value for node in trees.nodes(ast.parse(f"def work(p):\n    {line}\n")) for value in used(node)]
    return sum(isinstance(one, ast.Call) and trees.last_name(one.func) == "row" for one in values)
