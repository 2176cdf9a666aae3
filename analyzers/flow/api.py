"""What rules and the engine may ask of the flow analyses. Everything else under `flow/` may change at any time.

All answers are about one file as it stands; `file.project` gives the other files and the library models.
What cannot be decided within the budget gives the empty answer: never a finding.
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from analyzers.flow import bearing, locks, nothing, ownership, plain, text, toplevel, unbound
from analyzers.flow.analysis import Analysis, Kept, place_of
from analyzers.flow.build import build, graph_of
from analyzers.flow.elsewhere import callers_elsewhere, calls_of, flows_from
from analyzers.flow.entries import may_be_given
from analyzers.flow.frame import Frame, Hit
from analyzers.flow.graph import Graph, Undecided
from analyzers.flow.hints import may_have_source, speaks_of_source
from analyzers.flow.leads import sinks_from
from analyzers.flow.memory import may_read, readers, remembered, reviewed
from analyzers.flow.reaching import definitions, function_of
from analyzers.flow.results import Acquisition, Built, Constant, Flow, Flows, Held, MayBeNone, Unbound
from analyzers.flow.signs import possible
from analyzers.flow.trace import assumed, hit_steps, source_words
from analyzers.models import Models, load
from analyzers.outline import Definition
from analyzers.source import SourceFile

NOTHING_KNOWN = load({})
CALLER_LIMIT = 8
UNDECIDED = Flows(decided=False)


def models(file: SourceFile) -> Models:
    """The library models of the file's project; empty ones when none were given."""
    known = file.project.models
    return known if isinstance(known, Models) else NOTHING_KNOWN


def bears(file: SourceFile, definition: Definition) -> bool:
    """Whether a flow could lead through a function, going by its text: else nothing it calls need be at hand."""
    return bearing.bears(file, definition, models(file))


def graph(file: SourceFile, function: cst.FunctionDef) -> Graph | None:
    """The control flow of a function; None when it is too large."""
    try:
        return graph_of(file, function)
    except (Undecided, RecursionError):
        return None


def graph_around(file: SourceFile, node: cst.CSTNode) -> Graph | None:
    """The control flow of the function, or else of the statement of the module, that a node stands in."""
    function = function_of(file, node)
    if function is not None:
        return graph(file, function)
    root = next(reversed([node, *file.ancestors(node)]))
    known: dict[cst.CSTNode, Graph | None] = file.cache.setdefault(graph_around, {})
    if root not in known:
        known[root] = _graph(root)
    return known[root]


def _graph(root: cst.CSTNode) -> Graph | None:
    try:
        return build([root]) if isinstance(root, cst.BaseCompoundStatement) else None
    except (Undecided, RecursionError):
        return None


def taints(file: SourceFile, function: cst.FunctionDef, source_kind: str, sink_kind: str) -> Flows:
    """The flows from sources of one kind to sinks of another in a function and in what it calls, shortest first."""
    if not possible(file.project, models(file), source_kind):
        return Flows()
    through = _through(file, function, source_kind, sink_kind)
    known = models(file)
    given = may_have_source(file, function, known, source_kind)
    if _leads(file, function, sink_kind) and (given or remembered(file, known, function, source_kind)):
        return _found(file, function, source_kind, sink_kind, through)
    return Flows(_best(through), ())


def _leads(file: SourceFile, function: cst.FunctionDef, sink_kind: str) -> bool:
    """Whether a function could reach such a sink, going by its text and by those of what it names."""
    definition = file.definition(function)
    return definition is None or sink_kind in sinks_from(file, definition, models(file))


def _found(
    file: SourceFile, function: cst.FunctionDef, source_kind: str, sink_kind: str, through: Iterable[Flow] = ()
) -> Flows:
    frame = reviewed(file, models(file), function, source_kind)
    if frame is None:
        return UNDECIDED
    own = [_flow(file, hit) for hit in _hits(frame, sink_kind)]
    reached = {hit.node for hit in frame.hits.values() if hit.kind == sink_kind}
    clean = tuple(
        node
        for node, kinds in frame.sinks.items()
        if isinstance(node, cst.Call) and sink_kind in kinds and node not in reached
    )
    return Flows(_best((*own, *through)), clean)


