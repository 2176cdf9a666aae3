"""What a function is given when nobody of the project calls it: the data of a framework's entry point, and types."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import libcst as cst

from analyzers.flow.declared import carries_no_text, harmless_fields, is_fitted
from analyzers.flow.frame import short, typed
from analyzers.flow.objects import calls_own, code_of, methods
from analyzers.flow.value import (
    ANY_KEY,
    CLEAN,
    FACTS,
    FIELD_LIMIT,
    KEYS,
    NO_FIELDS,
    PARAMETER,
    SEGMENT,
    Link,
    State,
    Taint,
    Value,
)
from analyzers.glimpse import stand_for
from analyzers.models import Alias, Entry, Models
from analyzers.outline import Bound, Definition
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import argument, inside, is_name, text_value

CONVERTED = re.compile(r"<(?:int|float|uuid):(\w+)>|\{(\w+):(?:int|float|uuid)\}")
# Routes whose parameters may have slashes in them: https://werkzeug.palletsprojects.com/en/stable/routing/
SEVERAL = re.compile(r"<(?:path|re|regex)\b")
PLAIN = ("builtins.", "typing.", "collections.", "uuid.", "datetime.", "decimal.")
SELF = ("self", "cls")
# What bytes that are uploaded do not do: name a file or an address.
NAMING = frozenset({"path", "url", "redirect"})
MODULE = "__module__"
PAGE = "html"
ATTRIBUTE = re.compile(r"\bself\.(\w+)\b(?!\s*\()")
OWN = re.compile(r"\bself\.(\w+)")
# Behind an attribute on its line: it is assigned, or something is put into it. Before one: a loop or a `with` binds it.
WRITES = re.compile(
    r"(?<![=!<>])=(?!=)|\.(?:append|add|insert|extend|update|appendleft|put|put_nowait|push|setdefault)\("
)
BINDS = re.compile(r"\b(?:for|as) self\.")


def start(
    file: SourceFile,
    models: Models,
    function: cst.FunctionDef,
    source_kind: str,
    *,
    symbolic: bool,
    entry: Entry | None = None,
) -> State:
    """The state in which a function begins, with data of one kind of source.

    The code of a module, which has no function's name, begins with nothing. `entry` is how a framework calls it, where
    that is known.
    """
    if function.name.value == MODULE:
        return {FACTS: CLEAN}
    entry = None if symbolic else entry or entry_of(file, models, function)
    converted = set(_converted(function)) if entry else set()
    state: State = {FACTS: CLEAN}
    for parameter in parameters(function.params):
        name = parameter.name.value
        kind = type_of(file, models, parameter) or (entry.types.get(name, "") if entry else "")
        data = (
            entry is not None
            and entry.kind == source_kind
            and not models.speaks_of(kind)
            and name not in (*SELF, *converted)
            and name in (entry.parameters[:1] or (name,))
            and _is_data(file, parameter, entry)
        )
        named = symbolic and name not in SELF
        if named and parameter is function.params.star_kwarg:
            state[name] = _named_rest(file, parameter)
            continue
        taints = (_placeholder(file, parameter),) if named else (_given(file, parameter, entry),) if data else ()
        fields = _harmless_parts(file, parameter) if data else NO_FIELDS
        state[name] = Value(taints=tuple(one for one in taints if one), fields=fields, type=kind)
    _guess_types(file, models, state)
    if symbolic and SELF[0] in state:
        state[SELF[0]] = Value(fields=held(file, function))
    _type_self(state, entry or _mixed_in(file, models, function))
    return state


def attributes(file: SourceFile, definition: Definition | None, of: str = "") -> frozenset[str]:
    """The attributes of `self` that a method, or one of those it calls there, speaks of otherwise than to call them.

    `of` is the qualname of the class of the object, where it is not that of the method.
    """
    known: dict[Definition, frozenset[str]] = file.cache.setdefault((attributes, of), {})
    if definition is None:
        return frozenset()
    if definition not in known:
        klass = of or definition.parent
        own = {one.name: one for one in [*methods(file, klass)][::-1]} if calls_own(file, definition) else {}
        every, waiting = {definition}, [definition]
        while waiting:
            further = {own[name] for name in calls_own(file, waiting.pop()) & own.keys()} - every
            every |= further
            waiting += further
        known[definition] = frozenset[str]().union(*(_own_attributes(file, one) for one in every))
    return known[definition]


def _own_attributes(file: SourceFile, definition: Definition) -> frozenset[str]:
    known: dict[Definition, frozenset[str]] = file.cache.setdefault(_own_attributes, {})
    if definition not in known:
        known[definition] = frozenset(ATTRIBUTE.findall(code_of(file, definition)))
    return known[definition]


def written(file: SourceFile, definition: Definition) -> frozenset[str]:
    """The attributes of `self` that a method may write, going by its text."""
    known: dict[Definition, frozenset[str]] = file.cache.setdefault(written, {})
    if definition not in known:
        lines = (line for line in file.lines[definition.head - 1 : definition.end_line] if "self." in line)
        known[definition] = frozenset(name for line in lines for name in OWN.findall(line, 0, _last_write(line)))
    return known[definition]


def _last_write(line: str) -> int:
    """Where the last thing on a line stands that writes what stands before it."""
    if BINDS.search(line):
        return len(line)
    return max((found.end() for found in WRITES.finditer(line)), default=0)


def held(file: SourceFile, function: cst.FunctionDef, of: str = "") -> dict[str, Value]:
    """Placeholders for what the object holds that a method is called on; see `attributes`."""
    names = sorted(attributes(file, file.definition(function), of))[:FIELD_LIMIT]
    place = next(parameters(function.params))
    return {f".{name}": Value((Taint(PARAMETER, f"self.{name}", Link(file, place, "", length=0)),)) for name in names}


def _guess_types(file: SourceFile, models: Models, state: State) -> None:
    """A parameter that goes by the name of a framework's request, in a file that imports the framework."""
    for entry in models.all(Entry):
        for name, kind in entry.types.items() if entry.types and imports(file, entry.roots) else ():
            if name in state and not state[name].type and models.speaks_of(kind):
                state[name] = replace(state[name], type=kind)


