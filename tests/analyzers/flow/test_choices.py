"""Calls that may be of any function of a table, or of what a variable was given."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import flows, function, project, traces

TABLES = """
import functools
def run(word):
    os.system(word)
def show(word):
    return word
def check(word):
    if word not in ALLOWED:
        abort(404)
HANDLERS = {{"run": run, "show": show}}
HARMLESS = {{"show": show, "length": len}}
STEPS = (show, run)
class Worker:
    TABLE = {{"run": run}}
    def __init__(self):
        self.actions = {{"act": self.act, "rest": self.rest}}
    def act(self, word):
        os.system(word)
    def rest(self, word):
        pass
    def __call__(self, word):
        self.act(word)
    def by_class(self, name, word):
        self.TABLE[name](word)
    def by_object(self, name, word):
        action = self.actions.get(name)
        if action is not None:
            action(word)
worker = Worker()
def twice(first, second):
    os.system(second)
def view(name):
    q = request.args["q"]
    {call}
"""


def _count(call: str) -> int:
    return len(flows(TABLES.format(call=call), "shell").flows)


@pytest.mark.parametrize(
    "call",
    [
        "HANDLERS[name](q)",
        "HANDLERS['run'](q)",
        "HANDLERS.get(name)(q)",
        "HANDLERS.get(name, show)(q)",
        "HARMLESS.get(name, run)(q)",
        "(HANDLERS.get(name) or show)(q)",
        "handler = HANDLERS[name]; handler(q)",
        "handler = run if name else show; handler(q)",
        "table = {'run': run, 'show': show}; table[name](q)",
        "{'run': run, 'show': show}[name](q)",
        "os.system(HARMLESS[name](q))",
        "{'run': os.system}[name](q)",
        "Worker().by_class(name, q)",
        "Worker().by_object(name, q)",
        "[step(q) for step in STEPS]",
        "HARMLESS[name](q); os.system(q)",
        "act = functools.partial(run); act(q)",
        "act = functools.partial(twice, 'date'); act(q)",
        "act = functools.partial(twice, second=q); act('date')",
        "act = functools.partial(subprocess.run, shell=True); act(q)",
        "functools.partial(HANDLERS['run'])(q)",
        "worker(q)",
        "own = Worker(); own(q)",
        "Worker()(q)",
        "{'check': check, 'show': show}[name](q); os.system(q)",
    ],
)
def test_a_call_may_be_of_any_function_of_a_table(call: str) -> None:
    assert _count(call) == 1


@pytest.mark.parametrize(
    "call",
    [
        "HARMLESS[name](q)",
        "act = functools.partial(twice, q); act('date')",
        "act = functools.partial(subprocess.run, ['ls']); act(q)",
        "worker('date')",
        "HANDLERS['show'](q)",
        "HANDLERS[name]('date')",
        "HANDLERS[q]('date')",
        "handler = show; handler(q)",
        "{'check': check}[name](q); os.system(q)",
        "UNKNOWN[name](q)",
        "HANDLERS[name](int(q))",
    ],
)
def test_what_no_function_of_the_table_does_is_not_told(call: str) -> None:
    assert _count(call) == 0


def test_a_loop_over_functions_calls_each() -> None:
    code = TABLES.format(call="for step in STEPS:\n        step(q)")
    assert len(flows(code, "shell").flows) == 1
    assert flows(code.replace("(show, run)", "(show, len)"), "shell").flows == ()


def test_the_steps_name_the_function() -> None:
    (steps,) = traces(TABLES.format(call="HANDLERS[name](q)"), "shell")
    assert steps[-2].endswith("is passed to `run` as `word`")


ELSEWHERE = {
    "shop/acts.py": """
        import os
        def run(word):
            os.system(word)
    """,
    "shop/table.py": """
        from .acts import run
        ACTS = {"run": run}
    """,
    "shop/pages.py": """
        from flask import request
        from .acts import run
        from .table import ACTS
        OWN = {"run": run}
        def by_other(name):
            ACTS[name](request.args["q"])
        def by_own(name):
            OWN[name](request.args["q"])
    """,
}


@pytest.mark.parametrize("name", ["by_other", "by_own"])
def test_a_table_may_hold_functions_of_other_files(name: str) -> None:
    file = project(ELSEWHERE).files["shop.pages"]
    assert len(api.taints(file, function(file, name), "user-input", "shell").flows) == 1


def test_the_function_of_a_table_is_told_what_it_is_called_with() -> None:
    files = project(ELSEWHERE).files
    acts = files["shop.acts"]
    found = api.taints(acts, function(acts, "run"), "user-input", "shell").flows
    assert {flow.path for flow in found} == {"shop/acts.py"}
