"""What a dotted expression stands for: through scopes, imports, aliases, `self`, class attributes and re-exports."""

import builtins
from collections.abc import Iterator
from typing import Any, Protocol

import libcst as cst

from analyzers.outline import Binding, Bound, Definition, Kind, Names, Outline
from analyzers.scopes import CLOSED, COMPREHENSIONS, comprehension_names, local_names

# Aliases of aliases, bases of bases, re-exports of re-exports: past this depth nothing is known.
DEPTH = 16
BUILTINS = frozenset(dir(builtins))
SCOPES = frozenset({*CLOSED, *COMPREHENSIONS})
Scopes = list[tuple[str, Names]]


class File(Protocol):
    """What the names need of a file: the like-named parts of `SourceFile`."""

    module: str
    package: str
    cache: dict[Any, Any]
    asked: set[str]

    @property
    def outline(self) -> Outline:
        """Imports, classes, definitions, module names."""

    @property
    def project(self) -> "Files":
        """The other files."""

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around, innermost first."""

    def definition_name(self, node: cst.CSTNode) -> str:
        """The qualname around a node."""


class Files(Protocol):
    """What the names need of the other files: the file of a module name, and who wants to know of it."""

    listeners: list[set[str]]

    def module(self, name: str) -> Any:
        """The file of a module, or None."""


def qualified(file: File, node: cst.CSTNode, *, calls: bool) -> str | None:
    """The dotted name behind an expression, or None; with `calls`, results of calls are written `f()`."""
    known = file.cache.setdefault((qualified, calls), {})
    if node not in known:
        known[node] = None
        # The answer is kept: so must be what it was drawn from, for whoever uses it later.
        listeners = file.project.listeners
        listeners.append(file.asked)
        try:
            known[node] = _expression(file, node, calls)
        finally:
            listeners.pop()
    answer: str | None = known[node]
    return answer


def _expression(file: File, node: cst.CSTNode, calls: bool) -> str | None:
    parts: list[str] = []
    while (taken := _taken(node)) is not None:
        node, name = taken
        parts.append(name)
    if isinstance(node, cst.Await):
        node = node.expression
    if isinstance(node, cst.Name):
        found = _Lookup(file, calls, _scopes(file, node)).name(".".join([node.value, *reversed(parts)]))
    elif isinstance(node, cst.Call) and calls:
        called = qualified(file, node.func, calls=True)
        found = ".".join([called + "()", *reversed(parts)]) if called else None
    else:
        return None
    return canonical(file, found) if found else None


def _taken(node: cst.CSTNode) -> tuple[cst.CSTNode, str] | None:
    """What an attribute is taken of, and its name: of `a.b`, or of `getattr(a, "b")`."""
    match node:
        case cst.Attribute(value=holder, attr=cst.Name(value=name)):
            return holder, name
        case cst.Call(func=cst.Name(value="getattr"), args=[holder, cst.Arg(value=cst.SimpleString() as text)]):
            said = text.evaluated_value
            return (holder.value, said) if isinstance(said, str) and said.isidentifier() else None
    return None


def resolved(file: File, text: str, qualname: str, local: Names) -> str | None:
    """The dotted name behind `a.b.c` inside a function whose own names are `local`; results of calls are `f()`."""
    found = _Lookup(file, True, [(qualname, local), ("", file.outline.names[""])]).name(text)
    return canonical(file, found) if found else None


def _scopes(file: File, node: cst.CSTNode, in_scope: bool = False) -> Scopes:
    """The scopes around a name, innermost first, as (qualname, names); the module's own comes last.

    The names of a class are seen in its body alone, not `in_scope` of a function there.
    """
    inside = node
    for outer in file.ancestors(node):
        if type(outer) in SCOPES:
            break
        inside = outer
    else:
        return [("", file.outline.names[""])]
    known: dict[object, Scopes] = file.cache.setdefault(_scopes, {})
    about = outer, inside, in_scope
    if about not in known:
        own = _own_names(file, outer, inside, in_scope)
        known[about] = [*own, *_scopes(file, outer, in_scope or bool(own))]
    return known[about]


def _own_names(file: File, outer: cst.CSTNode, inside: cst.CSTNode, in_scope: bool) -> Scopes:
    """What a scope adds for the names in one of its parts: nothing where that part is evaluated outside."""
    if isinstance(outer, (cst.FunctionDef, cst.Lambda)) and inside is outer.body:
        return [(file.definition_name(outer), local(file, outer))]
    if isinstance(outer, COMPREHENSIONS):
        return [("", comprehension_names(outer))]
    if isinstance(outer, cst.ClassDef) and inside is outer.body and not in_scope:
        name = file.definition_name(outer)
        return [(name, file.outline.names.get(name, {}))]
    return []


def local(file: File, function: cst.FunctionDef | cst.Lambda) -> Names:
    """See `local_names`; found once for each function."""
    known: dict[cst.CSTNode, Names] = file.cache.setdefault(local, {})
    if function not in known:
        known[function] = local_names(function, file.package)
    return known[function]


class _Lookup:
    """One resolution of dotted text in a chain of scopes, with a depth that ends every cycle."""

    def __init__(self, file: File, calls: bool, scopes: Scopes, depth: int = 0) -> None:
        self.file, self.calls, self.scopes, self.depth = file, calls, scopes, depth

    def name(self, text: str) -> str | None:
        if self.depth > DEPTH:
            return None
        root, _, rest = text.partition(".")
        if root.endswith("()"):
            made = self.name(root.removesuffix("()"))
            return _with(made + "()", rest) if made else None
        for place, (qualname, names) in enumerate(self.scopes):
            if root in names:
                return self._bound(place, qualname, names[root], root, rest)
        return self._unbound(root, rest)

    def _bound(self, place: int, qualname: str, bindings: list[Binding], root: str, rest: str) -> str | None:
        binding = deciding(bindings)
        if binding is None:
            return self._of_class(qualname, root, rest) if bindings[0].target == "parameter" and rest else None
        if binding.how is Bound.IMPORT:
            return _with(binding.target, rest)
        if binding.how is Bound.DEFINITION:
            inner = binding.target if "." in binding.target or not qualname else f"{qualname}.{binding.target}"
            return _with(_with(self.file.module, inner), rest)
        if binding.how is Bound.CALL and not self.calls:
            return None
        inside = self.scopes[place:] if binding.target.partition(".")[0] != root else self.scopes[place + 1 :]
        value = _Lookup(self.file, self.calls, inside, self.depth + 1).name(binding.target)
        if value and binding.how is Bound.CALL:
            value += "()"
        return _with(value, rest) if value else None

    def _of_class(self, qualname: str, root: str, rest: str) -> str | None:
        """`self.x` inside a method: what the class, or a class above it, says of `x`."""
        method = self.file.outline.by_name.get(qualname)
        if not method or method.parent not in self.file.outline.classes or method.first_parameter != root:
            return None
        attribute, _, more = rest.partition(".")
        found = member(self.file, method.parent, attribute, calls=self.calls, depth=self.depth + 1)
        return _with(found, more) if found else None

    def _unbound(self, root: str, rest: str) -> str | None:
        if root in BUILTINS:
            return _with(f"builtins.{root}", rest)
        stars = self.file.outline.stars
        for star in stars:
            other = self.file.project.module(star)
            if other is not None and root in other.outline.names[""]:
                return _with(f"{star}.{root}", rest)
        return _with(f"{stars[0]}.{root}", rest) if len(stars) == 1 else None


def deciding(bindings: list[Binding]) -> Binding | None:
    """The one binding that says what a name is, or None when they disagree.

    `try: import a / except ImportError: a = None` is `a`; of two imports of a fallback the last one counts.
    """
    if any(binding.how is Bound.OTHER for binding in bindings):
        return None
    useful = [binding for binding in bindings if binding.how is not Bound.NOTHING]
    imports = [binding for binding in useful if binding.how is Bound.IMPORT]
    if imports and all(binding.how in (Bound.IMPORT, Bound.DEFINITION) for binding in useful):
        return imports[-1]
    kinds = {(binding.how, binding.target) for binding in useful}
    return useful[-1] if len(kinds) == 1 else None


def member(file: File, qualname: str, attribute: str, *, calls: bool, depth: int = 0) -> str | None:
    """The dotted name of an attribute of a class: its own, or inherited; None when it is a plain value."""
    if depth > DEPTH:
        return None
    module: Scopes = [("", file.outline.names[""])]
    own = file.outline.names.get(qualname, {})
    if attribute in own:
        return _Lookup(file, calls, [(qualname, own), *module], depth + 1).name(attribute)
    held = file.outline.attributes(qualname)
    if attribute in held:
        return _Lookup(file, calls, [("", {attribute: held[attribute]}), *module], depth + 1).name(attribute)
    for base in bases(file, qualname):
        found = _inherited(file, base, attribute, calls, depth)
        if found:
            return found
    return None


def _inherited(file: File, base: str, attribute: str, calls: bool, depth: int) -> str | None:
    place = locate(file.project, base)
    if place is None:
        return None if base == "builtins.object" else f"{base}.{attribute}"
    other, definition = place
    if definition.kind is not Kind.CLASS:
        return None
    return member(other, definition.qualname, attribute, calls=calls, depth=depth + 1)


def bases(file: File, qualname: str) -> Iterator[str]:
    """The absolute names of the direct bases of a class, as far as they are known."""
    definition = file.outline.by_name.get(qualname)
    for base in definition.bases if definition else ():
        found = _Lookup(file, False, [("", file.outline.names[""])]).name(base) if base else None
        if found:
            yield canonical(file, found)


def ancestry(file: File, qualname: str) -> Iterator[str]:
    """The class and its ancestors by dotted name, breadth first, each once."""
    seen: set[str] = set()
    waiting = [_with(file.module, qualname)]
    while waiting and len(seen) < DEPTH * DEPTH:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        yield name
        place = locate(file.project, name)
        if place:
            waiting.extend(bases(place[0], place[1].qualname))


def canonical(file: File, name: str) -> str:
    """The name where it is really defined: follows re-exports through the files at hand."""
    for _ in range(DEPTH):
        onward = _re_export(file.project, name)
        if onward is None or onward == name:
            break
        name = onward
    return name


def _re_export(project: Files, name: str) -> str | None:
    place = _split(project, name)
    if place is None or not place[1]:
        return None
    other, rest = place
    root, _, more = rest.partition(".")
    bindings = other.outline.names[""].get(root)
    if bindings is None:
        inside = [star for star in other.outline.stars if project.module(star)]
        return _with(_with(inside[0], root), more) if len(inside) == 1 else None
    binding = deciding(bindings)
    return _with(binding.target, more) if binding and binding.how is Bound.IMPORT else None


def locate(project: Files, name: str) -> tuple[Any, Definition] | None:
    """The file and definition of an absolute name, through re-exports."""
    for _ in range(DEPTH):
        place = _split(project, name)
        if place is None:
            return None
        other, rest = place
        if rest in other.outline.by_name:
            return other, other.outline.by_name[rest]
        onward = _re_export(project, name) if rest else None
        if onward is None or onward == name:
            return None
        name = onward
    return None


def _split(project: Files, name: str) -> tuple[Any, str] | None:
    """The file of the longest module that begins the name, and the rest of the name."""
    if "()" in name:
        return None
    module, rest = name, ""
    while module:
        file = project.module(module)
        if file is not None:
            return file, rest
        module, _, last = module.rpartition(".")
        rest = _with(last, rest)
    return None


def _with(name: str, rest: str) -> str:
    return f"{name}.{rest}" if name and rest else name or rest
