"""A variable of the environment, used as if it were always set.

Why it matters: `os.environ.get` and `os.getenv` give None for a variable that is not set. On the one machine where it
is missing, the program fails with "int() argument must be ... not 'NoneType'" instead of the variable's name.

What to do: `os.environ["NAME"]` names the missing variable in its error; a default makes it optional.

What it does not see: Values that are kept in attributes, or handed to functions of your own. Nothing is said where the
file leaves, before the use or in another function that it calls, after a test that speaks of the variable.
"""

import ast
from collections.abc import Iterator, Mapping

import libcst as cst

from analyzers.environment import demanded, set_here, spoken_of
from analyzers.flow import api
from analyzers.glimpse import says
from analyzers.handling import handled
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.syntax import inside, last_name, text_value
from analyzers.waits import running

READERS = frozenset({"os.environ.get", "os.getenv"})
# Calls whose first argument must not be None.
STRICT = frozenset(
    {f"builtins.{name}" for name in ("int", "float", "len", "open", "sorted", "list", "set", "tuple", "iter")}
    | {
        f"os.path.{name}"
        for name in ("join", "exists", "isfile", "isdir", "abspath", "expanduser", "dirname", "basename")
    }
    | {"os.listdir", "os.makedirs", "pathlib.Path", "json.loads", "base64.b64decode"}
    | {"shlex.split", "ast.literal_eval", "datetime.datetime.fromisoformat"}
)
# The system sets these for every process.
ALWAYS_SET = frozenset(
    "HOME PATH USER USERNAME LOGNAME PWD SHELL LANG TERM TEMP TMP TMPDIR APPDATA LOCALAPPDATA USERPROFILE SYSTEMROOT "
    "WINDIR PROGRAMFILES PROGRAMDATA COMSPEC".split()
)

Function = cst.FunctionDef | cst.Lambda
Use = cst.Attribute | cst.Call | cst.BinaryOperation
USES = (cst.Attribute, cst.Call, cst.BinaryOperation)

