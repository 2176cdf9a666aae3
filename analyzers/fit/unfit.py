"""Whether a unit may call something of the project with what it does not take: a look at the outline alone."""

import ast
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from analyzers.fit import definite, signatures
from analyzers.fit.called import of_class
from analyzers.fit.definite import Place
from analyzers.fit.signatures import Given
from analyzers.glimpse import Glimpse, aliases
from analyzers.nearby import at_hand
from analyzers.outline import Binding, Kind, Unit, bindings, dotted
from analyzers.source import SourceFile
from analyzers.trees import last_name

INIT = "__init__"
MAKING = (ast.Call, ast.Await)


def calls_unfit(glimpse: Glimpse) -> bool:
    """Whether a unit calls a name of which some definition at hand does not take what is given."""
    file = glimpse.file
    if not file.readable or "(" not in glimpse.text or glimpse.words.isdisjoint(names := _names(file)):
        return False
    return may_not_fit(glimpse.unit, glimpse.nodes, file, names)


def _names(file: SourceFile) -> frozenset[str]:
    """The names by which something that the project defines may be called in a file."""
    known: frozenset[str] | None = file.cache.get(_names)
    if known is None:
        own = {one.name for other in at_hand(file) if other.readable for one in other.outline.definitions}
        renamed = {name for name, meant in aliases(file).items() if not own.isdisjoint(meant)}
        known = file.cache[_names] = frozenset(own | renamed)
    return known


@dataclass(frozen=True, slots=True)
class _Words:
    """What the names in a unit may be: what it imports itself, and what has just been made by a call."""

    file: SourceFile
    owner: Place | None
    imported: Mapping[str, Sequence[Binding]]
    made: Mapping[str, Set[str]]

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
        for maker in self.made.get(value.id, ()) if isinstance(value, ast.Name) else (_maker(value),):
            yield from self.named(maker)


def may_not_fit(unit: Unit, nodes: Sequence[ast.AST], file: SourceFile, names: Set[str]) -> bool:
    """Whether some call of these names in a unit may not fit."""
    calls = [node for node in nodes if isinstance(node, ast.Call) and last_name(node.func) in names]
    if not calls:
        return False
    words = _words(nodes, unit, file)
    return any(_misses(call, *meant) for call in calls for meant in words.meant(call.func))


def _words(nodes: Sequence[ast.AST], unit: Unit, file: SourceFile) -> _Words:
    imported: dict[str, list[Binding]] = {}
    made: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and unit.kind is not Kind.STATEMENT:
            for name, binding in bindings(node, file.package):
                imported.setdefault(name, []).append(binding)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.value, MAKING):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, set()).add(_maker(node.value))
    owner = file.outline.by_name.get(unit.qualname.rpartition(".")[0])
    return _Words(file, Place(file, owner) if owner else None, imported, made)


def _maker(value: ast.expr) -> str:
    call = value.value if isinstance(value, ast.Await) else value
    return _chain(call.func) if isinstance(call, ast.Call) else ""


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


def _misses(call: ast.Call, place: Place, on_instance: bool) -> bool:
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
