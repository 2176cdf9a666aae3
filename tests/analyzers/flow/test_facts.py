"""Resources, locks, None, texts and constants: what the smaller analyses answer about real shapes."""

import libcst as cst
import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, function, nodes

OWNED = {
    "closed in finally": "f = open(p)\ntry:\n    return f.read()\nfinally:\n    f.close()",
    "entered": "f = open(p)\nwith f:\n    return f.read()",
    "returned": "f = open(p)\nreturn f",
    "kept on self": "f = open(p)\nself.f = f",
    "given to somebody": "f = open(p)\nqueue.put(f)",
    "given to an exit stack": "f = open(p)\nstack.enter_context(f)",
    "yielded": "f = open(p)\nyield f",
    "closed if it is there": "f = None\ntry:\n    f = open(p)\n    f.read()\nfinally:\n    if f:\n        f.close()",
    "closed if it is not None": "f = open(p)\ntry:\n    f.read()\nfinally:\n    if f is not None:\n        f.close()",
    "kept by a closure": "f = open(p)\ndef close():\n    f.close()\nreturn close",
    "kept by a lambda": "f = open(p)\nqueue.call_soon(lambda: p.handle(f))",
    "kept by a lambda's default": "f = open(p)\nqueue.call_soon(lambda g=f: g.close())",
    "kept by a lambda in a lambda": "f = open(p)\nqueue.each(lambda: lambda: f.close())",
    "kept by a generator": "f = open(p)\nreturn (line.strip() for line in f.readlines())",
    "kept by a generator that filters": "f = open(p)\nself.lines = filter(None, (one for one in f))",
    "a method of it returned": "f = open(p)\nreturn f.readline",
    "a method of it kept": "f = open(p)\nself.ask = f.readline",
    "a method of it handed on": "f = open(p)\nqueue.on_stop(f.detach)",
    "a method of it kept in a table": "f = open(p)\nreturn {'read': f.read}",
    "closed on every branch": "f = open(p)\nif p:\n    f.close()\nelse:\n    f.close()",
}
LEAKED = {
    "a read that raises": ("f = open(p)\nf.read()\nf.close()", [("raise", 2)]),
    "an early return": ("f = open(p)\nif p:\n    return 1\nf.close()", [("return", 3)]),
    "never closed": ("f = open(p)\nx = 1", [("end", 2)]),
    "only lent": ("import json\nf = open(p)\nd = json.load(f)\nf.close()\nreturn d", [("raise", 3)]),
    "used up in a generator": ("f = open(p)\nn = sum(len(one) for one in f)", None),
    "read in a list": ("f = open(p)\nreturn [one.strip() for one in f.readlines()]", [("return", 2)]),
    "a lambda with a parameter of that name": ("f = open(p)\nqueue.sort(key=lambda f: f.name)", None),
    "only its name returned": ("f = open(p)\nreturn f.name", [("return", 2)]),
    "what it makes is entered": ("f = open(p)\nwith f.lines() as g:\n    g.read()\nf.close()", [("raise", 2)]),
    "closed on the good way alone": ("f = open(p)\ntry:\n    f.read()\nexcept OSError:\n    return 1\nf.close()", None),
}


def function_code(body: str) -> str:
    return "def work(self, p, queue, stack):\n" + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize("body", OWNED.values(), ids=OWNED)
def test_a_resource_that_is_looked_after_is_released(body: str) -> None:
    file = file_of(function_code(body))
    found = list(api.acquisitions(file, function(file, "work")))
    assert [(one.name, one.released) for one in found] == [("f", True)]


@pytest.mark.parametrize(("body", "leaks"), LEAKED.values(), ids=LEAKED)
def test_a_way_out_with_the_resource_still_held_is_told(body: str, leaks: list[tuple[str, int]] | None) -> None:
    file = file_of(function_code(body))
    (found,) = api.acquisitions(file, function(file, "work"))
    assert not found.released
    if leaks is not None:
        assert [(leak.exit, file.span(leak.node).line - 1) for leak in found.leaks] == leaks


LOCKED = """
import threading
from oslo_concurrency import lockutils
lock = threading.Lock()
class Store:
    def __init__(self):
        self._lock = threading.RLock()
    def work(self, busy):
        a()
        with self._lock:
            b()
            with lock:
                c()
        lock.acquire()
        try:
            d()
        finally:
            lock.release()
        e()
        if busy:
            lock.acquire()
        f()
    @lockutils.synchronized("store")
    def guarded(self):
        g()
"""


def test_the_locks_that_are_certainly_held() -> None:
    file = file_of(LOCKED)
    calls = [*nodes(file, "Store.work", cst.Call), *nodes(file, "Store.guarded", cst.Call)]
    plain = {file.code(call.func): call for call in calls if isinstance(call.func, cst.Name)}
    held = {name: [lock.name for lock in api.held_locks(file, call)] for name, call in plain.items()}
    assert held == {
        "a": [],
        "b": ["self._lock"],
        "c": ["self._lock", "lock"],
        "d": ["lock"],
        "e": [],
        "f": [],
        "g": ['lockutils.synchronized("store")'],
    }


