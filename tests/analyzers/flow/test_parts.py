"""Which part of a value reaches a sink: what keys, elements and objects hold is kept apart."""

import pytest

from tests.analyzers.flow.asking import flows

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
