"""What a change calls and does not hold: the modules of the repository that would have to be at hand to follow it.

Pure. Only what the touched units use counts, and what that calls in files at hand; and only where a flow could lead.
"""

import ast
import re
import sys
from collections import deque
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from analyzers import names, trees
from analyzers.fit.undefined import slips
from analyzers.flow.api import bears, models
from analyzers.model import Wish
from analyzers.models import Models
from analyzers.outline import FUNCTIONS, Binding, Bound, Definition, Kind, Names, bindings, dotted
from analyzers.places import folders_of, is_of_folder, place_of
from analyzers.purpose import TEST_PATH
from analyzers.source import Project, SourceFile
from analyzers.walk import reached
from analyzers.workspace import Workspace

IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)|import[ \t]+([\w., \t]+))", re.MULTILINE)
STANDARD = frozenset(sys.stdlib_module_names)
# As many functions as one analysis follows; past that a wish would not be looked at.
FOLLOWED = 60
STARS = 3
LOADERS = 3


def wishes(space: Workspace, path: str) -> tuple[Wish, ...]:
    """The modules that a changed file asks for, nearest first. One that imports only libraries asks for its loader."""
    side = space.sides.get(path)
    if side is None or TEST_PATH.search(path) or not (imports_own(side.head) or side.head.package):
        return ()
    search = _Search(path, space.paths, _libraries(models(side.head)), folders_of(space.paths))
    if not side.head.readable:
        return ()
    units = reached(side.head, side.touched)
    for unit in units if imports_own(side.head) else ():
        definition = side.head.outline.by_name.get(unit.qualname)
        if definition and bears(side.head, definition):
            search.add(side.head, definition)
    search.run()
    wanted = [wish for module, wish in search.found.items() if not any(map(search.found.get, _around(module)))]
    if any(slips(unit, side.head) for unit in units):
        wanted += _loader(side.head, space.paths)
    return tuple(replace(wish, rank=rank) for rank, wish in enumerate(wanted))


def _loader(file: SourceFile, at_hand: Set[str]) -> Iterator[Wish]:
    """The package of a file that uses an unknown name: it may load its modules itself, and give them names.

    Or the first modules of its own that it imports do so for it.
    """
    path = str(PurePosixPath(file.path).with_name("__init__.py"))
    if not file.package or path == file.path:
        return
    if path not in at_hand:
        yield Wish(file.path, file.package, (path,), sure=True)
        return
    package = file.project.module(file.package)
    for module in _own_modules(package)[:LOADERS] if package else ():
        near = str(PurePosixPath(path).with_name(f"{module.rpartition('.')[2]}.py"))
        if near not in at_hand:
            yield Wish(file.path, module, (near,), sure=True)


def _own_modules(package: SourceFile) -> list[str]:
    """The modules beside a package's own file from which that imports, in the order in which it does."""
    bound = (one for many in package.outline.names[""].values() for one in many if one.how is Bound.IMPORT)
    ordered = [one.target for one in sorted(bound, key=lambda one: one.line)]
    parts = (name.removeprefix(f"{package.module}.").split(".") for name in ordered if name.startswith(package.module))
    return list(dict.fromkeys(f"{package.module}.{own[0]}" for own in parts if len(own) > 1))


def _around(module: str) -> Iterator[str]:
    """The packages around a module: one that is asked for will tell what the name in it is."""
    while module := module.rpartition(".")[0]:
        yield module


def imports_own(file: SourceFile) -> bool:
    """Whether a file, going by its text, imports anything that is not known to be somebody else's."""
    known = _libraries(models(file))
    for match in IMPORT.finditer(file.smooth):
        dots, module, plain = match.groups()
        roots = [module] if plain is None else plain.split(",")
        if dots or any(root.strip().partition(".")[0] not in known for root in roots):
            return True
    return False


def _libraries(known: Models) -> frozenset[str]:
    """The packages that are none of the repository's own: of the language, and those the models speak of."""
    found: frozenset[str] | None = known.cache.get(_libraries)
    if found is None:
        named = (name for item in known.items for key in ("names", "roots") for name in getattr(item, key, ()))
        packages = {name.partition(".")[0] for name in named if "." in name}
        found = known.cache[_libraries] = STANDARD | packages
    return found


