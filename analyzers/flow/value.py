"""What is known of a value at one point: where it comes from, what it is made of, its type, and what it proves."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import libcst as cst

from analyzers.model import Step
from analyzers.models import ANY
from analyzers.source import SourceFile

PARAMETER = "parameter"
"""The kind of what a caller passes in: a placeholder that a summary fills."""

# Neither a step upwards nor a fresh start: a path without both stays in the folder that it is joined to.
NO_PARENT = "no-parent"
RELATIVE = "relative-path"
INSIDE = frozenset({NO_PARENT, RELATIVE})
# One part of an address, without a slash: no browser takes it for another host, unless it stands behind `https://`.
SEGMENT = "segment"
BEHIND = "behind-scheme"
# Every element was looked at, or every key: what stands behind the keys was not.
MEMBERS = "members"
# Between a kind and a mark: what a function was given is safe for the kind, if the caller's value carries the mark.
WITH = " with "
RESULT = "(result)"
"""The origin of what a decorated function gives, in the wrapper that calls it."""
FACTS = "(facts)"
"""The name in a state under which stands what was proved of things that are no variables: `request.args['id']`."""
ELSEWHERE = frozenset({"url", "redirect"})

TAINT_LIMIT = 16
FIELD_LIMIT = 64
DEPTH_LIMIT = 4
CONFLICT = "?"
# Whatever stands in a sequence, or at the keys of a mapping that are not known.
ANY_ITEM = "[*]"
ANY_KEY = "['*']"
# The keys of what a function is given as `**rest`, as a part of its name.
KEYS = "[keys]"
NO_FIELDS: Mapping[str, "Value"] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One place on the way of a value, and the way before it. `steps` are ready-made steps of a callee, before `node`.

    `what` are the words of the step; "" adds none. `length` counts the steps so far. `source` is the code that the
    value comes from, where `node` is not.
    """

    file: SourceFile
    node: cst.CSTNode
    what: str
    before: "Link | None" = None
    steps: tuple[Step, ...] = ()
    assumed: tuple[str, ...] = ()
    length: int = 1
    source: str = ""

    @property
    def worth(self) -> tuple[int, int]:
        """Sorts ways: the surest first, of these the shortest."""
        return len(self.assumed), self.length

    def then(self, file: SourceFile, node: cst.CSTNode, what: str) -> "Link":
        """The way, one place further."""
        return Link(file, node, what, self, (), self.assumed, self.length + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Taint:
    """A value is, or contains, something of `kind`, from `origin` (a node, or the name of a parameter).

    It is safe for the sink kinds in `cleared`, which also holds marks. `from_words` ends "x comes from ...".
    """

    kind: str
    origin: object
    link: Link
    cleared: frozenset[str] = frozenset()
    from_words: str = ""

    @property
    def key(self) -> tuple[str, object, frozenset[str]]:
        """Two taints of one key differ in their way only."""
        return self.kind, self.origin, self.cleared

    def clear(self, kinds: Iterable[str]) -> "Taint":
        """The same, known to be safe for these sink kinds too, and for those that only its marks were wanting for."""
        cleared = self.cleared | frozenset(kinds)
        if self.kind != PARAMETER:
            cleared |= {kind for kind, _, mark in (one.partition(WITH) for one in cleared) if mark in cleared}
        return replace(self, cleared=cleared)

    def without(self, mark: str) -> "Taint":
        """The same without a mark."""
        return replace(self, cleared=self.cleared - {mark}) if mark in self.cleared else self

    def harms(self, kind: str) -> bool:
        """Whether it is dangerous for a sink kind."""
        if kind == "redirect" and SEGMENT in self.cleared and BEHIND not in self.cleared:
            return False
        return self.cleared.isdisjoint((kind, ANY, MEMBERS)) and not (kind == "path" and self.cleared >= INSIDE)


@dataclass(frozen=True, slots=True)
class Proof:
    """When the value is true (`when`), or false, what stands at `path` is safe for `kinds`, if it carries `needs`.

    `there`: that the value is not None is enough for it to be true, as a match is.
    """

    path: str
    kinds: tuple[str, ...]
    when: bool = True
    needs: str = ""
    there: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An abstract value. `fields` are the parts known apart: ".name" attributes, "['key']" and "[0]" items.

    An item at a text is that of a mapping: going through it gives the keys, and where it has items at any key, its own
    taints are those of the keys. `about` is the access path of the variable
    it was derived from, and the kinds that a test of it proves.
    `composed` says that a text was put together since the value was last kept; `begins` is how it certainly begins.
    """

    taints: tuple[Taint, ...] = ()
    fields: Mapping[str, "Value"] = field(default_factory=lambda: NO_FIELDS)
    type: str = ""
    proofs: tuple[Proof, ...] = ()
    about: tuple[str, tuple[str, ...]] = ("", ())
    composed: bool = False
    begins: str = ""

    def all_taints(self) -> Iterator[Taint]:
        """Its own taints and those of its parts."""
        yield from self.taints
        for part in self.fields.values():
            yield from part.all_taints()

    @property
    def dirty(self) -> bool:
        """Whether anything in it is tainted."""
        return bool(self.taints) or any(part.dirty for part in self.fields.values())

    def part(self, key: str) -> "Value":
        """The value of one part; of an unknown part, what is known of the whole."""
        known = self.fields.get(key)
        if known is not None:
            return known
        keyed = ANY_KEY in self.fields and _is_key(key)
        whole = Value(taints=self.taints) if self.taints and not keyed else CLEAN
        for other in (ANY_ITEM, ANY_KEY) if key.startswith("[") and self.fields else ():
            whole = join(whole, self.fields.get(other, CLEAN))
        return whole.behind_keys() if _is_key(key) else whole

    def behind_keys(self) -> "Value":
        """What stood behind keys: that these were looked at says nothing of it."""
        return self.map(lambda taint: taint.without(MEMBERS))

    def element(self) -> "Value":
        """Any element: what iterating gives. Of a mapping that is a key."""
        whole = Value(taints=self.taints) if self.taints else CLEAN
        for key, part in self.fields.items():
            whole = join(whole, part) if key.startswith("[") and not _is_key(key) else whole
        return whole

    def item(self) -> "Value":
        """Any item, at whatever index or key."""
        whole = Value(taints=self.taints) if self.taints and ANY_KEY not in self.fields else CLEAN
        for key, part in self.fields.items():
            whole = join(whole, part) if key.startswith("[") else whole
        return whole

    def with_part(self, key: str, part: "Value") -> "Value":
        """The same with one part replaced."""
        if key not in self.fields and len(self.fields) >= FIELD_LIMIT:
            return replace(self, taints=merge_taints(self.taints, part.all_taints()))
        if part.fields and _is_deep(part):
            part = replace(part.flat(), type=part.type)
        return replace(self, fields={**self.fields, key: part}, proofs=())

    def flat(self, *, composed: bool | None = None) -> "Value":
        """Everything in it as one value without parts: what a text made of it is."""
        return Value(
            taints=merge_taints((), self.all_taints()), composed=self.composed if composed is None else composed
        )

    def map(self, change: Callable[[Taint], Taint | None]) -> "Value":
        """The value with every taint changed, or dropped where `change` gives None."""
        if not self.dirty:
            return self
        kept = tuple(changed for taint in self.taints if (changed := change(taint)) is not None)
        return replace(self, taints=kept, fields={key: part.map(change) for key, part in self.fields.items()})

    def clear(self, kinds: Iterable[str]) -> "Value":
        """The same, with everything in it known to be safe for these sink kinds too; `ANY` stands for every kind."""
        safe = frozenset(kinds)
        return self.map(lambda taint: None if ANY in safe else taint.clear(safe)) if safe else self


def _is_key(key: str) -> bool:
    return key[1:2] in ("'", '"')


def placed(whole: Value, path: tuple[str, ...], value: Value) -> Value:
    """The value with another one put at an access path in it."""
    return whole.with_part(path[0], placed(whole.part(path[0]), path[1:], value)) if path else value


def _is_deep(value: Value, left: int = DEPTH_LIMIT) -> bool:
    """Whether parts stand in parts as deep as is told apart: `x = (x, x)`, often enough, would double without end."""
    return bool(value.fields) and (left <= 1 or any(_is_deep(part, left - 1) for part in value.fields.values()))


CLEAN = Value()
State = dict[str, Value]


def merge_taints(old: tuple[Taint, ...], new: Iterable[Taint]) -> tuple[Taint, ...]:
    """The taints of both, of one key the surest and shortest; `old` itself when nothing is new."""
    known: dict[object, Taint] = {}
    changed = False
    for taint in new:
        if not known:
            known = {one.key: one for one in old}
        other = known.get(taint.key)
        if (other is None and len(known) < TAINT_LIMIT) or (other and taint.link.worth < other.link.worth):
            known[taint.key] = taint
            changed = True
    return tuple(known.values()) if changed else old


def join(old: Value, new: Value) -> Value:
    """What is known when it is one or the other; `old` itself when nothing is new."""
    if old is new:
        return old
    taints = merge_taints(old.taints, new.taints)
    fields = _join_fields(old.fields, new.fields)
    kind = old.type if not new.type or new.type == old.type else new.type if not old.type else CONFLICT
    proofs = old.proofs if old.proofs == new.proofs else tuple(one for one in old.proofs if one in new.proofs)
    about = old.about if old.about == new.about else ("", ())
    composed = old.composed or new.composed
    begins = old.begins if old.begins == new.begins else ""
    same = taints is old.taints and fields is old.fields and proofs == old.proofs
    if same and (kind, about, composed, begins) == (old.type, old.about, old.composed, old.begins):
        return old
    return Value(taints, fields, kind, proofs, about, composed, begins)


def _join_fields(old: Mapping[str, Value], new: Mapping[str, Value]) -> Mapping[str, Value]:
    if not new or old is new:
        return old
    changed = {
        key: joined for key, part in new.items() if (joined := join(old.get(key, CLEAN), part)) is not old.get(key)
    }
    return {**old, **changed} if changed and len(old) + len(changed) <= FIELD_LIMIT else old


def join_states(old: State, new: State) -> State:
    """Name by name; `old` itself when nothing is new."""
    if old is new:
        return old
    changed = {}
    for name, value in new.items():
        before = old.get(name)
        after = value if before is None else join(before, value)
        if after is not before:
            changed[name] = after
    return {**old, **changed} if changed else old
