"""A file, socket or connection that is not closed on every way out.

Why it matters: An exception, or a `return` in the middle, leaves it open. A server that runs for long runs out of
descriptors or connections, and what was written may never reach the disk.

What to do: Take it in a `with` statement, which closes it on every way out.

What it does not see: Resources kept in attributes or containers, and those given to another object, or to a function
that is called later, which then have the duty; resources that are taken without being put into a variable. Of low
confidence are a file that only an exception leaves open (CPython closes it when the exception is done with), a
connection before whose end only a plain read or write can fail, or that a handler closes after the errors that are
expected, a temporary file, which goes when nothing holds it, and a `main` or a management command: its end closes all.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.flow.results import Acquisition, Leak
from analyzers.glimpse import modelled
from analyzers.handling import handlers_around
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.models import Resource
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

KINDS = frozenset({"file", "connection", "descriptor", "socket", "mapping"})
HANDLES = frozenset({"cursor", "makefile"})
CLOSES = frozenset({"close", "detach", "release"})
# An archive over one of these holds nothing of its own: the file under it is somebody's already.
OPENED = ("StringIO()", "BytesIO()", "TemporaryFile()", "NamedTemporaryFile()", "open()")

RULE = Rule(
    name="resource-not-released",
    title="Resource left open",
    weakness="CWE-772",
    severity=Severity.MEDIUM,
    message="`{name}` is a {noun} from `{call}` that stays open when {way}.",
    advice="Take it in a `with` statement, so that `{name}` is closed whichever way the block ends.",
    topic="opened resources",
    clean="closed on every way out",
    in_tests=False,
    in_tools=False,
    needs=(modelled(Resource),),
    known_as=("SIM115", "consider-using-with", "R1732"),
    bad=(
        Bad(
            """
            import psycopg2

            def pay(address, order):
                connection = psycopg2.connect(address)  # finding
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE orders SET paid = true WHERE id = %s", (order,))
                connection.commit()
            """
        ),
        Bad(
            """
            def count(path):
                file = open(path)  # finding
                lines = parse(file.read())  # step
                file.close()
                return len(lines)
            """
        ),
        Bad(
            """
            import sqlite3
            def names(path, wanted):
                connection = sqlite3.connect(path)  # finding
                if not wanted:
                    return []  # step
                try:
                    return connection.execute("SELECT name FROM names").fetchall()
                finally:
                    connection.close()
            """
        ),
        Bad(
            """
            def report(path, orders):
                file = open(path, "w")  # finding
                total = {}
                total["path"] = path
                total["sum"] = orders.sum()  # step
                file.write(str(total))
                file.close()
            """
        ),
        Bad(
            """
            def names(path, log):
                file = open(path)  # finding
                text = file.read()
                log.warn("read %d characters", len(text))
                found = parse(text)  # step
                file.close()
                return found
            """
        ),
        Bad(
            """
            import socket
            def knock(address):
                door = socket.create_connection(address, timeout=5)  # finding
                door.sendall(b"hello")
            """
        ),
        Bad(
            base="""
            def count(path):
                with open(path) as file:
                    lines = parse(file.read())
                return len(lines)
            """,
            code="""
            def count(path):
                file = open(path)  # finding
                lines = parse(file.read())  # step
                file.close()
                return len(lines)
            """,
        ),
    ),
    good=(
        Good(
            "what is called later needs it open",
            """
            import socket

            def serve(port, loop, answer):
                server = socket.create_server(("", port))
                loop.add_reader(server.fileno(), lambda: answer(server))
            """,
        ),
        Good(
            "who gets the rows reads them with it",
            """
            import sqlite3

            def values(path):
                database = sqlite3.connect(path)
                return (row[0] for row in database.execute("SELECT value FROM entries"))
            """,
        ),
        Good(
            "the program closes it when it stops",
            """
            import sqlite3

            def begin(path, app):
                database = sqlite3.connect(path)
                app.on_stop.append(database.close)
                app.run()
            """,
        ),
        Good(
            "the `with` statement closes it",
            """
            def count(path):
                with open(path) as file:
                    return len(parse(file.read()))
            """,
        ),
        Good(
            "a function that is made in between has nothing to do with it",
            """
            def count(path):
                file = open(path)
                def times(number):
                    def of(value):
                        return value * number
                    return of
                try:
                    return times(2)(len(file.read()))
                finally:
                    file.close()
            """,
        ),
        Good(
            "the `finally` closes it",
            """
            def count(path):
                file = open(path)
                try:
                    return len(parse(file.read()))
                finally:
                    file.close()
            """,
        ),
        Good(
            "the caller gets it, and the duty to close it", "def reader(path):\n    file = open(path)\n    return file"
        ),
        Good(
            "an archive in memory holds nothing of the system",
            """
            import io, zipfile
            def names(data):
                archive = zipfile.ZipFile(io.BytesIO(data))
                return archive.namelist()
            """,
        ),
        Good(
            "a database in memory holds nothing of the system",
            """
            import sqlite3
            def has_json():
                connection = sqlite3.connect(":memory:")
                return connection.execute("SELECT json('{}')").fetchone() is not None
            """,
        ),
        Good(
            "the cursor that is returned holds the connection",
            """
            import sqlite3
            def cursor(path):
                connection = sqlite3.connect(path)
                found = connection.cursor()
                found.execute("PRAGMA query_only = 1")
                return found
            """,
        ),
        Good(
            "the module keeps it, for the functions that write to it",
            """
            log = None
            def start(path, settings):
                global log
                log = open(path, "a")
                settings.check()
            """,
        ),
        Good(
            "the options of a call keep it",
            """
            import os, subprocess
            def run(command, silent, options):
                if silent:
                    sink = open(os.devnull, "w")
                    for key in ("stdout", "stderr"):
                        options[key] = sink
                return subprocess.run(command, **options)
            """,
        ),
        Good(
            "a flag tells whether it was opened here",
            """
            def dump(rows, target):
                opened = False
                if isinstance(target, str):
                    file = open(target, "w")
                    opened = True
                else:
                    file = target
                try:
                    file.writelines(map(str, rows))
                finally:
                    if opened:
                        file.close()
            """,
        ),
        Good(
            "only the name of it is used: there is nothing left to write",
            """
            import tempfile
            def place(data):
                target = tempfile.NamedTemporaryFile(delete=False)
                return data.save(target.name)
            """,
        ),
        Good(
            "bytes have no encoding: it is never opened",
            """
            def read(path):
                file = open(path, "rb", encoding="utf-8")
                return parse(file.read())
            """,
        ),
        Good(
            "the object keeps it",
            """
            class Log:
                def __init__(self, path):
                    file = open(path, "a")
                    self.file = file
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """The resources of one function."""
    for taken in api.acquisitions(file, function):
        if taken.kind not in KINDS:
            continue
        if taken.released:
            yield RULE.examined(file, taken.node)
        elif taken.leaks and _holds(function, taken, file) and not _given_away(function, taken.name):
            yield _finding(function, taken, file)


