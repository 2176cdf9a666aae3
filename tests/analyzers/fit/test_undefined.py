"""Names that nothing binds: held against what Python's own compiler says of the names of a file."""

import symtable
import warnings
from collections.abc import Iterator

import pytest

from analyzers.fit.undefined import hinted, unknown
from analyzers.glimpse import Glimpse
from analyzers.source import Project, SourceFile
from tests.analyzers.exact import sources, text_of


def missing(text: str) -> dict[str, frozenset[str]]:
    """The unknown names of each unit, by its qualname."""
    file = SourceFile("shop/orders.py", text)
    Project([file])
    found = {unit.qualname: unknown(Glimpse(file, unit)) for unit in file.outline.units} if file.readable else {}
    return {name: names for name, names in found.items() if names}


def unbound(text: str) -> set[str]:
    """The names that code of the file looks for among those of its module, and that the module never binds."""
    bound: set[str] = set()
    used: set[str] = set()
    for table in tables(symtable.symtable(text, "orders.py", "exec")):
        for symbol in table.get_symbols():
            outer = table.get_type() == "module"
            if symbol.is_referenced() and (outer or symbol.is_global()):
                used.add(symbol.get_name())
            here = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            if here and (outer or symbol.is_declared_global()):
                bound.add(symbol.get_name())
    return used - bound


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


def test_python_finds_no_binding_either() -> None:
    """Each name that real code is said to lack is one that its compiler looks for outside; hardly any is lacking."""
    files = names = 0
    for path in sources()[::40]:
        text = text_of(path)
        if text is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                real = unbound(text)
            except SyntaxError:
                continue
        files += 1
        found = frozenset[str]().union(*missing(text).values())
        assert found <= real, path
        names += len(found)
    assert files > 50
    assert names * 20 < files


@pytest.mark.parametrize("bound", ["import {}", "from a import b as {}", "{} = 1", "for {} in (): pass", "{}: int = 1"])
@pytest.mark.parametrize(
    "kind", ["def f():\n    {}", "class C:\n    {}", "class C:\n    def f(self):\n        {}", "{}"]
)
def test_a_name_of_the_module_is_seen_from_everywhere(bound: str, kind: str) -> None:
    text = kind.format("print(word)") + "\n"
    assert list(missing(text).values()) == [{"word"}]
    assert missing(bound.format("word") + "\n" + text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "class C[T]:\n    def f(self): return T\n    kind = T\n",
        "class C[T](list[T]):\n    class D[U](dict[T, U]):\n        def f[*V, **W](self): return T, U, V, W\n",
        "def f[T](): return T\ntype Y[K] = dict[K, int]\nprint(Y)\n",
    ],
)
def test_type_parameters_are_names(text: str) -> None:
    assert missing(text) == {}


@pytest.mark.parametrize("inner", ["class D(word): pass", "@word\n    class D: pass", "def f(self, a=word): pass"])
def test_what_is_defined_in_a_class_has_a_head_that_sees_its_names(inner: str) -> None:
    assert missing(f"class C:\n    word = object\n    {inner}\n") == {}
    assert missing(f"class C:\n    {inner}\n")


@pytest.mark.parametrize(
    "text", ["    return word", "    word.a = 1", "    return [word for one in word]", "    del word.a"]
)
def test_what_a_class_binds_its_methods_do_not_see(text: str) -> None:
    assert missing(f"class C:\n    word = 1\n    def f(self):\n        {text}\n") == {"C.f": {"word"}}


LOADER = "from importlib import import_module\n\ndef load(name):\n    engine = import_module(name)\n    {gives}\n"


@pytest.mark.parametrize(
    ("loader", "known"),
    [
        (LOADER.format(gives="engine.logger = name"), True),
        (LOADER.format(gives="setattr(engine, *name)"), True),
        (LOADER.format(gives="engine.log = name"), False),
        (LOADER.format(gives="self.logger = name"), False),
        (LOADER.format(gives="engine.logger == name"), False),
        ("def load(engine, name):\n    engine.logger = name\n", False),
    ],
)
def test_a_package_may_give_names_to_the_modules_that_it_loads(loader: str, known: bool) -> None:
    file = SourceFile("shop/engines/maps.py", "def search():\n    return logger, re\n")
    Project([file, SourceFile("shop/engines/__init__.py", loader), SourceFile("shop/__init__.py", "")])
    (unit,) = file.outline.units
    assert unknown(Glimpse(file, unit)) == ({"re"} if known else {"re", "logger"})


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("this = sys.modules[__name__]\nsetattr(this, 'word', 1)", True),
        ("sys.modules[__name__].__dict__['word'] = 1", True),
        ("sys.modules[__name__].__dict__.update(word=1)", True),
        ("fill(sys.modules.get(__name__))", True),
        ("this = import_module(__name__)", True),
        ("builtins.__dict__['word'] = 1", True),
        ("builtins.__dict__.update(word=1)", True),
        ("__builtins__['word'] = 1", True),
        ("exec(text)", True),
        ("for _ in map(exec, texts): pass", True),
        ("text = getattr(sys.modules[__name__], 'text')", False),
        ("sys.modules[__name__] = Lazy()", False),
        ("name = sys.modules[__name__].__doc__", False),
        ("session.exec(select(word))", False),
        ("app.exec()", False),
        ("'Run the command and exec the hook.'", False),
        ("class Runner:\n    def exec(self, text): return text", False),
    ],
)
def test_only_what_binds_names_by_itself_leaves_a_file_open(line: str, known: bool) -> None:
    head = "import sys, builtins\nfrom shop import Lazy, app, fill, import_module, select, session, text, texts\n"
    assert missing(f"{head}{line}\n\ndef f():\n    return word\n").get("f", frozenset()) == (
        frozenset() if known else {"word"}
    )


def test_a_builtin_that_another_file_makes_is_known() -> None:
    file = SourceFile("shop/orders.py", "def f():\n    return word\n")
    Project([file, SourceFile("shop/start.py", "import builtins\nbuiltins.__dict__['word'] = 1\n")])
    assert unknown(Glimpse(file, file.outline.units[0])) == frozenset()


CHECKED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import word\n\n{}"


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("def f(x):\n    return isinstance(x, word)\n", True),
        ("class C(word):\n    pass\n", True),
        ("def f(x=word):\n    pass\n", True),
        ("def f(x: word) -> word:\n    y: word = x\n    return y\n", False),
        ("def f(word):\n    return word()\n", False),
        ("def f():\n    from a import word\n    return word()\n", False),
        ("def f():\n    try:\n        return word()\n    except NameError:\n        return None\n", False),
        ("try:\n    from a import word\nexcept ImportError:\n    pass\ndef f():\n    return word()\n", False),
        ("def g():\n    global word\n    word = 1\ndef f():\n    return word()\n", False),
        ("from b import *\ndef f():\n    return word()\n", False),
        ("if TYPE_CHECKING:\n    class C(word):\n        x = word\n", False),
    ],
)
def test_what_only_type_checkers_import_is_seen_where_code_runs(code: str, seen: bool) -> None:
    file = SourceFile("example.py", CHECKED.format(code))
    found = frozenset[str]().union(*(hinted(Glimpse(file, unit)) for unit in file.outline.units))
    assert found == ({"word"} if seen else set())
