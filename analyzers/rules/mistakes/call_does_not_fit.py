"""A call that gives a function of the program what it cannot take.

Why it matters: A value too many, one that is missing or a keyword that is not known is a `TypeError` whenever the line
runs. Lines that seldom run, as those that report an error, keep it until they are needed.

What to do: Give the function what it takes; where its parameters were changed, change all of its calls with them.

What it does not see: Functions with decorators; names that may be bound anew, by a condition or from outside; methods
of objects whose class is not known; classes with bases that are not at hand; calls in files that the change does not
touch. Nothing is said of methods that a class below writes anew to take more, nor of `self.x()` in a class whose name
says that it is a part of others (`Base...`, `...Mixin`, `Abstract...`).
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.fit import definite, signatures
from analyzers.fit.called import Called, called
from analyzers.fit.definite import Place
from analyzers.fit.outdated import outdated
from analyzers.fit.signatures import Given
from analyzers.fit.unfit import calls_unfit
from analyzers.handling import handled
from analyzers.model import Finding, Severity, Span, Step
from analyzers.purpose import TEST_PATH
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import never_runs

EXPECTING = re.compile(r"raises|suppress", re.IGNORECASE)
# Who asks one of these goes another way for what is not as it is said to be.
ASKING = frozenset({"isinstance", "issubclass", "hasattr", "callable", "signature", "getfullargspec", "version_info"})

# With https://pypi.org/project/mox3/ methods are replaced, and calls of them recorded, without a word of it.
RECORDING = "mox"

RULE = Rule(
    name="call-does-not-fit",
    title="Call that does not fit",
    weakness="CWE-628",
    severity=Severity.MEDIUM,
    message="`{call}` raises `TypeError` whenever it runs: `{signature}` {problem} `{name}`.",
    advice="Give `{function}` what it takes, or change its parameters together with all of its calls.",
    needs=(calls_unfit,),
    further=outdated,
    known_as=(
        "call-arg",
        "reportCallIssue",
        "no-value-for-parameter",
        "too-many-function-args",
        "unexpected-keyword-arg",
        "redundant-keyword-arg",
        "missing-kwoa",
        "E1120",
        "E1121",
        "E1123",
        "E1124",
        "E1125",
    ),
    bad=(
        Bad(
            """
            def notify(user, text, urgent=False):  # step
                user.mail(text, urgent)

            def refuse(user, order):
                notify(user, f'no {order}', priority='high')  # finding
            """
        ),
        Bad(
            base="""
            class Volumes:
                def attach(self, volume, host):
                    self.driver.attach(volume, host)

                def move(self, volume, host):
                    self.driver.detach(volume)
                    self.attach(volume, host)
            """,
            code="""
            class Volumes:
                def attach(self, volume, host, mode):  # step
                    self.driver.attach(volume, host, mode)

                def move(self, volume, host):
                    self.driver.detach(volume)
                    self.attach(volume, host)  # finding
            """,
        ),
        Bad(
            """
            class Refused(Exception):
                def __init__(self, order):  # step
                    super().__init__(f'no {order}')

            def check(order):
                if not order.paid:
                    raise Refused(order, 'not paid')  # finding
            """
        ),
        Bad(
            """
            from dataclasses import dataclass, field

            @dataclass
            class Order:  # step
                number: int
                lines: list = field(default_factory=list)

            def empty():
                return Order(lines=[])  # finding
            """
        ),
        Bad(
            """
            class Report:
                def __init__(self, rows):
                    self.rows = rows

                def write(self, path):  # step
                    path.write_text(str(self.rows))

            def report(rows):
                made = Report(rows)
                made.write()  # finding
            """
        ),
        Bad(
            """
            class Handler:
                def reply(self, status, text):  # step
                    self.out.send(status, text)

            class Pages(Handler):
                def reply(self, status):
                    super().reply(status)  # finding
            """
        ),
    ),
    good=(
        Good(
            "it takes whatever it is given",
            """
            def notify(user, **options):
                user.mail(options)

            def refuse(user, order):
                notify(user, text=f'no {order}', priority='high')
            """,
        ),
        Good(
            "what the star stands for is not known",
            """
            def notify(user, text):
                user.mail(text)

            def refuse(arguments):
                notify(*arguments)
            """,
        ),
        Good(
            "the decorator gives the first value",
            """
            from sessions import with_session

            @with_session
            def notify(session, user):
                session.mail(user)

            def refuse(user):
                notify(user)
            """,
        ),
        Good(
            "a class below takes more",
            """
            class Handler:
                def reply(self, status):
                    self.out.send(status)

                def refuse(self):
                    self.reply(403, 'no')

            class Pages(Handler):
                def reply(self, status, text=''):
                    self.out.send(status, text)
            """,
        ),
        Good(
            "there are two of them, and the condition says which",
            """
            import fast

            if fast.is_there:
                def pack(data, level):
                    return fast.pack(data, level)
            else:
                def pack(data):
                    return data

            def send(out, data):
                out.write(pack(data))
            """,
        ),
        Good(
            "which module it comes from depends on what is installed",
            """
            try:
                from fast import pack
            except ImportError:
                from slow import pack

            def send(out, data):
                out.write(pack(data, 9))
            """,
            files={
                "slow.py": """
                def pack(data):
                    return data
                """
            },
        ),
        Good(
            "the error is expected",
            """
            def notify(user, text):
                user.mail(text)

            def refuse(user):
                try:
                    notify(user)
                except (TypeError, ValueError):
                    notify(user, 'no')
            """,
        ),
        Good(
            "the class above may be made in another way",
            """
            from rows import Row

            class Order(Row):
                def __init__(self, number):
                    self.number = number

            def order(number, paid):
                return Order(number, paid=paid)
            """,
        ),
        Good(
            "the method is put in place of another",
            """
            class Clock:
                def now(self):
                    return 0

                def wait(self):
                    return self.now('utc')

            def patch(clock, now):
                clock.now = now
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call."""
    target = called(call, file)
    if target is None:
        return
    given = signatures.of_call(call, file.code)
    given = given.behind(target.first) if target.first else given
    problem = signatures.misfit(given, target.signature)
    if (
        problem
        and not _is_excused(call, file)
        and not _is_replaced(target, call, file)
        and not _taken_below(target, given)
    ):
        code = file.code(call.func)
        yield RULE.finding(
            file,
            call,
            steps=(_step(target),),
            call=f"{code}()" if not call.args else f"{code}(...)",
            signature=target.signature.text,
            function=_name(target),
            problem=problem.problem,
            name=problem.name,
        )


def _step(target: Called) -> Step:
    file, definition = target.place.file, target.place.definition
    head = Span(definition.head, 1, definition.head, len(file.line_text(definition.head)) + 1)
    return Step(file.path, head, f"`{_name(target)}` is defined here")


def _name(target: Called) -> str:
    """What a reader calls the function: of what makes an object, the class."""
    definition = target.place.definition
    return definition.parent.rpartition(".")[2] if definition.name == "__init__" else definition.name


def _is_excused(call: cst.Call, file: SourceFile) -> bool:
    """Whether the code around the call expects it to fail, or asks first whether it can be made.

    Outside of tests nobody who takes every error means this one.
    """
    if (
        RECORDING in file.words
        or never_runs(call, file)
        or (TEST_PATH.search(file.path) and handled(call, file, TypeError))
    ):
        return True
    for outer in file.ancestors(call):
        if isinstance(outer, (cst.Try, cst.TryStar)) and any(map(_takes_type_error, outer.handlers)):
            return True
        if isinstance(outer, cst.With) and any(_expects(item.item) for item in outer.items):
            return True
        if isinstance(outer, cst.Call) and _expects(outer):
            return True
        if isinstance(outer, (cst.If, cst.IfExp)) and any(
            syntax.last_name(part) in ASKING for part in syntax.inside(outer.test)
        ):
            return True
    return False


def _takes_type_error(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    kinds = syntax.caught(handler) if isinstance(handler, cst.ExceptHandler) else (handler.type,)
    return any(syntax.last_name(kind) == "TypeError" for kind in kinds)


def _expects(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and EXPECTING.search(syntax.last_name(node.func)) is not None


def _is_replaced(target: Called, call: cst.Call, file: SourceFile) -> bool:
    """Whether anything at hand puts something else in the place of the function, or of its class."""
    definition = target.place.definition
    said = {part.value for part in syntax.inside(call.func) if isinstance(part, cst.Name)}
    names = {definition.name, definition.parent.rpartition(".")[2], *said} - {"", "self", "cls", "super"}
    either = "|".join(map(re.escape, names))
    given = re.compile(
        rf"\.(?:{either})[ \t]*(?::[^=\n]*)?=(?!=)"
        rf"|(?:patch|setattr|[Ss]tub|replace)[\w.]{{0,200}}\([^\"']{{0,200}}[\"'](?:[\w.]*\.)?(?:{either})[\"']"
    )
    return any(given.search(other.text) for other in file.project.files.values())


def _taken_below(target: Called, given: Given) -> bool:
    """Whether a class below the method's own has another one of its name, which may take what is given."""
    if target.owner is None:
        return False
    name = target.place.definition.name
    for other in definite.below(target.owner):
        if definite.binds(other, name) and _may_come_first(other, target.caller):
            found = definite.attribute([other], name)
            node = found.function if found else None
            if node is None or node.decorator_list or not signatures.misfit(given, signatures.of_function(node, name)):
                return True
    return False


def _may_come_first(other: Place, caller: Place | None) -> bool:
    """Whether another class may stand between the class that says `super()` and those above it."""
    return caller is None or any(definite.is_below(one, other) for one in definite.below(caller))
