"""What libraries mean, as data: names of functions, methods and attributes mapped to kinds of danger and care.

One TOML text is one library; `docs/writing-models.md` describes the format. Libraries map names to kinds, rules join
kinds; neither knows the other. A name is dotted and starts at its import ("flask.request.args"); a method is named
through its type ("dbapi.Cursor.execute"), and `[[type]]` says what a call returns. Builtins stand bare ("open").
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")

ANY = "*"
"""As a kind: every kind. As an argument: every argument."""

RECEIVER = "receiver"
"""As an argument: the object a method is called on."""

Argument = int | str


class ModelError(ValueError):
    """A model text that does not fit the format; the message names the file and the road to the key."""


@dataclass(frozen=True, slots=True)
class Source:
    """The value of these names is of `kind`; `what` ends the sentence "x comes from ...".

    It cannot harm the sink kinds in `harmless`: the path of a request stays on its host. `assumes` is what has to be
    taken for granted, for a form may take only numbers.
    """

    kind: str
    names: tuple[str, ...]
    what: str
    harmless: tuple[str, ...] = ()
    assumes: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """What happens to `arguments` of these calls; `does` ends the sentence "reaches x, which ...".

    `receivers` are names of variables under which an object of unknown type is assumed to be the right one.
    `when` lists keyword arguments that must be there with these constants; `unless` ones that make the call harmless.
    Of a `part` ("[0]"), only what is known to stand there counts. A word of `unsaid` in the function makes it harmless.
    What has the name of an attribute, or of an item of one, is a sink where it is assigned.
    """

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    does: str
    arguments: tuple[Argument, ...] = (0,)
    receivers: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    part: str = ""
    unsaid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """The result of these calls is safe for sinks of `kinds`."""

    kinds: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Validator:
    """These calls prove `argument` safe for `kinds`: when they are `true` or `false`, or by their `return`.

    `needs` is a mark that the value must carry already (a propagator `adds` it): a path must be made absolute
    before a look at its beginning proves anything.
    """

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    argument: Argument = 0
    proves: str = "true"
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Propagator:
    """What these calls are given comes out again, in the `result` or in the `receiver`.

    `adds` marks the value (a validator may need the mark); a test of the result shows the argument safe for `shows`.
    """

    names: tuple[str, ...]
    arguments: tuple[Argument, ...] = (ANY,)
    to: str = "result"
    adds: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """These calls and attributes give an object of the type `returns`.

    So do classes that are not at hand and whose names end in one of `endings`.
    """

    names: tuple[str, ...]
    returns: str
    endings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """`names` are other names for `to`, whole or as a beginning."""

    names: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Functions that a framework calls with data of `kind`.

    They are known by a decorator's full name, by a decorator's method name with a path as its first argument
    (`methods`), by a base class and the method's name, by the names of all their `parameters` (the first one is data
    then), by the type of a parameter, or by being `handed` to one of these calls in its file. `types` gives
    parameters a type by name, `attributes` the attributes of `self`. Everything but full names and bases asks that the
    file imports one of `roots`. Parameters annotated or defaulted with `clean` are not data.
    The text that such a function returns reaches sinks of the kinds `returns`. With `segments`, each parameter is one
    part of the address, without a slash, where the file names no route that takes several (`<path:name>`).
    What one returns whose decorator has one of `pages` as its `response_class` is sent as HTML.
    """

    roots: tuple[str, ...] = ()
    kind: str = "user-input"
    what: str = "the request"
    decorators: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    clean: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    segments: bool = False
    pages: tuple[str, ...] = ()
    handed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """These calls never return."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """`names` acquire; the result is released by one of its methods `release`, or given to one of `releasers`.

    `keepers` are calls that take the duty over (an exit stack, a closing context manager). `noun` names it in words.
    """

    kind: str
    noun: str
    names: tuple[str, ...]
    release: tuple[str, ...] = ("close",)
    releasers: tuple[str, ...] = ()
    keepers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """Objects of type `names` are locks; `guards` and `decorators` hold the lock their first argument names."""

    names: tuple[str, ...] = ()
    acquire: tuple[str, ...] = ("acquire",)
    release: tuple[str, ...] = ("release",)
    guards: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    reentrant: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """Objects of type `names` hold a transaction; `begin` are calls or contexts that open one and end it themselves."""

    names: tuple[str, ...]
    commit: tuple[str, ...] = ("commit",)
    rollback: tuple[str, ...] = ("rollback",)
    begin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reraiser:
    """A `with` on these calls raises the exception being handled again when it ends."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """These calls return None when `because`."""

    names: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Borrower:
    """These calls use what they are given and leave it to their caller to release."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocking:
    """These calls wait: for a disk, a network, a process or the clock."""

    names: tuple[str, ...]
    does: str


Item = (
    Source | Sink | Sanitizer | Validator | Propagator | Type | Alias | Entry | Stop | Resource | Lock | Transaction
    | Reraiser | Nothing | Borrower | Blocking
)  # fmt: skip

