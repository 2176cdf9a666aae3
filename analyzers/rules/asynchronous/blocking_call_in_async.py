"""A call that blocks the thread inside an `async def`.

Why it matters: An event loop has one thread. While `time.sleep` or a plain network request waits in it, no other task
runs: every request of the server waits too.

What to do: Await the asynchronous counterpart (`asyncio.sleep`, an asynchronous client), or move the call into a
thread: `await asyncio.to_thread(...)`.

What it does not see: Blocking calls behind functions of the program; reads and writes of files, which are mostly short.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
BLOCKING: dict[str, str] = {
    "time.sleep": "await asyncio.sleep(...)",
    **{f"{client}.{verb}": "an asynchronous client" for client in ("requests", "requests.Session()") for verb in VERBS},
    **{f"{client}.{verb}": "httpx.AsyncClient" for client in ("httpx", "httpx.Client()") for verb in VERBS},
    **dict.fromkeys(
        ("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "os.system"),
        "await asyncio.create_subprocess_exec(...)",
    ),
    "urllib.request.urlopen": "an asynchronous client",
    "socket.create_connection": "await asyncio.open_connection(...)",
    "socket.getaddrinfo": "await loop.getaddrinfo(...)",
    "socket.gethostbyname": "await loop.getaddrinfo(...)",
    "builtins.input": "await asyncio.to_thread(input)",
}

RULE = Rule(
    name="blocking-call-in-async",
    title="Blocking call in an `async` function",
    weakness="CWE-833",
    severity=Severity.MEDIUM,
    message="`{call}` blocks the event loop: while it waits, `async def {function}` and every other task stand still.",
    advice="Use `{instead}`, or run it in a thread: `await asyncio.to_thread(...)`.",
    in_tests=False,
    bad=(
        Bad(
            """
            import asyncio, time
            async def retry(job):
                time.sleep(1)  # finding
                await job()
            """,
            fixed="""
            import asyncio, time
            async def retry(job):
                await asyncio.sleep(1)
                await job()
            """,
        ),
        Bad(
            """
            import requests
            async def handle(request):
                answer = requests.get("https://example.org", timeout=5)  # finding
                return answer.text
            """
        ),
        Bad(
            """
            from subprocess import check_output
            class Builder:
                async def build(self):
                    return check_output(["make"])  # finding
            """
        ),
    ),
    good=(
        Good("the loop runs on while it waits", "import asyncio\nasync def retry():\n    await asyncio.sleep(1)"),
        Good(
            "it runs in a thread",
            """
            import asyncio, requests
            async def handle(url):
                return await asyncio.to_thread(requests.get, url, timeout=5)
            """,
        ),
        Good(
            "the inner function runs in a thread",
            """
            import asyncio, time
            async def handle(loop):
                def work():
                    time.sleep(1)
                await loop.run_in_executor(None, work)
            """,
        ),
        Good("no event loop here", "import time\ndef retry():\n    time.sleep(1)"),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.origin(call.func)
    if name not in BLOCKING:
        return
    around = next((one for one in file.ancestors(call) if isinstance(one, (cst.FunctionDef, cst.Lambda))), None)
    if isinstance(around, cst.FunctionDef) and around.asynchronous is not None:
        words = {"call": file.code(call.func), "function": around.name.value, "instead": BLOCKING[name]}
        yield RULE.finding(file, call, fix=_fix(call, name, file), **words)


def _fix(call: cst.Call, name: str, file: SourceFile) -> Fix | None:
    """Only where `asyncio` is at hand, and the call stands alone."""
    imported = any(one.target == "asyncio" for one in file.outline.names[""].get("asyncio", ()))
    if name != "time.sleep" or not imported or not isinstance(file.parent(call), cst.Expr):
        return None
    return Fix("Sleep without blocking", Safety.SAFE, (Edit(file.span(call.func), "await asyncio.sleep"),))
