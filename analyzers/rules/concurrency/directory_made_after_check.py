"""A directory that is made only after a look whether it is there.

Why it matters: Between the look and the making, another process or thread can make the directory. Then the making
fails with `FileExistsError`, mostly when several workers start at the same time.

What to do: `os.makedirs(path, exist_ok=True)` or `path.mkdir(exist_ok=True)`: one step, without a gap.

What it does not see: Checks whose result is kept in a variable; checks in another function; making
a directory together with other work that must be done once. Where neither threads nor processes nor handlers of
requests are in sight, the finding has low confidence: a program alone with its folder wins every race.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.handlers import is_handler
from analyzers.handling import handled
from analyzers.model import Confidence, Edit, Finding, Fix, Safety, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

LOOKS = frozenset({"os.path.exists", "os.path.isdir"})
LOOK_METHODS = frozenset({"exists", "is_dir"})
# Who imports one of these does several things at a time. Coroutines change places only where they wait.
SIDE_BY_SIDE = frozenset("threading multiprocessing concurrent celery gevent eventlet joblib".split())
# Where a program begins it is still alone.
BEGINNING = frozenset({"__init__", "main", "setup", "start"})
CERTAIN = frozenset({"isdir", "is_dir"})

RULE = Rule(
    name="directory-made-after-check",
    title="Directory made after a check",
    weakness="CWE-367",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    message="When another thread or process makes `{path}` after the check, `{call}` fails with `FileExistsError`.",
    advice="Drop the check, and give `{call}` the argument `exist_ok=True`.",
    in_tests=False,
    in_tools=False,
    needs=(
        says("exists isdir is_dir"),
        says("makedirs mkdir"),
    ),
    bad=(
        Bad(
            """
            import os

            def prepare(folder):
                if not os.path.isdir(folder):  # step
                    os.makedirs(folder)  # finding
            """,
            fixed="""
            import os

            def prepare(folder):
                os.makedirs(folder, exist_ok=True)
            """,
        ),
        Bad(
            """
            def save(path, text):
                if not path.parent.exists():  # step
                    path.parent.mkdir(parents=True)  # finding
                path.write_text(text)
            """,
            fixed="""
            def save(path, text):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            """,
        ),
        Bad(
            base="""
            import os

            def prepare(folder):
                os.makedirs(folder, exist_ok=True)
            """,
            code="""
            import os

            def prepare(folder):
                if not os.path.exists(folder):  # step
                    os.makedirs(folder)  # finding
            """,
            fixed="""
            import os

            def prepare(folder):
                os.makedirs(folder, exist_ok=True)
            """,
        ),
    ),
    good=(
        Good("one step without a gap", "import os\ndef prepare(folder):\n    os.makedirs(folder, exist_ok=True)"),
        Good(
            "the check only decides what is logged",
            """
            import os

            def prepare(folder, log):
                if not os.path.isdir(folder):
                    log.info('making %s', folder)
                    os.makedirs(folder, exist_ok=True)
            """,
        ),
        Good(
            "more than the making hangs on the check",
            """
            import os

            def prepare(folder):
                if not os.path.exists(folder):
                    os.makedirs(folder)
                    fill(folder)
            """,
        ),
        Good(
            "the error of a lost race is expected",
            """
            import os

            def prepare(folder):
                try:
                    if not os.path.isdir(folder):
                        os.makedirs(folder)
                except OSError:
                    pass
            """,
        ),
        Good(
            "another directory is looked for",
            """
            import os

            def prepare(folder):
                if not os.path.isdir(folder + '/cache'):
                    os.makedirs(folder + '/other')
            """,
        ),
    ),
)


@RULE.on(cst.If)
def check(condition: cst.If, file: SourceFile) -> Iterator[Finding]:
    """One `if not exists(path)`."""
    look = _look(condition.test, file)
    path = _path(look, file) if look else ""
    if not look or not path:
        return
    for node in syntax.inside(condition.body):
        if isinstance(node, cst.Call) and _makes(node, path, file) and not handled(node, file, FileExistsError):
            step = Step(file.path, file.span(look), "the check")
            fix = _fix(condition, look, node, file)
            if fix:
                sure = RULE.confidence if _side_by_side(node, file) else Confidence.LOW
                call = file.code(node.func)
                yield RULE.finding(file, node, steps=(step,), fix=fix, confidence=sure, path=path, call=call)
            return


def _side_by_side(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether somebody else may be at the same place: the file starts threads, or answers requests."""
    roots = {one.target.partition(".")[0] for bound in file.outline.names[""].values() for one in bound}
    around = file.outline.by_name.get(file.definition_name(node))
    if around is None or around.name in BEGINNING:
        return False
    return not SIDE_BY_SIDE.isdisjoint(roots) or is_handler(around, file)


def _look(test: cst.BaseExpression, file: SourceFile) -> cst.Call | None:
    """The call of `not exists(path)`."""
    if not isinstance(test, cst.UnaryOperation) or not isinstance(test.operator, cst.Not):
        return None
    call = test.expression
    if not isinstance(call, cst.Call):
        return None
    known = file.qualified(call.func) in LOOKS or (syntax.method(call) in LOOK_METHODS and not call.args)
    return call if known else None


def _path(call: cst.Call, file: SourceFile) -> str:
    """The code of the path that a call is about: its first argument, or what its method is called on."""
    name = file.qualified(call.func) or ""
    subject = syntax.argument(call, 0, "path", "name") if name.startswith("os.") else syntax.receiver(call)
    return file.code(subject) if subject is not None else ""


def _makes(call: cst.Call, path: str, file: SourceFile) -> bool:
    name = file.qualified(call.func)
    known = name in ("os.makedirs", "os.mkdir") or (name is None and syntax.method(call) == "mkdir")
    return known and _path(call, file) == path and syntax.argument(call, 2, "exist_ok") is None


def _fix(condition: cst.If, look: cst.Call, call: cst.Call, file: SourceFile) -> Fix | None:
    """The making alone, where it is all that the condition holds."""
    span = file.span(condition)
    alone = span.end_line == span.line + 1 and condition.orelse is None
    whole = file.code(condition.body.body[0]).strip() == file.code(call)
    if not alone or not whole or file.qualified(call.func) == "os.mkdir" or syntax.has_stars(call):
        return None
    given = file.code(call).rstrip(") ,")
    text = f"{given}{', ' if call.args else ''}exist_ok=True)"
    certain = syntax.last_name(look.func) in CERTAIN and "#" not in file.code(condition)
    safety = Safety.SAFE if certain else Safety.UNSAFE
    return Fix("Make it in one step", safety, (Edit(span, text),))
