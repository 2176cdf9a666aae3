"""One function analysed, and the summaries of what it calls: on demand, bounded, ended where calls go in circles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from analyzers.flow.build import build
from analyzers.flow.entries import entry_of, start
from analyzers.flow.expressions import evaluate
from analyzers.flow.frame import Frame, Hit, short
from analyzers.flow.graph import Graph, Point, Undecided, solve
from analyzers.flow.hints import gives_by_itself
from analyzers.flow.recall import Key, Made, Making, keep, recalled
from analyzers.flow.statements import transfer
from analyzers.flow.summary import NOTHING, Given, Place, Reach, Summary, Way
from analyzers.flow.trace import assumed, hit_steps, steps_of
from analyzers.flow.value import CLEAN, NO_FIELDS, PARAMETER, Link, State, Value, join_states
from analyzers.models import ANY, Models
from analyzers.outline import Definition
from analyzers.scopes import local_names, parameters
from analyzers.source import SourceFile

# What all analyses of one file may cost together, in evaluated expressions: some seconds.
FILE_BUDGET = 120_000
DEPTH_LIMIT = 6
FUNCTION_LIMIT = 60
ROUNDS = 3
NESTING_LIMIT = 3
ALL = frozenset({ANY})


@dataclass(frozen=True, slots=True)
class Known:
    """A summary, and the depth of calls it was made at: one that a limit or a circle cut is no good nearer the top.

    `made` is what may be kept of it for further changes, if anything.
    """

    summary: Summary
    depth: int
    made: Made | None = None


@dataclass
class Kept:
    """What the analyses of one file share: summaries by kind of source, and how many expressions were evaluated."""

    summaries: dict[str, dict[Key, Known]] = field(default_factory=dict)
    steps: int = 0


class Analysis:
    """The analyses of one function under review and everything below it, for sources of one kind."""

    def __init__(self, models: Models, kind: str, kept: Kept | None = None) -> None:
        """`kept` serves further analyses for the same file."""
        self.models, self.kind = models, kind
        self.kept = kept or Kept()
        self.known = self.kept.summaries.setdefault(kind, {})
        self.running: dict[Key, Summary] = {}
        self.circular: set[Key] = set()
        self.making: list[Making] = []
        self.functions = 0
        self.cuts = 0
        self.failures = 0

    def review(self, file: SourceFile, function: cst.FunctionDef, held: Mapping[str, Value] = NO_FIELDS) -> Frame:
        """Analyse a function as its framework calls it, on an object that holds these fields.

        Raises Undecided when the budget is spent.
        """
        frame = self._frame(file, symbolic=False)
        frame.answers = _answers(file, self.models, function)
        state = start(file, self.models, function, self.kind, symbolic=False)
        if held and "self" in state:
            state["self"] = replace(state["self"], fields={**state["self"].fields, **held})
        end = self._spend(frame, function, state)
        frame.left = end.get("self", CLEAN).fields if end else NO_FIELDS
        return frame

    def summary(self, file: SourceFile, function: cst.FunctionDef | Definition, *, wanted: bool) -> Summary | None:
        """See `World.summary`."""
        own, key = _identity(file, function)
        depth = len(self.running)
        known = self.known.get(key)
        if known is not None and known.depth <= depth:
            return self._used(key, known)
        if key in self.running:
            self.circular.add(key)
            self.cuts += 1
            return self.running[key]
        if not wanted and not gives_by_itself(file, own, self.models, self.kind):
            return None
        if depth >= DEPTH_LIMIT or self.functions >= FUNCTION_LIMIT:
            self.cuts += 1
            return None
        made = recalled(file, own, self.kind)
        if made is not None and self._take(key, made, depth):
            return self._used(key, self.known[key])
        node = file.function(own.qualname) if isinstance(function, Definition) else function
        return self._used(key, self._make(file, own, key, node, depth)) if node else None

    def _used(self, key: Key, known: Known) -> Summary:
        """The summary, noted as something that the one being made stands on."""
        if self.making:
            self.making[-1].use(key, known.made)
        return known.summary

    def _take(self, key: Key, made: Made, depth: int) -> bool:
        """Take over a remembered summary and all below it, if making them here would have come to the same."""
        every = [(key, made), *made.below()]
        new = [(one, below) for one, below in every if one not in self.known]
        steps = self.kept.steps + sum(below.steps for _, below in new)
        cut = any(one in self.running or (one in self.known and self.known[one].depth) for one, _ in every)
        within = depth + made.height <= DEPTH_LIMIT and self.functions + len(new) <= FUNCTION_LIMIT
        if cut or not within or steps >= FILE_BUDGET:
            return False
        self.known.update((one, Known(below.summary, 0, below)) for one, below in new)
        self.kept.steps = steps
        self.functions += len(new)
        return True

    def _make(self, file: SourceFile, own: Definition, key: Key, function: cst.FunctionDef, depth: int) -> Known:
        """Make a summary, and remember it when nothing cut it."""
        self.functions += 1
        cuts, failures = self.cuts, self.failures
        making = Making()
        self.making.append(making)
        file.project.listeners.append(making.asked)
        try:
            found = self._bounded(file, key, function)
        finally:
            file.project.listeners.pop()
            self.making.pop()
        cut = self.cuts > cuts
        made = making.made(file, found) if file.untouched and not cut and self.failures == failures else None
        keep(file, own, self.kind, made)
        self.known[key] = Known(found, depth if cut else 0, made)
        return self.known[key]

    def _bounded(self, file: SourceFile, key: Key, function: cst.FunctionDef) -> Summary:
        """The summary of a function that is not running yet; the empty one when it takes too long."""
        self.running[key] = NOTHING
        try:
            return self._settle(file, key, function)
        except (Undecided, RecursionError):
            self.failures += 1
            return NOTHING
        finally:
            del self.running[key]

    def _settle(self, file: SourceFile, key: Key, function: cst.FunctionDef) -> Summary:
        """The summary; of a function that calls itself, the one that does not change any more."""
        for _ in range(ROUNDS):
            found = self._summarise(file, function)
            if key not in self.circular or found == self.running[key]:
                break
            self.running[key] = found
        return found

    def _frame(self, file: SourceFile, *, symbolic: bool) -> Frame:
        return Frame(file, self.models, self.kind, evaluate, self, self._define, symbolic)

    def _spend(self, frame: Frame, function: cst.FunctionDef, state: State) -> State | None:
        """See `_run`. Raises Undecided when the budget of the file is spent."""
        if self.kept.steps >= FILE_BUDGET:
            raise Undecided
        try:
            return self._run(frame, function, state)
        finally:
            self.kept.steps += frame.steps
            if self.making:
                self.making[-1].steps += frame.steps

    def _run(self, frame: Frame, function: cst.FunctionDef, state: State) -> State | None:
        """Analyse the body; the state at its normal end, None when it has none."""
        graph = graph_of(frame.file, function)

        def step(point: Point, before: State) -> dict[object, State | None]:
            return transfer(frame, point, before)  # type: ignore[return-value]

        before = solve(graph, state, step, join_states)  # type: ignore[arg-type]
        return before.get(graph.exit)

    def _define(self, frame: Frame, function: cst.FunctionDef, given: Mapping[str, Value] | None = None) -> Value:
        """A function defined inside: analysed where it stands, with what it sees around it."""
        if frame.nesting >= NESTING_LIMIT:
            return CLEAN
        own = start(frame.file, self.models, function, self.kind, symbolic=False)
        answers = _answers(frame.file, self.models, function)
        inner = replace(frame, state={}, result=CLEAN, returned=False, nesting=frame.nesting + 1, answers=answers)
        self._run(inner, function, {**frame.state, **own, **(given or {})})
        frame.steps = inner.steps
        return inner.result

    def _summarise(self, file: SourceFile, function: cst.FunctionDef) -> Summary:
        frame = self._frame(file, symbolic=True)
        end = self._spend(frame, function, start(file, self.models, function, self.kind, symbolic=True))
        names = tuple(parameter.name.value for parameter in parameters(function.params))
        return Summary(
            parameters=names,
            reaches=tuple(_reaches(frame)),
            result=tuple(_results(frame.result)),
            type=frame.result.type,
            writes=_writes(end, names),
            proves=_proves(file, function, end, names),
            tells=_tells(frame.result, names),
            stops=end is None and not _is_abstract(file, function),
        )


def _identity(file: SourceFile, function: cst.FunctionDef | Definition) -> tuple[Definition, Key]:
    """The definition, and its key; of two functions of one name in a file, only the last can be asked for by name."""
    own = function if isinstance(function, Definition) else file.definition(function)
    if own is None:
        raise KeyError("a function that is not of the file")
    named = isinstance(function, Definition) or file.function(own.qualname) is function
    return own, (file.path, own.line if named else -id(function))


def _answers(file: SourceFile, models: Models, function: cst.FunctionDef) -> tuple[str, ...]:
    entry = entry_of(file, models, function) if function.decorators else None
    return entry.returns if entry else ()


def graph_of(file: SourceFile, function: cst.FunctionDef) -> Graph:
    """The graph of a function, kept with its file. Raises Undecided when it is too large."""
    known: dict[cst.FunctionDef, Graph | None] = file.cache.setdefault(graph_of, {})
    if function not in known:
        known[function] = None
        known[function] = build(function.body)
    graph = known[function]
    if graph is None:
        raise Undecided
    return graph


def _reaches(frame: Frame) -> Iterator[Reach]:
    for hit in frame.hits.values():
        if hit.taint.kind == PARAMETER:
            place = hit.place or place_of(frame.file, hit)
            yield Reach(str(hit.taint.origin), hit.kind, hit.taint.cleared, place, hit_steps(hit), assumed(hit))


def place_of(file: SourceFile, hit: Hit) -> Place:
    """Where the sink of a hit stands in the analysed function."""
    code = short(file, hit.node.func) if isinstance(hit.node, cst.Call) else "return"
    return Place(file.path, file.span(hit.node), file.definition_name(hit.node), code)


def _results(value: Value, part: tuple[str, ...] = ()) -> Iterator[Given]:
    """What comes out, and in which part of the result."""
    yield from (replace(one, part=part) for one in _given(Value(taints=value.taints)))
    for key, held in value.fields.items():
        yield from _results(held, (*part, key))


def _given(value: Value, but: str = "") -> Iterator[Given]:
    """What comes out in a value, without what stood there `but` for itself."""
    for taint in value.all_taints():
        if taint.kind == PARAMETER and taint.origin == but:
            continue
        if taint.kind == PARAMETER:
            yield Given(str(taint.origin), "", taint.cleared, _way(taint.link))
        else:
            yield Given("", taint.kind, taint.cleared, _way(taint.link))


def _way(link: Link) -> Way:
    return Way(lambda: steps_of(link))


def _writes(end: State | None, names: tuple[str, ...]) -> dict[str, tuple[Given, ...]]:
    """The attributes that a method leaves on its first parameter."""
    if end is None or not names or names[0] != "self":
        return {}
    fields = end.get("self", CLEAN).fields
    written = {key: tuple(_given(part, but=f"self{key}")) for key, part in fields.items() if key.startswith(".")}
    return {key: given for key, given in written.items() if given}


def _proves(
    file: SourceFile, function: cst.FunctionDef, end: State | None, names: tuple[str, ...]
) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds whenever the function returns."""
    if end is None:
        return {}
    found = {name: kinds for name in names if name in end and (kinds := _cleared_for(end[name], name))}
    bound = local_names(function, file.package) if found else {}
    proved = {name: kinds for name, kinds in found.items() if len(bound.get(name, ())) == 1}
    held = end.get("self", CLEAN).fields if names[:1] == ("self",) else {}
    own = {f"self{key}": _cleared_for(part, f"self{key}") for key, part in held.items() if not part.fields}
    return {**proved, **{name: kinds for name, kinds in own.items() if kinds}}


def _cleared_for(value: Value, name: str) -> frozenset[str]:
    own = [taint.cleared for taint in value.taints if taint.origin == name]
    return frozenset.intersection(*own) if own else ALL


def _tells(result: Value, names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds when the result is true."""
    of_self = names[:1] == ("self",)
    proofs = [proof for proof in result.proofs if proof.when and not proof.needs]
    proofs = [proof for proof in proofs if proof.path in names or (of_self and proof.path.startswith("self."))]
    return {proof.path: frozenset(proof.kinds) for proof in proofs}


def _is_abstract(file: SourceFile, function: cst.FunctionDef) -> bool:
    return "NotImplemented" in file.code(function) or "abstractmethod" in file.code(function)
