"""Which functions a call may be of that names none: one of a table, or what a variable was given before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.flow.frame import Frame, constant_key
from analyzers.flow.objects import class_of, function_of, own_class
from analyzers.flow.reaching import definitions
from analyzers.models import Sink
from analyzers.names import resolved
from analyzers.scopes import COMPREHENSIONS
from analyzers.source import SourceFile
from analyzers.syntax import constant_of, is_name, last_name
from analyzers.tables import Entry, tables

LOOKING = frozenset({"get", "pop", "setdefault"})
PARTIAL = "functools.partial"
# As many functions of one table are followed, and as many variables on the way to one.
MOST = 12
HOPS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One function that a call may be of, by its dotted name; `func` is how it would be written there.

    `given` are arguments that it was given before, by `partial`.
    """

    func: cst.Name | cst.Attribute
    name: str
    given: tuple[cst.Arg, ...] = ()


def choices(frame: Frame, func: cst.BaseExpression) -> tuple[Choice, ...]:
    """The functions that an expression may stand for, by tables and assignments; none when nothing is known."""
    found = {one.name: one for one in _choices(frame, func, HOPS) if _is_function(frame, one.name)}
    return tuple(found.values())[:MOST]


def _is_function(frame: Frame, name: str) -> bool:
    return bool(frame.models.named(Sink, name)) or function_of(frame.file.project, name) is not None


def _choices(frame: Frame, node: cst.BaseExpression, left: int) -> Iterator[Choice]:
    match node:
        case cst.Call(args=[first, *others]) if frame.file.qualified(node.func) == PARTIAL:
            made = _any(frame, (first.value,), left)
            yield from (replace(one, given=(*one.given, *others)) for one in made)
        case cst.Subscript(value=holder, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            yield from _looked_up(frame, holder, key)
        case cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=method)), args=[first, *others]):
            yield from _looked_up(frame, holder, first.value) if method in LOOKING else ()
            yield from _any(frame, [one.value for one in others if method in LOOKING], left)
        case cst.IfExp():
            yield from _any(frame, (node.body, node.orelse), left)
        case cst.BooleanOperation():
            yield from _any(frame, (node.left, node.right), left)
        case cst.NamedExpr():
            yield from _any(frame, (node.value,), left)
        case cst.Name() if node.value in frame.state:
            yield from _assigned(frame, node, left)
        case cst.Name() | cst.Attribute() if name := frame.name(node):
            yield Choice(node, name)


def _any(frame: Frame, nodes: Iterable[cst.BaseExpression], left: int) -> Iterator[Choice]:
    for node in nodes if left else ():
        yield from _choices(frame, node, left - 1)


def _assigned(frame: Frame, node: cst.Name, left: int) -> Iterator[Choice]:
    """What a variable was given: an expression, or in a loop any of the elements of a sequence."""
    for around in frame.file.ancestors(node):
        clause = around.for_in if isinstance(around, COMPREHENSIONS) else None
        if clause is not None and is_name(clause.target, node.value):
            yield from _elements(frame, clause.iter)
    for one in definitions(frame.file, node) or ():
        if one.value is not None and not one.adds:
            yield from _any(frame, (one.value,), left)
        elif isinstance(one.node, cst.For) and isinstance(one.node.target, cst.Name):
            yield from _elements(frame, one.node.iter)


def _elements(frame: Frame, node: cst.BaseExpression) -> Iterator[Choice]:
    if isinstance(node, (cst.Tuple, cst.List)):
        yield from _any(frame, [element.value for element in node.elements], 1)
        return
    holder = node
    if isinstance(node, cst.Call) and last_name(node) == "values" and isinstance(node.func, cst.Attribute):
        holder = node.func.value
    yield from _all_of(frame, holder)


def _looked_up(frame: Frame, holder: cst.BaseExpression, key: cst.BaseExpression) -> Iterator[Choice]:
    """What a table has at a key; anything in it where that is not constant."""
    wanted = constant_of(key) if constant_key(key) else None
    yield from _all_of(frame, holder, wanted)


def _all_of(frame: Frame, holder: cst.BaseExpression, wanted: object = None) -> Iterator[Choice]:
    if isinstance(holder, cst.Name) and holder.value in frame.state:
        found = definitions(frame.file, holder) or ()
        holder = found[0].value if len(found) == 1 and found[0].value is not None else holder
    if isinstance(holder, cst.Dict):
        for one in holder.elements:
            if isinstance(one, cst.DictElement) and (wanted is None or constant_of(one.key) in (wanted, one.key)):
                yield from _any(frame, (one.value,), 1)
        return
    for file, qualname, name in _places(frame, holder):
        for entry in tables(file).get((qualname, name), ()):
            if wanted is None or entry.key in (None, wanted):
                yield from _of_table(file, qualname, entry)


def _places(frame: Frame, holder: cst.BaseExpression) -> Iterator[tuple[SourceFile, str, str]]:
    """Where the table stands that an expression names: its file, its class, its name there."""
    file, project = frame.file, frame.file.project
    if isinstance(holder, cst.Name) and holder.value in file.outline.names[""] and holder.value not in frame.state:
        yield file, "", holder.value
    if not isinstance(holder, (cst.Name, cst.Attribute)):
        return
    if isinstance(holder, cst.Attribute) and is_name(holder.value, "self", "cls"):
        own = own_class(file, holder)
        place = class_of(project, own) if own else None
        above = place[0].mro(place[1].qualname) if place else ()
        classes = (class_of(project, one) for one in above)
        yield from ((one[0], one[1].qualname, holder.attr.value) for one in classes if one)
        return
    name = file.qualified(holder) or ""
    owner, _, last = name.rpartition(".")
    klass = class_of(project, owner) if owner else None
    if klass:
        yield klass[0], klass[1].qualname, last
    elif owner and (other := project.module(owner)):
        yield other, "", last


def _of_table(file: SourceFile, qualname: str, entry: Entry) -> Iterator[Choice]:
    root, _, rest = entry.function.partition(".")
    if root == "self":
        yield Choice(_written(entry.function), f"{file.module}.{qualname}.{rest}")
        return
    names = file.outline.names.get(qualname, {}) if qualname else {}
    found = resolved(file, entry.function, qualname, names)
    if found:
        inside = root in names and not rest
        yield Choice(_written(f"{qualname}.{root}" if inside else entry.function), found)


def _written(text: str) -> cst.Name | cst.Attribute:
    root, *rest = text.split(".")
    made: cst.Name | cst.Attribute = cst.Name(root)
    for name in rest:
        made = cst.Attribute(made, cst.Name(name))
    return made
