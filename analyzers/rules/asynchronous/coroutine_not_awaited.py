"""A coroutine that is made and never awaited.

Why it matters: Calling an `async def` runs nothing: it makes a coroutine. Without `await` its work is silently skipped.

What to do: Write `await` before it, or start it as a task that is kept.

What it does not see: Coroutines of objects whose class is not known here; coroutines put into a variable and forgotten.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Span
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

KNOWN = frozenset(
    "asyncio.sleep asyncio.wait asyncio.wait_for asyncio.to_thread asyncio.open_connection asyncio.start_server "
    "anyio.sleep trio.sleep".split()
)
# These leave what they decorate a coroutine function.
TRANSPARENT = frozenset("staticmethod classmethod typing.override abc.abstractmethod functools.wraps".split())

RULE = Rule(
    name="coroutine-not-awaited",
    title="Coroutine that is never awaited",
    weakness="CWE-252",
    severity=Severity.HIGH,
    message="`{call}` only makes a coroutine: without `await` nothing of `{name}` runs.",
    advice="Write `await {call}`.",
    bad=(
        Bad(
            """
            async def save(row):
                await row.store()

            async def handle(row):
                save(row)  # finding
            """,
            fixed="""
            async def save(row):
                await row.store()

            async def handle(row):
                await save(row)
            """,
        ),
        Bad(
            """
            import asyncio
            async def retry(job):
                asyncio.sleep(1)  # finding
                await job()
            """,
            fixed="""
            import asyncio
            async def retry(job):
                await asyncio.sleep(1)
                await job()
            """,
        ),
        Bad(
            """
            class Store:
                async def flush(self):
                    await self.disk.sync()

                def close(self):
                    self.flush()  # finding
            """
        ),
    ),
    good=(
        Good("it is awaited", "async def save():\n    pass\nasync def handle():\n    await save()"),
        Good("the coroutine is given on", "import asyncio\nasync def save():\n    pass\nasyncio.run(save())"),
        Good(
            "the decorator makes a plain function of it",
            """
            import asyncclick as click
            @click.command()
            async def main():
                pass
            main()
            """,
        ),
        Good(
            "an async generator is something else, and is not awaited",
            """
            async def rows():
                yield 1
            async def handle():
                rows()
            """,
        ),
    ),
)


@RULE.on(cst.Expr)
def check(statement: cst.Expr, file: SourceFile) -> Iterator[Finding | Examined]:
    """One expression that stands alone."""
    call = statement.value
    if not isinstance(call, cst.Call):
        return
    name = file.origin(call.func) or ""
    if name in KNOWN or _is_coroutine(name, file):
        fix = _fix(statement, file)
        yield RULE.finding(file, statement, fix=fix, call=file.code(call), name=file.code(call.func))


def _is_coroutine(name: str, file: SourceFile) -> bool:
    found = file.project.find(name.replace("()", "")) if name else None
    if found is None:
        return False
    place, function = found
    marks = [(place.qualified(mark.decorator) or "?").removeprefix("builtins.") for mark in function.decorators]
    if function.asynchronous is None or not TRANSPARENT.issuperset(marks):
        return False
    return not any(isinstance(node, cst.Yield) for node in syntax.inside(function))


def _fix(statement: cst.Expr, file: SourceFile) -> Fix | None:
    around = next((one for one in file.ancestors(statement) if isinstance(one, (cst.FunctionDef, cst.Lambda))), None)
    if not isinstance(around, cst.FunctionDef) or around.asynchronous is None:
        return None
    span = file.span(statement)
    before = Span(span.line, span.column, span.line, span.column)
    return Fix("Await it", Safety.UNSAFE, (Edit(before, "await "),))
