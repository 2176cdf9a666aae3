"""A lookup and a call under one `except`: the handler for the lookup also hides the errors of what was called.

Why it matters: `handlers[name](job)` under `except KeyError` is meant for a missing name. A `KeyError` raised deep
inside the handler looks the same, so a real bug is answered as if the name were unknown.

What to do: Look up first, inside the `try`; call after it, in the `else` or below.

What it does not see: Calls in statements of their own under the same `except`; exceptions other than those of lookups.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

MISSING_KEY = frozenset({"builtins.KeyError", "builtins.IndexError", "builtins.LookupError"})
MISSING_ATTRIBUTE = "builtins.AttributeError"

RULE = Rule(
    name="exception-hides-error",
    title="Handler for a lookup hides the errors of a call",
    weakness="CWE-755",
    severity=Severity.MEDIUM,
    message="`except {kind}` is meant for the lookup `{lookup}`, but it also catches every `{kind}` raised inside the "
    "function that `{call}` calls.",
    advice="Keep only the lookup in the `try`, and call what it found in the `else`.",
    topic="handlers of failed lookups",
    clean="covering the lookup alone",
    in_tests=False,
    bad=(
        Bad(
            """
                def dispatch(handlers, name, job):
                    try:
                        return handlers[name](job)  # step
                    except KeyError:  # finding
                        return None
            """
        ),
        Bad(
            """
                def run(plugin, verb):
                    try:
                        getattr(plugin, verb)()  # step
                    except AttributeError:  # finding
                        print('not supported')
            """
        ),
    ),
    good=(
        Good(
            "the call stands in the `else`",
            """
                def dispatch(handlers, name, job):
                    try:
                        handler = handlers[name]
                    except KeyError:
                        return None
                    else:
                        return handler(job)
            """,
        ),
        Good(
            "the handler raises again, so nothing is hidden",
            """
                def dispatch(handlers, name, job):
                    try:
                        return handlers[name](job)
                    except KeyError as error:
                        raise LookupError(name) from error
            """,
        ),
        Good(
            "a type that the table holds is made, not a function of the program",
            """
                def value(table, name):
                    try:
                        return int(table[name])
                    except KeyError:
                        return 0
            """,
        ),
    ),
)


@RULE.on(cst.ExceptHandler)
def check(handler: cst.ExceptHandler, file: SourceFile) -> Iterator[Finding | Examined]:
    """One handler for failed lookups."""
    kinds = {file.qualified(kind) for kind in syntax.caught(handler)}
    attempt = file.parent(handler)
    if not isinstance(attempt, cst.Try) or not kinds & (MISSING_KEY | {MISSING_ATTRIBUTE}):
        return
    call = next((call for call in _calls(attempt.body) if _looked_up(call, kinds, file)), None)
    if call is None:
        yield RULE.examined(file, handler)
    elif not _raises(handler):
        kind = next(kind for kind in sorted(filter(None, kinds)) if kind in MISSING_KEY | {MISSING_ATTRIBUTE})
        step = Step(file.path, file.span(call), "the lookup and the call stand in one expression")
        yield RULE.finding(
            file,
            handler,
            steps=(step,),
            kind=kind.removeprefix("builtins."),
            lookup=file.code(call.func),
            call=file.code(call),
        )


def _calls(body: cst.BaseSuite) -> Iterator[cst.Call]:
    return (node for node in syntax.inside(body) if isinstance(node, cst.Call))


def _looked_up(call: cst.Call, kinds: set[str | None], file: SourceFile) -> bool:
    """Whether what is called comes out of the very lookup that the handler is for."""
    if isinstance(call.func, cst.Subscript):
        return bool(kinds & MISSING_KEY) and not _generic(call.func)
    if isinstance(call.func, cst.Call):
        plain = file.qualified(call.func.func) == "builtins.getattr" and len(call.func.args) == 2
        return MISSING_ATTRIBUTE in kinds and plain
    return False


def _generic(subscript: cst.Subscript) -> bool:
    """`list[int](...)`, `Box[Item](...)`: type parameters, no lookup."""
    name = syntax.last_name(subscript.value)
    return isinstance(subscript.value, cst.Name) and ((name[:1].isupper() and not name.isupper()) or name in GENERIC)


def _raises(handler: cst.ExceptHandler) -> bool:
    return any(isinstance(node, cst.Raise) for node in syntax.inside(handler.body))


GENERIC = frozenset({"list", "dict", "set", "tuple", "frozenset", "type"})
