"""`raise NotImplemented`: the constant, where the exception `NotImplementedError` is meant.

Why it matters: `NotImplemented` is no exception. Raising it fails with `TypeError: exceptions must derive from
BaseException`, which no handler for a missing implementation expects.

What to do: Raise `NotImplementedError`.

What it does not see: `NotImplemented` that arrives through a variable.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers.glimpse import says
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

RULE = Rule(
    name="not-implemented-raised",
    title="`NotImplemented` raised",
    weakness="CWE-703",
    severity=Severity.MEDIUM,
    message="`{code}` fails with a `TypeError`: `NotImplemented` is a constant for operators, no exception.",
    advice="Raise `NotImplementedError` in its place.",
    in_tests=False,
    needs=(says("NotImplemented"),),
    known_as=("F901", "notimplemented-raised", "E0711"),
    bad=(
        Bad(
            """
                class Shape:
                    def area(self):
                        raise NotImplemented  # finding
            """,
            fixed="""
                class Shape:
                    def area(self):
                        raise NotImplementedError
            """,
        ),
        Bad(
            """
                def area(shape):
                    raise NotImplemented('no area')  # finding
            """,
            fixed="""
                def area(shape):
                    raise NotImplementedError('no area')
            """,
        ),
    ),
    good=(
        Good(
            "the exception is raised",
            """
                def area(shape):
                    raise NotImplementedError
            """,
        ),
        Good(
            "an operator answers it",
            """
                class Size:
                    def __lt__(self, other):
                        return NotImplemented
            """,
        ),
    ),
)


@RULE.on(cst.Raise)
def check(raised: cst.Raise, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `raise`."""
    name = raised.exc.func if isinstance(raised.exc, cst.Call) else raised.exc
    if name is not None and file.qualified(name) == "builtins.NotImplemented":
        edit = Edit(file.span(name), "NotImplementedError")
        yield RULE.finding(file, raised, fix=Fix("Raise the exception", Safety.SAFE, (edit,)), code=file.code(raised))
