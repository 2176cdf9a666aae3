"""A handler that goes on without a name that only its `try` would have bound.

Why it matters: The error has been taken and logged, the program goes on, and stumbles over a name that was never given
a value. What is raised then is an UnboundLocalError that says nothing of what went wrong first.

What to do: Give the name a value in the handler, or end there with `return`, `raise` or `continue`.

What it does not see: Code outside functions; handlers that call what might not return; ways that a test behind the
handler may close; a name that is bound by the time when some of the errors are raised.
"""

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from analyzers import trees
from analyzers.flow import api
from analyzers.glimpse import Glimpse, says
from analyzers.handling import clause
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.onward import calls_come_back, goes_on
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.MatchAs, ast.MatchStar)
LEAVING = (ast.Return, ast.Raise)


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
    handlers = [one for one in attempt.handlers if calls_come_back(one)]
    if not handlers:
        return False
    going_on = any(not isinstance(one.body[-1], LEAVING) for one in handlers)
    bound = {name for part in (*attempt.body, *attempt.orelse) for name in _bound(part)}
    first, last = handlers[0].lineno, (end if going_on else handlers[-1].end_lineno or end)
    return any(bisect_left(read[name], first) < bisect_right(read[name], last) for name in bound & read.keys())


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
        if found.use in told or found.handler in told or not goes_on(found, function, file):
            continue
        told.update((found.use, found.handler))
        steps = (
            Step(file.path, file.head_span(found.binding), f"`{found.name}` would get its value here"),
            Step(file.path, file.head_span(found.handler), "this goes on without it"),
        )
        yield RULE.finding(file, found.use, steps=steps, handler=clause(found.handler, file), name=found.name)
