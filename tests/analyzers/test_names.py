"""What a dotted expression stands for."""

import libcst as cst
import pytest

from tests.analyzers.flow.asking import file_of, nodes

ORIGINS = {
    "a call on a result": ("x = hmac.new(k).hexdigest()", "hmac.new().hexdigest()"),
    "a call on a result of a class": ("x = Thing().made()", "app.Thing().made()"),
    "a result that is called": ("x = maker()()", "app.maker()()"),
    "an awaited result": ("x = await maker().one()", "app.maker().one()"),
    "a name that stands for itself": ("x = x().y()", None),
    "an element": ("x = k[0].new()", None),
    "two different results": ("x = hmac.new(k)\nx = maker()", None),
}


@pytest.mark.parametrize(("body", "origin"), ORIGINS.values(), ids=ORIGINS)
def test_a_name_stands_for_what_made_it(body: str, origin: str | None) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    head = "import hmac\nclass Thing:\n    def made(self): pass\ndef maker(): pass\n"
    file = file_of(f"{head}async def work(k):\n{lines}    use(x)\n")
    (call,) = [one for one in nodes(file, "work", cst.Call) if file.code(one.func) == "use"]
    assert file.origin(call.args[0].value) == origin
