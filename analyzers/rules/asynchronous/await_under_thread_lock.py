"""An `await` while a lock of threads is held.

Why it matters: At an `await` the coroutine stands aside, with the lock. The next coroutine that wants the lock waits
for it in the very thread that would have to run the first one: the whole event loop stands still for ever.

What to do: Use an `asyncio.Lock` with `async with`; or give the lock back before the `await`.

What it does not see: Locks whose making cannot be seen; locks taken with `acquire()`.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import around_modelled, says
from analyzers.holdings import taken
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.models import Lock
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

RULE = Rule(
    name="await-under-thread-lock",
    title="Await under a lock of threads",
    weakness="CWE-833",
    severity=Severity.HIGH,
    message="`{lock}` stays locked during this `await`: the next coroutine that asks for it blocks the thread that has "
    "to release it.",
    advice="Make `{lock}` an `asyncio.Lock` and take it with `async with`, or leave the `with` block before awaiting.",
    topic="locks of threads in coroutines",
    clean="given back before any await",
    needs=(
        says("with"),
        says("async"),
        around_modelled(Lock),
    ),
    bad=(
        Bad(
            """
            import threading

            class Tokens:
                def __init__(self):
                    self.lock = threading.Lock()

                async def renew(self, client):
                    with self.lock:  # step
                        self.token = await client.login()  # finding
            """
        ),
        Bad(
            """
            from threading import Lock
            lock = Lock()

            async def collect(stream, rows):
                with lock:  # step
                    async for row in stream:  # finding
                        rows.append(row)
            """
        ),
        Bad(
            base="""
            from threading import Lock
            lock = Lock()

            async def save(store, rows):
                with lock:
                    batch = list(rows)
                await store.put(batch)
            """,
            code="""
            from threading import Lock
            lock = Lock()

            async def save(store, rows):
                with lock:  # step
                    batch = list(rows)
                    await store.put(batch)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "a lock of coroutines lets the loop go on",
            """
            import asyncio
            lock = asyncio.Lock()

            async def renew(client):
                async with lock:
                    return await client.login()
            """,
        ),
        Good(
            "the lock is given back first",
            """
            from threading import Lock
            lock = Lock()

            async def save(store, rows):
                with lock:
                    batch = list(rows)
                await store.put(batch)
            """,
        ),
        Good(
            "the coroutine is only defined under the lock",
            """
            from threading import Lock
            lock = Lock()

            async def plan(store, jobs):
                with lock:
                    async def job():
                        await store.flush()
                    jobs.append(job)
            """,
        ),
    ),
)


@RULE.on(cst.With)
def check(block: cst.With, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `with`."""
    holding = next(taken(block, file), None)
    if holding is None:
        return
    pause = next(filter(_pauses, syntax.inside(block.body)), None)
    if pause is not None:
        step = Step(file.path, file.span(holding.item), f"{holding.name} is taken")
        yield RULE.finding(file, pause, steps=(step,), lock=holding.name)
    elif any(isinstance(outer, cst.FunctionDef) and outer.asynchronous for outer in file.ancestors(block)):
        yield RULE.examined(file, block)


def _pauses(node: cst.CSTNode) -> bool:
    if isinstance(node, (cst.For, cst.With, cst.CompFor)):
        return node.asynchronous is not None
    return isinstance(node, cst.Await)
