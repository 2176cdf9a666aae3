"""A search with `next` in a generator, without an answer for finding nothing.

Why it matters: `next(x for x in xs if ...)` raises `StopIteration` when nothing fits. A generator may not let that
out: it becomes "RuntimeError: generator raised StopIteration", far from what was looked for (PEP 479).

What to do: Give `next` a default, and say what shall happen when nothing is found.

What it does not see: Searches outside of generators; whether one element always fits.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import calls_plain, says
from analyzers.handling import handled
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

LOOKING = (cst.Equal, cst.In)

RULE = Rule(
    name="first-of-nothing",
    title="Search without an answer for nothing",
    weakness="CWE-754",
    severity=Severity.MEDIUM,
    message="`{code}` raises `StopIteration` when nothing fits, which this generator turns into a `RuntimeError`.",
    advice="Write `next(..., None)` and handle the None, or raise an error that says what was looked for.",
    topic="searches for a first element",
    clean="allowing for none",
    in_tests=False,
    needs=(
        calls_plain("next"),
        says("for"),
    ),
    bad=(
        Bad(
            """
            def owners(teams, users):
                for team in teams:
                    yield next(user for user in users if user.team == team)  # finding
            """
        ),
        Bad(
            """
            def prices(rows, known):
                for row in rows:
                    yield row, next(price for name, price in known if name == row.name)  # finding
            """
        ),
        Bad(
            base="""
            def lines(pages, wanted):
                for page in pages:
                    yield next((line for line in page if wanted in line), '')
            """,
            code="""
            def lines(pages, wanted):
                for page in pages:
                    yield next(line for line in page if wanted in line)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "there is a default",
            """
            def owner(team, users):
                return next((user for user in users if user.team == team), None)
            """,
        ),
        Good(
            "that nothing fits is expected",
            """
            def owners(teams, users):
                for team in teams:
                    try:
                        yield next(user for user in users if user.team == team)
                    except StopIteration:
                        yield None
            """,
        ),
        Good(
            "outside a generator the error reaches the caller",
            """
            def owner(team, users):
                return next(user for user in users if user.team == team)
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `next(...)` over a search."""
    searched = call.args[0].value if call.args else None
    if file.qualified(call.func) != "builtins.next" or not _searches(searched):
        return
    if len(call.args) > 1 or handled(call, file, StopIteration):
        yield RULE.examined(file, call)
    elif _generates(call, file):
        yield RULE.finding(file, call, code=file.code(call))


def _searches(node: cst.CSTNode | None) -> bool:
    """Whether the expression looks for what equals or holds something."""
    tests = [clause.test for clause in node.for_in.ifs] if isinstance(node, cst.GeneratorExp) else []
    return any(isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, LOOKING) for test in tests)


def _generates(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether the function around is a generator."""
    function = running(node, file)
    known: dict[cst.CSTNode, bool] = file.cache.setdefault(_generates, {})
    if isinstance(function, cst.FunctionDef) and function not in known:
        known[function] = any(isinstance(part, cst.Yield) for part in syntax.inside(function.body))
    return function is not None and known.get(function, False)
