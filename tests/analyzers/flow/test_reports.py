"""Flow rules through the whole engine: one defect is told once, and by whom a touched line is enough."""

from analyzers import catalog
from analyzers.engine import analyze
from analyzers.model import Confidence, FilePair, Finding
from analyzers.touched import TouchedLines
from tests.analyzers.flow.asking import models

VIEWS = """\
from flask import request
from store import find


def search():
    word = request.args["word"]
    return find(word)
"""
STORE = """\
def find(word):
    query = f"SELECT id FROM pages WHERE title = '{word}'"
    return cursor.execute(query)


from db import cursor
"""


def findings(touched: dict[str, frozenset[int]], **files: str) -> list[Finding]:
    pairs = [
        FilePair(f"{name}.py", code.encode(), code.encode(), TouchedLines(touched.get(name, frozenset())))
        for name, code in files.items()
    ]
    return list(analyze(pairs, catalog.all_rules(), models()).findings)


def test_where_the_way_of_a_value_is_known_the_shape_is_not_told_as_well() -> None:
    code = VIEWS.replace("from store import find\n", "") + "\n\n" + STORE
    found = findings({"views": frozenset(range(1, 20))}, views=code)
    assert [finding.rule for finding in found] == ["sql-from-user-input"]


def test_what_is_taken_for_granted_makes_a_finding_less_sure() -> None:
    code = VIEWS.replace("from store import find\n", "") + "\n\n" + STORE
    (found,) = findings({"views": frozenset({5})}, views=code)
    assert found.trace.assumed == ("that `cursor` is what its name says",)
    assert found.confidence is Confidence.MEDIUM


def test_a_flow_into_another_file_is_told_where_it_leaves_with_its_steps_there() -> None:
    found = findings({"views": frozenset({6})}, views=VIEWS, store=STORE)
    assert [(finding.path, finding.line, finding.rule) for finding in found] == [("views.py", 7, "sql-from-user-input")]
    assert [(step.path, step.line) for step in found[0].trace.steps] == [
        ("views.py", 6),
        ("views.py", 7),
        ("store.py", 2),
        ("store.py", 3),
    ]


TWO_WAYS = """\
from flask import make_response, request


def joined(first, last):
    start = first.strip()
    name = f"{start} {last}"
    return name


def view():
    return make_response(joined(request.args["first"], request.args["last"]))
"""


def test_a_place_that_two_values_reach_is_told_once() -> None:
    found = findings({"app": frozenset(range(1, 12))}, app=TWO_WAYS)
    assert [(finding.line, finding.rule) for finding in found] == [(11, "html-from-user-input")]


def test_of_two_ways_to_a_place_the_touched_one_is_told() -> None:
    (found,) = findings({"app": frozenset({5})}, app=TWO_WAYS)
    assert 5 in [step.line for step in found.trace.steps]
