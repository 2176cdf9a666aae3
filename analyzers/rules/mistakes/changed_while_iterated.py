"""A dict, a set or a list that a loop changes while it walks it.

Why it matters: A dict or a set that gets smaller under a loop ends it with a RuntimeError at the next step. A
list from which something is removed makes the loop pass over the element behind it, without a word.

What to do: Walk a copy, as with `for key in list(rows)`, or build a new container of what shall stay.

What it does not see: Containers of an uncertain kind; changes made by a function that the loop calls; what is put into
a dict or a set, which may be there already; a list that grows under the loop, which is a way to keep a list of work.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers import syntax, trees
from analyzers.containers import DICT, LIST, SET, kind_of, may_be_listed, rebound, viewed_in
from analyzers.flow import api
from analyzers.flow.graph import Edge, Kind, Point
from analyzers.glimpse import Glimpse, says
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Span, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import dotted
from analyzers.source import SourceFile

TAKING = frozenset("pop popitem clear remove discard".split())
PUTTING = frozenset("add update setdefault append extend insert".split())
SOME = "list or set"
FAILS = "the next step of the loop raises RuntimeError"
SKIPS = "the loop passes over the element behind it"
OUTCOMES = {LIST: SKIPS, SOME: "a list then passes over the element behind it, a set raises RuntimeError"}


@dataclass(frozen=True, slots=True)
class Walk:
    """What a loop walks: the container, its name as written, its kind, and what a copy would be made of."""

    container: cst.BaseExpression
    name: str
    kind: str
    copied: cst.BaseExpression


def _changes_what_it_walks(glimpse: Glimpse) -> bool:
    return any(_may_change(node) for node in glimpse.nodes if isinstance(node, ast.For))


def _may_change(loop: ast.For) -> bool:
    """Whether the body of a loop speaks of a change to what its head names."""
    names = {ast.unparse(node) for node in trees.nodes(loop.iter) if isinstance(node, (ast.Name, ast.Attribute))}
    return any(ast.unparse(one) in names for part in loop.body for node in trees.nodes(part) for one in _changed(node))


def _changed(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Delete):
        yield from (target.value for target in node.targets if isinstance(target, ast.Subscript))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKING:
        yield node.func.value


RULE = Rule(
    name="changed-while-iterated",
    title="Changed while a loop walks it",
    weakness="CWE-664",
    severity=Severity.MEDIUM,
    message="`{change}` changes `{container}` while this loop walks it: {outcome}.",
    advice="Walk a copy: `list({copied})`.",
    needs=(says("for"), says("del pop popitem clear remove discard"), _changes_what_it_walks),
    known_as=tuple(
        "B909 loop-iterator-mutation modified-iterating-list modified-iterating-dict modified-iterating-set W4701 "
        "E4702 E4703 PLE4703".split()
    ),
    bad=(
        Bad(
            """
            def forget(self, now):
                for name, session in self.sessions.items():  # step
                    if session.ends < now:
                        del self.sessions[name]  # finding
            """,
            fixed="""
            def forget(self, now):
                for name, session in list(self.sessions.items()):
                    if session.ends < now:
                        del self.sessions[name]
            """,
        ),
        Bad(
            """
            def alone(pairs):
                names = {pair[0] for pair in pairs}
                for name in names:  # step
                    if name.startswith('_'):
                        names.discard(name)  # finding
                return names
            """,
            fixed="""
            def alone(pairs):
                names = {pair[0] for pair in pairs}
                for name in list(names):
                    if name.startswith('_'):
                        names.discard(name)
                return names
            """,
        ),
        Bad(
            """
            class Pool:
                def __init__(self):
                    self.workers = []

                def sweep(self):
                    for worker in self.workers:  # step
                        if not worker.alive():
                            self.workers.remove(worker)  # finding
            """,
            fixed="""
            class Pool:
                def __init__(self):
                    self.workers = []

                def sweep(self):
                    for worker in list(self.workers):
                        if not worker.alive():
                            self.workers.remove(worker)
            """,
        ),
        Bad(
            """
            ages = {'ann': 3, 'bob': None}
            for name in ages:  # step
                del ages[name]  # finding
            """,
            fixed="""
            ages = {'ann': 3, 'bob': None}
            for name in list(ages):
                del ages[name]
            """,
        ),
        Bad(
            base="""
            def clean():
                headers = dict(read())
                for name in list(headers):
                    if not headers[name]:
                        headers.pop(name)
                return headers
            """,
            code="""
            def clean():
                headers = dict(read())
                for name in headers:  # step
                    if not headers[name]:
                        headers.pop(name)  # finding
                return headers
            """,
        ),
    ),
    good=(
        Good(
            "the loop walks a copy",
            """
            def forget(self, now):
                for name, session in list(self.sessions.items()):
                    if session.ends < now:
                        del self.sessions[name]
            """,
        ),
        Good(
            "the loop is left right behind the change",
            """
            def forget(self, wanted):
                for name, session in self.sessions.items():
                    if session is wanted:
                        del self.sessions[name]
                        break
            """,
        ),
        Good(
            "each round of the outer loop begins anew",
            """
            def drain(self):
                self.jobs = []
                while self.fill(self.jobs):
                    for job in self.jobs:
                        if job.ready:
                            self.jobs.remove(job)
                            break
            """,
        ),
        Good(
            "what was noted down ends the loop",
            """
            def forget(self, wanted):
                for name, session in self.sessions.items():
                    found = False
                    if session is wanted:
                        found = True
                        del self.sessions[name]
                    if found:
                        break
            """,
        ),
        Good(
            "the list grows on purpose: it is a list of work",
            """
            def reach(start):
                found = [start]
                for node in found:
                    for other in node.near():
                        if other not in found:
                            found.append(other)
                return found
            """,
        ),
        Good(
            "the value of a key that is there is replaced",
            """
            def double(counts):
                for name in counts.keys():
                    counts[name] *= 2
            """,
        ),
        Good(
            "the loop goes on with another one",
            """
            def shrink(rows):
                kept = dict(rows)
                for name in kept:
                    kept = dict(kept)
                    del kept[name]
                return kept
            """,
        ),
    ),
)


@RULE.on(cst.For)
def check(loop: cst.For, file: SourceFile) -> Iterator[Finding | Examined]:
    """One loop."""
    walk = _walk(loop, file) if not loop.asynchronous else None
    if walk is None or _is_uncertain(walk, loop):
        return
    change = next((one for one in _changes(walk, loop) if _goes_on(one, loop, file)), None)
    if change is None:
        return
    steps = (Step(file.path, file.head_span(loop), f"the loop walks `{walk.name}` itself"),)
    changed, copied, outcome = file.code(change), file.code(walk.copied), OUTCOMES.get(walk.kind, FAILS)
    fix = _fix(walk, change, loop, file)
    yield RULE.finding(
        file, change, steps=steps, fix=fix, change=changed, container=walk.name, copied=copied, outcome=outcome
    )


def _walk(loop: cst.For, file: SourceFile) -> Walk | None:
    """What the loop walks, if it is a local name or an attribute of `self`, and of a certain kind."""
    copied = loop.iter
    if isinstance(copied, cst.Call) and syntax.is_name(copied.func, "enumerate") and copied.args:
        copied = copied.args[0].value
    viewed = viewed_in(copied)
    container = viewed or copied
    name = dotted(container)
    first, _, rest = name.partition(".")
    if name in ("", "self") or "." in rest or (rest and first != "self"):
        return None
    kind = kind_of(container, file)
    if not kind and not may_be_listed(container, file):
        kind = DICT if viewed else _told_kind(loop, name)
    return Walk(container, name, kind, copied) if kind and (kind == DICT or not viewed) else None


def _told_kind(loop: cst.For, name: str) -> str:
    """A mapping is what loses the very key that the loop is at, a list or a set what loses the element."""
    read = any(_is_at(_read(part, name), loop) for part in syntax.inside(loop.body))
    for part in syntax.inside(loop.body):
        if read and _method_on(part, name) == "pop" and isinstance(part, cst.Call) and _is_at(_first(part), loop):
            return DICT
        key = _deleted(part, name)
        if key is not None and _is_at(key, loop):
            return DICT
        if _method_on(part, name) == "remove" and isinstance(part, cst.Call) and _is_at(_first(part), loop):
            return SOME
    return ""


def _first(call: cst.Call) -> cst.BaseExpression | None:
    return call.args[0].value if call.args else None


def _deleted(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """`key` of `del name[key]`."""
    target = node.target if isinstance(node, cst.Del) else None
    return _index(target) if isinstance(target, cst.Subscript) and dotted(target.value) == name else None


def _read(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """`key` of `name[key]`."""
    return _index(node) if isinstance(node, cst.Subscript) and dotted(node.value) == name else None


def _method_on(node: cst.CSTNode, name: str) -> str:
    """`pop` of `name.pop(key)`; "" for anything but a call of a method of this very container."""
    return syntax.method(node) if isinstance(node, cst.Call) and dotted(syntax.receiver(node)) == name else ""


def _index(node: cst.Subscript) -> cst.BaseExpression | None:
    only = node.slice[0].slice if len(node.slice) == 1 else None
    return only.value if isinstance(only, cst.Index) else None


def _is_at(node: cst.BaseExpression | None, loop: cst.For) -> bool:
    """Whether it is the key, or the element, that the loop is at."""
    target: cst.BaseExpression = loop.target
    if isinstance(target, cst.Tuple) and syntax.last_name(loop.iter) in ("items", "iteritems"):
        target = target.elements[0].value
    return isinstance(target, cst.Name) and syntax.is_name(node, target.value) and not rebound(loop.body, target.value)


def _is_uncertain(walk: Walk, loop: cst.For) -> bool:
    """Whether the loop goes on with another container, or also puts something in: the size may be what it was."""
    if rebound(loop.body, walk.name):
        return True
    parts = list(syntax.inside(loop.body))
    methods = {_method_on(part, walk.name) for part in parts}
    puts = not methods.isdisjoint(PUTTING) or (walk.kind != LIST and any(_sets(part, walk.name) for part in parts))
    return puts and (walk.kind != SET or not methods.isdisjoint(TAKING))


def _sets(node: cst.CSTNode, name: str) -> bool:
    """Whether it is `name[key] = ...`."""
    target = node.target if isinstance(node, cst.AssignTarget) else None
    return isinstance(target, cst.Subscript) and dotted(target.value) == name


def _changes(walk: Walk, loop: cst.For) -> Iterator[cst.CSTNode]:
    """Where the body of the loop certainly makes the container smaller."""
    for part in syntax.inside(loop.body):
        deletes = walk.kind in (DICT, LIST) and _deleted(part, walk.name) is not None
        if deletes or (_method_on(part, walk.name) and isinstance(part, cst.Call) and _takes(part, walk, loop)):
            yield part


def _takes(call: cst.Call, walk: Walk, loop: cst.For) -> bool:
    name, given = syntax.method(call), len(call.args)
    first = _first(call)
    match walk.kind:
        case "dict":
            return name in ("popitem", "clear") or (name == "pop" and (given == 1 or _is_at(first, loop)))
        case "set":
            return name in ("pop", "clear", "remove") or (name == "discard" and _is_at(first, loop))
        case "list":
            from_the_front = name == "pop" and not isinstance(first, cst.UnaryOperation)
            return given == 1 and (name == "remove" or from_the_front)
    return name == "remove" and _is_at(first, loop)


def _goes_on(change: cst.CSTNode, loop: cst.For, file: SourceFile) -> bool:
    """Whether the loop can go on behind a change without a test of what is set beside it."""
    graph = api.graph_around(file, loop)
    if graph is None:
        return False
    beside = next((one for one in file.ancestors(change) if isinstance(one, cst.BaseSuite)), loop.body)
    around = next((points for one in (change, *file.ancestors(change)) if (points := graph.of(one))), ())
    waiting, seen = list(around), set[Point]()
    while waiting:
        point = waiting.pop()
        for after in point.after(Edge.NEXT, Edge.TRUE, Edge.FALSE):
            if after.node is loop:
                return True
            if after not in seen and after.node is not loop.iter and not _asks(after, beside):
                seen.add(after)
                waiting.append(after)
    return False


def _asks(point: Point, beside: cst.BaseSuite) -> bool:
    """Whether a point tests a name that the block binds."""
    if point.kind is not Kind.TEST or point.node is None:
        return False
    return any(rebound(beside, part.value) for part in syntax.inside(point.node) if isinstance(part, cst.Name))


def _fix(walk: Walk, change: cst.CSTNode, loop: cst.For, file: SourceFile) -> Fix | None:
    """Walk a copy. It does not help where elements are taken out by their place."""
    function = next((one for one in file.ancestors(loop) if isinstance(one, cst.FunctionDef)), None)
    own = file.local_names(function) if function else {}
    by_place = isinstance(change, cst.Del) or (isinstance(change, cst.Call) and syntax.method(change) == "pop")
    if "list" in own or "list" in file.outline.names[""] or (walk.kind == LIST and by_place):
        return None
    span = file.span(walk.copied)
    before = Span(span.line, span.column, span.line, span.column)
    behind = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    safety = Safety.SAFE if walk.kind in (DICT, SET) else Safety.UNSAFE
    return Fix("Walk a copy", safety, (Edit(before, "list("), Edit(behind, ")")))
