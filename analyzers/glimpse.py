"""What can be seen of a unit before it is parsed: a rule that has nothing to look for there is not asked about it.

To read a text for its words costs a hundredth of what it costs to parse it with libcst, and most units that a change
touches hold nothing that any rule speaks of. A `Sight` may see too much, never too little: what the rules find must be
the same without it, and a test compares the two over real files.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analyzers import trees
from analyzers.models import Alias, Models, Type
from analyzers.nearby import at_hand, imported
from analyzers.outline import FUNCTIONS, Binding, Bound, Kind, Unit
from analyzers.source import Project, SourceFile
from analyzers.tables import tables
from analyzers.text import beginnings, calls, smooth, words

# `self.run = subprocess.run`, `self.session = Session()`, with an annotation or a comment beside it.
HELD = re.compile(
    r"self\.(\w++)[ \t]*+(?::[^=\n]*+)?=[ \t]*+(?:await )?+((?:\w++\.)*+[A-Za-z_]\w*+)[ \t]*+(?:#.*+)?(?:$|\()",
    re.MULTILINE,
)
DEFINING = (*FUNCTIONS, ast.ClassDef)
HOPS = 3
Pairs = Set[tuple[str, str]]
Stands = Mapping[str, frozenset[str]]


class Passage:
    """Some text of a file, unparsed."""

    def __init__(self, file: SourceFile, text: str) -> None:
        self.file, self.text = file, text

    @cached_property
    def written(self) -> frozenset[str]:
        """The words of the text."""
        return words(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text, and those that its names are other names for."""
        return stand_for(self.file, self.written)

    @cached_property
    def origins(self) -> frozenset[str]:
        """The words, with the modules that its names come from, and with what is called to make them."""
        known = _origins(self.file)
        return self.words.union(*(known[word] for word in self.words & known.keys()))


class Glimpse(Passage):
    """One unit of a file; of a class what is outside its methods."""

    def __init__(self, file: SourceFile, unit: Unit) -> None:
        super().__init__(file, smooth("".join(_own_lines(file, unit))))
        self.unit = unit

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the unit, as the outline has them: none in syntax that `ast` does not know."""
        return tuple(node for one in self.file.outline.statements(self.unit) for node in _walk(one, self.unit))

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the unit binds, or deletes, in some place: what they stand for elsewhere may not count."""
        found = set()
        for one in self.nodes:
            if isinstance(one, ast.Name):
                if not isinstance(one.ctx, ast.Load):
                    found.add(one.id)
            elif isinstance(one, ast.arg):
                found.add(one.arg)
            elif isinstance(one, ast.alias):
                found.add((one.asname or one.name).partition(".")[0])
            elif isinstance(one, DEFINING):
                found.add(one.name)
        return frozenset(found)

    def tries(self) -> Iterator[ast.Try | ast.TryStar]:
        """The `try` statements of the unit, as the outline has them."""
        return (node for node in self.nodes if isinstance(node, (ast.Try, ast.TryStar)))

    def begins_with(self, names: Set[str]) -> bool:
        """Whether a statement begins with calling any of these, not awaited."""
        return not names.isdisjoint(self.words) and not names.isdisjoint(stand_for(self.file, self._begun))

    @cached_property
    def _begun(self) -> frozenset[str]:
        calls = [one.value.func for one in self.nodes if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
        return frozenset(map(trees.last_name, calls)) if self.nodes else beginnings(self.text)

    @cached_property
    def is_called(self) -> bool:
        """Whether the function of the unit, or one that is defined in it, may be called in its file."""
        count = self.text.count("def ")
        if not count:
            return "lambda" in self.written
        return count > 1 or calls(self.file.smooth, self.unit.qualname.rpartition(".")[2]) > 1


def _walk(statement: ast.stmt, unit: Unit) -> Iterator[ast.AST]:
    """The nodes of a statement; of a class those outside its methods, which are units of their own."""
    if unit.kind is not Kind.CLASS or not isinstance(statement, ast.ClassDef):
        yield from trees.nodes(statement)
        return
    own = (one for one in statement.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef)))
    yield statement
    for part in (*statement.decorator_list, *statement.bases, *statement.keywords, *own):
        yield from trees.nodes(part)


def _own_lines(file: SourceFile, unit: Unit) -> Iterable[str]:
    if unit.kind is not Kind.CLASS:
        return file.lines[unit.line - 1 : unit.end_line]
    inside = {line for first, last in unit.holes for line in range(first, last + 1)}
    return (file.lines[line - 1] for line in range(unit.line, unit.end_line + 1) if line not in inside)


def stand_for(file: SourceFile, names: Set[str]) -> frozenset[str]:
    """The names, and those that they are other names for."""
    known = aliases(file)
    return frozenset(names).union(*(known[name] for name in names & known.keys()))


