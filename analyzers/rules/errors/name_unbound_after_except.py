"""A handler that goes on without a name that only its `try` would have bound.

Why it matters: The error has been taken and logged, the program goes on, and stumbles over a name that was never given
a value. What is raised then is an UnboundLocalError that says nothing of what went wrong first.

What to do: Give the name a value in the handler, or end there with `return`, `raise` or `continue`.

What it does not see: Code outside functions; handlers that call what might not return; ways that a test behind the
handler may close; a name that is bound by the time when some of the errors are raised.
"""

import ast
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst

from analyzers import syntax, trees
from analyzers.flow import api
from analyzers.flow.results import Unbound
from analyzers.glimpse import DEFINING, Glimpse, says
from analyzers.handling import handled
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# Of what a handler calls, these surely come back: the program goes on behind them.
COMING_BACK = frozenset(
    "print debug info warning warn exception critical log print_exc print_exception format_exc format_exception sleep "
    "str repr format type append add extend update len isinstance getattr join echo secho write flush rollback dict "
    "list set tuple int max min strip lower get capture_exception captureException captureMessage exc_info time "
    "now".split()
)
ENDING = frozenset("abort die exit fail fatal quit raise reraise rethrow stop throw".split())
LOGS = frozenset("log logs logger logging messages".split())
ADDING = frozenset("append add extend update".split())
DECIDING = (cst.If, cst.IfExp, cst.Raise, cst.Return, cst.Assert, cst.While)
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.MatchAs, ast.MatchStar)
LEAVING = (ast.Return, ast.Raise)
# What tells which names are bound.
TELLING = frozenset("locals vars dir exec globals".split())


def _comes_back(name: str, owner: str) -> bool:
    """Whether a call surely returns: `fail`, `exit`, `abort` and all that nothing is known of may not."""
    named = set(syntax.words(name))
    if not ENDING.isdisjoint(named):
        return False
    return name in COMING_BACK or not LOGS.isdisjoint(named) or not LOGS.isdisjoint(syntax.words(owner))


def _goes_on_without(glimpse: Glimpse) -> bool:
    """Whether a name of a `try` is read behind or in a handler that may go on."""
    read: dict[str, list[int]] = {}
    for node in glimpse.nodes if any(glimpse.tries()) else ():
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            read.setdefault(node.id, []).append(node.lineno)
    lines = {name: sorted(places) for name, places in read.items()}
    return any(_leaves_unbound(one, lines, glimpse.unit.end_line) for one in glimpse.tries())


def _leaves_unbound(attempt: ast.Try | ast.TryStar, read: Mapping[str, Sequence[int]], end: int) -> bool:
    """Whether a name that a `try` binds is read where it may not be; `read` are the lines of each name, in order."""
    handlers = [one for one in attempt.handlers if _calls_come_back(one)]
    if not handlers:
        return False
    going_on = any(not isinstance(one.body[-1], LEAVING) for one in handlers)
    bound = {name for part in (*attempt.body, *attempt.orelse) for name in _bound(part)}
    first, last = handlers[0].lineno, (end if going_on else handlers[-1].end_lineno or end)
    return any(bisect_left(read[name], first) < bisect_right(read[name], last) for name in bound & read.keys())


def _calls_come_back(handler: ast.ExceptHandler) -> bool:
    calls = (node.func for node in _run(handler.body) if isinstance(node, ast.Call))
    return all(_comes_back(_last(func), _last(getattr(func, "value", None))) for func in calls)