NONE = {
    "used at once": ("m.group()", True),
    "used after a test": ("if m:\n    m.group()", False),
    "used after leaving": ("if m is None:\n    return\nm.group()", False),
    "used after a wrong test": ("if m is None:\n    m.group()", True),
    "tested in the expression": ("m and m.group()", False),
    "tested by a conditional expression": ("m.group() if m else 1", False),
    "asserted": ("assert m is not None\nm.group()", False),
    "overwritten": ("m = p\nm.group()", False),
    "tested into a variable": ("ok = m is not None\nif not ok:\n    return\nm.group()", False),
    "tested into a variable with more": ("ok = bool(m) and p > 1\nif ok:\n    m.group()", False),
    "tested into a variable that tells nothing": ("ok = m or p\nif ok:\n    m.group()", True),
    "tested by another name": ("n = m\nif n:\n    m.group()", False),
    "another name tested": ("n = m\nif m is None:\n    return\nm = n\nm.group()", False),
    "tested by a name that is another's since": ("n = m\nn = p\nif n:\n    m.group()", True),
    "tested into a variable before it was set anew": (
        "ok = m is not None\nm = re.match('b', p)\nif ok:\n    m.group()",
        True,
    ),
    "insisted on": ("insist(m, p)\nm.group()", False),
    "insisted on by name": ("insist(text=p, m=m)\nm.group()", False),
    "another argument insisted on": ("insist(p, m)\nm.group()", True),
    "only shown": ("show(m)\nm.group()", True),
    "insisted on by what is not at hand": ("shop.ensure_found(m)\nm.group()", False),
    "walked before": ("for one in m:\n    p += one\nm.group()", False),
    "taken apart before": ("a, b = m\nm.group()", False),
    "measured before": ("n = len(m)\nm.group()", False),
    "set to None on one way": ("m = p\nif p:\n    m = None\nm.group()", True),
}


@pytest.mark.parametrize(("body", "maybe"), NONE.values(), ids=NONE)
def test_where_a_value_may_be_none(body: str, maybe: bool) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    helpers = "def insist(m, text):\n    if m is None:\n        raise ValueError(text)\ndef show(m):\n    print(m)\n"
    file = file_of(f"import re\n{helpers}def work(p):\n    m = re.match('a', p)\n{lines}")
    uses = [node.value for node in nodes(file, "work", cst.Attribute) if file.code(node) == "m.group"]
    assert [api.may_be_none(file, use) is not None for use in uses] == [maybe]


def test_a_function_that_returns_none_on_one_way_gives_none() -> None:
    file = file_of(
        "def find(k):\n    if k:\n        return None\n    return k\ndef work(k):\n    x = find(k)\n    x.use()\n"
    )
    (use,) = nodes(file, "work", cst.Attribute)
    found = api.may_be_none(file, use.value)
    assert found is not None
    assert found.because == "`find` returns None on one of its ways"


TEXTS = {
    "an f-string": ("run(f'a {x}')", ("an f-string", ["x"])),
    "a sum": ("run('a ' + x + y)", ("concatenation", ["x", "y"])),
    "a template": ("run('a %s' % x)", ("%-formatting", ["x"])),
    "a mapping template": ("run('a %(k)s' % {'k': x})", ("%-formatting", ["x"])),
    "a format": ("run('a {}'.format(x))", ("str.format", ["x"])),
    "a join": ("run(' '.join(x))", ("str.join", ["x"])),
    "a variable": ("t = f'a {x}'\nrun(t)", ("an f-string", ["x"])),
    "one of two ways": ("t = 'a'\nif x:\n    t = 'b' + y\nrun(t)", ("concatenation", ["y"])),
    "an addition": ("t = 'a'\nt += x\nrun(t)", ("appending", ["x"])),
    "a constant": ("run('a')", None),
    "a sum of constants": ("t = 'b'\nrun('a' + t)", None),
    "a constant of the module": ("run(f'a {TABLE}')", None),
    "one of two constants": ("t = 'b' if x else 'c'\nrun('a' + t)", None),
    "an element of a constant": ("for t in ('b', 'c'):\n    run('a' + t)", None),
    "a sum of unknown things": ("run(x + y)", None),
}


@pytest.mark.parametrize(("body", "expected"), TEXTS.values(), ids=TEXTS)
def test_how_a_text_is_put_together(body: str, expected: tuple[str, list[str]] | None) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    file = file_of(f"TABLE = 'users'\ndef work(x, y):\n{lines}")
    (call,) = [node for node in nodes(file, "work", cst.Call) if file.code(node.func) == "run"]
    built = api.text_built(file, call.args[0].value)
    assert (built and (built.how, [file.code(part) for part in built.parts])) == expected


def test_a_constant_is_certain_whichever_way_the_program_goes() -> None:
    file = file_of(
        "LIMIT = 3\ndef work(x):\n    a = 'q'\n    b = a\n    if x:\n        a = 'r'\n    run(a, b, LIMIT)\n"
    )
    (call,) = nodes(file, "work", cst.Call)
    known = [api.constant(file, arg.value) for arg in call.args]
    assert [one and one.value for one in known] == [None, "q", 3]
