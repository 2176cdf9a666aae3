"""An `except` that an earlier one, with a broader type, always takes first.

Why it matters: Handlers are tried in order. One that stands behind a handler of its base class never runs, so the
special treatment that it holds never happens.

What to do: Put the narrow handler first, or remove it.

What it does not see: Exceptions of libraries whose bases are neither at hand nor among the few that are known here.
"""

import ast
import builtins
from collections.abc import Iterator, Mapping

import libcst as cst

from analyzers import ancestry, syntax
from analyzers.glimpse import Glimpse, says, stand_for
from analyzers.handling import clause
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.nearby import at_hand
from analyzers.outline import Bound
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import dotted
from analyzers.source import SourceFile

Order = tuple[Mapping[cst.ExceptHandler, int], Mapping[str, int]]


def _one_may_take_another(glimpse: Glimpse) -> bool:
    """Whether a `try` of the unit has a handler for what an earlier one may take, going by the last words of names."""
    if glimpse.text.count("except") < 2:
        return False
    nodes = glimpse.tries()
    return any(_overlaps([*map(_words, node.handlers)], glimpse.file) for node in nodes)


def _words(handler: ast.ExceptHandler) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    return [ast.unparse(kind).rpartition(".")[2] for kind in kinds]


def _overlaps(handlers: list[list[str]], file: SourceFile) -> bool:
    earlier: set[str] = set()
    for kinds in handlers:
        if any(not earlier.isdisjoint(_may_be(kind, file)) for kind in kinds):
            return True
        words = (word for kind in kinds for word in stand_for(file, {kind, _own_name(kind)}))
        earlier.update(own for word in words for own in (word, *ancestry.own_words(word)))
    return False


def _may_be(kind: str, file: SourceFile) -> Iterator[str]:
    """The last words of what an exception of that name may also be."""
    for word in stand_for(file, {kind}):
        builtin = _builtin(f"builtins.{word}")
        yield from (one.__name__ for one in builtin.__mro__) if builtin else (word,)
        for known in ancestry.of_word(word):
            above = _builtin(known)
            yield from (one.__name__ for one in above.__mro__) if above else (known.rpartition(".")[2],)
        for other in at_hand(file):
            classes = other.outline.classes if other.readable else ()
            for base in (base for name in classes if name.rpartition(".")[2] == word for base in other.mro(name)):
                above = _builtin(base)
                yield from (one.__name__ for one in above.__mro__) if above else (base.rpartition(".")[2],)


def _own_name(kind: str) -> str:
    builtin = _builtin(f"builtins.{kind}")
    return builtin.__name__ if builtin else kind


RULE = Rule(
    name="handler-never-reached",
    title="Handler that is never reached",
    weakness="CWE-561",
    severity=Severity.MEDIUM,
    message="`except {kind}` never runs: `{broader}` above it takes every `{kind}` first.",
    advice="Move `except {kind}` above `{broader}`, or remove it.",
    needs=(
        says("except"),
        _one_may_take_another,
    ),
    known_as=("B014", "B025", "bad-except-order", "E0701"),
    bad=(
        Bad(
            """
                def read(path):
                    try:
                        return path.read_text()
                    except OSError:  # step
                        return None
                    except FileNotFoundError:  # finding
                        return ''
            """
        ),
        Bad(
            """
                class Refused(ValueError):
                    pass

                def enter(door):
                    try:
                        door.open()
                    except (KeyError, ValueError):  # step
                        return False
                    except Refused:  # finding
                        raise SystemExit(1)
            """
        ),
        Bad(
            """
            import json

            def settings(text):
                try:
                    return json.loads(text)
                except ValueError:  # step
                    return {}
                except json.JSONDecodeError:  # finding
                    return None
            """
        ),
    ),
    good=(
        Good(
            "an error of `subprocess` is none of the system",
            """
            import subprocess

            def build(command):
                try:
                    return subprocess.check_output(command, timeout=60)
                except OSError:
                    return b''
                except subprocess.TimeoutExpired as error:
                    return error.output
            """,
        ),
        Good(
            "the narrow one stands first",
            """
            import requests

            def read(address):
                try:
                    return requests.get(address, timeout=9)
                except requests.Timeout:
                    return None
                except requests.RequestException:
                    return 'refused'
            """,
        ),
        Good(
            "the narrow handler comes first",
            """
                def read(path):
                    try:
                        return path.read_text()
                    except FileNotFoundError:
                        return ''
                    except OSError:
                        return None
            """,
        ),
        Good(
            "which library the name is of is not known before it runs",
            """
                import forms
                if forms.VERSION >= 2:
                    import forms.old as forms
                    from forms import ValidationError as NewError
                else:
                    NewError = None
                def check(form):
                    try:
                        form.check()
                    except forms.ValidationError:
                        return 'old'
                    except NewError:
                        return 'new'
            """,
        ),
        Good(
            "one of its types is still free",
            """
                def read(path):
                    try:
                        return path.read_text()
                    except OSError:
                        return None
                    except (FileNotFoundError, ValueError):
                        return ''
            """,
        ),
    ),
)


@RULE.on(cst.ExceptHandler)
def check(handler: cst.ExceptHandler, file: SourceFile) -> Iterator[Finding | Examined]:
    """One handler, against those above it."""
    attempt = file.parent(handler)
    kinds = syntax.caught(handler)
    if not isinstance(attempt, cst.Try) or not kinds:
        return
    own, takers = _order(attempt, file)
    place = own[handler]
    first = [
        min((takers.get(base, place) for base in _bases(file.qualified(kind), file)), default=place) for kind in kinds
    ]
    if max(first) < place:
        taker = attempt.handlers[first[0]]
        step = Step(file.path, file.head_span(taker), "this handler takes it first")
        yield RULE.finding(file, handler, steps=(step,), kind=file.code(kinds[0]), broader=clause(taker, file))


def _is_certain(kind: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether the module imports the name in one way only: of two, nobody knows which counts where it runs."""
    bound = file.outline.names[""].get(dotted(kind).partition(".")[0], ())
    return len({one.target for one in bound if one.how is Bound.IMPORT}) <= 1


def _order(attempt: cst.Try, file: SourceFile) -> Order:
    """The place of each handler of a `try`, and by name the place of the first that takes an exception."""
    known: dict[cst.Try, Order] = file.cache.setdefault(_order, {})
    if attempt not in known:
        own = {handler: place for place, handler in enumerate(attempt.handlers)}
        takers: dict[str, int] = {}
        for handler, place in own.items():
            for kind in (one for one in syntax.caught(handler) if _is_certain(one, file)):
                takers.setdefault(_real(file.qualified(kind)), place)
        known[attempt] = own, takers
    return known[attempt]


def _bases(name: str | None, file: SourceFile) -> Iterator[str]:
    """The exception and all its known bases, as dotted names."""
    found = file.project.locate(name) if name else None
    for base in found[0].mro(found[1].qualname) if found else ancestry.lineage(name or ""):
        kind = _builtin(base)
        yield from (f"builtins.{one.__name__}" for one in kind.__mro__ if one is not object) if kind else (base or "",)


def _builtin(name: str | None) -> type[BaseException] | None:
    kind = getattr(builtins, name.removeprefix("builtins."), None) if name and name.startswith("builtins.") else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseException) else None


def _real(name: str | None) -> str:
    """`IOError` is `OSError`, and so is `socket.error`: the name that the type calls itself."""
    own = ancestry.own_name(name or "?")
    kind = _builtin(own)
    return f"builtins.{kind.__name__}" if kind else own
