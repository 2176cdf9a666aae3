"""A coroutine that is made and thrown away.

Why it matters: Calling an `async def` runs none of its body. Without `await` the work silently never happens; Python
only prints "coroutine ... was never awaited", often long after and in another place.

What to do: Write `await` before the call; or keep `asyncio.create_task(...)` of it, if it shall run beside this code.

What it does not see: Coroutines that are put into a variable and forgotten there, or stand in a test but not at its
beginning; methods of objects whose type is told neither by an annotation nor by how they are made.
"""

import ast
import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax, trees
from analyzers.callers import calls_of
from analyzers.fit.called import called
from analyzers.fit.typed import method_of
from analyzers.glimpse import Glimpse, either, stand_for
from analyzers.model import Edit, Finding, Fix, Safety, Severity, Span, Step
from analyzers.outline import Definition
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.text import beginnings, calls
from analyzers.waits import never_runs, running

# https://docs.python.org/3/library/asyncio-task.html: these give coroutines; gather() and shield() start by themselves.
COROUTINES = frozenset(f"asyncio.{name}" for name in ("sleep", "wait_for", "wait", "to_thread", "open_connection"))

# Of the test that a call begins.
PARTS = (cst.UnaryOperation, cst.BooleanOperation)
ASYNC = re.compile(r"async\s+def\s+(\w+)")


def _begins_with_coroutine(glimpse: Glimpse) -> bool:
    """Whether a statement begins with calling a coroutine function of the project, or of asyncio."""
    project = glimpse.file.project
    known: frozenset[str] | None = project.cache.get(_begins_with_coroutine)
    if known is None:
        own = (name for file in project.files.values() for name in _coroutines(file.smooth))
        library = (name.rpartition(".")[2] for name in COROUTINES)
        known = project.cache[_begins_with_coroutine] = frozenset((*own, *library))
    if known.isdisjoint(glimpse.words):
        return False
    asked = {trees.last_name(first.func) for node in glimpse.nodes if (first := _asked_first(node))}
    return glimpse.begins_with(known) or not known.isdisjoint(stand_for(glimpse.file, asked))


def _asked_first(node: ast.AST) -> ast.Call | None:
    """The call that the test of an `if`, `while` or `assert` begins with."""
    test = node.test if isinstance(node, (ast.If, ast.While, ast.Assert)) else None
    while isinstance(test, (ast.UnaryOp, ast.BoolOp)):
        test = test.operand if isinstance(test, ast.UnaryOp) else test.values[0]
    return test if isinstance(test, ast.Call) else None


def _coroutines(text: str) -> list[str]:
    return ASYNC.findall(text) if "async" in text else []


def _is_called_alone(glimpse: Glimpse) -> bool:
    """Whether some statement of the file begins with a call of a coroutine function that the unit defines."""
    defined = [name for name in _coroutines(glimpse.text) if calls(glimpse.file.smooth, name) > 1]
    known: frozenset[str] | None = glimpse.file.cache.get(_is_called_alone)
    if defined and known is None:
        known = glimpse.file.cache[_is_called_alone] = beginnings(glimpse.file.smooth)
    return known is not None and not known.isdisjoint(defined)


RULE = Rule(
    name="coroutine-never-awaited",
    title="Coroutine never awaited",
    weakness="CWE-252",
    severity=Severity.HIGH,
    message="`{call}` only makes a coroutine: without `await` nothing of it runs{then}.",
    advice="Write `await {call}`, or keep the task of `asyncio.create_task({call})`.",
    needs=(either(_begins_with_coroutine, _is_called_alone),),
    known_as=("unused-coroutine", "reportUnusedCoroutine"),
    bad=(
        Bad(
            """
            class Worker:
                async def run(self):  # step
                    await self.turn()

            async def main():
                worker = Worker()
                worker.run()  # finding
            """,
            fixed="""
            class Worker:
                async def run(self):
                    await self.turn()

            async def main():
                worker = Worker()
                await worker.run()
            """,
        ),
        Bad(
            """
            class Session:
                async def close(self):  # step
                    await self.socket.close()

                async def __aexit__(self, *error):
                    self.close()  # finding
            """,
            fixed="""
            class Session:
                async def close(self):
                    await self.socket.close()

                async def __aexit__(self, *error):
                    await self.close()
            """,
        ),
        Bad(
            """
            import asyncio

            async def retry(fetch):
                while not await fetch():
                    asyncio.sleep(5)  # finding
            """,
            fixed="""
            import asyncio

            async def retry(fetch):
                while not await fetch():
                    await asyncio.sleep(5)
            """,
        ),
        Bad(
            """
            async def notify(user):  # step
                await user.mail('hello')

            def register(users, user):
                users.add(user)
                notify(user)  # finding
            """
        ),
        Bad(
            base="""
            async def notify(user):
                await user.mail('hello')

            async def register(users, user):
                await notify(user)
            """,
            code="""
            async def notify(user):  # step
                await user.mail('hello')

            async def register(users, user):
                notify(user)  # finding
            """,
            fixed="""
            async def notify(user):
                await user.mail('hello')

            async def register(users, user):
                await notify(user)
            """,
        ),
        Bad(
            """
            class Doors:
                async def may_enter(self, user):  # step
                    return await self.rights.has(user, 'enter')

                async def open(self, user):
                    if not self.may_enter(user):  # finding
                        raise PermissionError(user)
                    await self.turn()
            """,
            fixed="""
            class Doors:
                async def may_enter(self, user):
                    return await self.rights.has(user, 'enter')

                async def open(self, user):
                    if not await self.may_enter(user):
                        raise PermissionError(user)
                    await self.turn()
            """,
        ),
        Bad(
            """
            class Client:
                async def close(self):  # step
                    await self.socket.close()

            class Service:
                def __init__(self, client: Client):
                    self.client = client

                async def stop(self):
                    self.client.close()  # finding
            """,
            fixed="""
            class Client:
                async def close(self):
                    await self.socket.close()

            class Service:
                def __init__(self, client: Client):
                    self.client = client

                async def stop(self):
                    await self.client.close()
            """,
        ),
    ),
    good=(
        Good(
            "the attribute may be something else by then",
            """
            class Client:
                async def close(self):
                    await self.socket.close()

            class Service:
                def __init__(self):
                    self.client = Client()

                def use(self, client):
                    self.client = client

                def stop(self):
                    self.client.close()
            """,
        ),
        Good(
            "another worker may have come in its place",
            """
            class Worker:
                async def run(self):
                    await self.turn()

            def main(options):
                worker = Worker()
                if options.patient:
                    worker = options.worker
                worker.run()
            """,
        ),
        Good(
            "it is awaited",
            """
            async def notify(user):
                await user.mail('hello')

            async def register(user):
                await notify(user)
            """,
        ),
        Good(
            "this branch is for the code without coroutines, and never runs here",
            """
            async def notify(user):
                await user.mail('hello')

            async def register(user):
                if True:  # ASYNC
                    await notify(user)
                else:
                    notify(user)
            """,
        ),
        Good(
            "the coroutine is handed on",
            """
            import asyncio

            async def notify(user):
                await user.mail('hello')

            def register(user):
                asyncio.run(notify(user))
            """,
        ),
        Good(
            "a decorator makes something else of the coroutine function",
            """
            from background import task

            @task
            async def notify(user):
                await user.mail('hello')

            def register(user):
                notify(user)
            """,
        ),
        Good(
            "a subclass without `async` is called through its own name",
            """
            class Reader:
                def close(self):
                    self.file.close()

            def stop():
                Reader().close()
            """,
        ),
    ),
)


