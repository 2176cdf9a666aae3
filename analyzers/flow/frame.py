"""The workplace of one analysis of one function: its state, what it has seen, and how names are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import libcst as cst

from analyzers.flow.graph import Undecided
from analyzers.flow.objects import above, is_super, own_class
from analyzers.flow.summary import Place, Summary, When
from analyzers.flow.value import CLEAN, CONFLICT, FACTS, PARAMETER, Link, Proof, State, Taint, Value, join, placed
from analyzers.model import Step
from analyzers.models import Models, Source
from analyzers.outline import Definition
from analyzers.scopes import dotted
from analyzers.source import SourceFile
from analyzers.syntax import text_value

STEP_BUDGET = 60_000
WORD_LIMIT = 60
# The kinds of sinks that some rules judge by the text alone, and ask whether a value that goes into it was looked at.
TEXT_SINKS = ("shell", "sql")


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A taint that reaches a sink of `kind` by the call `node`: in this function, or in a callee that `beyond` shows.

    `what` are the words of the step at `node`; `place` is the sink's when it stands in a callee. `when` is what
    parameters have to be given for that: then only who gives it knows of a defect.
    """

    kind: str
    node: cst.CSTNode
    argument: cst.BaseExpression
    taint: Taint
    what: str
    assumed: tuple[str, ...] = ()
    place: Place | None = None
    beyond: tuple[Step, ...] = ()
    when: When = ()

    @property
    def length(self) -> int:
        """How long the way is."""
        return self.taint.link.length + len(self.beyond)


class World(Protocol):
    """What the analyses of one review share; the summaries are asked through it."""

    def summary(
        self, file: SourceFile, function: cst.FunctionDef | Definition, *, wanted: bool, own: str = ""
    ) -> Summary | None:
        """The summary of a function of the project; None when the budget is spent.

        `wanted`: something tainted is passed in. Otherwise only what the function gives by itself matters. `own` is the
        class of the object that a method is called on, where that has other methods than the one it is defined in.
        """


@dataclass
class Frame:
    """One function being analysed, for sources of one kind.

    `evaluate` gives the value of an expression, `define` that of a call of a function defined inside (all of them in
    `inner`, and the lambdas that have a name; `gives`: what they give by themselves).
    `symbolic`: parameters carry placeholders: a summary is being made.
    `stopped`: the point being looked at never goes on. `answers`: the sink kinds that a returned text reaches.
    `told`: what is proved of parameters where it answers true, and false; nothing where it `generates`.
    `left`: what a method leaves in its object; `made`: the objects that are made here, by the `__init__` they have.
    `waiting`: functions that a callee was passed and calls, each with what it is given then.
    `carried`: the variables that held something tainted once; `vouched`: where these, parts of others and what
    functions make of them are read, the kinds of `TEXT_SINKS` that they are safe for there, whichever way it goes.
    `watched`: the variable under which a decorator has the function it decorates; `calls`: how that is called.
    """

    file: SourceFile
    models: Models
    kind: str
    evaluate: Callable[["Frame", cst.CSTNode], Value]
    world: World
    define: Callable[..., Value]
    symbolic: bool = False
    function: cst.FunctionDef | None = None
    state: State = field(default_factory=dict)
    hits: dict[object, Hit] = field(default_factory=dict)
    sinks: dict[cst.CSTNode, set[str]] = field(default_factory=dict)
    result: Value = CLEAN
    returned: bool = False
    told: dict[bool, tuple[Proof, ...]] = field(default_factory=dict)
    generates: bool = False
    steps: int = 0
    stopped: bool = False
    nesting: int = 0
    answers: tuple[str, ...] = ()
    inner: dict[str, cst.FunctionDef | cst.Lambda] = field(default_factory=dict)
    gives: dict[str, Value] = field(default_factory=dict)
    left: Mapping[str, Value] = field(default_factory=dict)
    made: dict[cst.FunctionDef, Value] = field(default_factory=dict)
    waiting: list[tuple[cst.BaseExpression, tuple[Any, ...]]] = field(default_factory=list)
    carried: set[str] = field(default_factory=set)
    vouched: dict[cst.CSTNode, frozenset[str]] = field(default_factory=dict)
    watched: str = ""
    calls: dict[cst.CSTNode, tuple[tuple[Any, ...], State]] = field(default_factory=dict)

    def value(self, node: cst.CSTNode) -> Value:
        """The value of an expression here. Raises Undecided when the budget is spent."""
        self.steps += 1
        if self.steps > STEP_BUDGET:
            raise Undecided
        return self.evaluate(self, node)

    def value_if_run(self, node: cst.CSTNode) -> tuple[Value, bool]:
        """The value of an expression that need not run here, and whether the program stops where it does."""
        before, self.stopped = self.stopped, False
        value = self.value(node)
        stops, self.stopped = self.stopped, before
        return value, stops

    def hit(self, hit: Hit) -> None:
        """Remember a taint at a sink; of several ways the shortest."""
        if hit.when and hit.taint.kind != PARAMETER:
            return
        key = (hit.node, hit.kind, hit.taint.kind, hit.taint.origin, hit.place, hit.when)
        other = self.hits.get(key)
        if other is None or hit.length < other.length:
            self.hits[key] = hit

    def read(self, path: tuple[str, ...]) -> Value:
        """What stands at an access path."""
        value = self.state.get(path[0], CLEAN)
        for key in path[1:]:
            value = value.part(key)
        return value

    def write(self, path: tuple[str, ...], value: Value, *, weak: bool = False) -> None:
        """Put a value at an access path; weakly, when what stood there may stay."""
        if weak:
            value = join(self.read(path), value)
        if value.dirty:
            self.carried.add(path[0])
        facts = self.state.get(FACTS, CLEAN)
        if facts.proofs:
            kept = tuple(proof for proof in facts.proofs if not proof.path.startswith(path[0]))
            self.state[FACTS] = replace(facts, proofs=kept)
        self.state[path[0]] = placed(self.state.get(path[0], CLEAN), path[1:], value)

    def looked_at(self, node: cst.CSTNode, value: Value, *, was: bool) -> None:
        """Note what a value is safe for where it is read, if it `was` tainted."""
        if self.symbolic or not (was or node in self.vouched):
            return
        kinds = frozenset(one for one in TEXT_SINKS if not any(taint.harms(one) for taint in value.all_taints()))
        kinds = kinds if was else frozenset()
        self.vouched[node] = self.vouched.get(node, kinds) & kinds

    def part(self, holder: cst.BaseExpression, whole: Value, key: str) -> Value:
        """One part of what `holder` holds; the placeholder of a parameter becomes that of the part."""
        part = whole.part(key)
        if not self.symbolic or not isinstance(holder, cst.Name):
            return part
        name = holder.value
        return part.map(lambda taint: replace(taint, origin=name + key) if is_as_given(taint, name) else taint)

    def foreign(self, node: cst.CSTNode) -> bool:
        """Whether an attribute chain starts at a name that is no variable of this function."""
        while isinstance(node, cst.Attribute):
            node = node.value
        return isinstance(node, cst.Name) and node.value not in self.state

    def name(self, node: cst.BaseExpression, receiver: Value | None = None) -> str | None:
        """The dotted name by which the models know an expression: through the type of its receiver, or its origin."""
        if isinstance(node, cst.Attribute) and is_super(node.value):
            return above(self.file, node, node.attr.value)
        if isinstance(node, cst.Name) and node.value == "cls":
            return own_class(self.file, node)
        if isinstance(node, cst.Attribute) and receiver is not None and receiver.type not in ("", CONFLICT):
            return f"{receiver.type}.{node.attr.value}"
        origin = self.file.origin(node)
        return typed(self.models, origin) if origin else None


