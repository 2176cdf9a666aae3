"""A task that nothing refers to.

Why it matters: The event loop keeps only weak references to its tasks. One that nobody else holds can be collected
in the middle of its work: it stops without an error, and only sometimes. An exception in it is never seen either.

What to do: Keep the task in an attribute or a set until it is done, and look at its result;
or start it in an `asyncio.TaskGroup`, which does both.

What it does not see: Tasks put into a variable that ends with the function.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
# https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.create_task
LOOPS = frozenset({"asyncio.get_event_loop()", "asyncio.get_running_loop()", "asyncio.new_event_loop()"})

RULE = Rule(
    name="task-not-kept",
    title="Task without a reference",
    weakness="CWE-672",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    message="Nothing keeps the task of `{work}`: it can be collected before it is done, and nobody sees its errors.",
    advice="Keep the task, for example in a set from which `task.add_done_callback` removes it, or use a `TaskGroup`.",
    topic="started tasks",
    clean="kept",
    in_tests=False,
    in_tools=False,
    needs=(says("create_task ensure_future"),),
    known_as=("RUF006", "unused-awaitable", "unused-coroutine"),
    bad=(
        Bad(
            """
            import asyncio

            async def serve(self, request):
                asyncio.create_task(self.audit(request))  # finding
                return await self.answer(request)
            """
        ),
        Bad(
            """
            import asyncio

            def on_message(client, message):
                loop = asyncio.get_running_loop()
                loop.create_task(client.handle(message))  # finding
            """
        ),
        Bad(
            """
            from asyncio import ensure_future

            def on_close(pool):
                _ = ensure_future(pool.drain())  # finding
            """
        ),
    ),
    good=(
        Good(
            "a set holds the task until it is done",
            """
            import asyncio
            running = set()

            async def serve(self, request):
                task = asyncio.create_task(self.audit(request))
                running.add(task)
                task.add_done_callback(running.discard)
            """,
        ),
        Good(
            "the group holds its tasks and waits for them",
            """
            import asyncio

            async def serve(parts):
                async with asyncio.TaskGroup() as group:
                    for part in parts:
                        group.create_task(part.send())
            """,
        ),
        Good(
            "the caller gets the task",
            """
            import asyncio

            def start(worker):
                return asyncio.create_task(worker.run())
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    if not _starts(call, file):
        return
    if _dropped(call, file):
        work = call.args[0].value if call.args else call
        yield RULE.finding(file, call, work=file.code(work))
    else:
        yield RULE.examined(file, call)


def _starts(call: cst.Call, file: SourceFile) -> bool:
    name = file.origin(call.func)
    if name in STARTERS:
        return True
    return syntax.method(call) == "create_task" and name is not None and name.rpartition(".")[0] in LOOPS


def _dropped(call: cst.Call, file: SourceFile) -> bool:
    """Whether it is a statement of its own, or only put into `_`."""
    around = file.parent(call)
    if isinstance(around, cst.Assign):
        return all(syntax.is_name(target.target, "_") for target in around.targets)
    return isinstance(around, cst.Expr)
