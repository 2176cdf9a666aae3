"""One function analysed, and the summaries of what it calls: on demand, bounded, ended where calls go in circles."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from analyzers.flow.build import build
from analyzers.flow.entries import entry_of, start
from analyzers.flow.expressions import evaluate
from analyzers.flow.frame import Frame, Hit, short
from analyzers.flow.graph import Graph, Point, Undecided, solve
from analyzers.flow.statements import transfer
from analyzers.flow.summary import NOTHING, Given, Place, Reach, Summary
from analyzers.flow.trace import assumed, hit_steps, steps_of
from analyzers.flow.value import CLEAN, PARAMETER, State, Value, join_states
from analyzers.models import ANY, Alias, Entry, Models, Source, Stop, Type
from analyzers.outline import Definition
from analyzers.scopes import local_names, parameters
from analyzers.source import Project, SourceFile

# What all analyses of one file may cost together, in evaluated expressions: some seconds.
FILE_BUDGET = 120_000
DEPTH_LIMIT = 6
FUNCTION_LIMIT = 60
ROUNDS = 3
NESTING_LIMIT = 3
ALL = frozenset({ANY})
CALLED = re.compile(r"\w+(?=\()")
HEAD = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
# How many names lie between a package and what the models say of it: aliases of types of aliases.
CARRIED = 3


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

    def review(self, file: SourceFile, function: cst.FunctionDef) -> Frame:
        """Analyse a function as its framework calls it. Raises Undecided when the budget is spent."""
        frame = self._frame(file, symbolic=False)
        frame.answers = _answers(file, self.models, function)
        self._spend(frame, function, start(file, self.models, function, symbolic=False))
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
        if not wanted and not _gives_by_itself(file, function, self.models):
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


def _given(value: Value) -> Iterator[Given]:
    for taint in value.all_taints():
        if taint.kind == PARAMETER:
            yield Given(str(taint.origin), "", taint.cleared, steps_of(taint.link))
        else:
            yield Given("", taint.kind, taint.cleared, steps_of(taint.link))


def _writes(end: State | None, names: tuple[str, ...]) -> dict[str, tuple[Given, ...]]:
    """The attributes that a method leaves on its first parameter."""
    if end is None or not names or names[0] != "self":
        return {}
    fields = end.get("self", CLEAN).fields
    return {key: tuple(_given(part)) for key, part in fields.items() if key.startswith(".") and part.dirty}


def _proves(
    file: SourceFile, function: cst.FunctionDef, end: State | None, names: tuple[str, ...]
) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds whenever the function returns."""
    if end is None:
        return {}
    found = {name: kinds for name in names if name in end and (kinds := _cleared_for(end[name], name))}
    bound = local_names(function, file.package) if found else {}
    return {name: kinds for name, kinds in found.items() if len(bound.get(name, ())) == 1}


def _cleared_for(value: Value, name: str) -> frozenset[str]:
    own = [taint.cleared for taint in value.taints if taint.origin == name]
    return frozenset.intersection(*own) if own else ALL


