"""A `finally` that ends with `return`, `break` or `continue`, and loses the exception on its way.

Why it matters: An exception that passes through `finally` is dropped when the block leaves by itself. It is not
caught, not logged and not raised: the caller sees a normal answer.

What to do: Move the statement behind the `try`, and catch by name what may be dropped.

What it does not see: A `finally` that raises another exception.
"""

import ast
from collections.abc import Iterator

import libcst as cst

from analyzers import trees
from analyzers.glimpse import Glimpse, says
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

LOOPS = (cst.For, cst.While)
LEAVES = (ast.Return, ast.Break, ast.Continue)
DEFINITIONS = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


def _leaves(glimpse: Glimpse) -> bool:
    """Whether something in a `finally` of the unit leaves a block."""
    nodes = glimpse.tries()
    return any(isinstance(one, LEAVES) for node in nodes for end in node.finalbody for one in trees.nodes(end))


RULE = Rule(
    name="exception-lost-in-finally",
    title="Exception lost in `finally`",
    weakness="CWE-584",
    severity=Severity.MEDIUM,
    message="`{leave}` leaves this `finally`, so an exception on its way out of the `try` is dropped, "
    "`KeyboardInterrupt` included.",
    advice="Put `{leave}` after the `try` statement, so that it runs only when nothing was raised.",
    needs=(
        says("finally"),
        says("return break continue"),
        _leaves,
    ),
    known_as=("B012", "SIM107", "lost-exception", "return-in-finally", "W0150", "W0134"),
    bad=(
        Bad(
            """
                def total(rows):
                    result = 0
                    try:
                        result = sum(rows)
                    finally:
                        return result  # finding
            """
        ),
        Bad(
            """
                def drain(queue):
                    while True:
                        try:
                            queue.step()
                        finally:
                            if queue.empty():
                                break  # finding
            """
        ),
    ),
    good=(
        Good(
            "the `finally` ends, and the exception goes on",
            """
                def total(rows, lock):
                    try:
                        return sum(rows)
                    finally:
                        lock.release()
            """,
        ),
        Good(
            "the `break` leaves a loop that is inside the `finally`",
            """
                def drain(queue):
                    try:
                        queue.step()
                    finally:
                        for item in queue.rest():
                            if item is None:
                                break
            """,
        ),
        Good(
            "the author has answered another linter",
            """
                def total(rows):
                    try:
                        result = sum(rows)
                    finally:
                        return rows.done()  # pylint: disable=lost-exception
            """,
        ),
        Good(
            "nothing is raised into a fixture that is torn down",
            """
                import pytest
                @pytest.fixture
                def app(make):
                    try:
                        yield make()
                    finally:
                        if not make.started:
                            return
                        make.stop()
            """,
        ),
        Good(
            "the `return` belongs to a function made there",
            """
                def run(queue):
                    try:
                        queue.step()
                    finally:
                        queue.after(lambda: 1)
                        def last():
                            return 2
                        queue.after(last)
            """,
        ),
    ),
)


@RULE.on(cst.Return, cst.Break, cst.Continue)
def check(leave: cst.Return | cst.Break | cst.Continue, file: SourceFile) -> Iterator[Finding | Examined]:
    """One statement that leaves a block."""
    inside: cst.CSTNode = leave
    for outer in file.ancestors(leave):
        if isinstance(outer, DEFINITIONS):
            return
        if isinstance(outer, LOOPS) and inside is outer.body and not isinstance(leave, cst.Return):
            return
        if isinstance(outer, cst.Finally):
            if not _tears_down(leave, file):
                yield RULE.finding(file, leave, leave=_words(leave, file))
            return
        inside = outer


def _words(leave: cst.CSTNode, file: SourceFile) -> str:
    """The statement as written when it is short, else its keyword."""
    code = file.code(leave)
    return code if "\n" not in code else code.split()[0]


def _tears_down(leave: cst.CSTNode, file: SourceFile) -> bool:
    """Whether it stands in a fixture, which is resumed and never thrown into."""
    own = file.outline.by_name.get(file.definition_name(leave))
    return own is not None and any("fixture" in decorator for decorator in own.decorators)