def module_taints(file: SourceFile, source_kind: str, sink_kind: str) -> Flows:
    """Like `taints`, for the code of the module outside functions."""
    known = models(file)
    if not possible(file.project, models(file), source_kind) or not toplevel.may_have_source(file, known, source_kind):
        return Flows()
    return _found(file, toplevel.code_of(file), source_kind, sink_kind)


def _best(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """One flow a place and a beginning, the first of it that assumes least, in the order of the places."""
    found: dict[object, Flow] = {}
    for flow in sorted(flows, key=lambda flow: len(flow.assumed)):
        found.setdefault((flow.path, flow.span, flow.steps[:1]), flow)
    return tuple(sorted(found.values(), key=lambda flow: (flow.path, flow.span)))


def _hits(frame: Frame, sink_kind: str) -> list[Hit]:
    """The hits of this kind, shortest first."""
    found = [hit for hit in frame.hits.values() if hit.kind == sink_kind]
    return sorted(found, key=lambda hit: hit.length)


def _through(file: SourceFile, function: cst.FunctionDef, source_kind: str, sink_kind: str) -> Iterator[Flow]:
    """The flows that begin in a caller, or end in a method that reads what this one leaves."""
    own, known = file.definition(function), models(file)
    named = own if own and own.qualname in file.outline.by_name else None
    callers = [one for one in _callers(file, function, source_kind) if _leads(file, one, sink_kind)]
    elsewhere = callers_elsewhere(file, named, known, source_kind) if named and len(file.project.files) > 1 else []
    others = [(other, one) for other, one in elsewhere if _leads(other, one, sink_kind)]
    passes = bool(own) and bool(callers or others) and _passes_on(file, function, source_kind, sink_kind)
    leaving = may_have_source(file, function, known, source_kind)
    reading = readers(file, known, function, source_kind) if leaving and _may_be_read(file, own, sink_kind) else ()
    for other in (*(callers if passes else ()), *(one for one in reading if _leads(file, one, sink_kind))):
        frame = reviewed(file, known, other, source_kind)
        for hit in _hits(frame, sink_kind) if frame else ():
            flow = _flow(file, hit)
            inside = (step for step in flow.steps if step.path == file.path)
            if own and any(own.line <= step.line <= own.end_line for step in inside):
                yield flow
    for hit, flow in flows_from(file, named, others, known, source_kind) if named and passes else ():
        if hit.kind == sink_kind:
            yield flow


def _may_be_read(file: SourceFile, own: Definition | None, sink_kind: str) -> bool:
    """Whether a method that leads to such a sink may read what a function leaves."""
    return own is not None and any(sink_kind in sinks_from(file, one, models(file)) for one in may_read(file, own))


def _passes_on(file: SourceFile, function: cst.FunctionDef, source_kind: str, sink_kind: str) -> bool:
    """Whether a caller's value can reach a sink here, or come back from here: else no caller need be read."""
    found = Analysis(models(file), source_kind, file.cache.setdefault(Kept, Kept())).summary(
        file, function, wanted=True
    )
    if found is None:
        return False
    reached = any(reach.kind == sink_kind for reach in found.reaches)
    return reached or bool(found.result or found.writes)


def _callers(file: SourceFile, function: cst.FunctionDef, kind: str) -> tuple[cst.FunctionDef, ...]:
    """The functions of the file in whose text the name of this one is called, nearest first."""
    known: dict[tuple[cst.FunctionDef, str], tuple[cst.FunctionDef, ...]] = file.cache.setdefault(_callers, {})
    if (function, kind) not in known:
        known[function, kind] = tuple(_find_callers(file, function, kind))
    return known[function, kind]


def _find_callers(file: SourceFile, function: cst.FunctionDef, kind: str) -> Iterator[cst.FunctionDef]:
    """See `_callers`; a longer name that ends alike brings a function too many, which then proves nothing."""
    own = file.definition(function)
    if own is None or own.qualname not in file.outline.by_name:
        return
    around = [one for one in calls_of(file, own, file) if one.qualname != own.qualname]
    for one in sorted(around, key=lambda one: abs(one.line - own.line))[:CALLER_LIMIT]:
        if not may_be_given(file, one, models(file)) and not speaks_of_source(file, one, models(file), kind):
            continue
        found = file.function(one.qualname)
        if found and may_have_source(file, found, models(file), kind):
            yield found


def _flow(file: SourceFile, hit: Hit) -> Flow:
    here = place_of(file, hit)
    place = hit.place if hit.place and hit.place.path == file.path else here
    sink = hit.place.code if hit.place else here.code
    own = place is here
    return Flow(
        path=place.path,
        span=place.span,
        definition=place.definition,
        source=source_words(hit),
        sink=sink,
        steps=hit_steps(hit),
        assumed=assumed(hit),
        node=hit.node if own else None,
        argument=hit.argument if own else None,
    )


def text_built(file: SourceFile, expression: cst.BaseExpression) -> Built | None:
    """How a text is put together at run time from parts that are not constant, through local variables; or None."""
    return text.built(file, expression)


def assigned(file: SourceFile, name: cst.Name) -> cst.BaseExpression | None:
    """The one expression that a local name was assigned where it is used; None when there may be several, or none."""
    found = definitions(file, name) or ()
    return found[0].value if len(found) == 1 and not found[0].adds else None


def constant(file: SourceFile, expression: cst.BaseExpression) -> Constant | None:
    """The value of an expression, if it is the same whichever way the program goes."""
    return text.constant(file, expression)


def is_plain(file: SourceFile, expression: cst.BaseExpression, quoters: frozenset[str] = frozenset()) -> bool:
    """Whether a value certainly carries no text of somebody's choice: a number, a constant, or what a quoter made."""
    try:
        return plain.is_plain(file, expression, quoters)
    except RecursionError:
        return False


def is_vouched(file: SourceFile, part: cst.BaseExpression, sink_kind: str, source_kind: str = "user-input") -> bool:
    """Whether what stands here came from such a source, and is safe now for a kind of sink, one of `TEXT_SINKS`."""
    function, known = function_of(file, part), models(file)
    if not isinstance(function, cst.FunctionDef) or not possible(file.project, known, source_kind):
        return False
    if not may_have_source(file, function, known, source_kind):
        return False
    frame = reviewed(file, known, function, source_kind)
    vouched = frame.vouched if frame else {}
    made_of = tuple(_made_of(file, part)) if isinstance(part, cst.Name) and part not in vouched else ()
    return any(one and all(sink_kind in vouched.get(node, ()) for node in one) for one in ((part,), made_of))


def _made_of(file: SourceFile, name: cst.Name) -> Iterator[cst.CSTNode]:
    """What a local name was given where it is used, or what a loop gave it; the name itself for anything else."""
    for one in definitions(file, name) or ():
        made = one.node.iter if isinstance(one.node, cst.For) else one.value
        yield made if made is not None and not one.adds else name


def acquisitions(file: SourceFile, function: cst.FunctionDef) -> Iterator[Acquisition]:
    """The resources a function takes into a variable, and whether each way out gives them back or passes them on."""
    try:
        yield from ownership.acquisitions(file, function, models(file))
    except (Undecided, RecursionError):
        return


def held_locks(file: SourceFile, node: cst.CSTNode) -> tuple[Held, ...]:
    """The locks that are certainly held where a node runs, outermost first."""
    try:
        return locks.held(file, node, models(file))
    except (Undecided, RecursionError):
        return ()


def may_be_none(file: SourceFile, expression: cst.BaseExpression) -> MayBeNone | None:
    """Where the value of an expression may be None from, if no test on the way has ruled that out; or None."""
    try:
        return nothing.may_be_none(file, expression, models(file))
    except (Undecided, RecursionError):
        return None


def left_unbound(file: SourceFile, function: cst.FunctionDef) -> tuple[Unbound, ...]:
    """The names of a function that only a `try` binds, that one of its handlers goes on without, and that are used."""
    try:
        return tuple(unbound.unbound(file, function))
    except (Undecided, RecursionError):
        return ()


def errors_used_behind(file: SourceFile, function: cst.FunctionDef) -> tuple[Unbound, ...]:
    """The names of errors that are used behind their handler, which has deleted them at its end.

    See https://docs.python.org/3/reference/compound_stmts.html#except-clause.
    """
    try:
        return tuple(unbound.deleted(file, function))
    except (Undecided, RecursionError):
        return ()
