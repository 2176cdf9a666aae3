"""The names one function binds for itself, read from its libcst tree."""

import ast
from collections.abc import Iterator

import libcst as cst

from analyzers.cuts import Cut, child_fields, is_node
from analyzers.outline import Binding, Bound, Definition, Kind, Names, Outline, Unit, absolute

Function = cst.FunctionDef | cst.Lambda
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
OTHER = Binding(Bound.OTHER)
# A `with` over one of these gives what was made, and not something else.
ENTERED_AS_MADE = frozenset(
    "requests.Session requests.session httpx.Client httpx.AsyncClient aiohttp.ClientSession ClientSession".split()
)
# libcst's classes are abstract ones, of which `isinstance` is slow to say no: exact types are asked first.
BINDING = frozenset({
    cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef, cst.Import, cst.ImportFrom, cst.Assign, cst.AnnAssign,
    cst.NamedExpr, cst.AugAssign, cst.For, cst.Del, cst.WithItem, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchAs,
    cst.MatchStar, cst.MatchMapping,
})  # fmt: skip
CLOSED = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b.c` as written, "" for anything that is not a chain of plain names."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    return ".".join([node.value, *reversed(parts)]) if isinstance(node, cst.Name) else ""


def local_names(function: Function, package: str) -> Names:
    """The names bound in a function or lambda, nested definitions only by their own name.

    Names declared `global` or `nonlocal` are left out: they are bound elsewhere.
    """
    names: Names = {}
    elsewhere: set[str] = set()
    for parameter in parameters(function.params):
        names.setdefault(parameter.name.value, []).append(Binding(Bound.OTHER, "parameter"))
    for node in _own_nodes(function.body):
        if type(node) not in BINDING:
            continue
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            elsewhere.update(item.name.value for item in node.names)
        for name, binding in _bindings(node, package):
            names.setdefault(name, []).append(binding)
    return {name: bound for name, bound in names.items() if name not in elsewhere}


def tree_outline(cut: Cut, package: str) -> Outline:
    """The outline of a file read whole, in syntax that `ast` of the running Python does not know.

    It knows less than the other: no attributes of `self`, no star imports.
    """
    definitions: list[Definition] = []
    units: list[Unit] = []
    names: dict[str, Names] = {"": {}}
    waiting = [(node, "") for node in reversed(cut.roots)]
    while waiting:
        node, parent = waiting.pop()
        for inner in _own_nodes(node):
            for name, binding in _bindings(inner, package) if type(inner) in BINDING else ():
                names[parent].setdefault(name, []).append(binding)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            definition = _definition(cut, node, parent)
            definitions.append(definition)
            units.append(_unit(cut, node, definition))
            if isinstance(node, cst.ClassDef):
                names[definition.qualname] = {}
                waiting.extend((inner, definition.qualname) for inner in reversed(node.body.body))
        elif not parent:
            span = cut.span(node)
            units.append(Unit(Kind.STATEMENT, span.line, span.end_line))
    return Outline(ast.Module([], []), tuple(definitions), tuple(units), names, (), {})


def _definition(cut: Cut, node: cst.FunctionDef | cst.ClassDef, parent: str) -> Definition:
    span = cut.span(node)
    params = list(parameters(node.params)) if isinstance(node, cst.FunctionDef) else []
    return Definition(
        name=node.name.value,
        qualname=f"{parent}.{node.name.value}" if parent else node.name.value,
        kind=Kind.FUNCTION if isinstance(node, cst.FunctionDef) else Kind.CLASS,
        line=min([cut.span(mark).line for mark in node.decorators], default=span.line),
        head=span.line,
        end_line=span.end_line,
        parent=parent,
        bases=tuple(dotted(base.value) for base in node.bases) if isinstance(node, cst.ClassDef) else (),
        decorators=tuple(dotted(mark.decorator) for mark in node.decorators),
        first_parameter=params[0].name.value if params else "",
    )


def _unit(cut: Cut, node: cst.FunctionDef | cst.ClassDef, definition: Definition) -> Unit:
    inner = [part for part in node.body.body if isinstance(part, (cst.FunctionDef, cst.ClassDef))]
    spans = [_definition(cut, part, "") for part in inner] if isinstance(node, cst.ClassDef) else []
    holes = tuple((span.line, span.end_line) for span in spans)
    return Unit(definition.kind, definition.line, definition.end_line, definition.qualname, holes)


def comprehension_names(node: cst.CSTNode) -> Names:
    """The names a comprehension binds for itself."""
    names: Names = {}
    clause = getattr(node, "for_in", None)
    while clause is not None:
        for name in _targets(clause.target):
            names[name] = [OTHER]
        clause = clause.inner_for_in
    return names


def parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    """Every parameter, in the order of the signature."""
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg:
        yield params.star_kwarg


def _own_nodes(body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [body]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) in CLOSED:
            continue
        for name in child_fields(type(node)):
            value = getattr(node, name)
            if value.__class__ in (tuple, list):
                waiting.extend(value)
            elif is_node(value.__class__):
                waiting.append(value)


def _bindings(node: cst.CSTNode, package: str) -> Iterator[tuple[str, Binding]]:
    match node:
        case cst.FunctionDef() | cst.ClassDef():
            yield node.name.value, Binding(Bound.DEFINITION, node.name.value)
        case cst.Import() | cst.ImportFrom():
            yield from imported(node, package)
        case cst.Assign():
            for target in node.targets:
                yield from _assigned(target.target, node.value)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            yield from _assigned(node.target, value)
        case cst.NamedExpr():
            yield from _assigned(node.target, node.value)
        case cst.WithItem(item=cst.Call() as made, asname=cst.AsName(name=cst.Name() as name)) if (
            chained(made.func) in ENTERED_AS_MADE
        ):
            yield from _assigned(name, made)
        case _:
            yield from ((name, OTHER) for target in _opaque(node) for name in _targets(target))


def _opaque(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The targets a node binds to values that nothing is known of."""
    match node:
        case cst.AugAssign() | cst.For() | cst.Del():
            yield node.target
        case cst.WithItem(asname=cst.AsName() as named):
            yield named.name
        case cst.ExceptHandler(name=cst.AsName() as named) | cst.ExceptStarHandler(name=cst.AsName() as named):
            yield named.name
        case cst.MatchAs(name=cst.Name() as name) | cst.MatchStar(name=cst.Name() as name):
            yield name
        case cst.MatchMapping(rest=cst.Name() as name):
            yield name


def imported(node: cst.Import | cst.ImportFrom, package: str) -> Iterator[tuple[str, Binding]]:
    """The names an import binds, with the absolute names behind them. A star binds none."""
    if isinstance(node.names, cst.ImportStar):
        return
    origin = None
    if isinstance(node, cst.ImportFrom):
        origin = absolute(dotted(node.module) or None, len(node.relative), package)
    for alias in node.names:
        name = dotted(alias.name)
        bound = dotted(alias.asname.name) if alias.asname else ""
        if origin is not None:
            yield bound or name, Binding(Bound.IMPORT, f"{origin}.{name}" if origin else name)
        else:
            yield bound or name.partition(".")[0], Binding(Bound.IMPORT, name if bound else name.partition(".")[0])


def _assigned(target: cst.BaseExpression, value: cst.BaseExpression) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, cst.Name):
        yield target.value, value_binding(value)
    else:
        yield from ((name, OTHER) for name in _targets(target))


def value_binding(value: cst.BaseExpression) -> Binding:
    """How an assignment of `value` binds a plain name."""
    if isinstance(value, cst.Await):
        value = value.expression
    if isinstance(value, cst.Name) and value.value == "None":
        return Binding(Bound.NOTHING)
    if isinstance(value, cst.Call) and chained(value.func):
        return Binding(Bound.CALL, chained(value.func))
    return Binding(Bound.ALIAS, dotted(value)) if dotted(value) else OTHER


def chained(node: cst.CSTNode) -> str:
    """`a.b().c` for `a.b(x).c`; "" for what does not begin with a name."""
    if isinstance(node, cst.Call):
        called = chained(node.func)
        return f"{called}()" if called else ""
    if isinstance(node, cst.Attribute):
        before = chained(node.value)
        return f"{before}.{node.attr.value}" if before else ""
    return node.value if isinstance(node, cst.Name) else ""


def _targets(target: cst.CSTNode) -> Iterator[str]:
    waiting = [target]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Name):
            yield node.value
        elif isinstance(node, (cst.Tuple, cst.List)):
            waiting.extend(element.value for element in node.elements)