RULE = Rule(
    name="environment-value-missing",
    title="Environment variable that may be missing",
    weakness="CWE-476",
    severity=Severity.MEDIUM,
    message="`{value}` is None where `{variable}` is not set, and `{use}` then fails without naming it.",
    advice="Read `os.environ[{variable}]`, whose error names the variable, or give `get` a default.",
    topic="variables of the environment",
    clean="with a default or a check",
    in_tests=False,
    in_tools=False,
    needs=(says("environ getenv"),),
    bad=(
        Bad(
            """
            import os

            WORKERS = int(os.environ.get('WORKERS'))  # finding
            """,
            fixed="""
            import os

            WORKERS = int(os.environ['WORKERS'])
            """,
        ),
        Bad(
            """
            import os

            def hosts():
                return os.getenv('ALLOWED_HOSTS').split(',')  # finding
            """,
            fixed="""
            import os

            def hosts():
                return os.environ['ALLOWED_HOSTS'].split(',')
            """,
        ),
        Bad(
            """
            import os

            def settings_file(name):
                folder = os.environ.get('SETTINGS')  # step
                found = os.path.join(folder, name)  # finding
                return found, os.path.join(folder, "default")
            """
        ),
        Bad(
            base="""
            import os

            def workers():
                return int(os.environ.get('WORKERS', '2'))
            """,
            code="""
            import os

            def workers():
                return int(os.environ.get('WORKERS'))  # finding
            """,
            fixed="""
            import os

            def workers():
                return int(os.environ['WORKERS'])
            """,
        ),
        Bad(
            base="""
            import os

            def port():
                if not os.getenv('PORT'):
                    raise SystemExit('PORT is not set')
                return int(os.getenv('PORT'))
            """,
            code="""
            import os

            def port():
                return int(os.getenv('PORT'))  # finding
            """,
            fixed="""
            import os

            def port():
                return int(os.environ['PORT'])
            """,
        ),
        Bad(
            """
            import os

            def port(log):
                if not os.getenv('HOST'):
                    raise SystemExit('HOST is not set')
                if not os.getenv('PORT'):
                    log.error('PORT is not set')
                return int(os.getenv('PORT'))  # finding
            """,
            fixed="""
            import os

            def port(log):
                if not os.getenv('HOST'):
                    raise SystemExit('HOST is not set')
                if not os.getenv('PORT'):
                    log.error('PORT is not set')
                return int(os.environ['PORT'])
            """,
        ),
        Bad(
            "import os\ndef address():\n    return 'https://' + os.getenv('API_HOST') + '/v1'  # finding",
            fixed="import os\ndef address():\n    return 'https://' + os.environ['API_HOST'] + '/v1'",
        ),
    ),
    good=(
        Good("every process has it", "import os\nFOLDER = os.path.join(os.environ.get('HOME'), '.shop')"),
        Good("there is a default", "import os\nWORKERS = int(os.environ.get('WORKERS', '2'))"),
        Good(
            "a default stands behind it",
            "import os\nWORKERS = int(os.environ.get('WORKERS') or 2)",
        ),
        Good(
            "it is used only when it is set",
            """
            import os

            def settings_file(name):
                folder = os.environ.get('SETTINGS')
                if folder is None:
                    return name
                return os.path.join(folder, name)
            """,
        ),
        Good(
            "the missing value is expected",
            """
            import os

            def workers():
                try:
                    return int(os.environ.get('WORKERS'))
                except (TypeError, ValueError):
                    return 2
            """,
        ),
        Good(
            "the program sets it when it starts",
            """
            import os

            def begin(pool):
                os.environ['WORKERS'] = str(pool.size)

            def workers():
                return int(os.environ.get('WORKERS'))
            """,
        ),
        Good(
            "asked once whether it is set, and read again",
            """
            import os

            def workers():
                if os.environ.get('WORKERS'):
                    return int(os.environ.get('WORKERS'))
                return 2
            """,
        ),
        Good(
            "it raises before where the variable is missing",
            """
            import os

            def port():
                if 'PORT' not in os.environ:
                    raise SystemExit('PORT is not set')
                return int(os.environ.get('PORT'))
            """,
        ),
        Good(
            "without it the function has nothing to do",
            """
            import os

            def warm(cache):
                if not os.getenv('CACHE_URL'):
                    return
                cache.fill(os.getenv('CACHE_URL').split(','))
            """,
        ),
        Good(
            "the module demands it",
            """
            import os

            assert os.getenv('PORT'), 'PORT is not set'

            def port():
                return int(os.environ.get('PORT'))
            """,
        ),
        Good(
            "all of them are asked for",
            """
            import os

            def connect(connector):
                if not all(os.getenv(name) for name in ('DB_HOST', 'DB_PORT')):
                    return None
                return connector(os.getenv('DB_HOST'), int(os.getenv('DB_PORT')))
            """,
        ),
        Good(
            "the program begins by asking for all of them",
            """
            import os
            import sys

            NEEDED = ['DB_HOST', 'DB_PORT']

            def check_environment():
                missing = [name for name in NEEDED if not os.environ.get(name)]
                if missing:
                    sys.exit('not set: ' + ', '.join(missing))

            def connect(connector):
                return connector(os.environ['DB_HOST'], int(os.environ.get('DB_PORT')))

            def main(connector):
                check_environment()
                connect(connector).run()
            """,
        ),
        Good(
            "a read that raises stands before it",
            """
            import os

            def address():
                name = os.environ['HOST']
                return name.strip() or os.environ.get('HOST').lower()
            """,
        ),
    ),
)


@RULE.on(*USES)
def check(use: Use, file: SourceFile) -> Iterator[Finding | Examined]:
    """One attribute of a value, one call with a value first, or a text that a value is added to."""
    if not spoken_of(file):
        return
    value = _used(use, file)
    if not isinstance(value, (cst.Call, cst.Name)):
        return
    call = _read(value, file)
    if call is None or (call is not value and not _is_first(use, value, call, file)):
        return
    expected = AttributeError if isinstance(use, cst.Attribute) else TypeError
    if handled(use, file, expected) or _asked(call, use, file) or _demanded(call, use, file):
        yield RULE.examined(file, use)
        return
    called = f"{file.code(use.func)}()" if isinstance(use, cst.Call) else "+"
    steps = () if call is value else (Step(file.path, file.span(call), "None where the variable is not set"),)
    yield RULE.finding(
        file,
        use,
        steps=steps,
        fix=_fix(call, file) if call is value else None,
        value=file.code(value),
        variable=file.code(call.args[0].value),
        use=f".{use.attr.value}" if isinstance(use, cst.Attribute) else called,
    )


