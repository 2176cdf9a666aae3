"""Everything ends: what costs too much is not decided, and calls in circles, also across files, come to an answer."""

import pytest

from analyzers.catalog import find
from analyzers.engine import analyze_file
from analyzers.flow import api
from analyzers.flow.analysis import DEPTH_LIMIT, FILE_BUDGET
from analyzers.model import FilePair, Status
from analyzers.workspace import workspace
from tests.analyzers.flow.asking import function, models, project

VIEW = "from flask import request\nimport os\n"
HEAVY = "def heavy{number}():\n    q = request.args['q']\n{body}    os.system(q)\n"
BODY = "".join(f"    q = q + str({line}) + '{line}'.strip() + q.lower()\n" for line in range(700))
# What one line of the body costs is a little more than this.
EXPRESSIONS_A_LINE = 8
ENOUGH = FILE_BUDGET // (700 * EXPRESSIONS_A_LINE) + 2


def test_a_file_has_a_budget_and_past_it_nothing_is_decided_and_nothing_said() -> None:
    code = VIEW + "".join(HEAVY.format(number=number, body=BODY) for number in range(ENOUGH))
    pair = FilePair("app.py", code.encode(), None, None)
    space = workspace([pair], models())
    report, file = analyze_file(pair, space, [find("shell-from-user-input")]), space.sides["app.py"].head
    answers = [api.taints(file, function(file, f"heavy{n}"), "user-input", "shell") for n in range(ENOUGH)]
    decided = [answer.decided for answer in answers]
    assert decided == sorted(decided, reverse=True)
    assert (decided[0], decided[-1]) == (True, False)
    assert [len(answer.flows) for answer in answers] == decided
    assert (report.status, len(report.findings)) == (Status.ANALYSED, sum(decided))


CIRCLE = {
    "views.py": "from flask import request\nimport a\ndef view():\n    a.one(request.args['q'], 3)\n",
    "a.py": "import b\ndef one(q, n):\n    if n:\n        return b.two(q, n - 1)\n    return q\n",
    "b.py": "import os, a\ndef two(q, n):\n    if n:\n        return a.one(q, n - 1)\n    os.system(q)\n",
}


@pytest.mark.parametrize("name", ["views.py", "a.py", "b.py"])
def test_calls_in_circles_across_files_come_to_an_answer(name: str) -> None:
    order = {name: CIRCLE[name], **CIRCLE}
    file = project(order).files["views"]
    (flow,) = api.taints(file, function(file, "view"), "user-input", "shell").flows
    assert (flow.path, flow.steps[-1].path) == ("views.py", "b.py")


def test_files_that_only_call_each_other_have_nothing_to_say() -> None:
    files = {
        "views.py": CIRCLE["views.py"],
        "a.py": "from b import two\ndef one(q, n):\n    return two(q, n)\n",
        "b.py": "from a import one\ndef two(q, n):\n    return one(q, n)\n",
    }
    file = project(files).files["views"]
    assert api.taints(file, function(file, "view"), "user-input", "shell").flows == ()


def test_modules_that_hand_on_names_in_a_circle_end() -> None:
    files = {"views.py": CIRCLE["views.py"], "a.py": "from b import one\n", "b.py": "from a import one\n"}
    file = project(files).files["views"]
    assert api.taints(file, function(file, "view"), "user-input", "shell").flows == ()
    stars = {"views.py": CIRCLE["views.py"], "a.py": "from b import *\n", "b.py": "from a import *\n"}
    file = project(stars).files["views"]
    assert api.taints(file, function(file, "view"), "user-input", "shell").flows == ()


@pytest.mark.parametrize(("length", "seen"), [(DEPTH_LIMIT - 1, 1), (DEPTH_LIMIT + 1, 0)])
def test_a_chain_through_files_is_followed_so_far_and_no_further(length: int, seen: int) -> None:
    links = {
        f"m{number}.py": f"import m{number + 1}\ndef go(q):\n    m{number + 1}.go(q)\n" for number in range(length)
    }
    end = {f"m{length}.py": "import os\ndef go(q):\n    os.system(q)\n"}
    view = {"views.py": "from flask import request\nimport m0\ndef view():\n    m0.go(request.args['q'])\n"}
    file = project({**view, **links, **end}).files["views"]
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == seen


def test_parts_that_double_at_every_step_come_to_an_answer() -> None:
    doubled = "".join(f"    v{n + 1} = (v{n}, [v{n}])\n" for n in range(60))
    code = f"{VIEW}def view():\n    v0 = request.args['q']\n{doubled}    os.system(v60[0])\n"
    file = project({"views.py": code}).files["views"]
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == 1