def _holds(function: cst.FunctionDef, taken: Acquisition, file: SourceFile) -> bool:
    """Whether something is held that somebody misses.

    Not by `open(path, "rb", encoding="utf-8")`, which always fails, nor by a file of which only the name is used.
    """
    mode = syntax.text_value(syntax.argument(taken.node, 1, "mode")) or ""
    fails = "b" in mode and syntax.argument(taken.node, 3, "encoding") is not None
    return not (fails or _over_another(taken.node, file) or _is_name_only(function, taken.name))


def _is_name_only(function: cst.FunctionDef, name: str) -> bool:
    """Whether `file` stands nowhere but in `file.name`, and where it is made."""
    nodes = list(syntax.inside(function.body))
    uses = [node for node in nodes if syntax.is_name(node, name)]
    names = [node for node in nodes if isinstance(node, cst.Attribute) and node.attr.value == "name"]
    return 0 < len(uses) - 1 == sum(syntax.is_name(node.value, name) for node in names)


def _ends_soon(function: cst.FunctionDef, file: SourceFile) -> bool:
    """Whether the program ends with the function, which closes all: `main`, and a command of Django's `manage.py`."""
    command = function.name.value == "handle" and ".management.commands." in f".{file.module}"
    return command or function.name.value == "main"


def _given_away(function: cst.FunctionDef, name: str) -> bool:
    """Whether others get it: as `global log`, in an object, or by what was made of it and is returned, as a cursor."""
    nodes = list(syntax.inside(function.body))
    declared = (item for node in nodes if isinstance(node, (cst.Global, cst.Nonlocal)) for item in node.names)
    assigned = [node for node in nodes if isinstance(node, cst.Assign)]
    made = {syntax.last_name(one.targets[0].target) for one in assigned if _is_handle(one.value, name)}
    stored = [one.value for one in assigned if isinstance(one.targets[0].target, (cst.Attribute, cst.Subscript))]
    returned = [node.value for node in nodes if isinstance(node, cst.Return) and node.value]
    shared = any(syntax.is_name(item.name, name) for item in declared)
    kept = any(syntax.is_name(value, name, *made) for value in stored)
    return shared or kept or any(syntax.is_name(value, *made) for value in returned)


