"""A call that blocks the event loop inside an `async def`.

Why it matters: All coroutines of a loop share one thread. While one of them waits in `time.sleep` or `requests.get`,
none of the others runs: requests pile up, timeouts and heartbeats fire late, and the service looks dead.

What to do: Use what waits with `await`: `asyncio.sleep`, `asyncio.create_subprocess_exec`, an asynchronous HTTP client.
Where there is none, hand the call to a thread with `asyncio.to_thread`.

What it does not see: Calls that block two functions further down; waiting for threads; reading and writing files,
which is mostly short. In the modules of a command line (`cli`, `__main__`), and in functions that are named for the
start or the end of a program, it has low confidence.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.callers import calls_of
from analyzers.glimpse import Glimpse, either, modelled, says
from analyzers.model import Confidence, Edit, Finding, Fix, Safety, Severity, Span
from analyzers.models import Blocking
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import calls_waiting, never_runs, running, wait, waits_itself

COMMAND_LINE = frozenset({"cli", "__main__"})
STARTING = frozenset({"lifespan", "startup", "shutdown", "main"})
OTHER_LOOPS = ("trio", "curio", "anyio", "gevent", "eventlet")
# Whether another thread is done already cannot be seen; mostly it was awaited before.
THREADS = ("threading.", "concurrent.", "multiprocessing.", "queue.")


def _may_be_called_by_coroutine(glimpse: Glimpse) -> bool:
    return "async" in glimpse.file.words and glimpse.is_called


RULE = Rule(
    name="blocking-call-in-coroutine",
    title="Blocking call in a coroutine",
    weakness="CWE-1322",
    severity=Severity.MEDIUM,
    message="`{call}` {does}, and the event loop stands still meanwhile: no other coroutine runs until `{function}` "
    "goes on.",
    advice="Await something that waits without blocking, or write `await asyncio.to_thread({call}, ...)`.",
    in_tests=False,
    in_tools=False,
    needs=(
        either(says("async"), _may_be_called_by_coroutine),
        either(modelled(Blocking), calls_waiting),
    ),
    known_as=("ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC251"),
    bad=(
        Bad(
            """
            import asyncio
            import time

            async def poll(client):
                while not await client.ready():
                    time.sleep(1)  # finding
                await asyncio.gather(client.start(), client.listen())
            """,
            fixed="""
            import asyncio
            import time

            async def poll(client):
                while not await client.ready():
                    await asyncio.sleep(1)
                await asyncio.gather(client.start(), client.listen())
            """,
        ),
        Bad(
            """
            import requests

            async def profile(user):
                answer = requests.get(user.url, timeout=10)  # finding
                return answer.json()
            """
        ),
        Bad(
            """
            import subprocess

            class Builder:
                async def build(self, target):
                    with self.lease(target):
                        subprocess.run(["make", target], check=True)  # finding
            """
        ),
        Bad(
            """
            import time

            def back_off(attempt):
                time.sleep(2**attempt)  # step

            async def fetch(client, url):
                for attempt in range(3):
                    if await client.reachable(url):
                        return await client.get(url)
                    back_off(attempt)  # finding
            """
        ),
    ),
    good=(
        Good(
            "the loop goes on while this coroutine sleeps",
            """
            import asyncio

            async def poll(client):
                while not await client.ready():
                    await asyncio.sleep(1)
            """,
        ),
        Good(
            "the call runs in a thread",
            """
            import asyncio
            import requests

            async def profile(user):
                return await asyncio.to_thread(requests.get, user.url)
            """,
        ),
        Good(
            "the function that blocks is handed to an executor",
            """
            import requests

            async def profile(loop, user):
                def read():
                    return requests.get(user.url, timeout=10)
                return await loop.run_in_executor(None, read)
            """,
        ),
        Good(
            "it is no coroutine",
            """
            import time

            def poll(client):
                while not client.ready():
                    time.sleep(1)
            """,
        ),
        Good(
            "the thread was awaited before it is joined",
            """
            import threading

            async def shut_down(future, work):
                thread = threading.Thread(target=work)
                thread.start()
                await future
                thread.join()
            """,
        ),
        Good(
            "the shell puts the command aside",
            """
            import os

            async def help(client):
                os.system("python -m program help &")
                await client.answer()
            """,
        ),
        Good(
            "sleeping for no time only lets other threads run",
            """
            import time

            async def turn(worker):
                time.sleep(0)
                await worker.step()
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call; one that waits in a plain function is told where coroutines call that function."""
    function = running(call, file)
    if not isinstance(function, cst.FunctionDef):
        return
    if function.asynchronous:
        yield from _blocked(call, function, file)
    elif waits_itself(call, file):
        for caller in calls_of(function.name.value, file):
            around = running(caller, file)
            if isinstance(around, cst.FunctionDef) and around.asynchronous:
                yield from _blocked(caller, around, file)


def _blocked(call: cst.Call, function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding]:
    found = wait(call, file) if not isinstance(file.parent(call), cst.Await) else None
    if found and not found.name.startswith(THREADS) and not never_runs(call, file):
        yield RULE.finding(
            file,
            call,
            confidence=Confidence.LOW if _is_alone(function, file) else RULE.confidence,
            steps=found.steps,
            fix=None if found.steps else _fix(call, file),
            call=file.code(call.func),
            does=found.does,
            function=function.name.value,
        )


def _is_alone(function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the loop mostly has nothing else to do: in a command line, and while a server starts or ends."""
    words = syntax.words(function.name.value)
    return not (COMMAND_LINE.isdisjoint(file.module.lower().split(".")) and STARTING.isdisjoint(words))


def _fix(call: cst.Call, file: SourceFile) -> Fix | None:
    """`time.sleep(x)` becomes `await asyncio.sleep(x)` where asyncio is imported and no other loop is."""
    imported = file.outline.names[""]
    others = any(name in imported for name in OTHER_LOOPS)
    if file.qualified(call.func) != "time.sleep" or "asyncio" not in imported or others:
        return None
    start, end = file.span(call), file.span(call.func)
    place = Span(start.line, start.column, end.end_line, end.end_column)
    return Fix("Sleep without holding up the loop", Safety.SAFE, (Edit(place, "await asyncio.sleep"),))
