"""What objects hold from one method to the next: `self.x` written in one and read in another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import libcst as cst

from analyzers.flow.analysis import Analysis, Kept
from analyzers.flow.entries import MODULE, attributes, may_be_given, written
from analyzers.flow.frame import Frame
from analyzers.flow.graph import Undecided
from analyzers.flow.hints import may_have_source, speaks_of_source, words_of
from analyzers.flow.objects import code_of, is_method, methods
from analyzers.flow.value import CLEAN, NO_FIELDS, Link, Taint, Value, join
from analyzers.models import Entry, Models
from analyzers.outline import Definition
from analyzers.source import SourceFile
from analyzers.whereabouts import calling

# Methods that run before all others of an object: nothing is assumed of their order.
FIRST = frozenset(
    "__init__ __new__ __post_init__ __enter__ __aenter__ setup setUp set_up prepare initialize initial dispatch".split()
)
# A method with such a name that speaks of an attribute is believed to keep what is wrong out of it.
GUARDING = re.compile(r"check|valid|verif|clean|sanit|safe|ensure|allow|normali")
MAKER_LIMIT = 8
Fields = Mapping[str, Value]


def reviewed(file: SourceFile, models: Models, function: cst.FunctionDef, kind: str) -> Frame | None:
    """The analysis of a function, begun with what its object holds; None when it ran out of budget."""
    held = remembered(file, models, function, kind)
    return _analysed(file, models, function, held, kind)


def remembered(file: SourceFile, models: Models, function: cst.FunctionDef, kind: str) -> Fields:
    """What other methods, and those who make the object, leave in the attributes that a method reads."""
    known: dict[tuple[cst.FunctionDef, str], Fields] = file.cache.setdefault(remembered, {})
    if (function, kind) not in known:
        own = file.definition(function) if function.name.value != MODULE else None
        wanted = attributes(file, own) if own and is_method(file, own) else None
        known[function, kind] = _remember(file, models, own, wanted, kind) if own and wanted else NO_FIELDS
    return known[function, kind]


def readers(file: SourceFile, models: Models, function: cst.FunctionDef, kind: str) -> Iterator[cst.FunctionDef]:
    """The methods of the file that read what this function leaves in their objects."""
    own = file.definition(function)
    frame = _analysed(file, models, function, NO_FIELDS, kind) if own else None
    if own is None or frame is None:
        return
    left = [(own.parent, frame.left)] if is_method(file, own) else []
    made = ((file.definition_name(init).rpartition(".")[0], value.fields) for init, value in frame.made.items())
    for name, fields in (*left, *made):
        dirty = {key[1:] for key, part in fields.items() if part.dirty}
        for one in methods(file, name) if dirty else ():
            found = file.function(one.qualname) if attributes(file, one) & dirty else None
            if found and found is not function:
                yield found


def may_read(file: SourceFile, own: Definition) -> tuple[Definition, ...]:
    """The methods of the file that may read what this function leaves in their objects, going by texts."""
    known: dict[Definition, tuple[Definition, ...]] = file.cache.setdefault(may_read, {})
    if own not in known:
        said = words_of(file, own)
        made = [name for name in file.outline.classes if name.rpartition(".")[2] in said]
        found = [one for name in made for one in methods(file, name) if attributes(file, one)]
        left = written(file, own) if is_method(file, own) else frozenset()
        if left:
            found += [one for one in methods(file, own.parent) if attributes(file, one) & left]
        known[own] = tuple(dict.fromkeys(one for one in found if one is not own))
    return known[own]


def may_leave(file: SourceFile, own: Definition) -> Iterator[Definition]:
    """The functions of the file that may leave something in attributes that a method reads, going by texts."""
    wanted = attributes(file, own) if is_method(file, own) else frozenset()
    if not wanted:
        return
    for other in methods(file, own.parent):
        if other.qualname != own.qualname and written(file, other) & wanted:
            yield other
    init = file.outline.by_name.get(f"{own.parent}.__init__")
    if init and written(file, init) & wanted:
        yield from _makers(file, own.parent)


def _analysed(file: SourceFile, models: Models, function: cst.FunctionDef, held: Fields, kind: str) -> Frame | None:
    """The analysis of a function, made once for a kind of source, and once more with what its object holds of that."""
    known: dict[tuple[cst.FunctionDef, str, bool], Frame | None] = file.cache.setdefault(_analysed, {})
    about = function, kind, bool(held)
    if about not in known:
        try:
            kept = file.cache.setdefault(Kept, Kept())
            known[about] = Analysis(models, kind, kept).review(file, function, held)
        except (Undecided, RecursionError):
            known[about] = None
    return known[about]


def _remember(file: SourceFile, models: Models, own: Definition, wanted: frozenset[str], kind: str) -> Fields:
    found: dict[str, Value] = {}
    for what, fields, writer in _left(file, models, own, wanted, kind):
        for key, part in fields.items():
            if part.dirty and key[1:] in wanted and not _looked_after(file, own, writer, key[1:]):
                found[key] = join(found.get(key, CLEAN), _assuming(part, what))
    return found


def _left(
    file: SourceFile, models: Models, own: Definition, wanted: frozenset[str], kind: str
) -> Iterator[tuple[str, Fields, Definition]]:
    """What each other method, and each maker of the object, leaves in it, with what has to be assumed."""
    for other in methods(file, own.parent):
        if other.qualname == own.qualname or not written(file, other) & wanted or _apart(models, other, own):
            continue
        frame = _frame(file, models, other, kind)
        if frame:
            what = "" if other.name in FIRST else f"that `{other.name}` runs before `{own.name}`"
            yield what, frame.left, other
    init = file.outline.by_name.get(f"{own.parent}.__init__")
    if init and written(file, init) & wanted:
        function = file.function(init.qualname)
        for maker in _makers(file, own.parent):
            frame = _frame(file, models, maker, kind)
            if frame and function in frame.made:
                what = f"that `{own.name}` is called on what `{maker.name}` makes"
                yield what, frame.made[function].fields, init


def _frame(file: SourceFile, models: Models, definition: Definition, kind: str) -> Frame | None:
    """The analysis of a function that may have a source."""
    if not may_be_given(file, definition, models) and not speaks_of_source(file, definition, models, kind):
        return None
    function = file.function(definition.qualname)
    if function is None or not may_have_source(file, function, models, kind):
        return None
    return _analysed(file, models, function, NO_FIELDS, kind)


def _apart(models: Models, writer: Definition, reader: Definition) -> bool:
    """Whether both are handlers of requests: each request has an object of its own."""
    handlers = _handlers(models)
    return writer.name not in FIRST and writer.name in handlers and reader.name in handlers


def _handlers(models: Models) -> frozenset[str]:
    known: frozenset[str] | None = models.cache.get(_handlers)
    if known is None:
        known = models.cache[_handlers] = frozenset(name for one in models.all(Entry) for name in one.handlers)
    return known


def _makers(file: SourceFile, name: str) -> list[Definition]:
    """The functions outside a class in which its name is called, nearest first."""
    own = file.outline.by_name[name]
    around = calling(file, name.rpartition(".")[2])
    outside = [one for one in around if not own.line <= one.line <= own.end_line]
    return sorted(outside, key=lambda one: abs(one.line - own.line))[:MAKER_LIMIT]


def _looked_after(file: SourceFile, reader: Definition, writer: Definition, name: str) -> bool:
    """Whether a third method looks after an attribute: it is called a check, or writes it anew from itself."""
    anew = re.compile(rf"\bself\.{name}\s*=(?!=)[^\n]*\bself\.{name}\b")
    for one in methods(file, reader.parent):
        if one.qualname in (reader.qualname, writer.qualname) or name not in attributes(file, one):
            continue
        if GUARDING.search(one.name) or anew.search(code_of(file, one)):
            return True
    return False


def _assuming(value: Value, what: str) -> Value:
    """The value, with something taken for granted on its way."""

    def assumed(taint: Taint) -> Taint:
        link = taint.link
        own = (*link.assumed, what) if what else link.assumed
        return replace(taint, from_words="", link=Link(link.file, link.node, "", link, (), own, link.length))

    return value.map(assumed)
