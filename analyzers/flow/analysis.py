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
from analyzers.flow.statements import transfer
from analyzers.flow.summary import NOTHING, Given, Place, Reach, Summary
from analyzers.flow.trace import assumed, hit_steps, steps_of
from analyzers.flow.value import CLEAN, NO_FIELDS, PARAMETER, State, Value, join_states
from analyzers.models import ANY, Models
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
    """A summary, and the depth of calls it was made at: one that a limit or a circle cut is no good nearer the top."""

    summary: Summary
    depth: int


@dataclass
class Kept:
    """What the analyses of one file share: the summaries, and how many expressions have been evaluated for them."""

    summaries: dict[cst.FunctionDef, Known] = field(default_factory=dict)
    steps: int = 0


class Analysis:
    """The analyses of one function under review and everything below it."""

    def __init__(self, models: Models, kept: Kept | None = None) -> None:
        """`kept` serves further analyses for the same file."""
        self.models = models
        self.kept = kept or Kept()
        self.known = self.kept.summaries
        self.running: dict[cst.FunctionDef, Summary] = {}
        self.circular: set[cst.FunctionDef] = set()
        self.functions = 0
        self.cuts = 0

    def review(self, file: SourceFile, function: cst.FunctionDef, held: Mapping[str, Value] = NO_FIELDS) -> Frame:
        """Analyse a function as its framework calls it, on an object that holds these fields.

        Raises Undecided when the budget is spent.
        """
        frame = self._frame(file, symbolic=False)
        frame.answers = _answers(file, self.models, function)
        state = start(file, self.models, function, symbolic=False)
        if held:
            state["self"] = replace(state["self"], fields={**state["self"].fields, **held})
        end = self._spend(frame, function, state)
        frame.left = end.get("self", CLEAN).fields if end else NO_FIELDS
        return frame

    def summary(self, file: SourceFile, function: cst.FunctionDef, *, wanted: bool) -> Summary | None:
        """See `World.summary`."""
        depth = len(self.running)
        known = self.known.get(function)
        if known is not None and known.depth <= depth:
            return known.summary
        if function in self.running:
            self.circular.add(function)
            self.cuts += 1
            return self.running[function]
        if not wanted and not gives_by_itself(file, function, self.models):
            return None
        if depth >= DEPTH_LIMIT or self.functions >= FUNCTION_LIMIT:
            self.cuts += 1
            return None
        self.functions += 1
        cuts = self.cuts
        found = self._bounded(file, function)
        self.known[function] = Known(found, depth if self.cuts > cuts else 0)
        return found

    def _bounded(self, file: SourceFile, function: cst.FunctionDef) -> Summary:
        """The summary of a function that is not running yet; the empty one when it takes too long."""
        self.running[function] = NOTHING
        try:
            return self._settle(file, function)
        except (Undecided, RecursionError):
            return NOTHING
        finally:
            del self.running[function]

    def _settle(self, file: SourceFile, function: cst.FunctionDef) -> Summary:
        """The summary; of a function that calls itself, the one that does not change any more."""
        for _ in range(ROUNDS):
            found = self._summarise(file, function)
            if function not in self.circular or found == self.running[function]:
                break
            self.running[function] = found
        return found

    def _frame(self, file: SourceFile, *, symbolic: bool) -> Frame:
        return Frame(file, self.models, evaluate, self, self._define, symbolic)

    def _spend(self, frame: Frame, function: cst.FunctionDef, state: State) -> State | None:
        """See `_run`. Raises Undecided when the budget of the file is spent."""
        if self.kept.steps >= FILE_BUDGET:
            raise Undecided
        try:
            return self._run(frame, function, state)
        finally:
            self.kept.steps += frame.steps

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
        own = start(frame.file, self.models, function, symbolic=False)
        answers = _answers(frame.file, self.models, function)
        inner = replace(frame, state={}, result=CLEAN, returned=False, nesting=frame.nesting + 1, answers=answers)
        self._run(inner, function, {**frame.state, **own, **(given or {})})
        frame.steps = inner.steps
        return inner.result

    def _summarise(self, file: SourceFile, function: cst.FunctionDef) -> Summary:
        frame = self._frame(file, symbolic=True)
        end = self._spend(frame, function, start(file, self.models, function, symbolic=True))
        names = tuple(parameter.name.value for parameter in parameters(function.params))
        return Summary(
            parameters=names,
            reaches=tuple(_reaches(frame)),
            result=tuple(_given(frame.result)),
            type=frame.result.type,
            writes=_writes(end, names),
            proves=_proves(file, function, end, names),
            tells=_tells(frame.result, names),
            stops=end is None and not _is_abstract(file, function),
        )


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


def _given(value: Value, but: str = "") -> Iterator[Given]:
    """What comes out in a value, without what stood there `but` for itself."""
    for taint in value.all_taints():
        if taint.kind == PARAMETER and taint.origin == but:
            continue
        if taint.kind == PARAMETER:
            yield Given(str(taint.origin), "", taint.cleared, steps_of(taint.link))
        else:
            yield Given("", taint.kind, taint.cleared, steps_of(taint.link))


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
