"""Code in every shape that could mislead a reader of lines."""

import re
from collections.abc import Callable, Mapping, Sequence

TORTURE = {
    "decorators": "@a.b(\n    c,\n)\n@d\ndef f(x=open, *, y: int = 1) -> str:\n    return g(x)\n",
    "decorators apart": "@a\n\n# c\n@b(\n)\n\nclass C:\n    @c\n\n    # d\n    @e\n    def f(self): return g(1)\n",
    "nested and async": "class A:\n    async def f(self):\n        async with g() as h:\n            def i(): j(h)\n",
    "async decorated": (
        "class A:\n  @b\n  async def f(self):\n    async for a in b(): await c(a)\n    return [d async for d in e()]\n"
    ),
    "class of methods": "class A(B, c=C):\n    def f(self): pass\n    x = f\n    class D:\n        def g(self): pass\n",
    "class in class in class": (
        "class A:\n  class B:\n    class C:\n      x = 1\n      def f(self): y(1)\n    z = 2\n  w = v(3)\n"
    ),
    "class in a block": (
        "if a:\n    class A:\n        def f(self):\n            b()\n        c = d()\nelse:\n    def g(): e()\n"
    ),
    "one line": "class A: x = 1; y = g(2)\ndef f(): return g(3); pass\nif a: b(); c()\n",
    "one line, decorated": (
        "@a\nclass A: pass\n@b\nclass B(A): x: int = c(1); y = 2\nclass C:\n  @d\n  def f(s): e()\n  x = 1\n"
    ),
    "semicolons": "a(); b(); c()\nd = e(); import f\n",
    "semicolon before a block": "a(); b();\nclass A:\n    c(); d();\n    def f(self): g(); h();\n",
    "continuation": "x = a(1) + \\\n    b(2)\nif c(3) and \\\n   d(4):\n    e(5)\n",
    "continued heads": "def \\\n  f(a,\\\n b): \\\n  return \\\n g(a)\nclass \\\n A \\\n : \\\n x = 1\n",
    "continued decorator": "@a \\\n .b\ndef f(): pass\n@c(\\\n)\nclass D:\n    @ \\\n  e\n    def f(self): g()\n",
    "semicolon before a continuation": "x = 1; \\\n    a(2)\nb(3)\n",
    "semicolon before continuations": "x = 1; \\\n  \\\n\\\ny(2)\nclass A:\n  x = 1; \\\n\\\n y(3)\n  def f(a): z()\n",
    "continuation in a method": (
        "class A:\n    def f(self):\n        x = 1; \\\ny(2)\n    def g(self): \\\n  return 3\n    z = 4\n"
    ),
    "tabs": "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\treturn g(\n1)\n",
    "tabs and spaces": (
        "class A:\n\tdef f(self):\n\t    if a:\n\t    \treturn g(1)\n\tb = c()\nclass D:\n  def f(self):\n"
        "  \treturn e(1)\n"
    ),
    "CRLF": 'class A:\r\n    def f(self):\r\n        """x\r\n  y"""\r\n        return g(1)\r\n',
    "CRLF with methods": (
        "@a\r\nclass A:\r\n    def f(self):\r\n        b(); c()\r\n\r\n    d = \\\r\n        e(1)\r\n"
        "    def g(self): h()\r\n"
    ),
    "CR": "class A:\r    def f(self):\r        return g(1)\r",
    "CR with methods": "class A:\r  def f(self):\r    a(1)\r\r  # b\r  x = c(2)\r  def g(self): d(3)",
    "mixed line ends": (
        "class A:\r\n  def f(self):\n    a(1)\r  b = c(2)\r\n  def g(self):\r    '''d\r\n\n\r'''\n    e(3)\n"
    ),
    "accents": "class Ä:\n    def é(self):\n        return 'ü' + g('日本', '🎉') + h()\n",
    "wide in a class": "class A:\n  '''🎉'''; x = '🎉', a(1)\n  def f(self, 変数='🎉', b=c(2)): '🎉'; d(3)\n",
    "strings like code": 'class A:\n    def f(self):\n        x = """\ndef g():\n  pass\n"""\n        return h(x)\n',
    "strings like holes": (
        "class A:\n  '''\n  def f(self): pass\n  pass  # touchline: hole\n  '''\n  def f(self): a('#')\n  b = '\\\n'\n"
    ),
    "comment like a hole": "class A:\n  b()  # touchline: hole\n  def f(self): a()\n  pass; c()  # touchline: hole\n",
    "string out of the block": (
        "class A:\n    x = '''\na\n'''\n    def f(self):\n        return '''\nif 1:\n''' + g(1)\n    y = b(2)\n"
    ),
    "f-strings": 'def f(a):\n    return f"{a!r:>{b(1)}} {c(2)}" f"""{\n d(3)\n}"""\n',
    "f-strings in a class": (
        "class A:\n  x = f'{a(1)}' r'\\x'\n  def f(self): return f'{{{b(2)}}}' u'' F\"{c(3)=}\" fr'\\{d(4)}'\n"
    ),
    "match": "def f(a):\n    match a:\n        case [b, *c] | {'d': b, **c} if e(b):\n            return g(c)\n",
    "match of all kinds": (
        "match a(), b:\n  case A.B(c, d=E(1)) as f if g(f): h()\n  case -1 | 1+2j | 'x' 'y' | None: pass\n"
        "  case (i,) | [*_]: j()\n  case {**k}: l(k)\n  case _: m()\n"
    ),
    "soft keywords": "match = case = type = 1\nmatch(case)\ntype(match)\nmatch [case]\ntype.case = match\n_ = print\n",
    "comments": "# 1\nclass A:  # 2\n    # 3\n    def f(self):  # 4\n        # 5\n        g(1)  # 6\n  # 7\n",
    "comments out of place": (
        "class A:\n        # 1\n    def f(self):\n# 2\n        a(1)\n            # 3\n    # 4\n  # 5\n"
        "    b = c(2)\n# 6\nd(3)\n"
    ),
    "comments at the edges": "#!x\n# coding: utf-8\n\n@a  # 1\n# 2\ndef f(): b()  # 3\n# 4\n\n\n# 5",
    "positions": "def f():\n    return (g)(\n (1)), lambda: [h(x) for x in i()], a[1:j()], -k(), not l(), (m := n())\n",
    "parentheses": (
        "x = (((a)(1)).b)\n((c(2)), (d))\ndel (e), f\nfor (g) in (h(3)): pass\nwith (i(4) as j, k(5)): pass\n"
    ),
    "starred": "a(*b(1), **c(2), d=e(3))\n[*f(4), *g]\n{**h(5), i: j(6)}\nk[l, *m]\ndef n(*o: p, q=r(7), **s): ...\n",
    "slices": "a[b(1):c(2):d(3), ..., None:][e(4)]\nf[:, g(5)]\nh[i:=1]\n",
    "comparisons": "a(1) < b(2) is not c(3) not in d(4)\nnot e(5) and f(6) or ~g(7) ** -h(8) @ i(9)\n",
    "exceptions": (
        "try:\n  a(1)\nexcept (B, C) as d:\n  raise e(2) from f(3)\nexcept G: pass\nelse: h(4)\nfinally:\n  i(5)\n"
    ),
    "exception groups": "try:\n  a(1)\nexcept* (B, C) as d:\n  e(2)\nexcept *F: pass\n",
    "loops": "while a(1):\n  break\nelse:\n  b(2)\nfor c, *d in e(3), *f(4):\n  continue\nelse: g(5)\n",
    "generators": "def f():\n  x = yield a(1)\n  yield from b(2)\n  return (c async for d in e if g(3) for h in i)\n",
    "scopes": "def f():\n  global a, b\n  def g():\n    nonlocal c\n    c: d = e(1)\n    assert h(2), i(3)\n  c = 1\n",
    "annotations": "def f(a: 'g(1)' = h(1)) -> i(2):\n    x: j(3) = k(4)\n    return x\n",
    "old type parameters": (
        "from typing import TypeVar, Generic\nT = TypeVar('T')\nclass A(Generic[T]):\n"
        "  def f(self: 'A[T]', x: T) -> T: ...\n"
    ),
    "same name twice": (
        "class A:\n  @property\n  def f(self): a(1)\n  @f.setter\n  def f(self, b): c(2)\n  f = f\n"
        "def g(): d(3)\ndef g(): e(4)\n"
    ),
    "else after a class": "if a:\n  pass\nelif b(1):\n  class C: d(2)\nelse: e(3)\nclass F: pass\n",
    "no end": "def f():\n    return g(1)",
    "no end of a class": "class A:\n    def f(self): a()\n    b()",
    "blank lines with blanks": (
        "class A:\n    x = 1\n  \n    def f(self):\n        a(1)\n \t\n        b(2)\n    \n    y = c(3)\n"
    ),
    "line separators": "def f():\n    x = '\u2028\x85'; return g(x)\n",
    "separators in comments": "# \u2028 \x1c\nclass A:\n  # \x85 \x1d\n  def f(self): a('\x0b')  # \u2029\n  b(1)\n",
    "form feed in a line": "x =\fa(1)\ndef f():\f\n    b(2)\f\n    c(3)\n",
    "numbers": "a(0x_ff, 1_0.0_1e-1_0j, 0b1, 0o7, .5, 5., 1if 1else 2)\n",
    "names": "ﬁ = ªº = 𝐱\ndef 𝔣(𝔵): return ﬁ(𝔵)\n",
    "empty": "",
    "only a comment": "# a",
    "only blanks": "\n  \n\t\n",
}
# libcst forgets characters of these, so that its own positions are wrong.
FORGETTING = {
    "backslash line": "a(1)\n\\\nb(2)\n",
    "form feed": "a(1)\n\fb(2)\n",
    "form feed on its own line": "class A:\n    def f(self): a(1)\n\f\n    def g(self): b(2)\n\f\nc(3)\n",
    "form feeds before definitions": "\fimport a\n\f\n\fdef f():\n    b(1)\n\f\n\fclass C:\n    def g(self): d(2)\n",
    "form feed in an indentation": "if a:\n\f    b(1)\n    c(2)\n",
    "blanks and comments at the end": "class A:\n    def f(self): a()\n    # b\n# c\n  # d\n\n\t ",
    "blanks at the end": "class A:\n    def f(self): a()\n    b()\n  \n\t\n    ",
    "backslash line under CRLF": "a(1)\r\n\\\r\nb(2)\r\n",
}
# libcst may put the last statement of these into a block that it does not belong to.
MISREAD = {
    "backslash line in a block": "def f():\n    a(1)\n\\\n    b(2)\n",
    "backslash line after a block": "def f():\n    if a:\n        return\n    \\\n    b(2)\n",
    "deeper after the backslash": "def f():\n    if a:\n        return\n    \\\n        b(2)\n",
    "backslash lines": "def f():\n    if a:\n        return\n    \\\n\\\n    b(2)\n",
    "backslash line between methods": "class A:\n    a(1)\n\\\n    b(2)\n    def f(self): c(3)\n",
    "form feed in the middle of an indentation": "if a:\n  \f    b(1)\n    c(2)\n",
    "backslash line under CRLF": "def f():\r\n  if a:\r\n    b(1)\r\n  \\\r\n    c(2)\r\n",
}
# Syntax that `ast` knows from some Python on, and libcst on all.
NEWER = {
    "3.12 type parameters": (
        "class A[T: (int, str), *Ts, **P](B[T]):\n    def f[U](self, x: U = g(1)) -> T: return h(x)\n    y = i(2)\n"
    ),
    "3.12 type alias": "type X = int\ntype Y[T] = dict[T, a(1)]\nb(2)\n",
    "3.12 f-strings": (
        "class A:\n    def f(self, a): return f'{g('x', f\"{h(1)}\")}' f'''{\n  i(2)  # c\n"
        "}''' f'{'\\n'.join(a)}'\n    b(3)\n"
    ),
    "3.13 defaults of type parameters": (
        "class A[T = int, *Ts = *tuple[int, ...], **P = [str]]: a(1)\ndef f[T = b(2)](): c(3)\n"
    ),
    "3.14 template strings": "class A:\n    def f(self): return t'{a(1)!r:>{b(2)}} {{' + rt'\\{c(3)}'\n    d(4)\n",
    "3.14 except without parentheses": "try:\n    a(1)\nexcept B, C:\n    d(2)\ntry: e(3)\nexcept* F, G: h(4)\n",
    "3.15 lazy imports": "lazy import a, b as c\nlazy from d.e import f as g\nlazy = c(1)\n",
    "3.15 unpacking in comprehensions": "a = [*b(1) for c in d]; e = {**f(2) for g in h}; i = (*j for k in l(3))\n",
}


