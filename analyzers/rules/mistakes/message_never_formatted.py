"""The text of an exception and what belongs into it, side by side: nobody puts them together.

Why it matters: `raise ValueError("no user %s", name)` looks like a call of `logging`, but an exception takes its
arguments as they are. Who reads the error gets a tuple with a `%s` in it, and so does whoever compares or shows it.

What to do: Put the text together first: `"no user %s" % name`, or an f-string.

What it does not see: Exceptions with an `__init__` or a `__str__` of their own, and those of libraries, which may well
put the text together; texts that are not written out; more or fewer placeholders than there are further arguments.
"""

import ast
import builtins
import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.fit.misfits import untranslated
from analyzers.fit.placeholders import Unclear, by_position, percent_marks, simple_braces
from analyzers.glimpse import Glimpse
from analyzers.model import Edit, Finding, Fix, Safety, Severity, Span
from analyzers.names import bases
from analyzers.nearby import at_hand
from analyzers.outline import Definition, Kind, dotted
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# Their further arguments mean something of their own: https://docs.python.org/3/library/exceptions.html
OWN_MEANING = (OSError, SyntaxError, UnicodeError, StopIteration, StopAsyncIteration, SystemExit, BaseExceptionGroup)
# A class with one of these, or a handler that does this, may put the text together.
PUTS_TOGETHER = frozenset({"__init__", "__new__", "__str__", "__repr__", "__getattribute__", "args"})
LATER = re.compile(r"\*\s*\w+\.args\b|%\s*\(?\s*\w+\.args\b|\.args\[1")
SHOWN = ("s", "r", "a", "%")
DEPTH = 8


def _shows_both(glimpse: Glimpse) -> bool:
    """Whether something is made with a text that has placeholders, and with as much behind it."""
    if "%" not in glimpse.text and "{}" not in glimpse.text:
        return False
    calls = (node for node in glimpse.nodes if isinstance(node, ast.Call))
    return not glimpse.nodes or any(map(_may_lack_formatting, calls))


def _may_lack_formatting(call: ast.Call) -> bool:
    if len(call.args) < 2 or not _is_class_name(dotted(call.func)):
        return False
    text = call.args[0]
    if isinstance(text, ast.Call) and len(text.args) == 1:
        text = text.args[0]
    return isinstance(text, ast.Constant) and isinstance(text.value, str) and _takes(text.value, len(call.args) - 1)