def source_taints(frame: Frame, node: cst.CSTNode, name: str | None) -> tuple[Taint, ...]:
    """The taints of a value that comes from sources right here, going by its name."""
    sources = [source for source in frame.models.named(Source, name) if source.kind == frame.kind]
    if not sources:
        return ()
    code = short(frame.file, node)
    links = [
        Link(
            frame.file, node, f"`{code}` comes from {source.what}", assumed=(source.assumes,) if source.assumes else ()
        )
        for source in sources
    ]
    return tuple(
        Taint(source.kind, node, link, frozenset(source.harmless), source.what)
        for source, link in zip(sources, links, strict=True)
    )


def type_named(frame: Frame, name: str) -> str:
    """The type that a class is one of by its bases, or, where it is not at hand, by how its name ends; "" for none."""
    found = frame.file.project.locate(name) if frame.models.called(name) else None
    if found is None:
        return frame.models.called(name)
    above = map(frame.models.canonical, found[0].mro(found[1].qualname))
    return next((base for base in above if base == frame.models.called(name)), "")


def is_as_given(taint: Taint, parameter: str) -> bool:
    """Whether it stands for what is passed as the parameter, which nothing was done with yet."""
    return taint.kind == PARAMETER and taint.origin == parameter and not taint.link.length


def joined(path: tuple[str, ...]) -> str:
    """An access path as one text."""
    return "".join(path)


def access(node: cst.CSTNode) -> tuple[str, ...] | None:
    """The access path of an expression: ("self", ".name") or ("row", "['id']"); None where it is not constant."""
    match node:
        case cst.Name():
            return (node.value,)
        case cst.Attribute():
            before = access(node.value)
            return (*before, "." + node.attr.value) if before else None
        case cst.Subscript():
            before, key = access(node.value), item_key(node)
            return (*before, key) if before and key else None
    return None


def item_key(node: cst.Subscript) -> str | None:
    """The constant key of a subscript as part of an access path."""
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    return constant_key(node.slice[0].slice.value)


def constant_key(index: cst.BaseExpression) -> str | None:
    """`['name']` or `[0]` for a constant key."""
    text = text_value(index)
    if text is not None:
        return f"[{text!r}]"
    return f"[{index.value}]" if isinstance(index, cst.Integer) else None


def typed(models: Models, origin: str) -> str | None:
    """`sqlite3.connect().cursor` -> `dbapi.Connection.cursor`: results replaced by their types; None when unknown."""
    name, *rest = origin.split("()")
    for part in rest:
        kind = models.returned(name) or (name if name.rpartition(".")[2][:1].isupper() else None)
        if kind is None:
            return None
        name = kind + part
    return name


def short(file: SourceFile, node: cst.CSTNode) -> str:
    """The code of a node on one line, cut to a readable length."""
    code = dotted(node) or " ".join(file.code(node).replace("`", "'").split())
    return code if len(code) <= WORD_LIMIT else code[: WORD_LIMIT - 1] + "…"
