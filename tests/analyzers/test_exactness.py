"""The cheap way is the exact way: cuts against whole files, on real and on torturing code."""

import ast
import os
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.catalog import all_rules
from analyzers.cuts import Cut
from analyzers.model import Finding
from analyzers.outline import Unit
from analyzers.source import SourceFile
from analyzers.walk import look, table
from tests.analyzers.exact import Count, compare, sources, text_of

# The long run compares every file: `TOUCHLINE_EXACT_STEP=1 pytest tests/analyzers/test_exactness.py`.
STEP = int(os.environ.get("TOUCHLINE_EXACT_STEP", "0"))
SAMPLE = 20

TORTURE = {
    "decorators": "@a.b(\n    c,\n)\n@d\ndef f(x=open, *, y: int = 1) -> str:\n    return g(x)\n",
    "nested and async": "class A:\n    async def f(self):\n        async with g() as h:\n            def i(): j(h)\n",
    "class of methods": "class A(B, c=C):\n    def f(self): pass\n    x = f\n    class D:\n        def g(self): pass\n",
    "one line": "class A: x = 1; y = g(2)\ndef f(): return g(3); pass\nif a: b(); c()\n",
    "semicolons": "a(); b(); c()\nd = e(); import f\n",
    "continuation": "x = a(1) + \\\n    b(2)\nif c(3) and \\\n   d(4):\n    e(5)\n",
    "semicolon before a continuation": "x = 1; \\\n    a(2)\nb(3)\n",
    "tabs": "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\treturn g(\n1)\n",
    "CRLF": 'class A:\r\n    def f(self):\r\n        """x\r\n  y"""\r\n        return g(1)\r\n',
    "CR": "class A:\r    def f(self):\r        return g(1)\r",
    "accents": "class Ä:\n    def é(self):\n        return 'ü' + g('日本', '🎉') + h()\n",
    "strings like code": 'class A:\n    def f(self):\n        x = """\ndef g():\n  pass\n"""\n        return h(x)\n',
    "f-strings": 'def f(a):\n    return f"{a!r:>{b(1)}} {c(2)}" f"""{\n d(3)\n}"""\n',
    "match": "def f(a):\n    match a:\n        case [b, *c] | {'d': b, **c} if e(b):\n            return g(c)\n",
    "comments": "# 1\nclass A:  # 2\n    # 3\n    def f(self):  # 4\n        # 5\n        g(1)  # 6\n  # 7\n",
    "positions": "def f():\n    return (g)(\n (1)), lambda: [h(x) for x in i()], a[1:j()], -k(), not l(), (m := n())\n",
    "type parameters": "def f(a: 'g(1)' = h(1)) -> i(2):\n    x: j(3) = k(4)\n    return x\n",
    "no end": "def f():\n    return g(1)",
    "line separators": "def f():\n    x = '\u2028\x85'; return g(x)\n",
    "empty": "",
}


class WholeFile(SourceFile):
    """A file whose units are taken from one parse of all of it."""

    def _read(self, unit: Unit) -> Cut:
        return self._whole.part(unit)


def sample() -> list[Path]:
    """Every nth file; without a wish, about twenty, however many there are."""
    found = sources()
    return found[:: STEP or max(1, len(found) // SAMPLE)]


def findings(file: SourceFile) -> list[Finding]:
    found = look(file, file.outline.units, table(all_rules(), file.path))
    assert not found.troubles
    return sorted(found.findings, key=lambda finding: (finding.span, finding.rule))


@pytest.mark.parametrize("text", TORTURE.values(), ids=TORTURE)
def test_positions_equal_whole_libcst_on_torturing_code(text: str) -> None:
    count = Count()
    compare(text, count)
    assert count.files == 1


def test_positions_equal_whole_libcst_on_real_code() -> None:
    count = Count()
    for path in sample():
        text = text_of(path)
        if text is not None:
            compare(text, count)
    assert count.nodes > 10_000


@pytest.mark.parametrize(
    "text",
    [
        "a(1)\n\\\nb(2)\n",
        "a(1)\n\fb(2)\n",
        "def f():\n    a(1)\n\\\n    b(2)\n",
        "def f():\n    a(1)\n    \\\n    b(2)\n",
    ],
    ids=["backslash line", "form feed", "backslash line in a block", "indented backslash line"],
)
def test_where_libcst_forgets_characters_positions_agree_with_ast(text: str) -> None:
    file = SourceFile("x.py", text)
    ours = [file.span(node) for cut in file.scopes() for node in cut.nodes if isinstance(node, cst.Call)]
    theirs = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert [(s.line, s.column, s.end_line, s.end_column) for s in sorted(ours)] == sorted(
        (node.lineno, node.col_offset + 1, node.end_lineno, (node.end_col_offset or 0) + 1) for node in theirs
    )


def test_findings_from_cuts_equal_findings_from_the_whole_file() -> None:
    compared = 0
    for path in sample()[1::4]:
        text = text_of(path)
        if text is not None:
            assert findings(SourceFile(path.name, text)) == findings(WholeFile(path.name, text))
            compared += 1
    assert compared


REAL = [text for path in sources()[3 :: len(sources()) // 12] if (text := text_of(path)) and len(text) < 8_000]
EDITS = (
    "",
    "    pass\n",
    "\n",
    "x = 1; \\\n",
    "\t\n",
    "'''\n",
    "def f(\n",
    "class A:\n",
    "@d\n",
    "# c\n",
    "else:\n",
    "  \\\n",
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(REAL), st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(EDITS)), max_size=4))
def test_random_edits_of_real_files_are_read_alike_both_ways(text: str, edits: list[tuple[int, str]]) -> None:
    lines = text.split("\n")
    for place, edit in edits:
        lines[place % len(lines)] = edit.rstrip("\n")
    edited = "\n".join(lines)
    if SourceFile("x.py", edited).readable:
        compare(edited, Count())
