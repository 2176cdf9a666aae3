"""Texts that a function has looked at, each beside one that it has not: `value` is what is asked about."""

from textwrap import indent

import libcst as cst
import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, nodes

HEAD = """\
import re
from fastapi import Query
WORD = re.compile(r"[a-z]+")
LINE = re.compile(r"^[a-z]+$")
KNOWN = load()
"""
PLAIN = {
    "a full match of a compiled pattern": "if not WORD.fullmatch(value): raise ValueError\nuse(value)",
    "a match to the end of a compiled pattern": "if not LINE.match(value): raise ValueError\nuse(value)",
    "a number that was read": "try:\n    int(value)\nexcept ValueError:\n    raise\nuse(value)",
    "letters and some more": "if not all(c.isalnum() or c in '-_' for c in value): raise ValueError\nuse(value)",
    "all but letters replaced": "value = re.sub(r'[^a-z0-9]', '', value)\nuse(value)",
    "one of the known, or none": (
        "value = None\nfor one in values:\n    if one in KNOWN:\n        value = one\n        break\nuse(value)"
    ),
}
OTHER = {
    "a match of a beginning": "if not WORD.match(value): raise ValueError\nuse(value)",
    "a number that is made of it for itself": "number = int(value)\nuse(value)",
    "each of something else": "if not all(c.isalnum() for c in values): raise ValueError\nuse(value)",
    "some characters replaced": "value = re.sub(r'[;&]', '', value)\nuse(value)",
    "any of them, or none": "value = None\nfor one in values:\n    value = one\nuse(value)",
}


def _is_plain(body: str, parameters: str = "value, values") -> bool:
    file = file_of(f"{HEAD}def work({parameters}):\n{indent(body, '    ')}\n")
    (call,) = [node for node in nodes(file, "work", cst.Call) if file.code(node.func) == "use"]
    return api.is_plain(file, call.args[0].value, frozenset())


@pytest.mark.parametrize("body", PLAIN.values(), ids=PLAIN)
def test_what_was_looked_at_is_no_text_of_somebodys_choice(body: str) -> None:
    assert _is_plain(body)


@pytest.mark.parametrize("body", OTHER.values(), ids=OTHER)
def test_what_was_not_may_be(body: str) -> None:
    assert not _is_plain(body)


@pytest.mark.parametrize(("pattern", "plain"), [("^[a-z]+$", True), ("[a-z]+", False)])
def test_a_parameter_may_have_to_fit_a_pattern(pattern: str, plain: bool) -> None:
    assert _is_plain("use(value)", f"value: str = Query(..., pattern={pattern!r})") is plain
