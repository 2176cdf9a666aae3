"""What is remembered from one change to the next changes no answer, whatever happened in between."""

from collections.abc import Mapping, Sequence
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.catalog import find
from analyzers.engine import analyze_file
from analyzers.flow import analysis
from analyzers.memory import Memory
from analyzers.model import ContextFile, FilePair, FileReport
from analyzers.surroundings import wishes
from analyzers.workspace import workspace
from tests.analyzers.flow.asking import models

RULES = [find("sql-from-user-input"), find("shell-from-user-input")]
VIEW = """\
from flask import Flask, request
from p import a, b, c
app = Flask(__name__)

@app.route("/")
def view():
    name = request.args["name"]
"""
DB = "import sqlite3\ndef run(q):\n    cursor = sqlite3.connect('x').cursor()\n    cursor.execute(f'SELECT {q}')\n"
CALL = "from p.db import run\ndef go(q):\n    run(q)\n"


def review(head: str, context: Mapping[str, str], memory: Memory | None) -> FileReport:
    pair = FilePair("p/views.py", head.encode(), None, None)
    near = [ContextFile(path, text.encode()) for path, text in sorted(context.items())]
    space = workspace([pair], models(), context=near, memory=memory)
    wishes(space, pair.path)
    return analyze_file(pair, space, RULES)


def lines(report: FileReport) -> list[tuple[str, int, int]]:
    return [(one.rule, one.line, len(one.trace.steps)) for one in report.findings]


def test_a_module_is_not_summarised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    original = analysis.Analysis._summarise

    def counting(self: analysis.Analysis, file, function, own):  # type: ignore[no-untyped-def]
        made.append(file.path)
        return original(self, file, function, own)

    monkeypatch.setattr(analysis.Analysis, "_summarise", counting)
    memory = Memory(models())
    head = VIEW.replace("from p import a, b, c", "from p.go import go") + "    go(name)\n"
    first = review(head, {"p/db.py": DB, "p/go.py": CALL}, memory)
    assert made == ["p/go.py", "p/db.py"]
    again = review(head + "    print(1)\n", {"p/db.py": DB, "p/go.py": CALL}, memory)
    assert made == ["p/go.py", "p/db.py"]
    assert lines(again) == lines(first) == [("sql-from-user-input", 8, 4)]
    review(head, {"p/db.py": DB + "\n", "p/go.py": CALL}, memory)
    assert made == ["p/go.py", "p/db.py"] * 2


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"p/db.py": DB.replace("    cursor =", "    q = int(q)\n    cursor =")}, 0),
        ({"p/db.py": DB.replace("cursor.execute(f'SELECT {q}')", "print(q)")}, 0),
        ({"p/db.py": "from p.sql import run\n"}, 0),
        ({"p/db.py": "from p.sql import run\n", "p/sql.py": DB}, 1),
        ({"p/db.py": "def run(:\n"}, 0),
        ({"p/extra.py": "x = 1\n"}, 1),
        ({"p/go.py": "from p.other import run\ndef go(q):\n    run(q)\n"}, 0),
    ],
)
def test_a_changed_dependency_is_seen(changed: dict[str, str], found: int) -> None:
    memory = Memory(models())
    head = VIEW.replace("from p import a, b, c", "from p.go import go") + "    go(name)\n"
    before = {"p/db.py": DB, "p/go.py": CALL}
    assert len(review(head, before, memory).findings) == 1
    assert len(review(head, {**before, **changed}, memory).findings) == found
    assert len(review(head, before, memory).findings) == 1


def test_a_dependency_that_is_missing_and_then_there_is_seen() -> None:
    memory = Memory(models())
    head = VIEW.replace("from p import a, b, c", "from p.go import go") + "    go(name)\n"
    assert review(head, {"p/go.py": CALL}, memory).findings == ()
    assert len(review(head, {"p/go.py": CALL, "p/db.py": DB}, memory).findings) == 1
    assert review(head, {"p/go.py": CALL}, memory).findings == ()


@pytest.mark.parametrize("budget", range(2, 60, 3))
def test_what_is_remembered_costs_what_it_cost(budget: int) -> None:
    memory = Memory(models())
    head = VIEW.replace("from p import a, b, c", "from p.go import go") + "    go(name)\n    print(name)\n"
    head += "\n@app.route('/b')\ndef other():\n    go(request.args['b'])\n"
    context = {"p/db.py": DB, "p/go.py": CALL}
    assert len(review(head, context, memory).findings) == 2
    with patch.object(analysis, "FILE_BUDGET", budget):
        assert review(head, context, memory) == review(head, context, None)


ENDS = [
    "    return q\n",
    "    return int(q)\n",
    "    import os\n    os.system(q)\n",
    "    import sqlite3\n    sqlite3.connect('x').cursor().execute('SELECT ' + q)\n",
    "    from flask import request\n    return request.args[q]\n",
    "    if q not in ('x', 'y'):\n        raise ValueError(q)\n    return q\n",
]
WAYS = [
    "    return {to}(q)\n",
    "    x = {to}(q)\n    return {also}(x)\n",
    "    for _ in q:\n        {to}(q)\n    {also}(q + 'x')\n",
    "    try:\n        {also}(q)\n    finally:\n        {to}(q)\n",
]
BELOW = {"a": "bbbca", "b": "cccb", "c": "a"}


def function(module: str) -> st.SearchStrategy[str]:
    """A body: the further down a module stands, the oftener it ends there; now and then it calls upwards."""
    target = st.builds("{}.{}".format, st.sampled_from(BELOW[module]), st.sampled_from("fg"))
    way = st.builds(lambda way, to, also: way.format(to=to, also=also), st.sampled_from(WAYS), target, target)
    ways = {"a": [way], "b": [way, way, st.sampled_from(ENDS)], "c": [st.sampled_from(ENDS)] * 5 + [way]}
    return st.one_of(ways[module])


def module(name: str) -> st.SearchStrategy[str]:
    return st.builds("from p import a, b, c\ndef f(q):\n{}def g(q):\n{}".format, function(name), function(name))


PROJECT = st.fixed_dictionaries({f"p/{name}.py": module(name) for name in "abc"})
EDIT = st.sampled_from("abccc").flatmap(
    lambda name: st.tuples(st.just(f"p/{name}.py"), st.one_of(*[module(name)] * 6, st.just("def f(:\n"), st.none()))
)


@given(
    project=PROJECT,
    edits=st.lists(EDIT, min_size=1, max_size=4),
    steps=st.one_of(st.integers(5, 150), st.just(120_000)),
    functions=st.one_of(st.integers(1, 8), st.just(60)),
    depth=st.integers(2, 6),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_answers_with_and_without_memory_are_the_same(
    project: dict[str, str], edits: Sequence[tuple[str, str | None]], steps: int, functions: int, depth: int
) -> None:
    memory = Memory(models())
    with patch.multiple(analysis, FILE_BUDGET=steps, FUNCTION_LIMIT=functions, DEPTH_LIMIT=depth):
        for path, text in [("", None), *edits]:
            head = VIEW + "    a.f(name)\n    a.g(name)\n" + f"    print({path!r})\n"
            project = {**{one: code for one, code in project.items() if one != path}, **({path: text} if text else {})}
            assert review(head, project, memory) == review(head, project, None)