RULE = Rule(
    name="message-never-formatted",
    title="Message that nobody puts together",
    weakness="CWE-628",
    severity=Severity.LOW,
    message="`{error}` takes its arguments as they are: whoever reads the error sees `({shown})`.",
    advice="Put `{filling}` behind the text in place of the comma.",
    in_tests=False,
    needs=(_shows_both,),
    known_as=("raising-format-tuple", "W0715", "PLW0715"),
    bad=(
        Bad(
            """
            def find(users, name):
                if name not in users:
                    raise LookupError("there is no user %s", name)  # finding
                return users[name]
            """,
            fixed="""
            def find(users, name):
                if name not in users:
                    raise LookupError("there is no user %s" % (name,))
                return users[name]
            """,
        ),
        Bad(
            """
            class Refused(Exception):
                '''The server does not want this.'''

            def send(server, order):
                answer = server.post(order)
                if answer.status != 200:
                    raise Refused(  # finding
                        "order %d was refused: "
                        "%s",
                        order.id,
                        answer.text,
                    )
            """,
            fixed="""
            class Refused(Exception):
                '''The server does not want this.'''

            def send(server, order):
                answer = server.post(order)
                if answer.status != 200:
                    raise Refused(
                        "order %d was refused: "
                        "%s" %
                        (order.id,
                        answer.text),
                    )
            """,
        ),
        Bad(
            """
            def ratio(part, whole):
                if not whole:
                    raise ZeroDivisionError("{} of {}", part, whole)  # finding
                return part / whole
            """,
            fixed="""
            def ratio(part, whole):
                if not whole:
                    raise ZeroDivisionError("{} of {}".format(part, whole))
                return part / whole
            """,
        ),
    ),
    good=(
        Good(
            "the text is put together",
            "def refuse(name):\n    raise LookupError('there is no user %s' % name)",
        ),
        Good(
            "the class puts its text together",
            """
            class Refused(Exception):
                def __init__(self, text, *values):
                    super().__init__(text % values)

            class Late(Refused):
                pass

            def refuse(order):
                raise Late("order %s is late", order)
            """,
        ),
        Good(
            "a class of which nothing is known",
            "from shop.errors import Refused\ndef refuse(order):\n    raise Refused('order %s', order)",
        ),
        Good(
            "who catches it puts the text together",
            """
            def refuse(order):
                raise ValueError("order %s is late", order)

            def run(log, order):
                try:
                    refuse(order)
                except ValueError as error:
                    log.error(*error.args)
            """,
        ),
        Good(
            "the further argument is no part of the text",
            "def refuse(values):\n    raise ValueError('100% is too much', values)",
        ),
        Good("the arguments have a meaning of their own", "def refuse(path):\n    raise OSError('no %s', path)"),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call that may make an exception."""
    if len(call.args) < 2 or any(arg.star or arg.keyword for arg in call.args) or not _is_class_name(_called(call)):
        return
    text, *values = (arg.value for arg in call.args)
    words = syntax.text_value(untranslated(text))
    if words is None or not _takes(words, len(values)) or not _keeps_arguments(file.qualified(call.func), file):
        return
    if any(LATER.search(other.text) for other in at_hand(file)):
        return
    given = ", ".join(map(file.code, values))
    filling = f".format({given})" if _braces(words) else f"% ({given}{',' * (len(values) == 1)})"
    shown = ", ".join(file.code(arg.value) for arg in call.args)
    yield RULE.finding(
        file, call, fix=_fix(call, words, file), error=file.code(call.func), shown=shown, filling=filling
    )


def _called(call: cst.Call) -> str:
    return syntax.last_name(call.func) if isinstance(call.func, (cst.Name, cst.Attribute)) else ""


def _is_class_name(name: str) -> bool:
    return name.rpartition(".")[2].lstrip("_")[:1].isupper()


def _takes(text: str, count: int) -> bool:
    """Whether a text has just as many placeholders by position, all of one kind."""
    try:
        marks = [mark for mark in percent_marks(text) if mark.kind != "%"]
    except Unclear:
        return False
    if any(" " in mark.written for mark in marks):
        return False
    return simple_braces(text) == count if not marks else "{}" not in text and by_position(text, count) is None


def _braces(text: str) -> bool:
    return simple_braces(text) > 0


def _keeps_arguments(name: str | None, file: SourceFile, depth: int = 0) -> bool:
    """Whether it is an exception that keeps its arguments as they are, by all that its class and those above say."""
    if name is None or depth > DEPTH:
        return False
    kind = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
    if kind is not None:
        return isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, OWN_MEANING)
    found = file.project.locate(name)
    if found is None or found[1].kind is not Kind.CLASS or found[1].decorators:
        return False
    other, definition = found
    above = list(bases(other, definition.qualname))
    plain = not any(word in line for line in _lines(other, definition) for word in PUTS_TOGETHER | {"metaclass"})
    known = len(above) == len(definition.bases) and above
    return bool(plain and known) and all(_keeps_arguments(one, other, depth + 1) for one in above)


def _lines(file: SourceFile, definition: Definition) -> list[str]:
    return file.lines[definition.line - 1 : definition.end_line]


def _fix(call: cst.Call, text: str, file: SourceFile) -> Fix | None:
    """The comma behind the text gives way to the operator or the method; the values are put into brackets."""
    spans = [file.span(arg.value) for arg in call.args]
    first, second, last = spans[0], spans[1], spans[-1]
    between = Span(first.end_line, first.end_column, second.line, second.column)
    written = file.text_of(between)
    if written.strip() != "," or not written.startswith(","):
        return None
    blank = written[1:]
    before = f".format({blank if blank.strip(' ') else ''}" if _braces(text) else f" %{blank or ' '}("
    after = ",)" if len(spans) == 2 and not _braces(text) else ")"
    end = Span(last.end_line, last.end_column, last.end_line, last.end_column)
    return Fix("Put the text together", _safety(call, text, file), (Edit(between, before), Edit(end, after)))


def _safety(call: cst.Call, text: str, file: SourceFile) -> Safety:
    """Any value can be shown, but only a number as a number; and a class of the project may be read elsewhere."""
    builtin = (file.qualified(call.func) or "").startswith("builtins.")
    return Safety.SAFE if builtin and all(mark.kind in SHOWN for mark in percent_marks(text)) else Safety.UNSAFE
