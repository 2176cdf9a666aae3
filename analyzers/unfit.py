"""Whether a unit may call something of the project with what it does not take: a look at the outline alone."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from analyzers import signatures
from analyzers.called import of_class
from analyzers.definite import Place
from analyzers.glimpse import Glimpse, aliases, at_hand
from analyzers.outline import FUNCTIONS, Bound, Unit
from analyzers.signatures import Given
from analyzers.source import SourceFile

INIT = "__init__"
MAKING = (ast.Call, ast.Await)
CALLED = re.compile(r"(\w+)[ \t]*\(")


def calls_unfit(glimpse: Glimpse) -> bool:
    """Whether a unit calls a name of which some definition at hand does not take what is given; or is called so."""
    file = glimpse.file
    if not file.readable or "(" not in glimpse.text:
        return False
    return _is_unfit(glimpse.unit, file) or any(callers_unfit(glimpse.unit, file))


def callers_unfit(unit: Unit, file: SourceFile) -> Iterator[tuple[Unit, str]]:
    """The units that the change leaves alone and that may call a unit with what it does not take any more.

    Each with the name by which it calls. None where the change leaves alone what the unit takes.
    """
    for name in _names_called(unit, file):
        for other in _calling(file).get(name, ()):
            if not file.project.touches(file.path, other.line, other.end_line) and _is_unfit(other, file, name):
                yield other, name


def _names_called(unit: Unit, file: SourceFile) -> tuple[str, ...]:
    own = file.outline.by_name.get(unit.qualname)
    nodes = file.outline.statements(unit)
    if own is None or not nodes or not file.project.touches(file.path, own.line, _end_of_head(nodes[0])):
        return ()
    return (own.name, own.parent.rpartition(".")[2]) if own.name == INIT else (own.name,)


def _end_of_head(node: ast.stmt) -> int:
    """Where the parameters of a function end; of a class the end, for they may be its fields."""
    if isinstance(node, FUNCTIONS):
        return max(node.lineno, node.body[0].lineno - 1)
    return node.end_lineno or node.lineno


def _calling(file: SourceFile) -> Mapping[str, list[Unit]]:
    """The units in whose text something of a name is called."""
    known: dict[str, list[Unit]] | None = file.cache.get(_calling)
    if known is None:
        known = file.cache[_calling] = {}
        for unit in file.outline.units:
            for name in set(CALLED.findall("".join(file.lines[unit.line - 1 : unit.end_line]))):
                known.setdefault(name, []).append(unit)
    return known


@dataclass(frozen=True, slots=True)
class _Words:
    """What the names in a unit may be: other names of its own imports, and what has just been made of a class."""

    file: SourceFile
    renamed: Mapping[str, str]
    imported: Set[str]
    made: Mapping[str, Sequence[ast.expr]]

    def meant(self, name: str) -> Iterator[Place]:
        """The definitions at hand that a name may stand for."""
        own = self.renamed.get(name, name)
        for one in {own, *aliases(self.file).get(own, ())}:
            yield from _known(self.file, one)

    def makes(self, node: ast.expr) -> bool:
        """Whether an expression may give an instance of a class at hand, or stand for one above."""
        call = node.value if isinstance(node, ast.Await) else node
        name = _last(call.func) if isinstance(call, ast.Call) else ""
        return name == "super" or any(place.is_class for place in self.meant(name))

    def leads_to_method(self, node: ast.expr) -> bool:
        """Whether a method may be asked of an expression."""
        if not isinstance(node, ast.Name):
            return self.makes(node)
        return node.id in ("self", "cls") or any(map(self.makes, self.made.get(node.id, ())))

    def leads_anywhere(self, node: ast.expr) -> bool:
        """Whether an expression may be a module or a class."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        bound = self.file.outline.names[""].get(node.id, ())
        return node.id in self.imported or any(one.how in (Bound.IMPORT, Bound.DEFINITION) for one in bound)


def _is_unfit(unit: Unit, file: SourceFile, name: str = "") -> bool:
    """Whether some call in a unit, those of this name alone if there is one, may not fit."""
    nodes = [node for part in _parts(unit, file) for node in ast.walk(part)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and name in ("", _last(node.func))]
    if not calls:
        return False
    words = _words(nodes, file)
    return any(_may_not_fit(call, place) for call in calls for place in _meant(call.func, words))


def _parts(unit: Unit, file: SourceFile) -> Iterator[ast.AST]:
    """The syntax of a unit; of a class what is outside its methods."""
    for node in file.outline.statements(unit):
        if isinstance(node, ast.ClassDef):
            yield from (*node.decorator_list, *node.bases)
            yield from (one for one in node.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef)))
        else:
            yield node


def _words(nodes: Sequence[ast.AST], file: SourceFile) -> _Words:
    renamed: dict[str, str] = {}
    imported: set[str] = set()
    made: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            renamed.update({one.asname: one.name.rpartition(".")[2] for one in node.names if one.asname})
            imported.update(one.asname or one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.value, MAKING):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, []).append(node.value)
    return _Words(file, renamed, imported, made)


def _known(file: SourceFile, name: str) -> Sequence[Place]:
    """The definitions at hand of a name."""
    known: dict[str, list[Place]] = file.project.cache.setdefault((_known, file), {})
    if name not in known:
        known[name] = [place for other in at_hand(file) for place in _own(other).get(name, ())]
    return known[name]


def _own(file: SourceFile) -> Mapping[str, list[Place]]:
    known: dict[str, list[Place]] | None = file.cache.get(_own)
    if known is None:
        known = file.cache[_own] = {}
        for one in file.outline.definitions if file.readable else ():
            known.setdefault(one.name, []).append(Place(file, one))
    return known


def _meant(func: ast.expr, words: _Words) -> Iterator[Place]:
    """What at hand may be called like this."""
    places = list(words.meant(_last(func)))
    if not isinstance(func, ast.Attribute):
        yield from (place for place in places if place.is_class or not place.definition.parent)
    elif places and words.leads_anywhere(func.value):
        yield from places
    elif places and words.leads_to_method(func.value):
        yield from (place for place in places if not place.is_class and place.definition.parent)


def _may_not_fit(call: ast.Call, place: Place) -> bool:
    given = signatures.of_written(call)
    if place.is_class:
        made = of_class(place)
        return made is not None and _misfits(given, made.signature, bool(made.first))
    node = place.function
    if node is None:
        return False
    signature = signatures.of_function(node, "")
    ways = (False, True) if place.definition.parent else (False,)
    if isinstance(call.func, ast.Attribute) and _is_own(call.func.value) and not node.decorator_list:
        ways = (True,)
    return any(_misfits(given, signature, way) for way in ways)


def _misfits(given: Given, signature: signatures.Signature, bound: bool) -> bool:
    return signatures.misfit(given.behind("self") if bound else given, signature) is not None


def _is_own(node: ast.expr) -> bool:
    """`self`, behind which a method without decorators gets its first value."""
    return isinstance(node, ast.Name) and node.id == "self"


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
