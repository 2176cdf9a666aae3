"""Values that objects carry from one method to another."""

import libcst as cst
import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import flows, function, project, traces

# code, the function asked about, the steps
CARRIED = {
    "by a method called on the same object": (
        """
        class Saver:
            def get(self):
                self.name = request.args["n"]
                self.save()
            def save(self):
                open(self.name)
        """,
        "Saver.get",
        [
            "3: `self.name` comes from the request",
            "4: is read by `self.save` as `self.name`",
            "6: reaches `open`, which opens the file of that name",
        ],
    ),
    "out of a method that makes a path of it": (
        """
        class Saver:
            def get(self):
                self.name = request.args["n"]
                open(self.where())
            def where(self):
                return "/srv/" + self.name
        """,
        "Saver.get",
        [
            "3: `self.name` comes from the request",
            "4: is read by `self.where` as `self.name`",
            "4: reaches `open`, which opens the file of that name",
        ],
    ),
    "through a constructor and a method of what it made": (
        """
        class Opener:
            def __init__(self, name):
                self.name = name
            def run(self):
                open(self.name)
        def view():
            opener = Opener(request.args["x"])
            opener.run()
        """,
        "view",
        [
            "7: `request.args` comes from the request",
            "7: is passed to `Opener` as `name`",
            "3: is kept in `self.name`",
            "7: is kept in `opener`",
            "8: is read by `opener.run` as `self.name`",
            "5: reaches `open`, which opens the file of that name",
        ],
    ),
    "from the constructor": (
        """
        class Saver:
            def __init__(self):
                self.name = request.args["n"]
            def save(self):
                open(self.name)
        """,
        "Saver.save",
        [
            "3: `self.name` comes from the request",
            "5: reaches `open`, which opens the file of that name",
        ],
    ),
    "from what a constructor is given elsewhere in the file": (
        """
        from threading import Thread
        class Opener(Thread):
            def __init__(self, name):
                self.name = name
            def run(self):
                open(self.name)
        def view():
            Opener(request.args["x"]).start()
        """,
        "Opener.run",
        [
            "8: `request.args` comes from the request",
            "8: is passed to `Opener` as `name`",
            "4: is kept in `self.name`",
            "6: reaches `open`, which opens the file of that name",
        ],
    ),
}


@pytest.mark.parametrize(("code", "name", "steps"), CARRIED.values(), ids=CARRIED)
def test_an_attribute_carries_a_value_between_methods(code: str, name: str, steps: list[str]) -> None:
    assert traces(code, "path", name) == [steps]


@pytest.mark.parametrize("code", [CARRIED[name][0] for name in list(CARRIED)[-2:]], ids=list(CARRIED)[-2:])
def test_the_function_that_writes_shows_the_flow_too(code: str) -> None:
    writer, reader = ("Saver.__init__", "Saver.save") if "Saver" in code else ("view", "Opener.run")
    assert traces(code, "path", writer) == traces(code, "path", reader)


# what the class does besides, with the words of what is assumed
TWO = """
class Saver:
    def read(self):
        self.name = {value}
    def save(self):
        open(self.name)
{more}
"""


def test_an_order_of_methods_that_only_may_be_is_an_assumption() -> None:
    found = flows(TWO.format(value="request.args['n']", more=""), "path", "Saver.save")
    assert [flow.assumed for flow in found.flows] == [("that `read` runs before `save`",)]


def test_a_way_that_is_certain_is_told_before_one_that_is_assumed() -> None:
    more = "    def view(self):\n        self.read()\n        self.save()"
    found = flows(TWO.format(value="request.args['n']", more=more), "path", "Saver.save")
    assert [flow.assumed for flow in found.flows] == [()]


SAFE = {
    "the attribute is written safe": ("int(request.args['n'])", ""),
    "a method checks it": (
        "request.args['n']",
        "    def validate(self):\n        if self.name not in ALLOWED:\n            raise ValueError",
    ),
    "a method writes it anew from itself": (
        "request.args['n']",
        "    def shorten(self):\n        self.name = os.path.basename(self.name)",
    ),
}


@pytest.mark.parametrize(("value", "more"), SAFE.values(), ids=SAFE)
def test_an_attribute_that_is_looked_after_is_believed(value: str, more: str) -> None:
    assert traces(TWO.format(value=value, more=more), "path", "Saver.save") == []


def test_two_handlers_of_requests_have_an_object_each() -> None:
    code = """
    from flask.views import MethodView
    class Saver(MethodView):
        def post(self):
            self.name = request.args["n"]
        def get(self):
            open(self.name)
    """
    assert traces(code, "path", "Saver.get") == []


GUARDED = {
    "a method that raises": ("self.check()", "if self.name not in ALLOWED:\n                raise ValueError"),
    "a method that answers": ("if not self.check():\n                return", "return self.name in ALLOWED"),
    "a method that overwrites": ("self.check()", "self.name = 'x'"),
}


@pytest.mark.parametrize(("call", "body"), GUARDED.values(), ids=GUARDED)
def test_a_method_of_the_same_object_can_make_an_attribute_safe(call: str, body: str) -> None:
    code = f"""
    class Saver:
        def get(self):
            self.name = request.args["n"]
            {call}
            self.save()
        def check(self):
            {body}
        def save(self):
            open(self.name)
    """
    assert traces(code, "path", "Saver.get") == []


def test_an_object_of_a_class_of_another_file_does_no_harm_beside_one_of_its_own() -> None:
    files = {
        "base.py": """
        class Reader:
            def __init__(self, name):
                self.name = name
        """,
        "app.py": """
        from flask import request
        from base import Reader
        class Saver:
            def __init__(self, name):
                self.name = name
            def save(self):
                open(self.name)
        def get():
            Reader(request.args["n"])
            Saver(request.args["n"]).save()
        """,
    }
    app = project(files).files["app"]
    answer = api.taints(app, function(app, "get"), "user-input", "path")
    assert [flow.definition for flow in answer.flows] == ["Saver.save"]


def test_of_two_methods_of_one_name_either_may_be_without_an_object() -> None:
    code = """
        import os
        from flask import request
        class Jobs:
            def load(self):
                self.name = request.args["name"]
            @staticmethod
            def run():
                os.system("true")
            def run(self):
                os.system(self.name)
        """
    app = project({"app.py": code}).files["app"]
    both = [node for cut in app.scopes() for node in cut.roots if isinstance(node, cst.FunctionDef)]
    answers = [api.taints(app, one, "user-input", "shell") for one in both if one.name.value == "run"]
    assert [len(answer.flows) for answer in answers] == [0, 1]
