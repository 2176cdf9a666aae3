"""An exception that is made and not raised.

Why it matters: `ValueError("too long")` on a line of its own does nothing: the `raise` was forgotten, and the program
goes on with what the line was meant to refuse.

What to do: Write `raise` before it, or remove the line.

What it does not see: Exceptions of the program's own that are defined in a file that the change does not touch.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Set

import libcst as cst

from analyzers.fit.definite import behind
from analyzers.glimpse import Glimpse, stand_for
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Span
from analyzers.outline import dotted
from analyzers.rule import Bad, Good, Rule
from analyzers.source import Project, SourceFile


def _stands_alone(glimpse: Glimpse) -> bool:
    """Whether a statement begins with a call of what could be an exception."""
    names = _exceptions(glimpse.file.project)
    if not glimpse.begins_with(names):
        return False
    alone = (node.value for node in glimpse.nodes if isinstance(node, ast.Expr))
    return not glimpse.nodes or any(
        isinstance(call, ast.Call) and _may_be_exception(call, names, glimpse) for call in alone
    )


def _may_be_exception(call: ast.Call, names: Set[str], glimpse: Glimpse) -> bool:
    """Whether what is called has such a name, and is no class that is certainly none."""
    name, file = dotted(call.func), glimpse.file
    if names.isdisjoint(stand_for(file, {name.rpartition(".")[2]})):
        return False
    place = behind(file, name) if name.partition(".")[0] not in glimpse.bound else None
    return place is None or not place.is_class or any(map(_is_exception, place.file.mro(place.qualname)))


def _exceptions(project: Project) -> frozenset[str]:
    """The names of what could be an exception: whatever the texts of the project say is a class, too."""
    known: frozenset[str] | None = project.cache.get(_exceptions)
    if known is None:
        own = {name for file in project.files.values() for name in CLASS.findall(file.text)}
        known = project.cache[_exceptions] = frozenset(own | {name for name in dir(builtins) if name[0].isupper()})
    return known


SHORT = 60
CLASS = re.compile(r"class[ \t\\\r\n]+(\w+)")


RULE = Rule(
    name="exception-not-raised",
    title="Exception made and not raised",
    weakness="CWE-390",
    severity=Severity.HIGH,
    message="`{error}` is made here and dropped: nothing is raised, and the code below runs as if all were well.",
    advice="Write `raise {error}`.",
    in_tests=False,
    needs=(_stands_alone,),
    known_as=("PLW0133", "pointless-exception-statement", "W0133"),
    bad=(
        Bad(
            """
                def put(items, value):
                    if value is None:
                        ValueError('no value')  # finding
                    items.append(value)
            """,
            fixed="""
                def put(items, value):
                    if value is None:
                        raise ValueError('no value')
                    items.append(value)
            """,
        ),
        Bad(
            """
                class Refused(Exception):
                    pass

                def enter(user):
                    if not user.active:
                        Refused(user.name)  # finding
            """,
            fixed="""
                class Refused(Exception):
                    pass

                def enter(user):
                    if not user.active:
                        raise Refused(user.name)
            """,
        ),
    ),
    good=(
        Good(
            "it is raised",
            """
                def put(value):
                    if value is None:
                        raise ValueError('no value')
            """,
        ),
        Good(
            "it is kept for later",
            """
                def put(errors):
                    errors.append(ValueError('no value'))
            """,
        ),
        Good(
            "a test that making it fails",
            """
                import pytest
                def test_needs_a_reason():
                    with pytest.raises(TypeError):
                        UnicodeDecodeError()
            """,
        ),
    ),
)


@RULE.on(cst.Expr)
def check(statement: cst.Expr, file: SourceFile) -> Iterator[Finding | Examined]:
    """One expression that stands alone."""
    made = statement.value
    if not isinstance(made, cst.Call) or not _makes_exception(made, file):
        return
    if not any(isinstance(one, cst.With) for one in file.ancestors(statement)):
        yield RULE.finding(file, statement, fix=_fix(statement, file), error=_words(made, file))


def _words(made: cst.Call, file: SourceFile) -> str:
    """The call as written when it is short, else without its arguments."""
    code = file.code(made)
    return code if len(code) <= SHORT else f"{file.code(made.func)}(...)"


def _makes_exception(call: cst.Call, file: SourceFile) -> bool:
    name = file.qualified(call.func)
    return name is not None and any(_is_exception(base) for base in _bases(name, file))


def _bases(name: str, file: SourceFile) -> tuple[str, ...]:
    found = file.project.locate(name)
    return found[0].mro(found[1].qualname) if found else (name,)


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
    return isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning)


def _fix(statement: cst.Expr, file: SourceFile) -> Fix:
    span = file.span(statement)
    before = Span(span.line, span.column, span.line, span.column)
    return Fix("Raise it", Safety.UNSAFE, (Edit(before, "raise "),))