def type_of(file: SourceFile, models: Models, parameter: cst.Param) -> str:
    """The type that an annotation gives a parameter, as the models know it; "" for none and for plain data."""
    if parameter.annotation is None:
        return ""
    named = [file.qualified(part) for part in names_in(parameter.annotation.annotation)]
    known = [models.canonical(name) for name in named if name and not name.startswith(PLAIN)]
    return known[0] if len(known) == 1 else ""


def names_in(annotation: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The names in an annotation: those of `X | None` and `Optional[X]` too."""
    if isinstance(annotation, (cst.Name, cst.Attribute)):
        yield annotation
    elif isinstance(annotation, cst.BinaryOperation):
        yield from names_in(annotation.left)
        yield from names_in(annotation.right)
    elif isinstance(annotation, cst.Subscript):
        for element in annotation.slice:
            if isinstance(element.slice, cst.Index):
                yield from names_in(element.slice.value)


def entry_of(file: SourceFile, models: Models, function: cst.FunctionDef) -> Entry | None:
    """The model by which a framework calls this function; None when none does."""
    return next(_entries(file, models, function), None)


def may_be_given(file: SourceFile, definition: Definition, models: Models) -> bool:
    """Whether a framework could call a function with data, going by its outline alone; see `entry_of`."""
    return bool(possible_entries(file, definition, models))


def possible_entries(file: SourceFile, definition: Definition, models: Models) -> tuple[Entry, ...]:
    """The models by which a framework could call a function, going by its outline alone; see `entry_of`."""
    known: dict[Definition, tuple[Entry, ...]] = file.cache.setdefault(possible_entries, {})
    if definition not in known:
        known[definition] = tuple(_possible_entries(file, definition, models))
    return known[definition]


def _possible_entries(file: SourceFile, definition: Definition, models: Models) -> Iterator[Entry]:
    marks = frozenset(name.rpartition(".")[2] for name in definition.decorators)
    by_mark = _marks(models)
    for name in stand_for(file, marks) & by_mark.keys() if marks else ():
        yield from by_mark[name]
    if definition.parent:
        above = file.mro(definition.parent) if definition.parent in file.outline.classes else ()
        yield from (one for base in above for one in models.named(Entry, base) if definition.name in one.handlers)
        return
    first = definition.first_parameter
    for one in models.all(Entry):
        viewed = first in one.parameters[:1] or (first in one.types and imports(file, one.roots))
        if viewed or _is_handed(file, definition.name, one):
            yield one


def _marks(models: Models) -> Mapping[str, tuple[Entry, ...]]:
    """The entries by the last words of the decorators by which frameworks find their handlers."""
    known: Mapping[str, tuple[Entry, ...]] | None = models.cache.get(_marks)
    if known is None:
        found: dict[str, tuple[Entry, ...]] = {}
        for one in models.all(Entry):
            own = {*one.decorators, *one.methods}
            own |= {name for alias in models.all(Alias) if alias.to in own for name in alias.names}
            for mark in {name.rpartition(".")[2] for name in own}:
                found[mark] = (*found.get(mark, ()), one)
        known = models.cache[_marks] = found
    return known


def _entries(file: SourceFile, models: Models, function: cst.FunctionDef) -> Iterator[Entry]:
    for mark in function.decorators:
        yield from _entries_by(file, models, mark)
    parent = file.definition_name(function).rpartition(".")[0]
    if parent in file.outline.classes:
        for base in file.mro(parent):
            yield from (one for one in models.named(Entry, base) if function.name.value in one.handlers)
    elif not parent:
        yield from (one for one in models.all(Entry) if one.types and _is_view(file, function, one))
        names = tuple(parameter.name.value for parameter in parameters(function.params))
        yield from (one for one in models.all(Entry) if one.parameters and one.parameters == names)
        yield from (one for one in models.all(Entry) if _is_handed(file, function.name.value, one))


def _entries_by(file: SourceFile, models: Models, mark: cst.Decorator) -> Iterator[Entry]:
    """The models by which a framework finds a function with this decorator."""
    called = mark.decorator.func if isinstance(mark.decorator, cst.Call) else mark.decorator
    origin = file.origin(called)
    yield from models.named(Entry, typed(models, origin) if origin else None)
    if isinstance(called, cst.Attribute) and isinstance(mark.decorator, cst.Call) and _routes(mark.decorator):
        guessed = (one for one in models.all(Entry) if called.attr.value in one.methods)
        yield from (one for one in guessed if imports(file, one.roots))


def applied(file: SourceFile, models: Models, function: cst.FunctionDef) -> Sequence[cst.Decorator]:
    """The decorators of a function that what a framework calls went through: those below the one that hands it over."""
    marks = function.decorators
    routes = [place for place, mark in enumerate(marks) if any(_entries_by(file, models, mark))]
    return marks[routes[-1] + 1 :] if routes else marks


def sent_as(file: SourceFile, function: cst.FunctionDef, entry: Entry | None) -> tuple[str, ...]:
    """The kinds of sinks that the text reaches which a function returns that a framework calls."""
    calls = [mark.decorator for mark in function.decorators if isinstance(mark.decorator, cst.Call)]
    said = (argument(call, None, "response_class") for call in calls if entry and entry.pages)
    page = any(one is not None and entry and file.qualified(one) in entry.pages for one in said)
    return (*entry.returns, *((PAGE,) if page else ())) if entry else ()


def may_be_sent_as(file: SourceFile, entry: Entry) -> tuple[str, ...]:
    """The same, going by the words of the file alone."""
    page = any(one.rpartition(".")[2] in file.words for one in entry.pages)
    return (*entry.returns, PAGE) if page else entry.returns


def _is_handed(file: SourceFile, name: str, entry: Entry) -> bool:
    """Whether a function of the module is given to one of the calls by which the framework finds it."""
    if not entry.handed or file.words.isdisjoint(entry.handed) or not imports(file, entry.roots):
        return False
    known: frozenset[str] | None = file.cache.get((_is_handed, entry.handed))
    if known is None:
        calls = re.compile(rf"\b(?:{'|'.join(entry.handed)})\(\s*(?:dependency\s*=\s*)?(\w+)\s*[,)]")
        known = file.cache[_is_handed, entry.handed] = frozenset(calls.findall(file.text))
    return name in known


def _routes(call: cst.Call) -> bool:
    """Whether the first argument of a decorator is the path of a route."""
    path = text_value(call.args[0].value) if call.args else None
    return path is not None and (path == "" or path.startswith(("/", "^")))


def _is_view(file: SourceFile, function: cst.FunctionDef, entry: Entry) -> bool:
    """A function in a file of views whose first parameter has the name that the framework's requests go by."""
    first, name = next(parameters(function.params), None), function.name.value
    if entry.decorators or entry.methods or first is None or first.name.value not in entry.types:
        return False
    if name.startswith("_") or not _holds_views(file.path) or not imports(file, entry.roots):
        return False
    return len(re.findall(rf"\b{name}\(", file.text)) <= 1


def _holds_views(path: str) -> bool:
    return any(part.startswith("view") for part in PurePosixPath(path).with_suffix("").parts)


def imports(file: SourceFile, roots: tuple[str, ...]) -> bool:
    """Whether the file imports anything of these packages."""
    known: set[str] | None = file.cache.get(imports)
    if known is None:
        bound = (one for names in file.outline.names.values() for many in names.values() for one in many)
        known = {one.target.partition(".")[0] for one in bound if one.how is Bound.IMPORT}
        known |= {star.partition(".")[0] for star in file.outline.stars}
        file.cache[imports] = known
    return not known.isdisjoint(roots)


def _is_data(file: SourceFile, parameter: cst.Param, entry: Entry) -> bool:
    parts = [part for part in (parameter.annotation, parameter.default) if part is not None]
    names = {name for part in parts for node in inside(part) if (name := file.qualified(node))}
    declared = parameter.annotation.annotation if parameter.annotation else None
    harmless = is_fitted(parameter.default) or (declared is not None and carries_no_text(file, declared))
    return names.isdisjoint(entry.clean) and not harmless


def _harmless_parts(file: SourceFile, parameter: cst.Param) -> dict[str, Value]:
    """The parts of a parameter that its class allows no text in."""
    named = names_in(parameter.annotation.annotation) if parameter.annotation else ()
    return {f".{field}": CLEAN for name in named for field in harmless_fields(file, name)}


def _converted(function: cst.FunctionDef) -> Iterator[str]:
    """The parameters of a route that the framework turns into numbers."""
    for mark in function.decorators:
        if isinstance(mark.decorator, cst.Call):
            for arg in mark.decorator.args[:1]:
                for match in CONVERTED.finditer(text_value(arg.value) or ""):
                    yield match[1] or match[2]


def _placeholder(file: SourceFile, parameter: cst.Param) -> Taint:
    return Taint(PARAMETER, parameter.name.value, Link(file, parameter, "", length=0))


def _named_rest(file: SourceFile, parameter: cst.Param) -> Value:
    """`**filters`: what callers write out as keywords is no data, but for what stands behind it."""
    rest = _placeholder(file, parameter)
    keys = replace(rest, origin=parameter.name.value + KEYS)
    return Value((keys,), {ANY_KEY: Value((rest,))})


def _given(file: SourceFile, parameter: cst.Param, entry: Entry | None) -> Taint | None:
    if entry is None:
        return None
    words = f"`{short(file, parameter.name)}` comes from {entry.what}"
    named = names_in(parameter.annotation.annotation) if parameter.annotation else ()
    safe = NAMING if any(is_name(one, "bytes") for one in named) else frozenset[str]()
    if entry.segments and not _takes_several(file):
        safe |= {SEGMENT}
    return Taint(entry.kind, parameter, Link(file, parameter, words), safe)


def _takes_several(file: SourceFile) -> bool:
    """Whether a route of the file takes several parts of an address at once."""
    known: bool | None = file.cache.get(_takes_several)
    if known is None:
        known = file.cache[_takes_several] = SEVERAL.search(file.text) is not None
    return known


def _type_self(state: State, entry: Entry | None) -> None:
    """`self.request` of a class-based view."""
    if entry is not None and entry.attributes and "self" in state:
        own = state["self"]
        for name, kind in entry.attributes.items():
            own = own.with_part("." + name, replace(own.fields.get("." + name, CLEAN), type=kind))
        state["self"] = own


def _mixed_in(file: SourceFile, models: Models, function: cst.FunctionDef) -> Entry | None:
    """What the views are like that a class is mixed into, going by its name, where nothing else says what it is."""
    parent = file.definition_name(function).rpartition(".")[0]
    known = file.outline.by_name.get(parent) if parent.endswith("Mixin") else None
    if known is None or any(known.bases):
        return None
    return next((one for one in models.all(Entry) if one.attributes and imports(file, one.roots)), None)
