"""A broad `except` that drops every error without a trace.

Why it matters: `except Exception: pass` hides the failure that was expected and every bug that was not. The program
goes on with half of its work undone, and nobody can find out why.

What to do: Catch the exception that is expected, or log the error before going on. When every error may truly be
dropped here, say why in a comment inside the handler: the rule takes that as an answer.

What it does not see: Narrow exceptions that are dropped; handlers that log too little; `contextlib.suppress`.
Work that gives up best-effort (closing, deleting, stopping) is left alone. Confidence is high only where something
that was to be saved, sent or changed is then undone: where nothing but a value or a step of reading is lost, the
silence is mostly meant.
"""

import ast
import re
from collections.abc import Iterator, Sequence

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import Glimpse, says
from analyzers.handling import builtins_caught, clause
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
SUCCESS = (cst.Return, cst.Break, cst.Continue)
BEST_EFFORT_CALLS = frozenset(
    "close kill terminate unlink remove rmtree rmdir disconnect stop flush shutdown cancel release quit "
    "logout aclose wait_closed join cleanup abort rollback detach destroy delete unregister unsubscribe "
    "removeHandler print".split()
)
BEST_EFFORT_WORDS = frozenset(
    "close cleanup clean del exit stop shutdown teardown terminate kill quit destroy disconnect try maybe "
    "safe atexit finalize best effort".split()
)

EFFECTS = frozenset(
    (verb,)
    for verb in "save commit send publish update insert create write put post store persist upload submit "
    "enqueue dispatch notify transfer apply charge pay handle process sync migrate emit deliver".split()
)
# They change only what a function says of itself.
DRESSING = frozenset({"update_wrapper"})
DROPPING = frozenset("silent silently quiet quietly ignore suppress swallow tolerant".split())

# What may be one.
CONSTANT = (ast.Constant, ast.JoinedStr, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp)
TAKING_ALL = frozenset({"Exception", "BaseException"})
BARE = re.compile(r"\bexcept[\s\\]*:")


def _takes_all(glimpse: Glimpse) -> bool:
    return not TAKING_ALL.isdisjoint(glimpse.words) or BARE.search(glimpse.text) is not None


def _told(glimpse: Glimpse) -> Sequence[int] | None:
    """The lines of the broad handlers, where each of them handles."""
    found = []
    for attempt in glimpse.tries():
        for handler in attempt.handlers if isinstance(attempt, ast.Try) else ():
            kinds = builtins_caught(handler, glimpse)
            broad = handler.type is None or (kinds is not None and not TAKING_ALL.isdisjoint(kinds))
            if kinds is None or (broad and not _handles(handler)):
                return None
            found += [handler.lineno] if broad else []
    return found if glimpse.nodes else None


def _handles(handler: ast.ExceptHandler) -> bool:
    """Whether it does surely more than to answer a constant."""
    left = [one for one in handler.body if not isinstance(one, ast.Pass) and not _says_only(one)]
    if len(left) != 1:
        return bool(left)
    last = left[0]
    plain = isinstance(last, ast.Return) and (last.value is None or isinstance(last.value, CONSTANT))
    return not plain and not isinstance(last, ast.Continue)


def _says_only(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, CONSTANT)


