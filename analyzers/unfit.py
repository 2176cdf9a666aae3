"""Whether a unit may call something of the project with what it does not take: a look at the outline alone."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from analyzers import signatures
from analyzers.called import of_class
from analyzers.definite import Place
from analyzers.glimpse import Glimpse, aliases, at_hand
from analyzers.outline import FUNCTIONS, Bound, Definition, Kind, Unit
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
    """What the names in a unit may be: other names of its own imports, and what has just been made."""

    renamed: Mapping[str, str]
    imported: Set[str]
    made: Set[str]


def _is_unfit(unit: Unit, file: SourceFile, name: str = "") -> bool:
    """Whether some call in a unit, those of this name alone if there is one, may not fit."""
    nodes = [node for part in _parts(unit, file) for node in ast.walk(part)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and name in ("", _last(node.func))]
    if not calls:
        return False
    words = _words(nodes)
    return any(_may_not_fit(call, place) for call in calls for place in _meant(call.func, file, words))


def _parts(unit: Unit, file: SourceFile) -> Iterator[ast.AST]:
    """The syntax of a unit; of a class what is outside its methods."""
    for node in file.outline.statements(unit):
        if isinstance(node, ast.ClassDef):
            yield from (*node.decorator_list, *node.bases)
            yield from (one for one in node.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef)))
        else:
            yield node


def _words(nodes: Sequence[ast.AST]) -> _Words:
    renamed: dict[str, str] = {}
    imported: set[str] = set()
    made: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            renamed.update({one.asname: one.name.rpartition(".")[2] for one in node.names if one.asname})
            imported.update(one.asname or one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.value, MAKING):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made.update(target.id for target in targets if isinstance(target, ast.Name))
    return _Words(renamed, imported, made)


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


def _meant(func: ast.expr, file: SourceFile, words: _Words) -> Iterator[Place]:
    """What at hand may be called like this."""
    last = _last(func)
    own = words.renamed.get(last, last)
    for name in {own, *aliases(file).get(own, ())} if last else ():
        for place in _known(file, name):
            if _fits_root(func, place.definition, file, words):
                yield place


def _fits_root(func: ast.expr, definition: Definition, file: SourceFile, words: _Words) -> bool:
    """Whether what stands before a name may lead to a definition of this kind."""
    plain = definition.kind is Kind.CLASS or not definition.parent
    if not isinstance(func, ast.Attribute):
        return plain
    if isinstance(func.value, ast.Call):
        return not plain and isinstance(func.value.func, (ast.Name, ast.Attribute))
    root = func.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    if root.id in ("self", "cls") or root.id in words.made:
        return not plain
    bound = file.outline.names[""].get(root.id, ())
    return root.id in words.imported or any(one.how in (Bound.IMPORT, Bound.DEFINITION) for one in bound)


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
