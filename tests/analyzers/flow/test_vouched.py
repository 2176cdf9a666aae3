"""What a function proves that is given both sides: what is looked at, and what it is held against."""

from textwrap import dedent

import pytest

from tests.analyzers.flow.asking import traces

HELPERS = """
from pathlib import Path
ROOT = Path("/srv").resolve()
def one_of(value, allowed):
    if value not in allowed:
        abort(400)
def one_or(value, allowed, other):
    return value if value in allowed else other
def long_enough(value, length):
    if len(value) < length:
        abort(400)
def like_itself(value):
    if value.lower() != value:
        abort(400)
def inside(path):
    return path == ROOT or ROOT in path.parents
def below(path, folder):
    if not path.startswith(folder):
        abort(400)
def lies_in(directory, target):
    whole, part = os.path.abspath(directory), os.path.abspath(target)
    prefix = os.path.commonprefix([whole, part])
    return prefix == whole
def lies_there(target, base):
    return os.path.commonpath((os.path.realpath(target), base)) == base
class Store:
    NAMES = ("a", "b")
    def __init__(self, folder, names):
        self.folder, self.names = folder, names
    def named(self, name):
        if name not in self.NAMES:
            abort(404)
        return name
    def listed(self, name):
        if name not in self.names:
            abort(404)
        return name
    def known(self, name):
        if name not in self.folder and not name:
            abort(404)
        return name
    def holds(self, path):
        return os.path.commonpath([self.folder, path]) == self.folder
store = Store("/srv/files", {"a"})
"""
PROVEN = {
    "a helper that is given what is allowed": ("shell", "one_of(name, ALLOWED)\nos.system(name)"),
    "a helper that is given what to take else": ("shell", "os.system(one_or(name, ALLOWED, 'a'))"),
    "a constant of the class": ("shell", "os.system(store.named(name))"),
    "what the object was made with": ("shell", "os.system(store.listed(name))"),
    "the folder of the object": (
        "path",
        "p = os.path.realpath('/srv/' + name)\nif store.holds(p): open(p)",
    ),
    "a helper that makes both sides absolute": (
        "path",
        "p = os.path.join('/srv', name)\nif not lies_in('/srv', p):\n    raise ValueError(p)\nopen(p)",
    ),
    "a helper that is given the folder last": ("path", "p = '/srv/' + name\nif lies_there(p, '/srv'): open(p)"),
    "a helper that is given a path made absolute": ("path", "p = (ROOT / name).resolve()\nif inside(p): open(p)"),
    "a helper that is given the folder too": (
        "path",
        "p = os.path.realpath('/srv/' + name)\nbelow(p, '/srv/')\nopen(p)",
    ),
}
OPEN = {
    "a helper that looks at the length": ("shell", "long_enough(name, 3)\nos.system(name)"),
    "a value held against itself": ("shell", "like_itself(name)\nos.system(name)"),
    "a look at another value": ("shell", "one_of(request.args['b'], ALLOWED)\nos.system(name)"),
    "what else is taken": ("shell", "os.system(one_or('a', ALLOWED, name))"),
    "one look of two": ("shell", "os.system(store.known(name))"),
    "a path that nobody made absolute": ("path", "p = ROOT / name\nif inside(p): open(p)"),
    "a look at whether another path lies there": ("path", "if lies_in('/srv', other): open('/srv/' + name)"),
    "a beginning that was compared too early": ("path", "p = '/srv/' + name\nbelow(p, '/srv/')\nopen(p)"),
}


def _view(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in ["name = request.args['a']", *body.split("\n")])
    return dedent(HELPERS) + "@app.route('/')\ndef view():\n" + lines


@pytest.mark.parametrize("case", PROVEN)
def test_a_function_vouches_for_what_it_looked_at(case: str) -> None:
    sink, body = PROVEN[case]
    assert traces(_view(body), sink) == []


@pytest.mark.parametrize("case", OPEN)
def test_a_function_vouches_for_nothing_else(case: str) -> None:
    sink, body = OPEN[case]
    assert len(traces(_view(body), sink)) == 1
