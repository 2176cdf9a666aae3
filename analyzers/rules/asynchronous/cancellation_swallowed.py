"""A loop that goes on after it was cancelled.

Why it matters: `asyncio` stops a task by raising `CancelledError` at its `await`. A loop that catches it and goes on
cannot be stopped: timeouts do not end it, and the shutdown of the service waits for it without end.

What to do: Catch `Exception`, which leaves `CancelledError` alone; or clean up and `raise` again.

What it does not see: Handlers that keep the error for later; tasks that swallow it and then end; `contextlib.suppress`.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError", "builtins.BaseException"})
LOOPS = (cst.For, cst.While)
TELLING = frozenset("debug info warning warn error exception critical log print print_exc sleep".split())
CANCELLING = frozenset({"cancel", "cancelled", "cancelling", "uncancel"})

RULE = Rule(
    name="cancellation-swallowed",
    title="Cancellation swallowed",
    weakness="CWE-705",
    severity=Severity.MEDIUM,
    message="`{handler}` also takes the `CancelledError` that shall stop `{function}`, and the loop goes on: the task "
    "cannot be cancelled.",
    advice="Catch `Exception`, which leaves `CancelledError` alone, or `raise` again after the clean-up.",
    topic="handlers in loops of coroutines",
    clean="letting a cancellation through",
    in_tests=False,
    needs=(
        says("except"),
        says("await"),
        says("for while"),
    ),
    bad=(
        Bad(
            """
            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except:  # finding
                        log.exception('cannot read')
            """,
            fixed="""
            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except Exception:
                        log.exception('cannot read')
            """,
        ),
        Bad(
            """
            import asyncio

            async def beat(server):
                while server.open:
                    try:
                        await server.ping()
                    except (OSError, asyncio.CancelledError):  # finding
                        await asyncio.sleep(1)
            """
        ),
        Bad(
            """
            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except BaseException as error:  # finding
                        log.warning('cannot read: %s', error)
            """,
            fixed="""
            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except Exception as error:
                        log.warning('cannot read: %s', error)
            """,
        ),
    ),
    good=(
        Good(
            "`Exception` does not hold `CancelledError`",
            """
            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except Exception:
                        log.exception('cannot read')
            """,
        ),
        Good(
            "the loop ends",
            """
            import asyncio

            async def consume(queue):
                while True:
                    try:
                        await queue.next()
                    except asyncio.CancelledError:
                        break
            """,
        ),
        Good(
            "it goes on its way after the clean-up",
            """
            async def consume(queue, log):
                for _ in range(3):
                    try:
                        await queue.next()
                    except BaseException:
                        queue.close()
                        raise
            """,
        ),
        Good(
            "the error is kept, and raised when all is closed",
            """
            async def close_all(connections):
                errors = []
                for connection in connections:
                    try:
                        await connection.close()
                    except BaseException as error:
                        errors.append(error)
                if errors:
                    raise errors[0]
            """,
        ),
        Good(
            "this function cancels the tasks itself, and awaits their end",
            """
            import asyncio

            async def stop(tasks):
                for task in tasks:
                    task.cancel()
                    try:
                        await task
                    except asyncio.CancelledError:
                        pass
            """,
        ),
        Good(
            "an earlier handler lets the cancellation through",
            """
            import asyncio

            async def consume(queue, log):
                while True:
                    try:
                        await queue.next()
                    except asyncio.CancelledError:
                        raise
                    except:
                        log.exception('cannot read')
            """,
        ),
    ),
)


@RULE.on(cst.ExceptHandler)
def check(handler: cst.ExceptHandler, file: SourceFile) -> Iterator[Finding | Examined]:
    """One handler."""
    attempt, function = file.parent(handler), running(handler, file)
    if not isinstance(attempt, cst.Try) or not isinstance(function, cst.FunctionDef) or not function.asynchronous:
        return
    if not _awaits(attempt.body) or not _in_loop(attempt, file) or _cancels(function, file):
        return
    if _takes_cancellation(handler, attempt, file) and all(map(_goes_on, syntax.small_statements(handler.body))):
        yield RULE.finding(
            file,
            handler,
            fix=_fix(handler, file),
            handler=file.text_of(file.head_span(handler)).rstrip(": "),
            function=function.name.value,
        )
    else:
        yield RULE.examined(file, handler)


def _takes_cancellation(handler: cst.ExceptHandler, attempt: cst.Try, file: SourceFile) -> bool:
    """Whether a cancellation comes to this handler, and not to one above it."""
    first = next((one for one in attempt.handlers if _catches(one, file)), None)
    return first is handler


def _catches(handler: cst.ExceptHandler, file: SourceFile) -> bool:
    return handler.type is None or any(file.qualified(kind) in CANCELLED for kind in syntax.caught(handler))


def _awaits(body: cst.CSTNode) -> bool:
    return any(isinstance(node, cst.Await) for node in syntax.inside(body))


def _in_loop(attempt: cst.Try, file: SourceFile) -> bool:
    """Whether the `try` stands in the body of a loop of its own function, so that the loop goes on after it."""
    inside: cst.CSTNode = attempt
    for outer in file.ancestors(attempt):
        if isinstance(outer, (cst.FunctionDef, cst.Lambda)):
            return False
        if isinstance(outer, LOOPS) and inside is outer.body:
            return True
        inside = outer
    return False


def _goes_on(statement: cst.CSTNode) -> bool:
    """Whether the statement does nothing, or only tells of the error, or waits a little."""
    if isinstance(statement, (cst.Pass, cst.Continue)) or syntax.is_docstring(statement):
        return True
    value = statement.value if isinstance(statement, cst.Expr) else None
    call = value.expression if isinstance(value, cst.Await) else value
    return isinstance(call, cst.Call) and syntax.last_name(call.func) in TELLING


def _cancels(function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the function cancels something itself: then the error it catches may be that of its child."""
    known: dict[cst.FunctionDef, bool] = file.cache.setdefault(_cancels, {})
    if function not in known:
        calls = (node for node in syntax.inside(function.body) if isinstance(node, cst.Call))
        known[function] = any(syntax.last_name(call.func) in CANCELLING for call in calls)
    return known[function]


def _fix(handler: cst.ExceptHandler, file: SourceFile) -> Fix | None:
    """`except Exception` in place of a bare handler, or of one that takes BaseException alone."""
    title = "Let cancellations through"
    if handler.type is None:
        return Fix(title, Safety.UNSAFE, (Edit(file.head_span(handler), "except Exception:"),))
    if file.qualified(handler.type) == "builtins.BaseException":
        return Fix(title, Safety.UNSAFE, (Edit(file.span(handler.type), "Exception"),))
    return None