def _is_handle(value: cst.BaseExpression, name: str) -> bool:
    """`connection.cursor()` holds the connection."""
    return (
        isinstance(value, cst.Call) and syntax.method(value) in HANDLES and syntax.is_name(syntax.receiver(value), name)
    )


def _finding(function: cst.FunctionDef, taken: Acquisition, file: SourceFile) -> Finding:
    leak = next((leak for leak in taken.leaks if leak.exit != "raise" or leak.left), taken.leaks[0])
    call = f"{file.code(taken.node.func)}()"
    steps = (
        Step(file.path, file.span(taken.node), f"`{taken.name}` is opened here"),
        *((Step(file.path, file.head_span(leak.node), _leaves(leak)),) if leak.exit != "end" else ()),
    )
    way = _way(leak, file)
    awaited = any(_closes(handler, taken) for handler in handlers_around(leak.node, file))
    lasting = taken.kind != "file" and leak.likely and _closes(function, taken) and not awaited
    passing = (file.origin(taken.node.func) or "").startswith("tempfile.")
    certain = lasting if leak.exit == "raise" else not passing
    sure = Confidence.HIGH if certain and not _ends_soon(function, file) else Confidence.LOW
    return RULE.finding(
        file, taken.node, steps=steps, confidence=sure, name=taken.name, noun=taken.noun, call=call, way=way
    )


def _over_another(call: cst.Call, file: SourceFile) -> bool:
    """`ZipFile(BytesIO(data))` holds nothing of the system, and neither does a database in memory."""
    given = syntax.argument(call, 0, "file", "fileobj", "database")
    return syntax.text_value(given) == ":memory:" or (given is not None and (file.origin(given) or "").endswith(OPENED))


def _closes(around: cst.FunctionDef | cst.ExceptHandler, taken: Acquisition) -> bool:
    """Whether a function closes it at all: one that never does makes it for others. Or whether a handler does."""
    calls = (node for node in syntax.inside(around) if isinstance(node, cst.Call))
    own = (call for call in calls if syntax.is_name(syntax.receiver(call), taken.name))
    return any(syntax.method(call) in CLOSES for call in own)


def _way(leak: Leak, file: SourceFile) -> str:
    line = file.span(leak.node).line
    if leak.exit == "raise":
        return f"line {line} raises" + (_then(leak.left, file) if leak.left else "")
    return f"line {line} returns" if leak.exit == "return" else "the function ends"


def _then(left: cst.CSTNode, file: SourceFile) -> str:
    """How it goes on where the function catches what was raised."""
    return f" and line {file.span(left).line} returns" if isinstance(left, cst.Return) else " and the error is caught"


def _leaves(leak: Leak) -> str:
    if leak.exit == "raise":
        return "an exception here goes past the line that closes it"
    return "this leaves the function"
