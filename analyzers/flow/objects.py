"""Classes of the project: which function a method's name stands for, what makes an object, and what that then holds."""

import ast
import re
from collections.abc import Iterator

import libcst as cst

from analyzers.outline import Definition, Kind
from analyzers.source import Project, SourceFile
from analyzers.syntax import last_name

Place = tuple[SourceFile, Definition]
# What makes a class hold what it is made of, under the names of its annotations:
# https://docs.python.org/3/library/dataclasses.html, https://www.attrs.org/en/stable/names.html
HOLDING = frozenset({"dataclass", "define", "frozen", "mutable"})
NAMED_TUPLE = "typing.NamedTuple"
HOLDERS = frozenset({NAMED_TUPLE, "pydantic.BaseModel", "sqlmodel.SQLModel", "msgspec.Struct"})
CALLED_OWN = re.compile(r"\bself\.(\w+)\s*\(")
RETURNED = re.compile(r"^[ \t]*+(?:[^#\n'\"]*:[ \t]*+)?return\b([^#\n]*+)", re.MULTILINE)
CHAIN = re.compile(r"\w+(?:\.\w+\([^()]*\))+")
LINK = re.compile(r"\.(\w+)\(")
OF_VALUES = frozenset({"property", "cached_property"})


def function_of(project: Project, name: str | None) -> Place | None:
    """The function of a dotted name, as a method an inherited one too."""
    if not name or "." not in name:
        return None
    found = project.locate(name)
    if found is not None:
        return found if found[1].kind is Kind.FUNCTION else None
    owner, _, last = name.rpartition(".")
    return _inherited(project, class_of(project, owner), last)


def overriding(file: SourceFile, method: Definition, name: str) -> str:
    """The class `name` where a method of one above it calls a method on its object that this class has its own of."""
    own = calls_own(file, method)
    place = class_of(file.project, name) if own else None
    if place is None or (place[0] is file and place[1].qualname == method.parent):
        return ""
    found = (function_of(file.project, f"{name}.{one}") for one in sorted(own))
    other = any(one and (one[0] is not file or one[1].parent != method.parent) for one in found)
    return name if other else ""


def class_of(project: Project, name: str) -> Place | None:
    """The class of a dotted name."""
    found = project.locate(name)
    return found if found and found[1].kind is Kind.CLASS else None


def maker_of(project: Project, place: Place) -> Place | None:
    """The `__init__` by which objects of a class begin, if the project has it."""
    return _inherited(project, place, "__init__")


def property_of(project: Project, name: str | None) -> Place | None:
    """The method that gives the attribute of a dotted name."""
    found = function_of(project, name)
    given = found and any(mark.rpartition(".")[2] in OF_VALUES for mark in found[1].decorators)
    return found if given else None


def gives_itself(file: SourceFile, method: Definition) -> bool:
    """Whether all that a method gives is the object that it is called on, as those of builders do."""
    known: dict[Definition, bool] = file.cache.setdefault(gives_itself, {})
    if method not in known:
        known[method] = False
        given = RETURNED.findall(code_of(file, method)) if method.first_parameter else ()
        known[method] = bool(given) and all(_is_itself(file, method, one.strip()) for one in given)
    return known[method]


def _is_itself(file: SourceFile, method: Definition, text: str) -> bool:
    """Whether an expression is `self`, or what methods give that are called on it and give it again."""
    if text == method.first_parameter:
        return True
    if not CHAIN.fullmatch(text) or not text.startswith(f"{method.first_parameter}."):
        return False
    called = (function_of(file.project, f"{file.module}.{method.parent}.{name}") for name in LINK.findall(text))
    return all(one and gives_itself(*one) for one in called)


def above(file: SourceFile, node: cst.CSTNode, name: str) -> str | None:
    """The dotted name of the method that `super().name` stands for at a node."""
    own = _class_around(file, node)
    for base in file.mro(own)[1:] if own else ():
        found = file.project.locate(f"{base}.{name}")
        if found and found[1].kind is Kind.FUNCTION:
            return f"{base}.{name}"
    return None


def own_class(file: SourceFile, node: cst.CSTNode) -> str | None:
    """The dotted name of the class in whose method a node stands."""
    own = _class_around(file, node)
    return next(iter(file.mro(own)), None) if own else None


def is_super(node: cst.CSTNode) -> bool:
    """Whether this is `super()`."""
    return isinstance(node, cst.Call) and last_name(node.func) == "super" and not node.args


def is_method(file: SourceFile, definition: Definition) -> bool:
    """Whether a function is called on an object of a class."""
    return definition.first_parameter == "self" and definition.parent in file.outline.classes


def methods(file: SourceFile, name: str) -> Iterator[Definition]:
    """The methods of a class, and of those above it in the same file."""
    for dotted in file.mro(name):
        place = file.project.locate(dotted)
        for one in file.outline.members(place[1].qualname) if place and place[0] is file else ():
            if one.kind is Kind.FUNCTION and is_method(file, one) and file.outline.by_name[one.qualname] is one:
                yield one


def calls_own(file: SourceFile, definition: Definition) -> frozenset[str]:
    """The names of the methods of its own that a method calls."""
    known: dict[Definition, frozenset[str]] = file.cache.setdefault(calls_own, {})
    if definition not in known:
        known[definition] = frozenset(CALLED_OWN.findall(code_of(file, definition)))
    return known[definition]


def code_of(file: SourceFile, definition: Definition) -> str:
    """The text of a definition, without its decorators."""
    return "".join(file.lines[definition.head - 1 : definition.end_line])


def held_by(project: Project, place: Place) -> tuple[str, ...]:
    """The names under which an object of a class holds what it is made of, in order; none where nothing says so."""
    file, own = place
    above = file.mro(own.qualname)
    marked = any(mark.rpartition(".")[2] in HOLDING for mark in own.decorators)
    if not marked and HOLDERS.isdisjoint(above):
        return ()
    places = (class_of(project, name) for name in reversed(above))
    return tuple(dict.fromkeys(name for one in places if one for name in _annotated(*one)))


def in_order(project: Project, name: str) -> tuple[str, ...]:
    """The names of what a named tuple of the project gives when it is taken apart, in order; none of other objects."""
    place = class_of(project, name)
    if place is None or NAMED_TUPLE not in place[0].mro(place[1].qualname):
        return ()
    return held_by(project, place)


def _annotated(file: SourceFile, own: Definition) -> Iterator[str]:
    node = file.outline.classes.get(own.qualname)
    for statement in node.body if node else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def _inherited(project: Project, place: Place | None, name: str) -> Place | None:
    if place is None:
        return None
    found = (project.locate(f"{one}.{name}") for one in place[0].mro(place[1].qualname))
    return next((one for one in found if one and one[1].kind is Kind.FUNCTION), None)


def _class_around(file: SourceFile, node: cst.CSTNode) -> str | None:
    """The qualname of the class in whose method a node stands."""
    around = file.definition_name(node)
    while around and around not in file.outline.classes:
        around = around.rpartition(".")[0]
    return around or None