Sight = Callable[[Glimpse], bool]
"""Whether a glimpse shows what a rule needs to see."""


def says(*words: str) -> Sight:
    """Any of these names, also under another name, or any of these keywords; blank-separated."""
    wanted = frozenset(word for some in words for word in some.split())
    return lambda glimpse: not wanted.isdisjoint(glimpse.words)


def calls_plain(name: str) -> Sight:
    """A call of this name behind no dot, or whatever stands for it."""
    called = re.compile(rf"(?<![.\w]){name}\s*\(")

    def see(glimpse: Glimpse) -> bool:
        return name in glimpse.words and (name not in glimpse.written or called.search(glimpse.text) is not None)

    return see


def writes(*words: str) -> Sight:
    """Any of these words as they are; blank-separated."""
    wanted = frozenset(word for some in words for word in some.split())
    return lambda glimpse: not wanted.isdisjoint(glimpse.written)


def named(*names: Iterable[str]) -> Sight:
    """What could be one of these dotted names; `f()` in them stands for the result of a call."""
    shapes = _shapes((name for some in names for name in some), _root)
    return lambda glimpse: _fits(glimpse, shapes)


def modelled(kind: type) -> Sight:
    """What could be something that a library model of this kind names."""
    return lambda glimpse: _fits(glimpse, _modelled(glimpse.file.project.models, kind))


def around(*texts: str) -> Sight:
    """Any of these texts, anywhere in the file or in those it imports."""
    return lambda glimpse: any(said(glimpse.file, text) for text in texts)


def around_modelled(kind: type) -> Sight:
    """What a library model of this kind names, anywhere in the file or in those it imports."""

    def see(glimpse: Glimpse) -> bool:
        wanted = last_words(glimpse.file.project.models, kind)
        return any(not wanted.isdisjoint(file.words) for file in at_hand(glimpse.file))

    return see


def either(*sights: Sight) -> Sight:
    """Any of these."""
    return lambda glimpse: any(sight(glimpse) for sight in sights)


def every(*sights: Sight) -> Sight:
    """All of these."""
    return lambda glimpse: all(sight(glimpse) for sight in sights)


def said(file: SourceFile, text: str) -> bool:
    """Whether the file, or one that it imports from the files at hand, holds the text."""
    known: dict[str, bool] = file.cache.setdefault(said, {})
    if text not in known:
        known[text] = any(text in (other.glossary if text.isidentifier() else other.smooth) for other in at_hand(file))
    return known[text]


def last_words(models: Models | None, kind: type) -> frozenset[str]:
    """What the names of the models of one kind end in, under their other names too."""
    if models is None:
        return frozenset()
    known: frozenset[str] | None = models.cache.get((last_words, kind))
    if known is None:
        known = models.cache[last_words, kind] = frozenset(map(_last, model_names(models, kind)))
    return known


def model_names(models: Models, kind: type[Any]) -> frozenset[str]:
    """The names of the models of one kind, and those that are other names for them."""
    own = {name for model in models.all(kind) for name in model.names}
    return frozenset(own | {name for alias in models.all(Alias) if alias.to in own for name in alias.names})


def aliases(file: SourceFile) -> Stands:
    """Which further words a name is another name for: `run` for `from os import system as run`, through a few hops."""
    return _collected(file, _renamed)


def _origins(file: SourceFile) -> Stands:
    """What names come from: `get` from `requests` by an import, `session` from `Session` by a call."""
    return _collected(file, _come_from)


def _collected(file: SourceFile, pairs: Callable[[SourceFile], Pairs]) -> Stands:
    """What the names of a file and of those it imports stand for: too much rather than too little, without scopes.

    Made once for all files that have the same at hand, as those of a package that import each other in a circle.
    """
    known: Stands | None = file.cache.get((_collected, pairs))
    if known is None:
        made: dict[Set[SourceFile], Stands] = file.project.cache.setdefault((_collected, pairs), {})
        near = frozenset(at_hand(file))
        if near not in made:
            ordered = sorted(near, key=lambda other: other.path)
            made[near] = _through(pair for other in ordered for pair in _kept(other, pairs))
        known = file.cache[_collected, pairs] = made[near]
    return known


def _through(pairs: Iterable[tuple[str, str]]) -> Stands:
    """All that a name stands for, through a few hops."""
    direct: dict[str, set[str]] = {}
    for name, target in pairs:
        direct.setdefault(name, set()).add(target)
    for _ in range(HOPS):
        for targets in direct.values():
            targets.update(*(direct[target] for target in targets & direct.keys()))
    return {name: frozenset(targets) for name, targets in direct.items()}


