"""A temporary file made under a name that was only looked up.

Why it matters: `tempfile.mktemp` returns a name that is free at that moment. Before the program creates the file,
another user can put a link there, and the program writes through it.

What to do: Use `tempfile.mkstemp` or `tempfile.NamedTemporaryFile`: they create the file while they choose its name.

What it does not see: Temporary names that the program makes up by itself.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import named
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

GUESSES = frozenset({"tempfile.mktemp", "os.tempnam", "os.tmpnam"})
CREATES = frozenset({"tempfile.mkstemp", "tempfile.NamedTemporaryFile", "tempfile.mkdtemp"})

RULE = Rule(
    name="temporary-name-guessed",
    title="Temporary name that others can take",
    weakness="CWE-377",
    severity=Severity.MEDIUM,
    message="`{call}` only finds a free name: until this program creates the file, anybody can put a link under it.",
    advice="Let `tempfile.mkstemp` or `tempfile.NamedTemporaryFile` create the file in place of `{call}`.",
    topic="temporary names",
    clean="of files created together with them",
    in_tests=False,
    needs=(named(GUESSES, CREATES),),
    bad=(
        Bad(
            """
            import tempfile
            def save(data):
                path = tempfile.mktemp(suffix=".json")  # finding
                with open(path, "w") as file:
                    file.write(data)
            """
        ),
        Bad("from tempfile import mktemp\nSOCKET = mktemp()  # finding"),
    ),
    good=(
        Good(
            "the file is there before its name is known",
            """
            import tempfile
            def save(data):
                with tempfile.NamedTemporaryFile("w", delete=False) as file:
                    file.write(data)
            """,
        ),
        Good(
            "a name that somebody took meanwhile is refused",
            """
            import os, tempfile
            def create(mode):
                return os.open(tempfile.mktemp(), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            """,
        ),
        Good("another function of that name", "def path(store):\n    return store.mktemp('log')"),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.qualified(call.func)
    if name in GUESSES and _is_exclusive(call, file):
        yield RULE.examined(file, call)
    elif name in GUESSES:
        yield RULE.finding(file, call, call=f"{file.code(call.func)}()")
    elif name in CREATES:
        yield RULE.examined(file, call)


def _is_exclusive(call: cst.Call, file: SourceFile) -> bool:
    """Whether the function speaks of `O_EXCL`, with which a name that somebody took is refused."""
    function = running(call, file)
    nodes = syntax.inside(function.body) if function else ()
    return any(syntax.last_name(node) == "O_EXCL" for node in nodes if isinstance(node, cst.Attribute))
