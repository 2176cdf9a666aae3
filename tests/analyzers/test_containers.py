"""What a name or an attribute holds, by what it was made of."""

import libcst as cst
import pytest

from analyzers.containers import kind_of
from tests.analyzers.flow.asking import file_of, nodes

CODE = """
from collections import OrderedDict
from models import Set

class Store:
    def __init__(self, given):
        self.rows = None
        self.rows = {{}}
        self.names: list[str] = []
        self.given = given
        self.both = []

    def work(self, a, b: dict[str, int], c: "list[str]", d: set | None = None):
        self.both = set()
        made, mixed, ordered = {{1}}, [], 2
        made = {{1}}
        ordered = OrderedDict()
        if a:
            mixed = {{}}
        b.clear()
        last({name})
"""
KINDS = {
    "self.rows": "dict",
    "self.names": "list",
    "self.given": "",
    "self.both": "",
    "self.other": "",
    "a": "",
    "b": "dict",
    "made": "set",
    "mixed": "",
    "ordered": "dict",
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_kind_is_told_where_it_is_certain(name: str, kind: str) -> None:
    file = file_of(CODE.format(name=name))
    call = next(one for one in nodes(file, "Store.work", cst.Call) if file.code(one.func) == "last")
    assert kind_of(call.args[0].value, file) == kind
