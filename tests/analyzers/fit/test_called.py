"""Which definition a call certainly calls, across files."""

import libcst as cst
import pytest

from analyzers.fit.called import called
from analyzers.source import Project, SourceFile

ORDERS = (
    "def refuse(order):\n    order.state = 'refused'\n\nclass Order:\n    def __init__(self, number):\n        pass\n"
)


def found(text: str, others: dict[str, str] | None = None) -> str:
    """The signature behind the last call of a text; "" where it is not certain."""
    file = SourceFile("shop/example.py", text)
    modules = {"shop/orders.py": ORDERS, **(others or {})}
    Project([file, *(SourceFile(path, code) for path, code in modules.items())])
    calls = [node for made in file.scopes() for node in made.nodes if isinstance(node, cst.Call)]
    target = called(calls[-1], file)
    return target.signature.text if target else ""


@pytest.mark.parametrize(
    "text",
    [
        "from shop.orders import refuse\nrefuse(1)",
        "from .orders import refuse as no\nno(1)",
        "from shop import orders\norders.refuse(1)",
        "import shop.orders\nshop.orders.refuse(1)",
        "def f():\n    from shop import orders as o\n    o.refuse(1)",
    ],
)
def test_a_function_is_found_through_an_import(text: str) -> None:
    assert found(text) == "refuse(order)"


def test_a_class_is_found_with_what_makes_it() -> None:
    assert found("from shop.orders import Order\nOrder(1)") == "Order.__init__(self, number)"


@pytest.mark.parametrize(
    "text",
    [
        "from shop.orders import refuse\ndef f(refuse):\n    refuse(1)",
        "from shop.orders import refuse\nif debug:\n    refuse = print\nrefuse(1)",
        "from shop.orders import refuse\ndef f():\n    global refuse\n    refuse = print\nrefuse(1)",
        "from shop.orders import *\nrefuse(1)",
        "from orders import refuse\nrefuse(1)",
        "try:\n    from fast import refuse\nexcept ImportError:\n    from shop.orders import refuse\nrefuse(1)",
        "from shop.orders import Order\nclass Late(Order, Unknown):\n    pass\nLate(1)",
        "def f():\n    def g(a):\n        pass\n    g(1)",
    ],
)
def test_what_may_be_something_else_is_nothing(text: str) -> None:
    assert not found(text)


def test_a_package_that_gives_the_name_to_something_else_hides_the_module() -> None:
    hidden = found("import shop.orders\nshop.orders.refuse(1)", {"shop/__init__.py": "from .other import orders\n"})
    assert not hidden
