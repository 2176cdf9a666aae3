"""Names that a handler leaves unbound: what is told, and what is not decided."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, function

UNBOUND = {
    "behind the try": ("try:\n    x = f()\nexcept E:\n    g()\nuse(x)", [("x", 5)]),
    "in the else": ("try:\n    f()\nexcept E:\n    g()\nelse:\n    x = 1\nuse(x)", [("x", 7)]),
    "in the handler": ("try:\n    x = f()\nexcept E:\n    use(x)", [("x", 4)]),
    "through a finally": ("try:\n    x = f()\nexcept E:\n    g()\nfinally:\n    h()\nuse(x)", [("x", 7)]),
    "on both branches": ("try:\n    x = f()\nexcept E:\n    g()\nif p:\n    use(x)\nelse:\n    del y[x]", [("x", 6)]),
    "an import": ("try:\n    import a.b\nexcept E:\n    g()\na.run()", [("a", 5)]),
    "a with": ("try:\n    with f() as x:\n        pass\nexcept E:\n    g()\nx.run()", None),
    "a walrus": ("try:\n    f(x := g())\nexcept E:\n    g()\nuse(x)", None),
    "added to": ("try:\n    x = f()\nexcept E:\n    g()\nx += 1", [("x", 5)]),
    "in the first round": (
        "for y in p:\n    try:\n        x = f()\n    except E:\n        g()\n    use(x)",
        [("x", 6)],
    ),
    "what writes a log": ("try:\n    x = f()\nexcept E:\n    self.log.error(p)\nuse(x)", [("x", 5)]),
    "only sometimes left": ("try:\n    x = f()\nexcept E:\n    if p:\n        return 1\nuse(x)", [("x", 6)]),
}
BOUND = {
    "bound before": "x = 1\ntry:\n    x = f()\nexcept E:\n    g()\nuse(x)",
    "bound before on one way": "if p:\n    x = 1\ntry:\n    x = f()\nexcept E:\n    g()\nuse(x)",
    "bound by the handler": "try:\n    x, y = f()\nexcept E:\n    x, y = 1, 2\nuse(x, y)",
    "bound when it is raised": "try:\n    x = 1\n    f()\nexcept E:\n    g()\nuse(x)",
    "raised again": "try:\n    x = f()\nexcept E:\n    raise\nuse(x)",
    "tried again": "while True:\n    try:\n        x = f()\n        break\n    except E:\n        g()\nuse(x)",
    "the next round": "for y in p:\n    try:\n        x = f()\n    except E:\n        continue\n    use(x)",
    "a test may close the way": "try:\n    x = f()\nexcept E:\n    g()\nif p:\n    use(x)",
    "a test may raise": "try:\n    x = f()\nexcept E:\n    g()\nif p:\n    raise E\nuse(x)",
    "used or not": "try:\n    x = f()\nexcept E:\n    g()\nuse(x if p else 1)",
    "used later": "try:\n    x = f()\nexcept E:\n    g()\nuse(lambda: x)",
    "another's name": "try:\n    x = f()\nexcept E:\n    g()\nuse([x for x in p], self.x, x=1)",
    "global": "global x\ntry:\n    x = f()\nexcept E:\n    g()\nuse(x)",
    "bound by a function inside": "def h():\n    nonlocal x\n    x = 1\ntry:\n    x = f()\nexcept E:\n    h()\nuse(x)",
    "a parameter": "try:\n    p = f()\nexcept E:\n    g()\nuse(p)",
    "what may end the program": "try:\n    x = f()\nexcept E:\n    self.exit(1)\nuse(x)",
    "for ... else that may end it": (
        "for y in p:\n    try:\n        x = f()\n        break\n    except E:\n        g()\nelse:\n"
        "    self.fail(y)\nuse(x)"
    ),
    "for ... else": (
        "for y in p:\n    try:\n        x = f()\n        break\n    except E:\n        g()\nelse:\n    raise E\nuse(x)"
    ),
}


def unbound(body: str) -> list[tuple[str, int]]:
    code = "def work(self, p):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    file = file_of(code)
    return [(one.name, file.line(one.use) - 1) for one in api.left_unbound(file, function(file, "work"))]


@pytest.mark.parametrize(("body", "places"), UNBOUND.values(), ids=UNBOUND)
def test_a_use_that_every_way_on_leads_to_is_told(body: str, places: list[tuple[str, int]] | None) -> None:
    assert unbound(body) == (places or [("x", body.count("\n") + 1)])


@pytest.mark.parametrize("body", BOUND.values(), ids=BOUND)
def test_what_may_be_bound_or_never_used_is_not_told(body: str) -> None:
    assert unbound(body) == []


def test_the_loop_that_must_run_out_is_told() -> None:
    body = "for y in p:\n    try:\n        x = f()\n        break\n    except E:\n        g()\nuse(x)"
    file = file_of("def work(self, p):\n" + "".join(f"    {line}\n" for line in body.split("\n")))
    (found,) = api.left_unbound(file, function(file, "work"))
    assert found.loop is not None
    assert file.line(found.loop) == 2


DELETED = {
    "behind": ("try:\n    f()\nexcept E as e:\n    g()\nuse(e)", [5]),
    "though it had a value": ("e = None\ntry:\n    f()\nexcept E as e:\n    g()\nif e:\n    h()", [6]),
    "once a loop has run out": (
        "for y in p:\n    try:\n        return f()\n    except E as e:\n        g(e)\nraise e",
        [6],
    ),
    "of a handler inside": (
        "try:\n    f()\nexcept A as e:\n    try:\n        g()\n    except B as e:\n        h()\n    raise e",
        [8],
    ),
    "used in its handler": ("try:\n    f()\nexcept E as e:\n    use(e)", []),
    "set anew": ("try:\n    f()\nexcept E as e:\n    g()\ne = 1\nuse(e)", []),
    "of the next handler": ("try:\n    f()\nexcept A as e:\n    g()\ntry:\n    f()\nexcept B as e:\n    use(e)", []),
    "the handler leaves": ("e = 1\ntry:\n    f()\nexcept E as e:\n    return\nuse(e)", []),
    "on one way alone": ("try:\n    f()\nexcept E as e:\n    g()\nif p:\n    use(e)", []),
    "set by a function inside": (
        "def h():\n    nonlocal e\n    e = 1\ntry:\n    f()\nexcept E as e:\n    g()\nh()\nuse(e)",
        [],
    ),
    "in another function": ("try:\n    f()\nexcept E as e:\n    g()\nwork(lambda e: e)", []),
}


@pytest.mark.parametrize(("body", "lines"), DELETED.values(), ids=DELETED)
def test_the_name_of_an_error_is_gone_behind_its_handler(body: str, lines: list[int]) -> None:
    file = file_of("def work(self, p):\n" + "".join(f"    {line}\n" for line in body.split("\n")))
    found = api.errors_used_behind(file, function(file, "work"))
    assert [file.line(one.use) - 1 for one in found] == lines
