"""What a rule about texts may know of a value that came from the client: that it was looked at, or made harmless."""

import libcst as cst
import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import IMPORTS, file_of, nodes

MADE = "name, other = request.args['name'], request.args['other']"
VOUCHED = {
    "looked up": ("if name not in ALLOWED: abort(400)", "name"),
    "in a case": ("match name:\n        case 'a' | 'b': pass\n        case _: return", "name"),
    "quoted and kept": ("import shlex\n    name = shlex.quote(name)", "name"),
    "a part that was looked at": (
        "row = request.json\n    if row['n'] not in ALLOWED: abort(400)",
        "row['n']",
    ),
    "what a function makes of it": ("pass", "number(name)"),
    "what a function made of it": ("found = number(name)", "found"),
    "what a function reads and looks at": ("for found in listed():\n        pass", "found"),
}
NOT = {
    "not looked at": ("pass", "name"),
    "looked at on one way": ("if other: name = 'a'", "name"),
    "in the second turn of a loop alone": ("while other:\n        os.system('ls ' + name)\n        name = 'a'", "name"),
    "another one": ("if other not in ALLOWED: abort(400)", "name"),
    "what is looked up by it": ("if name not in ALLOWED: abort(400)", "find(name)"),
    "what a function gives as it is": ("found = trimmed(name)", "found"),
    "what a function is given that is not known": ("found = number(find())", "found"),
    "added to": ("found = number(name)\n    found += find()", "found"),
    "nobody knows where from": ("name2 = find()", "name2"),
    "looked at too late": ("os.system('a' + name)\n    if name not in ALLOWED: abort(400)", "name"),
}


HELPERS = """
def number(text):
    try:
        return int(text)
    except ValueError:
        return 0
def trimmed(text):
    return text.strip()
def listed():
    for one in request.args.getlist("n"):
        if one.isalnum():
            yield one
"""


def _vouched(lines: str, part: str, kind: str = "shell") -> bool:
    file = file_of(f"{IMPORTS}{HELPERS}def view():\n    {MADE}\n    {lines}\n    os.system('ls ' + {part})\n")
    call = next(one for one in nodes(file, "view", cst.Call) if file.code(one.func) == "os.system")
    given = call.args[0].value
    assert isinstance(given, cst.BinaryOperation)
    return api.is_vouched(file, given.right, kind)


@pytest.mark.parametrize(("lines", "part"), VOUCHED.values(), ids=VOUCHED)
def test_a_value_that_was_made_safe_is_vouched_for(lines: str, part: str) -> None:
    assert _vouched(lines, part)


@pytest.mark.parametrize(("lines", "part"), NOT.values(), ids=NOT)
def test_any_other_is_not(lines: str, part: str) -> None:
    assert not _vouched(lines, part)


def test_what_is_safe_for_a_shell_is_not_for_sql() -> None:
    assert not _vouched("import shlex\n    name = shlex.quote(name)", "name", "sql")


def test_nothing_is_vouched_for_where_no_client_is() -> None:
    file = file_of("import os\ndef view(name):\n    if name in ('a', 'b'):\n        os.system('ls ' + name)\n")
    (call,) = nodes(file, "view", cst.Call)
    assert not api.is_vouched(file, cst.ensure_type(call.args[0].value, cst.BinaryOperation).right, "shell")
