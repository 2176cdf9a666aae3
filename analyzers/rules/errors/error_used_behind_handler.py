"""An error that is used by its name behind the handler that gave it the name.

Why it matters: Python deletes the name of an error at the end of its handler, also when the name had a value before.
Whoever uses it behind the handler gets an UnboundLocalError instead of the error that was to be told or raised again.

What to do: Keep the error under another name in the handler, and use that.

What it does not see: Code outside functions; handlers that call what might not return; ways that a test behind the
handler may close.
"""

import ast
from collections.abc import Iterator

import libcst as cst

from analyzers.flow import api
from analyzers.glimpse import Glimpse, says
from analyzers.handling import clause
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.onward import calls_come_back, goes_on
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile


def _uses_behind(glimpse: Glimpse) -> bool:
    """Whether the name of an error is read behind its handler."""
    handlers = [one for attempt in glimpse.tries() for one in attempt.handlers if one.name and calls_come_back(one)]
    read = [node for node in glimpse.nodes if isinstance(node, ast.Name)] if handlers else []
    ends = [(one.name, one.end_lineno or one.lineno) for one in handlers]
    return any(node.id == name and node.lineno > end for node in read for name, end in ends)


RULE = Rule(
    name="error-used-behind-handler",
    title="Error used behind its handler",
    weakness="CWE-457",
    severity=Severity.MEDIUM,
    message="`{name}` is deleted at the end of `{handler}`, so using it here after such an error raises "
    "UnboundLocalError.",
    advice="Keep the error under another name in `{handler}`, and use that here.",
    in_tests=False,
    needs=(says("except"), _uses_behind),
    known_as=(
        "used-before-assignment",
        "E0601",
        "undefined-variable",
        "E0602",
        "reportUnboundVariable",
        "F821",
        "misc",
    ),
    bad=(
        Bad(
            """
            import time
            def fetch(client):
                for _ in range(3):
                    try:
                        return client.get()
                    except OSError as error:  # step
                        time.sleep(1)
                raise error  # finding
            """
        ),
        Bad(
            """
            def load(path, log):
                failure = None
                try:
                    text = path.read_text()
                except OSError as failure:  # step
                    text = ''
                if failure is not None:  # finding
                    log.warning('not read: %s', failure)
                return text
            """
        ),
        Bad(
            base="""
            def load(path, log):
                try:
                    return path.read_text()
                except OSError as error:
                    log.warning('not read: %s', error)
            """,
            code="""
            def load(path, log):
                try:
                    return path.read_text()
                except OSError as error:  # step
                    log.warning('not read')
                raise LookupError(path) from error  # finding
            """,
        ),
    ),
    good=(
        Good(
            "it is kept under another name",
            """
            import time
            def fetch(client):
                for _ in range(3):
                    try:
                        return client.get()
                    except OSError as error:
                        failure = error
                        time.sleep(1)
                raise failure
            """,
        ),
        Good(
            "it is used in the handler alone",
            """
            def load(path, log):
                try:
                    return path.read_text()
                except OSError as error:
                    log.warning('not read: %s', error)
                return ''
            """,
        ),
        Good(
            "it has a value again",
            """
            def load(path, log):
                try:
                    path.touch()
                except OSError as error:
                    log.warning('not touched: %s', error)
                error = path.problem()
                return error
            """,
        ),
        Good(
            "the handler leaves",
            """
            def load(path, error):
                try:
                    text = path.read_text()
                except OSError as error:
                    return ''
                return text, error
            """,
        ),
        Good(
            "what was noted down decides",
            """
            def load(path, error=None):
                text = None
                try:
                    text = path.read_text()
                except OSError as error:
                    text = None
                if text is not None:
                    return text, error
                return None
            """,
        ),
        Good(
            "the name belongs to the next handler",
            """
            def load(path, log):
                try:
                    path.touch()
                except OSError as error:
                    log.warning('not touched: %s', error)
                try:
                    return path.read_text()
                except OSError as error:
                    log.warning('not read: %s', error)
                return ''
            """,
        ),
        Good(
            "a loop begins anew",
            """
            def last(paths, log):
                for path in paths:
                    error = None
                    try:
                        path.touch()
                    except OSError as error:
                        log.warning('not touched')
                        continue
                    log.info('touched: %s', error)
            """,
        ),
        Good(
            "it is expected",
            """
            def load(path, log):
                try:
                    text = path.read_text()
                except OSError as error:
                    text = ''
                try:
                    log.warning('not read: %s', error)
                except UnboundLocalError:
                    log.info('read')
                return text
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """One function."""
    told: set[object] = set()
    for found in api.errors_used_behind(file, function):
        if found.use in told or not goes_on(found, function, file):
            continue
        told.add(found.use)
        handler = f"{clause(found.handler, file)} as {found.name}"
        steps = (Step(file.path, file.head_span(found.handler), f"`{found.name}` is deleted at the end of this"),)
        yield RULE.finding(file, found.use, steps=steps, handler=handler, name=found.name)