@dataclass
class _Search:
    """A walk from definition to definition through the files at hand, noting what is not there."""

    by: str
    at_hand: frozenset[str]
    libraries: frozenset[str]
    folders: dict[str, str]
    found: dict[str, Wish] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    waiting: deque[tuple[SourceFile, Definition]] = field(default_factory=deque)

    def add(self, file: SourceFile, definition: Definition) -> None:
        """Look at a definition, once; of a class at its bases and what makes an instance."""
        if (file.path, definition.qualname) not in self.seen and len(self.seen) < FOLLOWED:
            self.seen.add((file.path, definition.qualname))
            self.waiting.append((file, definition))

    def run(self) -> None:
        """Until nothing is left to look at."""
        while self.waiting:
            file, definition = self.waiting.popleft()
            for name in used(file, definition):
                self.follow(file, name)

    def follow(self, file: SourceFile, name: str) -> None:
        """Go on in the definition of a name, or wish for its module."""
        for one in (name, *_from_stars(file.project, name)):
            if self.enter(file.project, one):
                return
            self.wish(file, one)

    def enter(self, project: Project, name: str) -> bool:
        """Look at the definition of a name, or at the class whose method it is; whether there is one."""
        place = project.locate(name)
        held = project.locate(name.rpartition(".")[0]) if place is None else place
        if held is None:
            return False
        file, definition = held
        if definition.kind is Kind.CLASS:
            self.add(file, definition)
            made = file.outline.by_name.get(f"{definition.qualname}.__init__")
            above = (project.locate(f"{base}.{name.rpartition('.')[2]}") for base in file.mro(definition.qualname))
            for other in (place and made and (file, made), *(above if place is None else ())):
                if other:
                    self.add(*other)
        elif place is not None:
            self.add(file, definition)
        return True

    def wish(self, file: SourceFile, name: str) -> None:
        """Note the module of a name, unless what is at hand tells that there is none."""
        place = place_of(name, file.path, self.folders, self.libraries)
        if place is None or not (place.sure or not _has_project(file)) or _is_known(file.project, place.module):
            return
        paths = tuple(path for path in place.paths if path not in self.at_hand)
        if place.paths[0] in paths:
            self.found.setdefault(place.module, Wish(self.by, place.module, paths, place.sure))


def _is_known(project: Project, module: str) -> bool:
    """Whether a module is at hand, or its name is that of something in a module that is."""
    inside = ""
    for name in (module, *_around(module)):
        other = project.module(name)
        if other is not None:
            return not inside or inside in other.outline.names[""]
        inside = name.rpartition(".")[2]
    return False


def _has_project(file: SourceFile) -> bool:
    """Whether a file imports from a folder around it: what it imports by other names is then somebody else's."""
    known: bool | None = file.cache.get(_has_project)
    if known is None:
        imported = (one for bound in file.outline.names[""].values() for one in bound if one.how is Bound.IMPORT)
        known = file.cache[_has_project] = any(is_of_folder(one.target, file.path) for one in imported)
    return known


def _from_stars(project: Project, name: str) -> list[str]:
    """What a name may be where its module takes everything of others."""
    module, _, last = name.rpartition(".")
    other = project.module(module)
    return [f"{star}.{last}" for star in other.outline.stars[:STARS]] if other else []


def used(file: SourceFile, definition: Definition) -> tuple[str, ...]:
    """What a definition uses, in order; found once a file."""
    known: dict[Definition, tuple[str, ...]] = file.cache.setdefault(used, {})
    if definition not in known:
        known[definition] = tuple(sorted(set(_used(file, definition))))
    return known[definition]


def _used(file: SourceFile, definition: Definition) -> Iterator[str]:
    """The absolute names that a definition calls, hands on, inherits from or is annotated with."""
    for node in file.outline.nodes.get(definition.qualname, ()):
        local = dict(_local(node, file, definition))
        for text in _spoken(node):
            found = names.resolved(file, text, definition.qualname, local)
            if found and "." in found and not _is_deep(text, found, definition):
                yield _called(found)
    if definition.parent in file.outline.classes:
        yield from names.bases(file, definition.parent)


def _is_deep(text: str, name: str, definition: Definition) -> bool:
    """`db.session.add` of an imported `db`: an attribute of an object, whose type its module does not tell."""
    root, *rest = text.split(".")
    return len(rest) > 1 and root != definition.first_parameter and not name.startswith(f"{root}.")


def _called(name: str) -> str:
    """`Class().method().more` is a method of the class; of what a function gives, the function is all that is known."""
    made, _, rest = name.partition("()")
    method = rest.lstrip(".").partition("()")[0].partition(".")[0]
    return f"{made}.{method}" if method and made.rpartition(".")[2].lstrip("_")[:1].isupper() else made


def _local(node: ast.stmt, file: SourceFile, definition: Definition) -> Iterator[tuple[str, list[Binding]]]:
    """What a function binds that can be known without reading it: imports, instances, what it is called on."""
    if not isinstance(node, FUNCTIONS):
        return
    found: Names = {}
    for inner in trees.nodes(node):
        if isinstance(inner, (ast.Import, ast.ImportFrom, ast.Assign)):
            for name, binding in bindings(inner, file.package):
                if binding.how in (Bound.IMPORT, Bound.CALL):
                    found.setdefault(name, []).append(binding)
    yield from found.items()
    if definition.first_parameter:
        yield definition.first_parameter, [Binding(Bound.OTHER, "parameter")]


def _spoken(node: ast.stmt) -> Iterator[str]:
    """The dotted texts in the places where a function or a class is named."""
    if isinstance(node, ast.ClassDef):
        yield from filter(None, map(dotted, node.bases))
        return
    for part in trees.nodes(node):
        yield from filter(None, map(dotted, _naming(part)))


def _naming(part: ast.AST) -> Iterator[ast.expr]:
    """The expressions in which a node names functions and classes."""
    match part:
        case ast.Call():
            yield part.func
            values = (*part.args, *(keyword.value for keyword in part.keywords))
            yield from (value for value in values if isinstance(value, (ast.Name, ast.Attribute)) and not _plain(value))
        case ast.arg(annotation=ast.expr() as annotation):
            yield annotation


def _plain(value: ast.Name | ast.Attribute) -> bool:
    """Whether a name is that of a constant."""
    return (value.id if isinstance(value, ast.Name) else value.attr).isupper()
