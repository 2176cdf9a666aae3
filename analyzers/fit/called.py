"""Which function or class of the project a call certainly calls, and what that takes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from analyzers import syntax
from analyzers.fit import definite, signatures
from analyzers.fit.definite import Place
from analyzers.fit.signatures import Signature
from analyzers.outline import Bound, Kind, Names, dotted
from analyzers.scopes import COMPREHENSIONS, comprehension_names
from analyzers.scopes import dotted as written
from analyzers.source import SourceFile

OWN_MARKS = frozenset({"staticmethod", "classmethod"})
# What is only there to be written anew in classes below.
UNFINISHED = (ast.Pass, ast.Raise)
PARTIAL = re.compile(r"Mix[Ii]n|Abstract|Interface|^_?Base|Base$|^I[A-Z][a-z]")


@dataclass(frozen=True, slots=True)
class Called:
    """A function or class that a call calls, with its signature; `first` is what it is given without being written.

    `owner` is the class whose method may be another one in a class below it; `caller` the class that says `super()`.
    """

    place: Place
    signature: Signature
    first: str = ""
    owner: Place | None = None
    caller: Place | None = None


def called(call: cst.Call, file: SourceFile) -> Called | None:
    """What the call calls; None when it may be something else, or is not at hand."""
    func = call.func
    if isinstance(func, cst.Attribute):
        return _method(func, file) or _plain(func, file)
    return _plain(func, file) if isinstance(func, cst.Name) else None


def _plain(func: cst.BaseExpression, file: SourceFile) -> Called | None:
    """A function or a class by its name, or a method behind the name of its class."""
    name = written(func)
    place = behind(func, file) if name else None
    if place is not None:
        return of_class(place) if place.is_class else of_function(place)
    owner = behind(func.value, file) if isinstance(func, cst.Attribute) else None
    if owner is None or not owner.is_class or not isinstance(func, cst.Attribute):
        return None
    return _bound(definite.attribute(definite.line(owner).classes, func.attr.value), on_class=True)


def behind(node: cst.BaseExpression, file: SourceFile) -> Place | None:
    """The definition that a dotted name stands for where it is said."""
    return _named(written(node), node, file)


def _named(name: str, node: cst.CSTNode, file: SourceFile) -> Place | None:
    """The definition that a dotted name stands for where a node stands."""
    root = name.partition(".")[0]
    names = next((one for one in _scopes(node, file) if root in one), None)
    if not name or names is None:
        return definite.behind(file, name) if name else None
    imports = all(one.how is Bound.IMPORT for one in names[root])
    return definite.behind_name(file, names, name) if imports else None


def _scopes(node: cst.CSTNode, file: SourceFile) -> Iterator[Names]:
    """The names that the functions and classes around a node bind, innermost first."""
    for outer in file.ancestors(node):
        if isinstance(outer, (cst.FunctionDef, cst.Lambda)):
            yield file.local_names(outer)
        elif isinstance(outer, COMPREHENSIONS):
            yield comprehension_names(outer)
        elif isinstance(outer, cst.ClassDef):
            yield file.outline.names.get(file.definition_name(outer), {})


def _method(func: cst.Attribute, file: SourceFile) -> Called | None:
    """A method behind `self`, `cls` or `super()`, or of an instance that has just been made."""
    name, value = func.attr.value, func.value
    if isinstance(value, cst.Name):
        owner = _owner(value, file)
        return _on_own(*owner, name) if owner else _on_made(_maker(value, file), name)
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "super":
        owner = None if value.args else _owner(value, file)
        return _on_own(*owner, name, beyond=True) if owner else None
    return _on_made(behind(value.func, file) if isinstance(value, cst.Call) else None, name)


def _maker(name: cst.Name, file: SourceFile) -> Place | None:
    """The class whose instance a local name is, if it is given a value once."""
    names = next((one for one in _scopes(name, file) if name.value in one), None)
    bound = names[name.value] if names else ()
    if len(bound) != 1 or bound[0].how is not Bound.CALL or "()" in bound[0].target or "nonlocal" in file.words:
        return None
    return _named(bound[0].target, name, file)


def _owner(node: cst.BaseExpression, file: SourceFile) -> tuple[Place, bool] | None:
    """The class in a method of which a node stands, and whether the method is one of the class.

    A name must be the first parameter of the method: `self`, or `cls` of a class method.
    """
    around = [one for one in file.ancestors(node) if isinstance(one, (cst.FunctionDef, cst.Lambda, cst.ClassDef))]
    method = around[-1] if around else None
    own = file.outline.by_name.get(file.definition_name(method)) if isinstance(method, cst.FunctionDef) else None
    klass = file.outline.by_name.get(own.parent) if own else None
    if method is None or own is None or klass is None or klass.kind is not Kind.CLASS or len(around) > 2:
        return None
    of_class = own.decorators == ("classmethod",)
    if own.first_parameter != ("cls" if of_class else "self") or "staticmethod" in own.decorators:
        return None
    if isinstance(node, cst.Call):
        return (Place(file, klass), of_class) if len(around) == 1 else None
    if not syntax.is_name(node, own.first_parameter):
        return None
    scopes = [one[own.first_parameter] for one in _scopes(node, file) if own.first_parameter in one]
    if len(scopes) != 1 or [one.target for one in scopes[0]] != ["parameter"]:
        return None
    return Place(file, klass), of_class


def _on_own(klass: Place, of_class: bool, name: str, *, beyond: bool = False) -> Called | None:
    """A method of the class itself or, `beyond` it, of one above, unless it waits to be written in one below."""
    classes = definite.line(klass).classes[beyond:]
    if name.startswith("__") and not name.endswith("__"):
        classes = () if beyond else classes[:1]
    found = definite.attribute(classes, name)
    if found is None or _is_unfinished(found, klass):
        return None
    holder = next((one for one in classes if found.file is one.file and found.definition.parent == one.qualname), None)
    made = _bound(found, on_class=of_class)
    return replace(made, owner=holder, caller=klass if beyond else None) if made else None


def _is_unfinished(found: Place, klass: Place) -> bool:
    """Whether a class, or the method that was found, is there for classes below it to do in their own way."""
    node, owner = found.function, klass.klass
    if node is None or owner is None or PARTIAL.search(owner.name) or _is_abstract(klass):
        return True
    body = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    return not body or (len(body) == 1 and (isinstance(body[0], UNFINISHED) or _gives_nothing(body[0])))


def _is_abstract(klass: Place) -> bool:
    node = klass.klass
    if node is None or node.keywords or any(dotted(base).endswith("ABC") for base in node.bases):
        return True
    members = klass.file.outline.members(klass.qualname)
    return any("abstract" in mark for member in members for mark in member.decorators)


def _gives_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))


def _on_made(klass: Place | None, name: str) -> Called | None:
    """A method of an instance that a call of the class has given."""
    if klass is None or not klass.is_class or of_class(klass) is None:
        return None
    classes = definite.line(klass).classes
    if any(definite.binds(one, "__await__") for one in classes):
        return None
    return _bound(definite.attribute(classes, name), on_class=False)


def _bound(
    found: Place | None, *, on_class: bool, owner: Place | None = None, caller: Place | None = None
) -> Called | None:
    """A method as it is called on an instance, or on the class."""
    node = found.function if found else None
    if found is None or node is None or found.definition.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        return None
    marks = tuple(dotted(mark) for mark in node.decorator_list)
    if len(marks) != len(set(marks) & OWN_MARKS) or len(marks) > 1:
        return None
    first = "" if marks == ("staticmethod",) or (on_class and not marks) else "cls" if marks else "self"
    return Called(found, signatures.of_function(node, found.definition.name), first)


def of_function(place: Place) -> Called | None:
    """A function of a module."""
    node = place.function
    if node is None or node.decorator_list:
        return None
    return Called(place, signatures.of_function(node, place.definition.name))


def of_class(place: Place) -> Called | None:
    """What an instance is made with; None when another class may have a say in it."""
    known: dict[str, Called | None] = place.file.cache.setdefault(of_class, {})
    if place.qualname not in known:
        known[place.qualname] = _of_class(place)
    return known[place.qualname]


def _of_class(place: Place) -> Called | None:
    line = definite.line(place)
    if not line.ordinary or any(definite.binds(one, "__new__") for one in line.classes):
        return None
    for number, one in enumerate(line.classes):
        if definite.binds(one, "__init__"):
            found = definite.attribute([one], "__init__")
            node = found.function if found else None
            if found is None or node is None or node.decorator_list:
                return None
            return Called(found, signatures.of_function(node, f"{place.definition.name}.__init__"), "self")
        if _is_dataclass(one):
            signature = _of_fields(line.classes[number:], place.definition.name)
            return Called(one, signature) if signature else None
    return Called(place, Signature(text=f"{place.definition.name}()")) if line.whole else None


def _is_dataclass(place: Place) -> bool:
    node = place.klass
    return node is not None and any(dotted(mark).rpartition(".")[2] == "dataclass" for mark in node.decorator_list)


def _of_fields(classes: tuple[Place, ...], name: str) -> Signature | None:
    """From the fields of a dataclass and of those above it, if that is what makes an instance."""
    nodes = [one.klass for one in reversed(classes) if _is_dataclass(one)]
    options = [
        word
        for node in nodes
        if node
        for mark in node.decorator_list
        if isinstance(mark, ast.Call)
        for word in mark.keywords
    ]
    if any(word.arg in (None, "init") for word in options) or not all(map(_is_standard, classes)):
        return None
    return signatures.of_fields([node for node in nodes if node], name)


def _is_standard(place: Place) -> bool:
    """Whether the decorator of a class, if it has one, is that of the standard library."""
    if not _is_dataclass(place):
        return True
    for mark in place.klass.decorator_list if place.klass else ():
        root = dotted(mark).partition(".")[0]
        bound = place.file.outline.names[""].get(root, ())
        if dotted(mark).endswith("dataclass") and [one.target for one in bound] not in (
            ["dataclasses"],
            ["dataclasses.dataclass"],
        ):
            return False
    return True