RULE = Rule(
    name="exception-swallowed",
    title="Errors dropped without a trace",
    weakness="CWE-390",
    severity=Severity.MEDIUM,
    message="`{handler}` {ends}: any failure of `{work}` disappears here, bugs included.",
    advice="Catch only what `{work}` is expected to raise, or log the exception before going on.",
    topic="broad exception handlers",
    clean="logging, re-raising or answering the error",
    in_tests=False,
    in_tools=False,
    needs=(
        says("except"),
        _takes_all,
    ),
    told=_told,
    known_as=(
        "S110",
        "S112",
        "BLE001",
        "E722",
        "SIM105",
        "bare-except",
        "broad-except",
        "broad-exception-caught",
        "W0702",
        "W0703",
        "W0718",
    ),
    bad=(
        Bad(
            """
                def sync(store, rows):
                    try:
                        store.save(rows)
                    except Exception:  # finding
                        pass
            """
        ),
        Bad(
            """
                def totals(rows):
                    for row in rows:
                        try:
                            yield parse(row)
                        except:  # finding
                            continue
            """
        ),
        Bad(
            base="""
                def sync(store, rows, log):
                    try:
                        store.save(rows)
                    except Exception:
                        log.exception('save failed')
            """,
            code="""
                def sync(store, rows, log):
                    try:
                        store.save(rows)
                    except Exception:  # finding
                        pass
            """,
        ),
    ),
    good=(
        Good(
            "the error is logged",
            """
                def sync(store, rows, log):
                    try:
                        store.save(rows)
                    except Exception:
                        log.exception('save failed')
            """,
        ),
        Good(
            "one expected exception, and nothing to do about it",
            """
                def drop(index, key):
                    try:
                        del index[key]
                    except KeyError:
                        pass
            """,
        ),
        Good(
            "the comment says why every error may be dropped",
            """
                def warm(cache):
                    try:
                        cache.load()
                    except Exception:
                        pass  # only a faster start; the first request loads it again
            """,
        ),
        Good(
            "what follows is the other way to the same answer",
            """
            def home(settings):
                try:
                    return settings.lookup("home")
                except Exception:
                    pass
                return default_home()
            """,
        ),
        Good(
            "a message that cannot be written harms no work",
            """
            def build(pool, work):
                try:
                    print("Building with", pool.size, "workers")
                except Exception:
                    pass
                pool.run(work)
            """,
        ),
        Good(
            "the first port that is free ends the search",
            """
            def listen(sock, ports):
                for port in ports:
                    try:
                        sock.bind(("", port))
                    except Exception:
                        continue
                    else:
                        return port
                return None
            """,
        ),
        Good(
            "closing is best effort: the connection is given up anyway",
            """
                def drop(connection):
                    try:
                        connection.close()
                    except Exception:
                        pass
            """,
        ),
        Good(
            "the block raises to leave itself",
            """
                def slices(file, parts):
                    found = file.part(parts[:1])
                    try:
                        if file.alone:
                            raise Exception()
                        for number in range(2, 9):
                            found = file.part(parts[:number])
                    except Exception:
                        pass
                    return found
            """,
        ),
        Good(
            "the caller asked for silence",
            """
                def start(work, silent):
                    if silent:
                        try:
                            work()
                        except Exception:
                            pass
            """,
        ),
        Good(
            "the context re-raises when its block ends",
            """
                from oslo_utils import excutils
                def create(port, driver):
                    try:
                        driver.create(port)
                    except Exception:
                        with excutils.save_and_reraise_exception():
                            driver.delete(port)
            """,
        ),
    ),
)


@RULE.on(cst.ExceptHandler)
def check(handler: cst.ExceptHandler, file: SourceFile) -> Iterator[Finding | Examined]:
    """One broad handler."""
    if not _broad(handler, file):
        return
    ends = _ending(handler)
    attempt = file.parent(handler)
    if ends is None or not isinstance(attempt, cst.Try):
        yield RULE.examined(file, handler)
    elif not _explained(handler, file) and not _best_effort(attempt, handler, file):
        yield RULE.finding(
            file,
            handler,
            confidence=Confidence.HIGH if ends != "answers a constant" and _undone(attempt) else Confidence.LOW,
            handler=_head(handler, file),
            ends=ends,
            work=_work(attempt, file),
        )


def _broad(handler: cst.ExceptHandler, file: SourceFile) -> bool:
    types = syntax.caught(handler)
    return not types or any(file.qualified(kind) in BROAD for kind in types)


def _ending(handler: cst.ExceptHandler) -> str | None:
    """What the handler does instead of handling, or None when it handles."""
    statements = [one for one in syntax.small_statements(handler.body) if not syntax.is_docstring(one)]
    if all(isinstance(one, cst.Pass) or _dots(one) for one in statements):
        return "does nothing"
    if len(statements) != 1:
        return None
    match statements[0]:
        case cst.Continue():
            return "goes on with the next round"
        case cst.Return(value=None):
            return "returns"
        case cst.Return(value=value) if value is not None and syntax.is_literal(value):
            return "answers a constant"
    return None


