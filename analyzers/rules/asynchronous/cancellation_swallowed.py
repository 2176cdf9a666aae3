"""A loop that goes on when its task is cancelled.

Why it matters: Cancelling a task raises `CancelledError` in it. A loop that catches it and goes on cannot be stopped:
shutdown and timeouts wait for it in vain.

What to do: Let `CancelledError` through: raise it again after cleaning up, or leave the loop.

What it does not see: Cancellation that is swallowed outside a loop, where the task ends anyway.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError", "builtins.BaseException"})
LEAVES = (cst.Raise, cst.Return, cst.Break)
DEFINITIONS = (cst.FunctionDef, cst.ClassDef, cst.Lambda)

RULE = Rule(
    name="cancellation-swallowed",
    title="Loop that cannot be cancelled",
    weakness="CWE-755",
    severity=Severity.MEDIUM,
    message="`{handler}` catches the cancellation of `{function}` and the loop goes on: the task cannot be stopped.",
    advice="End this handler with `raise`, or leave the loop; catch `Exception` for everything else.",
    topic="handlers of cancellation",
    clean="that end the task",
    bad=(
        Bad(
            """
            import asyncio
            async def poll(source):
                while True:
                    try:
                        await source.read()
                    except asyncio.CancelledError:  # finding
                        print("still here")
            """
        ),
        Bad(
            """
            async def poll(source, log):
                while source.open:
                    try:
                        await source.read()
                    except:  # finding
                        log.exception("reading")
            """
        ),
    ),
    good=(
        Good(
            "the handler raises it again",
            """
            import asyncio
            async def poll(source):
                while True:
                    try:
                        await source.read()
                    except asyncio.CancelledError:
                        source.close()
                        raise
            """,
        ),
        Good(
            "the task that was awaited is another one, cancelled here",
            """
            import asyncio
            async def stop(tasks):
                while tasks:
                    task = tasks.pop()
                    task.cancel()
                    try:
                        await task
                    except asyncio.CancelledError:
                        pass
            """,
        ),
        Good(
            "`Exception` does not catch cancellation",
            """
            async def poll(source, log):
                while True:
                    try:
                        await source.read()
                    except Exception:
                        log.exception("reading")
            """,
        ),
    ),
)


@RULE.on(cst.ExceptHandler)
def check(handler: cst.ExceptHandler, file: SourceFile) -> Iterator[Finding | Examined]:
    """One handler in an `async def`."""
    types = syntax.caught(handler)
    if types and not any(file.qualified(kind) in CANCELLED for kind in types):
        return
    attempt = file.parent(handler)
    around = _loop_and_function(handler, file)
    if around is None or not isinstance(attempt, cst.Try) or not _awaits(attempt.body):
        return
    if any(isinstance(node, LEAVES) for node in syntax.inside(handler.body)) or _taken_earlier(attempt, handler, file):
        yield RULE.examined(file, handler)
    elif not _cancels(around, file):
        head = f"except {file.code(handler.type)}" if handler.type else "except:"
        yield RULE.finding(file, handler, handler=head, function=around.name.value)


def _loop_and_function(handler: cst.ExceptHandler, file: SourceFile) -> cst.FunctionDef | None:
    """The `async def` around a handler that stands in one of its `while` loops."""
    looped = False
    for outer in file.ancestors(handler):
        looped = looped or isinstance(outer, cst.While)
        if isinstance(outer, DEFINITIONS):
            plain = not isinstance(outer, cst.FunctionDef) or outer.asynchronous is None
            return outer if looped and isinstance(outer, cst.FunctionDef) and not plain else None
    return None


def _awaits(body: cst.BaseSuite) -> bool:
    return any(isinstance(node, cst.Await) for node in syntax.inside(body))


def _taken_earlier(attempt: cst.Try, handler: cst.ExceptHandler, file: SourceFile) -> bool:
    earlier = attempt.handlers[: attempt.handlers.index(handler)]
    return any(file.qualified(kind) in CANCELLED for one in earlier for kind in syntax.caught(one))


def _cancels(function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the function itself cancels what it awaits."""
    calls = (node for node in syntax.inside(function) if isinstance(node, cst.Call))
    return any(syntax.method(call) == "cancel" for call in calls)
