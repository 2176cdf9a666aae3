"""Which part of a value reaches a sink: what keys, elements and objects hold is kept apart."""

import pytest

from tests.analyzers.flow.asking import flows, traces

PARTS = """
import collections, string
from flask import Response, jsonify
class Opened:
    def __init__(self, name):
        self.name = name
    def __enter__(self):
        self.handle = open("/srv/" + self.name)
        return self.handle
    def __exit__(self, *error):
        self.handle.close()
class Kept(Opened):
    def __enter__(self):
        return self
def among(*names):
    for name in names:
        if name not in ALLOWED:
            raise ValueError(name)
def view():
    a, b = request.args["a"], request.args["b"]
    {call}
"""


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("found = {k: v for k, v in request.args.items()}; os.system(found['x'])", "shell"),
        ("found = {k: v for k, v in request.args.items()}; os.system(list(found)[0])", "shell"),
        ("found = {k: int(v) for k, v in request.args.items()}; found[a] = b; os.system(found['x'])", "shell"),
        ("found = collections.defaultdict(list); found[a].append(b); os.system(found['x'][0])", "shell"),
        ("os.system('ls {b}'.format(**{'a': 'x', 'b': b}))", "shell"),
        ("among(a); os.system(b)", "shell"),
        ("def pages():\n        yield request.args['a']\n    return Response(pages())", "html"),
        ("def word():\n        return request.args['a']\n    os.system(word())", "shell"),
        ("os.system(string.Template('ls $a').substitute(a=a))", "shell"),
        ("with Opened(a) as handle: pass", "path"),
        ("with Kept(a) as kept: os.system(kept.name)", "shell"),
        ("return Response(a, mimetype='text/html')", "html"),
        ("answer = Response(); answer.set_data(a); return answer", "html"),
    ],
)
def test_what_a_part_holds_reaches_the_sink(call: str, kind: str) -> None:
    assert len(flows(PARTS.format(call=call), kind).flows) == 1


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("found = {k: int(v) for k, v in request.args.items()}; os.system(found['x'])", "shell"),
        ("found = {k: int(v) for k, v in request.args.items()}; os.system(str(list(found.values())))", "shell"),
        ("os.system('ls {a}'.format(**{'a': 'x', 'b': b}))", "shell"),
        ("os.system('ls {b:d}'.format(**{'a': 'x', 'b': b}))", "shell"),
        ("among(a, b); os.system(a + b)", "shell"),
        ("def word():\n        return int(request.args['a'])\n    os.system(str(word()))", "shell"),
        ("os.system(string.Template('ls $a').substitute(a=int(a)))", "shell"),
        ("with Opened(a) as handle: os.system(handle.read())", "shell"),
        ("return Response(a, mimetype='text/csv')", "html"),
    ],
)
def test_what_another_part_holds_does_not(call: str, kind: str) -> None:
    assert flows(PARTS.format(call=call), kind).flows == ()


CALLS = """
def call(path, **options):
    return requests.get("https://api.example.com/a", timeout=3, **options)
"""


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("call('a', params={'q': q})", 0),
        ("call('a', url=q)", 1),
        ("requests.get(timeout=3, **{'params': q})", 0),
        ("requests.get(timeout=3, **{'url': q})", 1),
        ("requests.get(timeout=3, **request.args)", 1),
    ],
)
def test_of_keywords_that_are_passed_on_the_one_that_is_asked_for_counts(line: str, count: int) -> None:
    assert len(traces(f"{CALLS}def view():\n    q = request.args['q']\n    {line}\n", "url")) == count


def test_what_a_call_on_a_call_gives_is_known_in_the_module_too() -> None:
    code = """
from pathlib import Path
ROOT = Path("/srv").resolve()
def view():
    open(ROOT.joinpath(request.args["n"]))
"""
    assert len(traces(code, "path")) == 1
