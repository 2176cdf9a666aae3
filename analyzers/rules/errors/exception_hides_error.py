"""A lookup and a call under one `except`: the handler for the lookup also hides the errors of what was called.

Why it matters: `handlers[name](job)` under `except KeyError` is meant for a missing name. A `KeyError` raised deep
inside the handler looks the same, so a real bug is answered as if the name were unknown.

What to do: Look up first, inside the `try`; call after it, in the `else` or below.

What it does not see: Calls in statements of their own under the same `except`; exceptions other than those of lookups,
with which a handler is taken to be meant for the call.
"""

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from analyzers import syntax, trees
from analyzers.glimpse import Glimpse, says
from analyzers.handling import builtins_caught
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

MISSING_KEY = frozenset({"builtins.KeyError", "builtins.IndexError", "builtins.LookupError"})
MISSING_ATTRIBUTE = "builtins.AttributeError"
# With any other error beside these, the handler is meant for the call, too. `d[k]` of an unhashable `k` is a TypeError.
LOOKED_UP = MISSING_KEY | {MISSING_ATTRIBUTE, "builtins.TypeError"}
LOOKUPS = frozenset({"KeyError", "IndexError", "LookupError", "AttributeError"})
TYPES = frozenset({"list", "dict", "set", "tuple", "frozenset", "type"})


def _told(glimpse: Glimpse) -> Sequence[int] | None:
    """The lines of the handlers for lookups, where nothing that is looked up is called."""
    found = []
    for attempt in glimpse.tries():
        calls = (node for one in attempt.body for node in trees.nodes(one) if isinstance(node, ast.Call))
        doubted = any(isinstance(call.func, (ast.Subscript, ast.Call)) for call in calls)
        for handler in attempt.handlers if isinstance(attempt, ast.Try) else ():
            kinds = builtins_caught(handler, glimpse)
            if kinds is None or doubted:
                return None
            found += [] if LOOKUPS.isdisjoint(kinds) else [handler.lineno]
    return found if glimpse.nodes else None


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
    needs=(
        says("except"),
        says(*LOOKUPS),
    ),
    told=_told,
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
            "a column of a row is no table of functions",
            """
            def cells(row):
                try:
                    return row[1]("a")
                except (IndexError, ValueError):
                    return []
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
    elif not _raises(handler) and kinds <= LOOKED_UP:
        meant = MISSING_KEY if isinstance(call.func, cst.Subscript) else {MISSING_ATTRIBUTE}
        kind = min(kind for kind in meant if kind in kinds)
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
        return bool(kinds & MISSING_KEY) and _is_table(call.func)
    if isinstance(call.func, cst.Call):
        plain = file.qualified(call.func.func) == "builtins.getattr" and len(call.func.args) == 2
        return MISSING_ATTRIBUTE in kinds and plain
    return False


def _is_table(subscript: cst.Subscript) -> bool:
    """A lookup by something that varies: not `row[0]`, `list[int]` or `Box[Item]`."""
    index = subscript.slice[0].slice if len(subscript.slice) == 1 else None
    if not isinstance(index, cst.Index) or syntax.is_literal(index.value):
        return False
    name = syntax.last_name(subscript.value)
    is_type = name in TYPES or (name[:1].isupper() and not name.isupper())
    return not (is_type and isinstance(subscript.value, cst.Name))


def _raises(handler: cst.ExceptHandler) -> bool:
    return any(isinstance(node, cst.Raise) for node in syntax.inside(handler.body))
