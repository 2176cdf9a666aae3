"""What a call gives and what a function takes, against what Python itself says of the two."""

import ast
from dataclasses import dataclass, field
from itertools import product

import pytest

from analyzers.fit.signatures import misfit, of_fields, of_function, of_written

PARAMETERS = (
    "",
    "a",
    "a, b",
    "a, b=1",
    "a, /",
    "a, /, b",
    "a, /, **o",
    "*a",
    "a, *b",
    "*, a",
    "*, a=1",
    "a, *, b",
    "a, **o",
)
ARGUMENTS = ("", "1", "1, 2", "1, 2, 3", "a=1", "b=1", "a=1, b=2", "1, a=2", "1, b=2", "1, c=2", "c=1")
STARRED = ("*x", "1, *x", "1, 2, 3, *x", "*x, a=1", "1, *x, a=2", "**y", "1, **y", "*x, **y", "*x, c=1")
FILLS = tuple(product(((), (1,), (1, 2)), ({}, {"a": 1}, {"b": 1}, {"a": 1, "b": 1})))


def said(parameters: str, arguments: str) -> bool:
    function = ast.parse(f"def f({parameters}): pass").body[0]
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(call, ast.Call)
    return misfit(of_written(call), of_function(function, "f")) is not None


def fails(parameters: str, arguments: str, **names: object) -> bool:
    try:
        eval(f"(lambda {parameters}: 0)({arguments})", dict(names))
    except TypeError:
        return True
    return False


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_what_is_written_out_fits_if_python_takes_it(parameters: str, arguments: str) -> None:
    assert said(parameters, arguments) == fails(parameters, arguments)


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("arguments", STARRED)
def test_what_stars_may_make_fit_is_not_said_to_fail(parameters: str, arguments: str) -> None:
    if said(parameters, arguments):
        assert all(fails(parameters, arguments, x=x, y=y) for x, y in FILLS)


@dataclass
class Order:
    number: int
    lines: list[str] = field(default_factory=list)
    total: int = field(init=False, default=0)
    paid: bool = field(kw_only=True)


@pytest.mark.parametrize("arguments", ["", "1", "1, paid=True", "1, [], paid=True", "1, [], 3, paid=True", "paid=True"])
def test_a_dataclass_takes_its_fields(arguments: str) -> None:
    text = (
        "class Order:\n    number: int\n    lines: list = field(default_factory=list)\n"
        "    total: int = field(init=False, default=0)\n    paid: bool = field(kw_only=True)\n"
    )
    node = ast.parse(text).body[0]
    call = ast.parse(f"Order({arguments})", mode="eval").body
    assert isinstance(node, ast.ClassDef)
    assert isinstance(call, ast.Call)
    signature = of_fields([node], "Order")
    assert signature is not None
    try:
        eval(f"Order({arguments})", {"Order": Order})
    except TypeError:
        assert misfit(of_written(call), signature) is not None
    else:
        assert misfit(of_written(call), signature) is None