def _kept(file: SourceFile, pairs: Callable[[SourceFile], Pairs]) -> Pairs:
    known: Pairs | None = file.cache.get(pairs)
    if known is None:
        known = file.cache[pairs] = frozenset((name, of) for name, of in pairs(file) if of and name != of)
    return known


def _renamed(file: SourceFile) -> Pairs:
    held = {(found[1], _last(found[2])) for found in HELD.finditer(file.smooth) if not found[0].endswith("(")}
    held |= {(name, kind) for name, one in _bound(file) if (kind := _last(one.target)) in _callable(file.project)}
    held |= {(name, _last(one.function)) for (_, name), entries in tables(file).items() for one in entries}
    return held | {(name, _last(one.target)) for name, one in _bound(file) if one.how in (Bound.IMPORT, Bound.ALIAS)}


def _callable(project: Project) -> frozenset[str]:
    """The names of the classes whose objects are called like functions."""
    known: frozenset[str] | None = project.cache.get(_callable)
    if known is None:
        every = (one for file in project.files.values() if file.readable for one in file.outline.definitions)
        known = project.cache[_callable] = frozenset(_last(one.parent) for one in every if one.name == "__call__")
    return known


def _come_from(file: SourceFile) -> Pairs:
    held = [(found[1], found[2]) for found in HELD.finditer(file.smooth)]
    pairs = held + [(name, one.target) for name, one in _bound(file) if one.how is not Bound.DEFINITION]
    return {(name, part(target)) for name, target in pairs for part in (_last, _module)}


def _bound(file: SourceFile) -> Iterator[tuple[str, Binding]]:
    """The bindings of the module and of its classes."""
    scopes = file.outline.names.values() if file.readable else ()
    return ((name, one) for names in scopes for name, many in names.items() for one in many if one.target)


def _module(name: str) -> str:
    return _last(name.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Shape:
    """How a dotted name can be seen: what must stand near its last word, and which packages must be at hand.

    They must be imported; or be spoken of, where nothing must stand near.
    """

    before: str
    packages: frozenset[str]


Shapes = Mapping[str, tuple[Shape, ...]]


def _fits(passage: Passage, shapes: Shapes) -> bool:
    found = shapes.keys() & passage.words
    return any(is_near(passage, shape) for last in found for shape in shapes[last])


def is_near(passage: Passage, shape: Shape) -> bool:
    """Whether a text that says the last word of a name may speak of the name."""
    if shape.before:
        known = shape.before in passage.origins and not shape.packages.isdisjoint(imported(passage.file))
        return known or said(passage.file, "import *")
    return not shape.packages or any(said(passage.file, package) for package in shape.packages)


def _modelled(models: Models | None, kind: type) -> Shapes:
    if models is None:
        return {}
    known: Shapes | None = models.cache.get((_modelled, kind))
    if known is None:
        names = model_names(models, kind)
        known = models.cache[_modelled, kind] = _shapes(names, lambda name: carriers(models, name.partition(".")[0]))
    return known


def shape_in(models: Models, name: str) -> Shape:
    """How a name of the models can be seen."""
    return _shape(name, lambda name: carriers(models, name.partition(".")[0]))


def _shapes(names: Iterable[str], packages: Callable[[str], frozenset[str]]) -> Shapes:
    found: dict[str, list[Shape]] = {}
    for name in sorted(set(names)):
        found.setdefault(_last(name), []).append(_shape(name, packages))
    return {last: tuple(dict.fromkeys(shapes)) for last, shapes in found.items()}


def _shape(name: str, packages: Callable[[str], frozenset[str]]) -> Shape:
    """A method is called on any name of any file; what is a module's or the result of a call is called by that."""
    before = name.rpartition(".")[0].rpartition(".")[2]
    if before in ("", "builtins"):
        return Shape("", frozenset())
    if before[0].isupper() and not before.endswith("()"):
        return Shape("", packages(name))
    return Shape(before.removesuffix("()"), packages(name))


def _root(name: str) -> frozenset[str]:
    return frozenset({name.partition(".")[0]})


def carriers(models: Models, package: str) -> frozenset[str]:
    """The packages by which something of this package can come into a file, by what the models say of names."""
    known: dict[str, frozenset[str]] = models.cache.setdefault(carriers, {})
    if package not in known:
        ways = [(alias.to, alias.names) for alias in models.all(Alias)]
        ways += [(kind.returns, kind.names) for kind in models.all(Type)]
        found = {package}
        for _ in range(HOPS):
            found |= {name.partition(".")[0] for to, names in ways if to.partition(".")[0] in found for name in names}
        known[package] = frozenset(found)
    return known[package]


def _last(name: str) -> str:
    return name.rpartition(".")[2].removesuffix("()")
