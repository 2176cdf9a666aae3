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

    def counting(self: analysis.Analysis, file, function):  # type: ignore[no-untyped-def]
        made.append(file.path)
        return original(self, file, function)

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


BODIES = [
    "    return q\n",
    "    return int(q)\n",
    "    import os\n    os.system(q)\n",
    "    import sqlite3\n    sqlite3.connect('x').cursor().execute('SELECT ' + q)\n",
    "    from flask import request\n    return request.args[q]\n",
    "    if q not in ('x', 'y'):\n        raise ValueError(q)\n    return q\n",
    "    return {module}.{name}(q)\n",
    "    x = {module}.{name}(q)\n    return {other}.{name}(x)\n",
    "    for _ in q:\n        {module}.{name}(q)\n    {other}.{name}(q + 'x')\n",
    "    try:\n        {other}.f(q)\n    finally:\n        {module}.g(q)\n",
]
MODULES = "abc"
BODY = st.builds(
    lambda body, module, other, name: body.format(module=module, other=other, name=name),
    st.sampled_from(BODIES),
    st.sampled_from(MODULES),
    st.sampled_from(MODULES),
    st.sampled_from("fgh"),
)
MODULE = st.builds(
    lambda bodies: "from p import a, b, c\n" + "".join(f"def {n}(q):\n{b}" for n, b in zip("fgh", bodies, strict=True)),
    st.tuples(BODY, BODY, BODY),
)
PROJECT = st.fixed_dictionaries({f"p/{name}.py": MODULE for name in MODULES})
CALLS = st.lists(
    st.builds("    {}.{}(name)\n".format, st.sampled_from(MODULES), st.sampled_from("fgh")), min_size=1, max_size=4
)
EDIT = st.tuples(st.sampled_from(MODULES), st.one_of(MODULE, st.just("def f(:\n"), st.none()))


@given(PROJECT, st.lists(st.tuples(EDIT, CALLS), min_size=2, max_size=4), st.sampled_from([30, 90, 300, 120_000]))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_answers_with_and_without_memory_are_the_same(
    project: dict[str, str], changes: Sequence[tuple[tuple[str, str | None], list[str]]], budget: int
) -> None:
    memory = Memory(models())
    with patch.object(analysis, "FILE_BUDGET", budget), patch.object(analysis, "FUNCTION_LIMIT", budget // 15):
        for (module, text), calls in changes:
            project = {**project, f"p/{module}.py": text} if text is not None else project
            if text is None:
                project = {path: code for path, code in project.items() if path != f"p/{module}.py"} or project
            head = VIEW + "".join(calls)
            assert review(head, project, memory) == review(head, project, None)