def _nth(text: str, place: int, pattern: str, put: Callable[[re.Match[str]], str]) -> str:
    """The text with one match of the pattern, the place-th around, replaced."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    one = found[place % len(found)]
    return text[: one.start()] + put(one) + text[one.end() :]


def _around(head: str) -> Callable[[str, int], str]:
    """All of the file inside a block."""

    def edit(text: str, _place: int) -> str:
        lines = ["    " + line if line.strip() else line for line in text.split("\n")]
        return "\n".join([head, *lines, ""])

    return edit


def _line(new: str) -> Callable[[str, int], str]:
    return lambda text, place: _nth(text, place, r"(?m)^[^\n]*$", lambda _: new)


def _before(new: str) -> Callable[[str, int], str]:
    return lambda text, place: _nth(text, place, r"(?m)^([ \t]*)(?=\S)", lambda one: new.replace("^", one[1]) + one[1])


def _after(new: str) -> Callable[[str, int], str]:
    return lambda text, place: _nth(text, place, r"(?m)(?<=\S)$", lambda _: new)


def _token(pattern: str, new: str) -> Callable[[str, int], str]:
    return lambda text, place: _nth(text, place, pattern, lambda one: one.expand(new))


# How a file can be edited: name -> (text, place) -> text, which may be Python or not.
EDITS: Mapping[str, Callable[[str, int], str]] = {
    **{
        f"line {new!r}": _line(new)
        for new in ("", "    pass", "x = 1; \\", "\t", "'''", "def f(", "class A:", "@d", "# c")
    },
    **{f"line {new!r}": _line(new) for new in ("else:", "  \\", "\f", "    x = f(1)", "  # \u2028", "if a: b(); c()")},
    **{
        f"before {new!r}": _before(new)
        for new in ("@d(\n1)\n", "^@d\n\n^# c\n", "^x = f(1); \\\n", "\\\n", "\f", "\f\n", "# c\n")
    },
    **{
        f"before {new!r}": _before(new)
        for new in ("^if a: b(1)\n", "^class A: b(1)\n", "^async def f(): b(1)\n", '^"""\ndef\n"""\n')
    },
    **{f"after {new!r}": _after(new) for new in (";", "; f(1)", "  # '''", " \\", "\f", "\n\n  \n", "\t")},
    "a space becomes a continuation": _token(r"(?<=\S) (?=\S)", r" \\\n  "),
    "a space becomes a continuation at the margin": _token(r"(?<=\S) (?=\S)", r"\\\n"),
    "a space becomes a form feed": _token(r"(?<=\S) (?=\S)", "\f"),
    "a bracket is opened over lines": _token(r"\(", "(  # (\n"),
    "a bracket is closed over lines": _token(r"\)", r"\n\\\n)"),
    "a decorator goes on": _token(r"@(?=\w)", "@ \\\\\n  "),
    "a body moves to its head": _token(r":\n[ \t]+(?=\w)", ": "),
    "a string grows": _token(r"(?<![\"'\w])([\"'])(?=\w)", r"\1\\\n"),
    "a name is wide": _token(r"\b[a-z]\w*\b(?!\s*[(.])", "\U0001d52b\u00e9"),
    "a text is wide": _token(r"(?<=[\"'])(?=\w)", "\U0001f389"),
    "a line is lost": _token(r"[^\n]*\n", ""),
    "a line end is lost": _token(r"\n", ""),
    "two lines are one": _token(r"\n[ \t]*(?=\w)", "; "),
    "an indentation is lost": _token(r"(?m)^[ \t]+", ""),
    "an indentation grows": _token(r"(?m)^[ \t]+", r"\g<0>    "),
    "tabs": lambda text, _: text.replace("    ", "\t"),
    "two spaces": lambda text, _: text.replace("    ", "  "),
    "CRLF": lambda text, _: text.replace("\n", "\r\n"),
    "CR": lambda text, _: text.replace("\n", "\r"),
    "a line ends otherwise": _token(r"\n", "\r"),
    "no end": lambda text, _: text.rstrip(),
    "the end is cut off": lambda text, place: text[: place % (len(text) + 1)],
    "in a class": _around("class A:"),
    "in a function": _around("async def f():"),
    "in a block": _around("if a:"),
    "in a try": lambda text, place: _around("try:")(text, place) + "finally: a(1)\n",
}


def edited(text: str, edits: Sequence[tuple[str, int]]) -> str:
    """The text after the named edits, each at its place."""
    for name, place in edits:
        text = EDITS[name](text, place)
    return text
