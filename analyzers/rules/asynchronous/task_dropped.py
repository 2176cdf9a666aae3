"""A task that nobody keeps.

Why it matters: The event loop holds a task weakly: one that is kept nowhere can be collected in the middle of its
work, and an exception in it is seen by nobody.

What to do: Keep it in a set until it is done (`tasks.add(task)`, `task.add_done_callback(tasks.discard)`), await it, or
start it in an `asyncio.TaskGroup`.

What it does not see: A task that is put into a variable and then forgotten.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task
STARTERS = frozenset(
    "asyncio.create_task asyncio.ensure_future asyncio.get_event_loop().create_task "
    "asyncio.get_running_loop().create_task asyncio.new_event_loop().create_task".split()
)

RULE = Rule(
    name="task-dropped",
    title="Task that nobody keeps",
    weakness="CWE-772",
    severity=Severity.MEDIUM,
    message="The task of `{work}` is kept nowhere: it can be collected before it is done, and its error is lost.",
    advice="Keep the task of `{work}` until it is done, or start it in an `asyncio.TaskGroup`.",
    topic="started tasks",
    clean="that are kept or awaited",
    in_tests=False,
    bad=(
        Bad(
            """
            import asyncio
            async def serve(queue):
                asyncio.create_task(drain(queue))  # finding
                await queue.join()
            """
        ),
        Bad(
            """
            import asyncio
            def start(queue):
                loop = asyncio.get_event_loop()
                loop.create_task(drain(queue))  # finding
            """
        ),
        Bad(
            base="""
            import asyncio
            async def serve(queue):
                await asyncio.create_task(drain(queue))
            """,
            code="""
            import asyncio
            async def serve(queue):
                asyncio.create_task(drain(queue))  # finding
            """,
        ),
    ),
    good=(
        Good(
            "the set keeps it",
            """
            import asyncio
            async def serve(queue, tasks):
                tasks.add(asyncio.create_task(drain(queue)))
            """,
        ),
        Good(
            "the group waits for it",
            """
            import asyncio
            async def serve(queue):
                async with asyncio.TaskGroup() as group:
                    group.create_task(drain(queue))
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call that starts a task."""
    if file.origin(call.func) not in STARTERS or not call.args:
        return
    if isinstance(file.parent(call), cst.Expr):
        yield RULE.finding(file, call, work=file.code(call.args[0].value))
    else:
        yield RULE.examined(file, call)
