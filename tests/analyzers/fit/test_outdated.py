"""Calls that a change leaves as they were, in the file of what it changed and in its other files."""

from collections.abc import Mapping

import pytest

from analyzers.catalog import all_rules
from analyzers.engine import analyze
from analyzers.model import FilePair
from tests.rules.running import models

FUNCTION = "def send(order, user):\n    user.mail(order)\n"
CALLER = """from shop import post
from shop.post import send

NOTE = 1


def buy(order, user):
    send(order, user)


def sell(order, user):
    post.send(order, user)


send("first", NOTE)
"""
METHOD = "class Post:\n    def send(self, order):\n        self.out.mail(order)\n"
BELOW = """from shop.post import Post


class Letters(Post):
    note = 1

    def sell(self, order):
        self.send(order)
"""


def found(base: Mapping[str, str], head: Mapping[str, str]) -> list[tuple[str, int]]:
    pairs = [FilePair(path, text.encode(), base[path].encode(), None) for path, text in head.items()]
    findings = analyze(pairs, all_rules(), models()).findings
    assert {one.rule for one in findings} <= {"call-does-not-fit"}
    assert all(one.trace.steps[0].path == "shop/post.py" for one in findings)
    return [(one.path, one.line) for one in findings]


def change(old: str, new: str, definition: str = FUNCTION, caller: str = CALLER) -> list[tuple[str, int]]:
    """What is found when what is defined changes, and beside its callers something else."""
    base = {"shop/post.py": definition, "shop/orders.py": caller, "shop/__init__.py": ""}
    assert old in definition
    return found(
        base, base | {"shop/post.py": definition.replace(old, new), "shop/orders.py": caller.replace("= 1", "= 2")}
    )


def test_a_parameter_more_is_missed_in_every_file() -> None:
    assert change("user)", "user, urgent)") == [("shop/orders.py", line) for line in (8, 12, 15)]


def test_a_parameter_more_on_a_line_of_its_own() -> None:
    spread = "def send(\n    order,\n    user,\n):\n    user.mail(order)\n"
    assert change("    user,\n", "    user,\n    urgent,\n", spread) == [
        ("shop/orders.py", line) for line in (8, 12, 15)
    ]


@pytest.mark.parametrize("new", ["user, urgent=False)", "user, *more)", "user=None)"])
def test_what_still_fits_is_no_finding(new: str) -> None:
    assert change("user)", new) == []


def test_a_method_that_a_class_of_another_file_inherits() -> None:
    assert change("order):", "order, user):", METHOD, BELOW) == [("shop/orders.py", 8)]


def test_what_did_not_fit_before_is_not_new() -> None:
    assert change("order, user)", "order, to, user)", FUNCTION, CALLER.replace("(order, user)\n", "(order)\n")) == [
        ("shop/orders.py", 15)
    ]


def test_a_function_that_is_called_like_what_makes_objects() -> None:
    assert change("user)", "user, urgent)", FUNCTION.replace("send", "__init__")) == []


def test_nothing_is_said_while_the_definition_stays() -> None:
    assert change("mail(order)", "mail(order, 1)", FUNCTION, CALLER.replace("(order, user)\n", "(order)\n")) == []
