"""A lock file or a secret that is written only after a look that it is not there.

Why it matters: Between the look and the opening, another process can create the file, or a link to another file.
`open(path, "w")` then overwrites it: two processes both believe they hold the lock, or use different keys, and in a
shared folder an attacker chooses which file is written.

What to do: `open(path, "x")` creates the file or fails with `FileExistsError`, without a gap.

What it does not see: Checks whose result is kept in a variable; files written by other calls than `open`;
files whose name speaks neither of a lock nor of a secret, where losing the race mostly does no harm.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.model import Confidence, Edit, Examined, Finding, Fix, Safety, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

LOOKS = frozenset({"os.path.exists", "os.path.isfile", "os.path.lexists"})
WORDS = frozenset(
    "lock lockfile pid pidfile key keyfile secret secrets token password credential credentials cert".split()
)
LOOK_METHODS = frozenset({"exists", "is_file"})

RULE = Rule(
    name="file-created-after-check",
    title="File created after a check",
    weakness="CWE-367",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    message="Whoever creates `{path}` after the check loses its content here: mode `{mode}` overwrites it.",
    advice="Open `{path}` with mode `{exclusive}`, which creates it or raises `FileExistsError`.",
    topic="files created when missing",
    clean="in one step",
    in_tests=False,
    in_tools=False,
    needs=(
        says("exists isfile lexists is_file"),
        says("open"),
    ),
    bad=(
        Bad(
            """
            import os

            def first_key(path, key):
                if not os.path.exists(path):  # step
                    with open(path, 'w') as file:  # finding
                        file.write(key)
            """,
            fixed="""
            import os

            def first_key(path, key):
                if not os.path.exists(path):
                    with open(path, 'x') as file:
                        file.write(key)
            """,
        ),
        Bad(
            """
            def acquire(lock_file):
                if lock_file.exists():  # step
                    raise RuntimeError(f'{lock_file} is held')
                with lock_file.open('wb') as file:  # finding
                    file.write(b'mine')
            """,
            fixed="""
            def acquire(lock_file):
                if lock_file.exists():
                    raise RuntimeError(f'{lock_file} is held')
                with lock_file.open('xb') as file:
                    file.write(b'mine')
            """,
        ),
    ),
    good=(
        Good(
            "the file is created or the call fails",
            """
            def first_key(path, key):
                try:
                    with open(path, 'x') as file:
                        file.write(key)
                except FileExistsError:
                    pass
            """,
        ),
        Good(
            "what is written is another file",
            """
            import os

            def new_key(path, key):
                if not os.path.exists(path):
                    with open(path + '.new', 'w') as file:
                        file.write(key)
            """,
        ),
        Good(
            "only a reader follows the check",
            """
            import os

            def read_key(path):
                if not os.path.exists(path):
                    return ''
                with open(path) as file:
                    return file.read()
            """,
        ),
        Good(
            "the file is meant to be replaced",
            """
            import os

            def replace_key(path, text):
                if os.path.exists(path):
                    os.rename(path, path + '.old')
                with open(path, 'w') as file:
                    file.write(text)
            """,
        ),
        Good(
            "losing this race does no harm",
            """
            import os

            def example(path):
                if not os.path.exists(path):
                    with open(path, 'w') as file:
                        file.write('# put your settings here')
            """,
        ),
    ),
)


@RULE.on(cst.If)
def check(condition: cst.If, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `if not exists(path)`, or one `if exists(path)` that leaves."""
    negated = isinstance(condition.test, cst.UnaryOperation) and isinstance(condition.test.operator, cst.Not)
    look = condition.test.expression if isinstance(condition.test, cst.UnaryOperation) else condition.test
    path = _looked_for(look, file)
    if not WORDS & {*syntax.words(path), *syntax.words(file.definition_name(condition))}:
        return
    act = next((node for node in _guarded(condition, negated, file) if _opens(node, path, file)), None)
    if not isinstance(act, cst.Call):
        return
    mode = _mode(act)
    text = syntax.text_value(mode) or ""
    if "x" in text:
        yield RULE.examined(file, act)
    elif mode is not None and text.startswith("w"):
        exclusive = text.replace("w", "x")
        step = Step(file.path, file.span(look), "the check")
        edit = Edit(file.span(mode), file.code(mode).replace("w", "x", 1))
        fix = Fix("Create the file or fail", Safety.UNSAFE, (edit,))
        yield RULE.finding(file, act, steps=(step,), fix=fix, path=path, mode=text, exclusive=exclusive)


def _looked_for(look: cst.BaseExpression, file: SourceFile) -> str:
    """The code of the path of `exists(path)` or `path.exists()`, "" for another test."""
    if not isinstance(look, cst.Call):
        return ""
    if file.qualified(look.func) in LOOKS:
        return file.code(look.args[0].value) if look.args else ""
    subject = syntax.receiver(look)
    known = syntax.method(look) in LOOK_METHODS and not look.args and file.qualified(look.func) is None
    return file.code(subject) if subject is not None and known else ""


def _guarded(condition: cst.If, negated: bool, file: SourceFile) -> Iterator[cst.CSTNode]:
    """What runs only when the file is missing: the body of `if not`, or all that follows an `if` that raises."""
    if negated:
        yield from syntax.inside(condition.body)
        return
    block = file.parent(condition)
    last = [*syntax.small_statements(condition.body)][-1:]
    raises = bool(last) and isinstance(last[0], cst.Raise)
    if raises and condition.orelse is None and isinstance(block, cst.IndentedBlock):
        place = block.body.index(condition)
        yield from syntax.inside(*block.body[place + 1 :])


def _opens(node: cst.CSTNode, path: str, file: SourceFile) -> bool:
    if not isinstance(node, cst.Call):
        return False
    if file.qualified(node.func) in ("builtins.open", "io.open"):
        return bool(node.args) and file.code(node.args[0].value) == path
    subject = syntax.receiver(node)
    return syntax.method(node) == "open" and subject is not None and file.code(subject) == path


def _mode(call: cst.Call) -> cst.BaseExpression | None:
    return syntax.argument(call, 0 if syntax.receiver(call) is not None else 1, "mode")