@RULE.on(cst.Expr)
def check(statement: cst.Expr, file: SourceFile) -> Iterator[Finding]:
    """One expression that stands for itself."""
    yield from _lost(statement.value, "", file)


@RULE.on(cst.If, cst.While, cst.Assert)
def check_test(statement: cst.If | cst.While | cst.Assert, file: SourceFile) -> Iterator[Finding]:
    """A test that begins with a call: it asks a coroutine, which is always true."""
    test: cst.BaseExpression = statement.test
    while isinstance(test, (cst.UnaryOperation, cst.BooleanOperation)):
        if isinstance(test, cst.UnaryOperation) and not isinstance(test.operator, cst.Not):
            return
        test = test.expression if isinstance(test, cst.UnaryOperation) else test.left
    yield from _lost(test, ", and the coroutine itself counts as true", file)


def _lost(call: cst.BaseExpression, then: str, file: SourceFile) -> Iterator[Finding]:
    steps = _coroutine(call, file) if isinstance(call, cst.Call) else None
    if isinstance(call, cst.Call) and steps is not None and not never_runs(call, file):
        yield RULE.finding(file, call, steps=steps, fix=_fix(call, file), call=file.code(call), then=then)


@RULE.on(cst.FunctionDef)
def check_callers(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding]:
    """One coroutine function: that it is one may be what is new."""
    if function.asynchronous:
        for call in calls_of(function.name.value, file):
            around = next((one for one in file.ancestors(call) if not isinstance(one, PARTS)), None)
            if isinstance(around, cst.Expr):
                yield from check(around, file)
            elif isinstance(around, (cst.If, cst.While, cst.Assert)):
                yield from check_test(around, file)


def _coroutine(call: cst.Call, file: SourceFile) -> tuple[Step, ...] | None:
    """Where the coroutine function is defined (nothing for a known library's); None when it is not known to be one."""
    name = file.qualified(call.func)
    if name in COROUTINES:
        return ()
    found = file.project.locate(name) if name and "." in name else _of_made(call, file)
    if found is None and (method := method_of(call, file)):
        found = method.file, method.definition
    if found is None or found[1].decorators:
        return None
    other, definition = found
    if other.line_text(definition.head).split()[:2] != ["async", "def"]:
        return None
    lines = other.lines[definition.head : definition.end_line]
    if any("yield" in line for line in lines):
        return None
    head = Span(definition.head, 1, definition.head, len(other.line_text(definition.head)) + 1)
    return (Step(other.path, head, f"{definition.name} is an async def"),)


def _of_made(call: cst.Call, file: SourceFile) -> tuple[SourceFile, Definition] | None:
    """The method of an instance that is certainly of one class: `worker = Worker()`, `worker.run()`."""
    if not isinstance(call.func, cst.Attribute) or syntax.is_name(call.func.value, "self", "cls"):
        return None
    found = called(call, file)
    return (found.place.file, found.place.definition) if found else None


def _fix(call: cst.Call, file: SourceFile) -> Fix | None:
    function = running(call, file)
    if not isinstance(function, cst.FunctionDef) or not function.asynchronous:
        return None
    start = file.span(call)
    place = Span(start.line, start.column, start.line, start.column)
    return Fix("Await it", Safety.SAFE, (Edit(place, "await "),))
