"""The code of a module outside functions, and the names that it gives to functions."""

from textwrap import dedent

import libcst as cst
import pytest

from analyzers.catalog import all_rules
from analyzers.flow import api
from analyzers.flow.results import Flows
from tests.analyzers.flow.asking import file_of, function, nodes
from tests.rules.running import report

SCRIPT = """
import cgi, os
form = cgi.FieldStorage()
def ask():
    return 1
if __name__ == "__main__":
    folder = form.getvalue("folder")
    os.system("ls " + folder)
"""


def test_a_value_is_followed_through_the_statements_of_a_script() -> None:
    found = api.module_taints(file_of(SCRIPT), "user-input", "shell")
    assert [[(step.line, step.what) for step in flow.steps] for flow in found.flows] == [
        [
            (3, "`form` comes from the request"),
            (7, "is kept in `folder`"),
            (8, "is put into a text and reaches `os.system`, which runs it in a shell"),
        ]
    ]


@pytest.mark.parametrize("line", [3, 7, 8])
def test_any_touched_step_of_a_script_is_enough(line: int) -> None:
    found = report(tuple(all_rules()), {"script.py": SCRIPT}, touched={"script.py": frozenset({line})})
    assert [(finding.line, finding.rule) for finding in found.findings] == [(8, "shell-from-user-input")]


def test_a_script_without_a_source_is_not_read() -> None:
    assert api.module_taints(file_of("import os\nos.system('ls')\n"), "user-input", "shell") == Flows()


FIXED = {
    "a sum of constants": 'TABLE = "t"\nQUERY = "SELECT * FROM " + TABLE',
    "a joined list of constants": 'COLUMNS = ["a", "b"]\nQUERY = "SELECT " + ", ".join(COLUMNS) + " FROM t"',
    "a filled template": 'QUERY = "SELECT * FROM %s" % "t"',
    "an f-string of constants": 'TABLE = "t"\nQUERY = f"SELECT * FROM {TABLE}"',
}


@pytest.mark.parametrize("head", FIXED.values(), ids=FIXED)
def test_a_text_of_the_module_that_is_made_of_constants_is_one(head: str) -> None:
    file = file_of(f"{head}\ndef work(run, name):\n    run(QUERY)\n    run(QUERY + name)\n")
    plain, added = (api.text_built(file, call.args[0].value) for call in nodes(file, "work", cst.Call))
    assert plain is None
    assert added is not None
    assert [file.code(part) for part in added.parts] == ["name"]


def test_the_texts_of_a_script_are_followed_through_its_variables() -> None:
    file = file_of(
        dedent("""
        import os, sys
        command = "ls"
        if len(sys.argv) > 1:
            command += " " + sys.argv[1]
        os.system(command)
    """)
    )
    (call,) = [
        node
        for cut in file.scopes()
        for node in cut.nodes
        if isinstance(node, cst.Call) and file.code(node.func) == "os.system"
    ]
    built = api.text_built(file, call.args[0].value)
    assert built is not None
    assert [file.code(part) for part in built.parts] == ["sys.argv[1]"]


def test_names_of_a_module_that_stand_for_each_other_end() -> None:
    file = file_of("a = b\nb = a\ndef work(run):\n    run(a + 'x')\n")
    (call,) = nodes(file, "work", cst.Call)
    assert api.text_built(file, call.args[0].value) is not None
    assert function(file, "work") is not None
