"""One function analysed, and the summaries of what it calls: on demand, bounded, ended where calls go in circles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import libcst as cst

from analyzers.flow.answers import answer, fixed, passed_on, tells
from analyzers.flow.build import graph_of
from analyzers.flow.decorators import NOTHING as NOT_SEEN
from analyzers.flow.decorators import begun as decorated
from analyzers.flow.decorators import vouched
from analyzers.flow.demands import demanded
from analyzers.flow.dependencies import Answer, begun
from analyzers.flow.entries import MODULE, applied, entry_of, held, sent_as, start
from analyzers.flow.expressions import evaluate
from analyzers.flow.frame import Frame, Hit, short
from analyzers.flow.given import Given as Argument
from analyzers.flow.graph import Point, Undecided, solve
from analyzers.flow.hints import gives_by_itself
from analyzers.flow.objects import class_of
from analyzers.flow.recall import Key, Made, Making, keep, recalled
from analyzers.flow.statements import transfer
from analyzers.flow.summary import NOTHING, Given, Place, Reach, Summary, Way, signature_of
from analyzers.flow.trace import assumed, hit_steps, source_of, steps_of
from analyzers.flow.value import CLEAN, NO_FIELDS, PARAMETER, Link, State, Value, join_states
from analyzers.models import ANY, Models
from analyzers.outline import Definition
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import inside

# What all analyses of one file may cost together, in evaluated expressions: some seconds.
FILE_BUDGET = 120_000
DEPTH_LIMIT = 6
FUNCTION_LIMIT = 60
ROUNDS = 3
NESTING_LIMIT = 3
ALL = frozenset({ANY})
NOT_CALLED: Mapping[str, Argument] = MappingProxyType({})


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
    """What the analyses of one file share: summaries by kind of source, and how many expressions were evaluated.

    `answers` is what the dependencies of handlers give.
    """

    summaries: dict[str, dict[Key, Known]] = field(default_factory=dict)
    answers: dict[object, Answer] = field(default_factory=dict)
    steps: int = 0


class Analysis:
    """The analyses of one function under review and everything below it, for sources of one kind."""

    def __init__(self, models: Models, kind: str, kept: Kept | None = None) -> None:
        """`kept` serves further analyses for the same file."""
        self.models, self.kind = models, kind
        self.kept = kept or Kept()
        self.known = self.kept.summaries.setdefault(kind, {})
        self.answers = self.kept.answers
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
        entry = entry_of(file, self.models, function) if function.name.value != MODULE else None
        given, state = begun(self, file, function, entry)
        if held and "self" in state:
            state["self"] = replace(state["self"], fields={**state["self"].fields, **held})
        looked = (
            vouched(self, file, function, applied(file, self.models, function)) if function.decorators else NOT_SEEN
        )
        answers = tuple(kind for kind in sent_as(file, function, entry) if kind not in looked.answers)
        frame, end = self.run(file, function, decorated(state, looked), answers, given)
        frame.left = end.get("self", CLEAN).fields if end else NO_FIELDS
        return frame

    def run(
        self,
        file: SourceFile,
        function: cst.FunctionDef,
        begin: State,
        answers: tuple[str, ...] = (),
        given: Mapping[str, Value] = NO_FIELDS,
    ) -> tuple[Frame, State | None]:
        """See `Runner.run`; `answers` are the sink kinds that a returned text reaches.

        `given` is what it begins with before anybody looked at it.
        """
        frame = self._frame(file, symbolic=False)
        frame.answers = answers
        frame.carried.update(name for name, value in (given or begin).items() if value.dirty)
        return frame, self._spend(frame, function, begin)

    def watch(self, file: SourceFile, function: cst.FunctionDef, begin: State, called: str) -> Frame:
        """See `decorators.Runner`."""
        frame = replace(self._frame(file, symbolic=True), watched=called)
        self._spend(frame, function, begin)
        return frame

    def summary(
        self, file: SourceFile, function: cst.FunctionDef | Definition, *, wanted: bool, own: str = ""
    ) -> Summary | None:
        """See `World.summary`."""
        definition, key = _identity(file, function, own)
        depth = len(self.running)
        known = self.known.get(key)
        if known is not None and known.depth <= depth:
            return self._used(key, known)
        if key in self.running:
            self.circular.add(key)
            self.cuts += 1
            return self.running[key]
        if not wanted and not gives_by_itself(file, definition, self.models, self.kind):
            return None
        if depth >= DEPTH_LIMIT or self.functions >= FUNCTION_LIMIT:
            self.cuts += 1
            return None
        made = None if own else recalled(file, definition, self.kind)
        if made is not None and self._take(key, made, depth):
            return self._used(key, self.known[key])
        node = file.function(definition.qualname) if isinstance(function, Definition) else function
        return self._used(key, self._make(file, definition, key, node, depth)) if node else None

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

    def _make(self, file: SourceFile, definition: Definition, key: Key, function: cst.FunctionDef, depth: int) -> Known:
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
        whole = file.untouched and not (cut or key[2]) and self.failures == failures
        made = making.made(file, found) if whole else None
        keep(file, definition, self.kind, made)
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
            found = self._summarise(file, function, key[2])
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
        if graph.fallen in before:
            frame.state = before[graph.fallen]
            answer(frame, None, CLEAN)
        return before.get(graph.exit)

    def _define(
        self, frame: Frame, function: cst.FunctionDef | cst.Lambda, given: Mapping[str, Argument] = NOT_CALLED
    ) -> Value:
        """A function defined inside: analysed where it stands, with what it sees around it."""
        if frame.nesting >= NESTING_LIMIT:
            return CLEAN
        passed = {name: one.value for name, one in given.items()}
        if isinstance(function, cst.Lambda):
            names = {parameter.name.value: CLEAN for parameter in parameters(function.params)}
            inner = replace(frame, state={**frame.state, **names, **passed}, nesting=frame.nesting + 1)
            value = inner.value(function.body)
            frame.steps = inner.steps
            return value
        own = start(frame.file, self.models, function, self.kind, symbolic=False)
        answers = _answers(frame.file, self.models, function)
        fresh = replace(frame, state={}, result=CLEAN, returned=False, told={}, generates=False, function=function)
        inner = replace(fresh, nesting=frame.nesting + 1, answers=answers)
        end = self._run(inner, function, {**frame.state, **own, **passed})
        frame.steps = inner.steps
        for name in _nonlocal(function) if end is not None else ():
            frame.write((name,), (end or {}).get(name, CLEAN), weak=True)
        return replace(inner.result, proofs=passed_on(inner, given))

    def _summarise(self, file: SourceFile, function: cst.FunctionDef, own: str) -> Summary:
        frame = replace(self._frame(file, symbolic=True), function=function)
        begin = start(file, self.models, function, self.kind, symbolic=True)
        if own and "self" in begin:
            place = class_of(file.project, own)
            of = place[1].qualname if place and place[0] is file else ""
            begin["self"] = Value(fields=held(file, function, of), type=own)
        looked = vouched(self, file, function, function.decorators) if function.decorators else NOT_SEEN
        end = self._spend(frame, function, decorated(begin, looked))
        names = tuple(parameter.name.value for parameter in parameters(function.params))
        signature = signature_of(function.params)
        # The mapping of `**rest` is made for the call: what is done to it stays here.
        lasting = tuple(name for name in names if name != signature.named)
        return Summary(
            signature=signature,
            reaches=tuple(_reaches(frame)),
            result=tuple(_results(frame.result)),
            type=frame.result.type,
            writes=_writes(file, function, end, lasting),
            proves=_proves(file, function, end, tuple(one for one in lasting if one not in looked.parameters)),
            tells=tells(frame, names, True),
            denies=tells(frame, names, False),
            demands=demanded(end, tuple(one for one in names if one in fixed(frame))),
            stops=end is None and not _is_abstract(file, function),
        )


def _nonlocal(function: cst.FunctionDef) -> Iterator[str]:
    """The names of the function around that a function binds."""
    for node in inside(function.body):
        if isinstance(node, cst.Nonlocal):
            yield from (item.name.value for item in node.names)


def _identity(file: SourceFile, function: cst.FunctionDef | Definition, own: str) -> tuple[Definition, Key]:
    """The definition, and its key; of two functions of one name in a file, only the last can be asked for by name."""
    definition = function if isinstance(function, Definition) else file.definition(function)
    if definition is None:
        raise KeyError("a function that is not of the file")
    named = isinstance(function, Definition) or file.function(definition.qualname) is function
    return definition, (file.path, definition.line if named else -id(function), own)


def _answers(file: SourceFile, models: Models, function: cst.FunctionDef) -> tuple[str, ...]:
    entry = entry_of(file, models, function) if function.decorators else None
    return sent_as(file, function, entry)


def _reaches(frame: Frame) -> Iterator[Reach]:
    for hit in frame.hits.values():
        if hit.taint.kind == PARAMETER:
            place = hit.place or place_of(frame.file, hit)
            origin, cleared = str(hit.taint.origin), hit.taint.cleared
            yield Reach(origin, hit.kind, cleared, place, hit_steps(hit), assumed(hit), hit.when)


def place_of(file: SourceFile, hit: Hit) -> Place:
    """Where the sink of a hit stands in the analysed function."""
    code = _code(file, hit.node)
    return Place(file.path, file.span(hit.node), file.definition_name(hit.node), code)


def _code(file: SourceFile, node: cst.CSTNode) -> str:
    """What is called at a sink, or assigned there."""
    match node:
        case cst.Call():
            return short(file, node.func)
        case cst.Attribute() | cst.Subscript():
            return short(file, node)
    return "return"


def _results(value: Value, part: tuple[str, ...] = ()) -> Iterator[Given]:
    """What comes out, and in which part of the result."""
    yield from (replace(one, part=part) for one in _given(Value(taints=value.taints)))
    for key, inner in value.fields.items():
        yield from _results(inner, (*part, key))


def _given(value: Value, *but: str) -> Iterator[Given]:
    """What comes out in a value, without what stood there `but` for itself."""
    for taint in value.all_taints():
        if taint.kind == PARAMETER and taint.origin in but:
            continue
        if taint.kind == PARAMETER:
            yield Given(str(taint.origin), "", taint.cleared, _way(taint.link))
        else:
            yield Given("", taint.kind, taint.cleared, _way(taint.link))


def _way(link: Link) -> Way:
    return Way(lambda: (steps_of(link), source_of(link)))


def _writes(
    file: SourceFile, function: cst.FunctionDef, end: State | None, names: tuple[str, ...]
) -> dict[str, tuple[Given, ...]]:
    """What a function leaves in the attributes and items of what it is passed, and in these themselves."""
    if end is None:
        return {}
    written = {
        name + key: given
        for name in names
        for key, part in _own_parts(name, end.get(name, CLEAN))
        if (given := tuple(_given(part, name, name + key)))
    }
    bound = file.local_names(function) if written else {}
    kept = {name for name in names if len(bound.get(name, ())) == 1}
    return {key: given for key, given in written.items() if key.partition(".")[0].partition("[")[0] in kept}


def _own_parts(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """What a parameter holds by itself, under the key "", and in its parts."""
    if name != "self" and value.taints:
        yield "", Value(taints=value.taints)
    yield from value.fields.items()


def _proves(
    file: SourceFile, function: cst.FunctionDef, end: State | None, names: tuple[str, ...]
) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds whenever the function returns."""
    if end is None:
        return {}
    found = {name: kinds for name in names if name in end and (kinds := _cleared_for(end[name], name))}
    bound = file.local_names(function) if found else {}
    proved = {name: kinds for name, kinds in found.items() if len(bound.get(name, ())) == 1}
    held = end.get("self", CLEAN).fields if names[:1] == ("self",) else {}
    own = {f"self{key}": _cleared_for(part, f"self{key}") for key, part in held.items() if not part.fields}
    return {**proved, **{name: kinds for name, kinds in own.items() if kinds}}


def _cleared_for(value: Value, name: str) -> frozenset[str]:
    own = [taint.cleared for taint in value.taints if taint.origin == name]
    return frozenset.intersection(*own) if own else ALL


def _is_abstract(file: SourceFile, function: cst.FunctionDef) -> bool:
    return "NotImplemented" in file.code(function) or "abstractmethod" in file.code(function)
