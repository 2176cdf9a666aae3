"""The first of what a condition leaves over, when it may leave nothing.

Why it matters: `next(x for x in xs if ...)` raises `StopIteration` when nothing fits. In a generator that becomes a
`RuntimeError`; in code that a loop drives it ends the loop as if all were done. `[...][0]` raises an `IndexError` that
does not say what was looked for.

What to do: Give `next` a default, and say what shall happen when nothing is found.

What it does not see: Lists that are kept in a variable first; conditions that always hold for one element.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.handling import handled
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

RULE = Rule(
    name="first-of-nothing",
    title="First of nothing",
    weakness="CWE-754",
    severity=Severity.MEDIUM,
    message="`{code}` raises `{error}` when nothing fits{consequence}.",
    advice="Write `next(..., None)` and handle the None, or raise an error that says what was looked for.",
    topic="searches for a first element",
    clean="allowing for none",
    in_tests=False,
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
            def primary(addresses):
                return [one for one in addresses if one.primary][0]  # finding
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
            def primary(addresses):
                try:
                    return [one for one in addresses if one.primary][0]
                except IndexError:
                    return None
            """,
        ),
        Good(
            "no condition leaves anything out",
            """
            def names(rows):
                return [row.name for row in rows][0]
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
def check_next(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `next(...)` over a search."""
    searched = call.args[0].value if call.args else None
    if file.qualified(call.func) != "builtins.next" or not _searches(searched, cst.GeneratorExp, file):
        return
    if len(call.args) > 1 or handled(call, file, StopIteration):
        yield RULE.examined(file, call)
    elif _generates(call, file):
        words = ", which this generator turns into a RuntimeError"
        yield RULE.finding(file, call, code=file.code(call), error="StopIteration", consequence=words)


@RULE.on(cst.Subscript)
def check_index(access: cst.Subscript, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `[...][0]` of a search."""
    match access.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=index))] if file.code(index) in ("0", "-1"):
            pass
        case _:
            return
    if _searches(access.value, cst.ListComp, file) and not handled(access, file, IndexError):
        yield RULE.finding(file, access, code=file.code(access), error="IndexError", consequence="")


def _searches(node: cst.CSTNode | None, kind: type[cst.CSTNode], file: SourceFile) -> bool:
    """Whether the expression leaves out what does not fit a condition."""
    if isinstance(node, cst.Call):
        inner = node.args[0].value if node.args else None
        name = file.qualified(node.func)
        return name == "builtins.filter" or (name == "builtins.list" and _searches(inner, cst.GeneratorExp, file))
    return isinstance(node, (cst.GeneratorExp, cst.ListComp)) and type(node) is kind and bool(node.for_in.ifs)


def _generates(node: cst.CSTNode, file: SourceFile) -> bool:
    function = running(node, file)
    return isinstance(function, cst.FunctionDef) and any(
        isinstance(part, cst.Yield) for part in syntax.inside(function.body)
    )