def _used(use: Use, file: SourceFile) -> cst.BaseExpression | None:
    """What must not be None there: what has the attribute, is the first argument, or is added to a text."""
    if isinstance(use, cst.BinaryOperation):
        sides = (use.left, use.right) if isinstance(use.operator, cst.Add) else ()
        texts = [isinstance(side, (cst.SimpleString, cst.FormattedString)) for side in sides]
        return sides[texts.index(False)] if sum(texts) == 1 else None
    return use.value if isinstance(use, cst.Attribute) else _strict_argument(use, file)


def _strict_argument(call: cst.Call, file: SourceFile) -> cst.BaseExpression | None:
    """The first argument of a call that cannot take None."""
    if not call.args or call.args[0].keyword or call.args[0].star:
        return None
    return call.args[0].value if file.qualified(call.func) in STRICT else None


def _read(value: cst.Call | cst.Name, file: SourceFile) -> cst.Call | None:
    """The reading of the environment that the value comes from, where it may be None."""
    if isinstance(value, cst.Call) and file.qualified(value.func) not in READERS:
        return None
    cause = api.may_be_none(file, value)
    call = cause.node if cause else None
    if not isinstance(call, cst.Call) or file.qualified(call.func) not in READERS or len(call.args) != 1:
        return None
    name = text_value(call.args[0].value) or ""
    return None if name.upper() in ALWAYS_SET or (name and set_here(name, file)) else call


def _is_first(use: cst.CSTNode, value: cst.BaseExpression, call: cst.Call, file: SourceFile) -> bool:
    """Whether no use above would fail already for the same variable."""
    function = running(use, file)
    first = _first_uses(function, file).get((last_name(value), call)) if function else None
    return first is None or file.span(use) <= file.span(first)


def _first_uses(function: Function, file: SourceFile) -> Mapping[tuple[str, cst.Call], Use]:
    """The first use of each variable in a function that holds what one of its calls has read."""
    known: dict[Function, dict[tuple[str, cst.Call], Use]] = file.cache.setdefault(_first_uses, {})
    if function not in known:
        known[function] = {}
        uses = [node for node in inside(function.body) if isinstance(node, USES)]
        for use in sorted(uses, key=file.span):
            value = _used(use, file)
            call = _read(value, file) if isinstance(value, cst.Name) else None
            if isinstance(value, cst.Name) and call is not None:
                known[function].setdefault((value.value, call), use)
    return known[function]


def _asked(call: cst.Call, use: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a condition around the use speaks of the same variable."""
    name = file.code(call.args[0].value)
    tests = (outer.test for outer in file.ancestors(use) if isinstance(outer, (cst.If, cst.IfExp)))
    both = (outer.left for outer in file.ancestors(use) if isinstance(outer, cst.BooleanOperation))
    return any(name in file.code(test) for test in (*tests, *both))


def _demanded(call: cst.Call, use: cst.CSTNode, file: SourceFile) -> bool:
    """Whether the file leaves, or has left, where the variable is missing."""
    variable = ast.parse(f"({file.code(call.args[0].value)}\n)", mode="eval").body
    return demanded(variable, file.line(use), file)


def _fix(call: cst.Call, file: SourceFile) -> Fix | None:
    """`os.environ[name]` in place of the call, where the module is at hand."""
    if not isinstance(call.func, cst.Attribute):
        return None
    holder = file.code(call.func.value) + ("" if call.func.attr.value == "get" else ".environ")
    edit = Edit(file.span(call), f"{holder}[{file.code(call.args[0].value)}]")
    return Fix("Name the variable when it is missing", Safety.UNSAFE, (edit,))