SECTIONS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (
        Source, Sink, Sanitizer, Validator, Propagator, Type, Alias, Entry, Stop, Resource, Lock, Transaction, Reraiser,
        Nothing, Borrower, Blocking,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Models:
    """All that is known of libraries, looked up by dotted name. Names may be given as imported: aliases are undone.

    `cache` is for facts that others draw from the models.
    """

    items: tuple[Item, ...] = field(repr=False)
    _by_name: dict[tuple[type, str], tuple[Any, ...]] = field(repr=False)
    _by_method: dict[str, tuple[Sink, ...]] = field(repr=False)
    _aliases: dict[str, str] = field(repr=False)
    _types: frozenset[str] = field(repr=False)
    _known: dict[str, str] = field(default_factory=dict, repr=False)
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)

    def canonical(self, name: str) -> str:
        """The name under which the models speak of `name`: the longest known beginning is replaced."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _undo(name.removeprefix("builtins."), self._aliases)
        return known

    def named(self, kind: type[T], name: str | None) -> tuple[T, ...]:
        """The items of one kind that speak of this name."""
        return self._by_name.get((kind, self.canonical(name)), ()) if name else ()

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """Every item of one kind."""
        if kind not in self.cache:
            self.cache[kind] = tuple(item for item in self.items if isinstance(item, kind))
        found: tuple[T, ...] = self.cache[kind]
        return found

    def returned(self, name: str | None) -> str | None:
        """The type of what `name` returns or is, if a model says so."""
        found = self.named(Type, name)
        return found[0].returns if found else None

    def called(self, name: str) -> str:
        """The type that a class is taken for, going by how its name ends; "" for none."""
        last = name.rpartition(".")[2]
        if "named" not in self.cache:
            self.cache["named"] = [item for item in self.all(Type) if item.endings]
        found = (item.returns for item in self.cache["named"] if last[:1].isupper() and last.endswith(item.endings))
        return next(found, "")

    def speaks_of(self, kind: str) -> bool:
        """Whether something is known of the attributes and methods of a type."""
        return bool(kind) and self.canonical(kind) in self._types

    def guessed(self, receiver: str, method: str) -> tuple[Sink, ...]:
        """The sinks that `receiver.method` is assumed to be, going by the variable's name alone."""
        plain = receiver.lower().strip("_")
        return tuple(sink for sink in self._by_method.get(method, ()) if plain in sink.receivers)


def load(texts: Mapping[str, str]) -> Models:
    """The models of TOML texts by file name. Raises ModelError naming file and key."""
    items = tuple(item for name in sorted(texts) for item in _parse(name, texts[name]))
    by_name: dict[tuple[type, str], tuple[Any, ...]] = {}
    aliases = {name: item.to for item in items if isinstance(item, Alias) for name in item.names}
    for item in items:
        for name in {_undo(name, aliases) for name in _indexed(item)}:
            by_name[type(item), name] = (*by_name.get((type(item), name), ()), item)
    types = frozenset(name.rpartition(".")[0] for _, name in by_name)
    return Models(items, by_name, _methods(items), aliases, types)


def _indexed(item: Item) -> Iterator[str]:
    """Every name under which an item is looked up."""
    for key in ("names", "guards", "decorators", "bases", "releasers", "begin"):
        yield from getattr(item, key, ())


def _methods(items: tuple[Item, ...]) -> dict[str, tuple[Sink, ...]]:
    found: dict[str, tuple[Sink, ...]] = {}
    for sink in (item for item in items if isinstance(item, Sink) and item.receivers):
        for method in {name.rpartition(".")[2] for name in sink.names}:
            found[method] = (*found.get(method, ()), sink)
    return found


def _undo(name: str, aliases: Mapping[str, str]) -> str:
    end = len(name)
    while end > 0:
        known = aliases.get(name[:end])
        if known is not None:
            return known + name[end:]
        end = name.rfind(".", 0, end)
    return name


def _parse(name: str, text: str) -> Iterator[Item]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{name}: {error}") from error
    for section, entries in document.items():
        kind = SECTIONS.get(section)
        if kind is None:
            raise ModelError(f"{name}: [[{section}]] is not a section; the sections are {', '.join(SECTIONS)}")
        if not isinstance(entries, list):
            raise ModelError(f"{name}: write [[{section}]] with two brackets: there may be several")
        for index, entry in enumerate(entries, 1):
            yield _item(kind, entry, f"{name}: {section} {index}")


def _item(kind: type[Any], entry: Mapping[str, Any], road: str) -> Item:
    known = {one.name: one for one in fields(kind)}
    for key in entry:
        if key not in known:
            raise ModelError(f"{road}: {key} is not a key; the keys are {', '.join(known)}")
    values = {key: _value(one, entry[key], f"{road}: {key}") for key, one in known.items() if key in entry}
    for key, one in known.items():
        if key not in values and one.default is MISSING and one.default_factory is MISSING:
            raise ModelError(f"{road}: {key} is missing")
    item: Item = kind(**values)
    return item


def _value(one: "Field[Any]", value: object, road: str) -> object:
    fits, wanted, convert = SHAPES[str(one.type)]
    if not fits(value):
        raise ModelError(f"{road} must be {wanted}")
    return convert(value)


def _are(value: object, *types: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, types) and not isinstance(one, bool) for one in value)


Shape = tuple[Callable[[Any], bool], str, Callable[[Any], object]]

SHAPES: dict[str, Shape] = {
    str(str): (lambda value: isinstance(value, str), "a text", str),
    str(bool): (lambda value: isinstance(value, bool), "true or false", bool),
    str(tuple[str, ...]): (lambda value: _are(value, str), "a list of texts", tuple),
    str(tuple[Argument, ...]): (lambda value: _are(value, str, int), "a list of positions and names", tuple),
    str(Argument): (lambda value: _are([value], str, int), "a position or a name", lambda value: value),
    str(Mapping[str, str]): (
        lambda value: isinstance(value, dict) and _are(list(value.values()), str), "a table of texts", dict
    ),
    str(Mapping[str, Any]): (lambda value: isinstance(value, dict), "a table", dict),
}  # fmt: skip