def _run(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of statements, without what stands in functions and classes that are defined there."""
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*DEFINING, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _last(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call):
        return _last(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _bound(statement: ast.stmt) -> Iterator[str]:
    for node in trees.nodes(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, NAMED) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


RULE = Rule(
    name="name-unbound-after-except",
    title="Name not bound after `except`",
    weakness="CWE-457",
    severity=Severity.MEDIUM,
    message="When `{handler}` takes over, `{name}` has no value yet, and using it here raises UnboundLocalError.",
    advice="Give `{name}` a value in `{handler}`, or leave there with `return` or `raise`.",
    in_tests=False,
    needs=(says("except"), _goes_on_without),
    known_as=(
        "possibly-used-before-assignment",
        "used-before-assignment",
        "E0606",
        "E0601",
        "possibly-undefined",
        "reportPossiblyUnbound",
        "reportPossiblyUnboundVariable",
        "F821",
    ),
    bad=(
        Bad(
            """
            import logging
            LOG = logging.getLogger(__name__)

            def token(session, address, form):
                try:
                    answer = session.post(address, data=form)  # step
                except OSError:  # step
                    LOG.exception('no token from %s', address)
                return answer.json()['token']  # finding
            """
        ),
        Bad(
            """
            def names(certificate):
                found = []
                for number in range(certificate.count()):
                    try:
                        extension = str(certificate.extension(number))  # step
                    except Exception:  # step
                        extention = ''
                    if 'DNS' in extension:  # finding
                        found.append(extension)
                return found
            """
        ),
        Bad(
            """
            import time
            def fetch(client):
                for _ in range(3):
                    try:
                        answer = client.get()  # step
                        break
                    except OSError:  # step
                        time.sleep(1)
                return answer.body  # finding
            """
        ),
        Bad(
            base="""
            def port(text, log):
                try:
                    number = int(text)
                except ValueError:
                    log.warning('no port: %s', text)
                    return None
                return number if number < 65536 else None
            """,
            code="""
            def port(text, log):
                try:
                    number = int(text)  # step
                except ValueError:  # step
                    log.warning('no port: %s', text)
                return number if number < 65536 else None  # finding
            """,
        ),
    ),
    good=(
        Good(
            "the handler gives it a value",
            """
            def port(text, log):
                try:
                    number = int(text)
                except ValueError:
                    log.warning('no port: %s', text)
                    number = 80
                return number
            """,
        ),
        Good(
            "it has one before",
            """
            def port(text, log):
                number = 80
                try:
                    number = int(text)
                except ValueError:
                    log.warning('no port: %s', text)
                return number
            """,
        ),
        Good(
            "the loop tries until there is one",
            """
            import time
            def fetch(client):
                while True:
                    try:
                        answer = client.get()
                        break
                    except OSError:
                        time.sleep(1)
                return answer.body
            """,
        ),
        Good(
            "what was noted down decides",
            """
            def port(text):
                ok = True
                try:
                    number = int(text)
                except ValueError:
                    ok = False
                if ok:
                    return number
                return 80
            """,
        ),
        Good(
            "the handler may not come back",
            """
            def port(text, parser):
                try:
                    number = int(text)
                except ValueError:
                    parser.error('no port')
                return number
            """,
        ),
        Good(
            "it has its value when the error comes",
            """
            def save(rows, log):
                try:
                    count = 0
                    count += rows.save()
                except OSError:
                    log.warning('not saved')
                return count
            """,
        ),
        Good(
            "the last try raises",
            """
            def fetch(client):
                for number in range(3):
                    try:
                        answer = client.get()
                        break
                    except OSError:
                        if number == 2:
                            raise
                return answer.body
            """,
        ),
        Good(
            "the errors are collected, and raised before the use",
            """
            def port(text, complain):
                errors = []
                try:
                    number = int(text)
                except ValueError as error:
                    errors.append(error)
                complain(errors)
                return number
            """,
        ),
        Good(
            "the error is expected",
            """
            def port(text, log):
                try:
                    number = int(text)
                except ValueError:
                    log.warning('no port')
                try:
                    return number
                except UnboundLocalError:
                    return 80
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """One function."""
    told: set[object] = set()
    for found in api.left_unbound(file, function):
        if found.use in told or found.handler in told or not _is_certain(found, function, file):
            continue
        told.update((found.use, found.handler))
        handler = f"except {file.code(found.handler.type)}" if found.handler.type else "except"
        steps = (
            Step(file.path, file.head_span(found.binding), f"`{found.name}` would get its value here"),
            Step(file.path, file.head_span(found.handler), "this goes on without it"),
        )
        yield RULE.finding(file, found.use, steps=steps, handler=handler, name=found.name)


def _is_certain(found: Unbound, function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the handler surely goes on to the use, and nobody expects what happens there."""
    parts = list(syntax.inside(found.handler.body))
    calls = (part for part in parts if isinstance(part, cst.Call))
    return (
        all(_comes_back(syntax.last_name(call.func), syntax.last_name(syntax.receiver(call))) for call in calls)
        and not any(isinstance(part, cst.Assert) for part in parts)
        and not (found.loop and _may_end_otherwise(found))
        and not _is_told_of(found, function)
        and not handled(found.use, file, UnboundLocalError)
        and not any(syntax.is_name(part, *TELLING) for part in syntax.inside(function.body))
    )


def _may_end_otherwise(found: Unbound) -> bool:
    """Whether a loop may end, or never run out, for another reason than that every try has failed."""
    if not isinstance(found.loop, cst.For) or not isinstance(found.loop.iter, cst.Call):
        return True
    attempts = [part for part in found.loop.body.body if isinstance(part, cst.Try)]
    others = [part for part in found.loop.body.body if part not in attempts]
    parts = syntax.inside(*others, *(one for attempt in attempts for one in attempt.handlers))
    plain = syntax.is_name(found.loop.iter.func, "range") and len(attempts) == 1
    return not plain or any(isinstance(part, DECIDING) for part in parts)


def _is_told_of(found: Unbound, function: cst.FunctionDef) -> bool:
    """Whether the handler notes something down that is spoken of before the use."""
    noted = set(_noted(found.handler))
    parts = iter(syntax.inside(function.body))
    behind = itertools.dropwhile(lambda part: part is not found.handler, parts)
    own = set(syntax.inside(found.handler))
    between = (part for part in itertools.takewhile(lambda part: part is not found.use, behind) if part not in own)
    return any(isinstance(part, cst.Name) and part.value in noted for part in between)


def _noted(handler: cst.ExceptHandler) -> Iterator[str]:
    """The names of what a handler sets or adds to."""
    for part in syntax.inside(handler.body):
        if isinstance(part, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign)):
            yield from (one.value for one in syntax.inside(part.target) if isinstance(one, cst.Name))
        elif isinstance(part, cst.Call) and syntax.method(part) in ADDING:
            yield from (one.value for one in syntax.inside(part.func) if isinstance(one, cst.Name))