def _tells(result: Value, names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """The parameters that are safe for some kinds when the result is true."""
    proofs = [proof for proof in result.proofs if proof.when and proof.path in names and not proof.needs]
    return {proof.path: frozenset(proof.kinds) for proof in proofs}


def _is_abstract(file: SourceFile, function: cst.FunctionDef) -> bool:
    return "NotImplemented" in file.code(function) or "abstractmethod" in file.code(function)


def _gives_by_itself(file: SourceFile, function: cst.FunctionDef, models: Models) -> bool:
    """Whether the text of a function speaks of a source, or ends by never returning."""
    definition = file.definition(function)
    lines = file.lines[definition.line - 1 : definition.end_line] if definition else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return bool(_source_words(models).search("".join(lines))) or bool(_stop_words(models).match(last))


def may_have_source(file: SourceFile, function: cst.FunctionDef, models: Models, kind: str) -> bool:
    """Whether a function is given data, or its text speaks of a source or calls a function whose text does."""
    definition = file.definition(function)
    if definition is None or speaks_of_source(file, definition, models, kind):
        return True
    known: dict[cst.FunctionDef, bool] = file.cache.setdefault(may_have_source, {})
    if function not in known:
        known[function] = entry_of(file, models, function) is not None
    return known[function]


def speaks_of_source(file: SourceFile, definition: Definition, models: Models, kind: str) -> bool:
    """Whether the text of a definition speaks of a source of this kind, or calls a function whose text does."""
    known: dict[tuple[Definition, str], bool] = file.cache.setdefault(speaks_of_source, {})
    about = (definition, kind)
    if about not in known:
        text = "".join(file.lines[definition.line - 1 : definition.end_line])
        words = source_words(file.project, models, kind)
        known[about] = bool(words.search(text)) or not _givers(file.project, words).isdisjoint(CALLED.findall(text))
    return known[about]


def _givers(project: Project, words: re.Pattern[str]) -> frozenset[str]:
    """The names of the functions of a project whose text speaks of a source."""
    known: frozenset[str] | None = project.cache.get((_givers, words))
    if known is None:
        found = (name for file in project.files.values() for name in _speaking(file, words))
        known = project.cache[_givers, words] = frozenset(found)
    return known


def _speaking(file: SourceFile, words: re.Pattern[str]) -> Iterator[str]:
    """The names of the functions around each place where a text speaks of a source, told by their indentation."""
    heads = list(HEAD.finditer(file.text))
    starts = [head.start() for head in heads]
    for last in {bisect_right(starts, found.start()) for found in words.finditer(file.text)}:
        depth = sys.maxsize
        for head in reversed(heads[:last]):
            if len(head[1]) < depth:
                depth = len(head[1])
                yield head[2]
            if not depth:
                break


def source_words(project: Project, models: Models, kind: str) -> re.Pattern[str]:
    """What a text says where it reads a source of this kind of a package that any file of the project speaks of."""
    known: re.Pattern[str] | None = project.cache.get((source_words, kind))
    if known is None:
        names = [name for one in models.all(Source) if one.kind == kind for name in one.names]
        said = {root: _is_said(project, _carriers(models, root)) for root in {name.partition(".")[0] for name in names}}
        names = [name for name in names if said[name.partition(".")[0]]]
        parts = {name.rpartition(".")[2] for name in names if name.count(".") > 1}
        plain = {name.rpartition(".")[2] for name in names if name.count(".") <= 1}
        known = re.compile(rf"\.\s*{_any(parts)}|[.\s(=\[,]{_any(plain)}")
        project.cache[source_words, kind] = known
    return known


def _is_said(project: Project, words: frozenset[str]) -> bool:
    return any(word in file.text for file in project.files.values() for word in words)


def _carriers(models: Models, root: str) -> frozenset[str]:
    """The packages by which something of the package `root` can come into a file: itself, and where it is known as."""
    found = {root}
    for _ in range(CARRIED):
        found |= {name.partition(".")[0] for one in models.all(Alias) if _of(one.to, found) for name in one.names}
        found |= {name.partition(".")[0] for one in models.all(Type) if _of(one.returns, found) for name in one.names}
        for entry in models.all(Entry):
            if any(_of(kind, found) for kind in (*entry.types.values(), *entry.attributes.values())):
                found.update(entry.roots)
    return frozenset(found)


def _of(name: str, roots: set[str]) -> bool:
    return name.partition(".")[0] in roots


def _source_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_source_words)
    if known is None:
        names = {name for one in models.all(Source) for name in one.names}
        words = {name.rpartition(".")[2] for name in names}
        known = models.cache[_source_words] = re.compile(rf"[.\s(=\[,]{_any(words)}")
    return known


def _stop_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_stop_words)
    if known is None:
        words = {name.rpartition(".")[2] for one in models.all(Stop) for name in one.names} | {"raise"}
        known = models.cache[_stop_words] = re.compile(rf"(?:[\w.]+\.)?{_any(words)}")
    return known


def _any(words: set[str]) -> str:
    """A pattern for any of these words, whole; one that never fits for none."""
    return rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b" if words else "(?!)"