def _dots(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Ellipsis)


def _head(handler: cst.ExceptHandler, file: SourceFile) -> str:
    return clause(handler, file) if handler.type else "except:"


def _work(attempt: cst.Try, file: SourceFile) -> str:
    """The first thing attempted, short enough to name it."""
    calls = [node for node in syntax.inside(attempt.body) if isinstance(node, cst.Call)]
    calls = [call for call in calls if not isinstance(file.parent(call), cst.Raise)]
    own = [call for call in calls if not (file.qualified(call.func) or "").startswith("builtins.")]
    for call in own or calls:
        return f"{file.code(call.func)}()"
    return file.code(next(iter(syntax.small_statements(attempt.body)), attempt))


def _explained(handler: cst.ExceptHandler, file: SourceFile) -> bool:
    """Whether a comment stands in the handler, or right under it at its depth."""
    span = file.span(handler)
    inside = (file.line_text(number) for number in range(span.line, span.end_line + 1))
    after = file.line_text(span.end_line + 1)
    deeper = len(after) - len(after.lstrip()) >= span.column
    return any("#" in line for line in inside) or (deeper and after.lstrip().startswith("#"))


def _falls_back(attempt: cst.Try) -> bool:
    """Whether success ends the block or the round, so that what stands below is the other way."""
    last = list(syntax.small_statements(attempt.body))[-1:]
    ends = [*last, *([attempt.orelse] if attempt.orelse else [])]
    leaves = (node for end in ends for node in syntax.inside(end) if isinstance(node, SUCCESS))
    return any(not isinstance(node, cst.Return) or node.value is not None for node in leaves)


def _best_effort(attempt: cst.Try, handler: cst.ExceptHandler, file: SourceFile) -> bool:
    """Work that may fail: clean-up, a probe, a first of two ways, or anything on the way out of another error."""
    if _falls_back(attempt):
        return True
    body = list(syntax.small_statements(attempt.body))
    if all(isinstance(one, (cst.Import, cst.ImportFrom)) for one in body):
        return True
    if len(body) == 1 and _last_call(body[0]) in BEST_EFFORT_CALLS:
        return True
    if set(syntax.words(file.definition_name(handler).rpartition(".")[2])) & BEST_EFFORT_WORDS:
        return True
    on_the_way_out = any(isinstance(one, (cst.ExceptHandler, cst.Finally)) for one in file.ancestors(attempt))
    return on_the_way_out or _asked_for(attempt, file) or _raises(attempt)


def _undone(attempt: cst.Try) -> bool:
    """Whether the block was to change something outside: to save, to send, to hand over."""
    calls = (syntax.last_name(node.func) for node in syntax.inside(attempt.body) if isinstance(node, cst.Call))
    return any(syntax.words(name)[:1] in EFFECTS for name in calls if not name[:1].isupper() and name not in DRESSING)


def _raises(attempt: cst.Try) -> bool:
    """Whether the block raises to leave itself: then the handler is where it goes on."""
    return any(isinstance(node, cst.Raise) for node in syntax.inside(attempt.body))


def _asked_for(attempt: cst.Try, file: SourceFile) -> bool:
    """Whether a condition around it says that errors shall be dropped: `if silent:`."""
    tests = (one.test for one in file.ancestors(attempt) if isinstance(one, cst.If))
    names = (node.value for test in tests for node in syntax.inside(test) if isinstance(node, cst.Name))
    return any(not DROPPING.isdisjoint(syntax.words(name)) for name in names)


def _last_call(statement: cst.CSTNode) -> str:
    value = statement.value if isinstance(statement, cst.Expr) else None
    if isinstance(value, cst.Await):
        value = value.expression
    return syntax.last_name(value) if isinstance(value, cst.Call) else ""
