"""A function is touched, and somebody in another file gives it what a client sent."""

from collections.abc import Mapping

from analyzers.catalog import find
from analyzers.engine import analyze_file
from analyzers.model import ContextFile, FilePair, Finding
from analyzers.workspace import workspace
from tests.analyzers.flow.asking import models

RULES = [find("sql-from-user-input"), find("shell-from-user-input")]
VIEWS = """\
from flask import Flask, request
from shop.db import run
app = Flask(__name__)

@app.route("/")
def view():
    return run(request.args["q"])

def version():
    return 1
"""
DB = """\
import sqlite3

def run(q):
    cursor = sqlite3.connect("x").cursor()
    cursor.execute("SELECT 1")
    return cursor
"""
OPENED = DB.replace('"SELECT 1"', 'f"SELECT {q}"')
OTHER_LINES = VIEWS.replace("return 1", "return 2")
Sides = Mapping[str, tuple[str | None, str]]


def found(change: Sides, context: Mapping[str, str] | None = None, *, backwards: bool = False) -> list[Finding]:
    """What is found in a change of path -> (base, head)."""
    pairs = [
        FilePair(path, head.encode(), base.encode() if base is not None else None, None)
        for path, (base, head) in change.items()
    ]
    near = [ContextFile(path, text.encode()) for path, text in (context or {}).items()]
    space = workspace(pairs, models(), context=near)
    reports = [analyze_file(pair, space, RULES) for pair in (reversed(pairs) if backwards else pairs)]
    return sorted((one for report in reports for one in report.findings), key=lambda one: (one.path, one.span))


def places(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(one.path, one.line) for one in findings]


def test_a_caller_whose_lines_are_not_touched_is_followed_from_the_function_it_calls() -> None:
    (finding,) = found({"shop/db.py": (DB, OPENED), "shop/views.py": (VIEWS, OTHER_LINES)})
    assert (finding.path, finding.line, finding.definition) == ("shop/db.py", 5, "run")
    assert finding.trace.steps[0].path == "shop/views.py"
    assert finding.trace.steps[-1].path == "shop/db.py"


def test_a_caller_at_hand_that_is_no_file_of_the_change_is_followed_too() -> None:
    assert places(found({"shop/db.py": (DB, OPENED)}, {"shop/views.py": VIEWS})) == [("shop/db.py", 5)]


def test_a_flow_through_two_touched_files_is_told_once() -> None:
    before = VIEWS.replace('run(request.args["q"])', 'run("x")')
    assert places(found({"shop/db.py": (DB, OPENED), "shop/views.py": (before, VIEWS)})) == [("shop/views.py", 7)]


def test_a_touched_function_in_the_middle_is_told_where_the_value_leaves_it() -> None:
    middle = "from shop.sql import go\n\ndef run(q):\n    q = q.strip()\n    go({})\n"
    sql = OPENED.replace("def run", "def go")
    change = {"shop/db.py": (middle.format("'x'"), middle.format("q")), "shop/views.py": (VIEWS, OTHER_LINES)}
    (finding,) = found(change, {"shop/sql.py": sql})
    assert (finding.path, finding.line, finding.definition) == ("shop/db.py", 5, "run")
    assert [step.path for step in finding.trace.steps][-1] == "shop/sql.py"


def test_what_a_caller_makes_safe_is_safe() -> None:
    safe = OTHER_LINES.replace('run(request.args["q"])', 'run(int(request.args["q"]))')
    assert found({"shop/db.py": (DB, OPENED), "shop/views.py": (VIEWS, safe)}) == []
    calls_another = OTHER_LINES.replace("from shop.db import run", "from shop.jobs import run")
    assert found({"shop/db.py": (DB, OPENED), "shop/views.py": (VIEWS, calls_another)}) == []


def test_what_was_there_before_is_not_told() -> None:
    later = OPENED.replace("    return cursor", "    print(1)\n    return cursor")
    assert found({"shop/db.py": (OPENED, later), "shop/views.py": (VIEWS, OTHER_LINES)}) == []
    assert found({"shop/db.py": (OPENED, later)}, {"shop/views.py": VIEWS}) == []


def test_a_removed_check_is_told() -> None:
    checked = OPENED.replace("    cursor = ", "    if not q.isdigit():\n        raise ValueError(q)\n    cursor = ")
    assert places(found({"shop/db.py": (checked, OPENED)}, {"shop/views.py": VIEWS})) == [("shop/db.py", 5)]


def test_the_order_of_the_files_does_not_matter() -> None:
    change = {"shop/db.py": (DB, OPENED), "shop/views.py": (VIEWS, OTHER_LINES)}
    assert found(change) == found(change, backwards=True)
