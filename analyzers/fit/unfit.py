"""Whether a unit may call something of the project with what it does not take: a look at the outline alone."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.fit import definite, signatures
from analyzers.fit.called import of_class
from analyzers.fit.definite import Place
from analyzers.fit.signatures import Given
from analyzers.glimpse import Glimpse
from analyzers.outline import FUNCTIONS, Binding, Kind, Unit, bindings, dotted
from analyzers.source import SourceFile
from analyzers.whereabouts import line_at

INIT = "__init__"
MAKING = (ast.Call, ast.Await)


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
        for other in _calling(file, name):
            if not file.project.touches(file.path, other.line, other.end_line) and _is_unfit(other, file, name):
                yield other, name


def _names_called(unit: Unit, file: SourceFile) -> tuple[str, ...]:
    own = file.outline.by_name.get(unit.qualname)
    nodes = file.outline.statements(unit)
    if (
        own is None
        or not nodes
        or not any(file.project.touches(file.path, *lines) for lines in _taking(unit, nodes[0]))
    ):
        return ()
    return (own.name, own.parent.rpartition(".")[2]) if own.name == INIT else (own.name,)


def _taking(unit: Unit, node: ast.stmt) -> Iterator[tuple[int, int]]:
    """The lines that say what a unit takes: the head of a function; of a class all but its methods, for its fields."""
    if isinstance(node, FUNCTIONS):
        yield unit.line, max(node.lineno, node.body[0].lineno - 1)
        return
    first = unit.line
    for begin, end in sorted(unit.holes):
        if first < begin:
            yield first, begin - 1
        first = end + 1
    if first <= unit.end_line:
        yield first, unit.end_line


def _calling(file: SourceFile, name: str) -> list[Unit]:
    """The units in whose text something of a name, or of a longer one that ends alike, is called."""
    known: dict[str, list[Unit]] = file.cache.setdefault(_calling, {})
    if name not in known:
        called = re.finditer(rf"{re.escape(name)}[ \t]*\(", file.text)
        lines = [line_at(file, found.start()) for found in called]
        units = file.outline.units if lines else ()
        known[name] = [unit for unit in units if any(unit.line <= line <= unit.end_line for line in lines)]
    return known[name]


@dataclass(frozen=True, slots=True)
class _Words:
    """What the names in a unit may be: what it imports itself, and what has just been made by a call."""

    file: SourceFile
    owner: Place | None
    imported: Mapping[str, Sequence[Binding]]
    made: Mapping[str, Sequence[ast.expr]]

    def meant(self, func: ast.expr) -> Iterator[tuple[Place, bool]]:
        """The definitions that may be called like this, and whether on an instance; functions around do not count."""
        found = [(place, False) for place in self.named(_chain(func))]
        yield from found
        if isinstance(func, ast.Attribute) and not found:
            for classes, made in self._receivers(func.value):
                method = definite.attribute(classes, func.attr)
                yield from [(method, made)] if method else ()

    def named(self, name: str) -> Iterator[Place]:
        """The definitions that a dotted name may stand for."""
        root = name.partition(".")[0]
        ways = [{root: [one]} for one in self.imported.get(root, ())]
        found = [definite.behind_name(self.file, way, name) for way in ways] if name else []
        yield from filter(None, [*found, _behind(self.file, name) if name else None])

    def _receivers(self, value: ast.expr) -> Iterator[tuple[tuple[Place, ...], bool]]:
        """The classes in which a method may be looked for in turn, and whether for an instance."""
        for klass in self.named(_chain(value)):
            yield (definite.line(klass).classes if klass.is_class else ()), False
        for klass in self._makers(value):
            yield (definite.line(klass).classes if klass.is_class else ()), True
        if self.owner is not None and isinstance(value, ast.Name) and value.id in ("self", "cls"):
            yield from ((definite.line(self.owner).classes, made) for made in (value.id == "self", True))
        elif self.owner is not None and isinstance(value, ast.Call) and dotted(value.func) == "super":
            yield from ((definite.line(self.owner).classes[1:], made) for made in (False, True))

    def _makers(self, value: ast.expr) -> Iterator[Place]:
        """The classes of which a value may be an instance."""
        for made in self.made.get(value.id, ()) if isinstance(value, ast.Name) else (value,):
            call = made.value if isinstance(made, ast.Await) else made
            if isinstance(call, ast.Call):
                yield from self.named(_chain(call.func))


def _is_unfit(unit: Unit, file: SourceFile, name: str = "") -> bool:
    """Whether some call in a unit, those of this name alone if there is one, may not fit."""
    nodes = [node for part in _parts(unit, file) for node in ast.walk(part)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and name in ("", _last(node.func))]
    if not calls:
        return False
    words = _words(nodes, unit, file)
    return any(_may_not_fit(call, *meant) for call in calls for meant in words.meant(call.func))


def _parts(unit: Unit, file: SourceFile) -> Iterator[ast.AST]:
    """The syntax of a unit; of a class what is outside its methods."""
    for node in file.outline.statements(unit):
        if isinstance(node, ast.ClassDef):
            yield from (*node.decorator_list, *node.bases)
            yield from (one for one in node.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef)))
        else:
            yield node


def _words(nodes: Sequence[ast.AST], unit: Unit, file: SourceFile) -> _Words:
    imported: dict[str, list[Binding]] = {}
    made: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and unit.kind is not Kind.STATEMENT:
            for name, binding in bindings(node, file.package):
                imported.setdefault(name, []).append(binding)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.value, MAKING):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, []).append(node.value)
    owner = file.outline.by_name.get(unit.qualname.rpartition(".")[0])
    return _Words(file, Place(file, owner) if owner else None, imported, made)


def _behind(file: SourceFile, name: str) -> Place | None:
    known: dict[str, Place | None] = file.project.cache.setdefault((_behind, file), {})
    if name not in known:
        known[name] = definite.behind(file, name)
    return known[name]


def _chain(node: ast.expr) -> str:
    """`a.b.c` as written; "" for anything else."""
    return "" if _has_call(node) else dotted(node)


def _has_call(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return not isinstance(node, ast.Name)


def _may_not_fit(call: ast.Call, place: Place, on_instance: bool) -> bool:
    given = signatures.of_written(call)
    if place.is_class:
        made = of_class(place)
        return made is not None and _misfits(given, made.signature, bound=bool(made.first))
    node = place.function
    if node is None or len(node.decorator_list) > 1:
        return False
    mark = dotted(node.decorator_list[0]) if node.decorator_list else ""
    bound = mark == "classmethod" or (on_instance and mark != "staticmethod")
    return _misfits(given, signatures.of_function(node, ""), bound=bound)


def _misfits(given: Given, signature: signatures.Signature, *, bound: bool) -> bool:
    return signatures.misfit(given.behind("self") if bound else given, signature) is not None


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
