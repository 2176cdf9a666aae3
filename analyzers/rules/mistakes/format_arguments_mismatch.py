"""Arguments that do not fit the text they are put into.

Why it matters: `"%s of %s" % (done,)` raises an error wherever it runs; and that is often where an error shall be told,
so that this one hides the other. `logging` raises nothing: it prints a traceback, and the line is in no log.

What to do: Give as many arguments as the text has placeholders, under the names that it has; write `%%` for a percent
sign, and `{{` and `}}` for braces.

What it does not see: Texts that are not constant, or change apart from the place that uses them; arguments behind a
star; a value of the wrong type; surplus arguments of `str.format`, which raise nothing; loggers that are handed in, or
come from another module. One argument that may be a mapping, beside a text that takes none, is left to the formatter;
and a text in braces is of low confidence for a logger, which may have learned to fill them.
"""

import ast
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax, trees
from analyzers.fit.misfits import logging_misfit, operator_misfit, text_of
from analyzers.fit.placeholders import Misfit, by_name, by_position, in_braces
from analyzers.glimpse import Glimpse
from analyzers.handling import handled
from analyzers.model import Confidence, Finding, Severity
from analyzers.outline import Bound, Kind, Names, Unit
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# https://docs.python.org/3/library/logging.html#logging.Logger.debug; the texts come first, behind the level in `log`.
LEVELS = {"log": 1} | dict.fromkeys("debug info warning warn error critical fatal exception".split(), 0)
# https://docs.celeryq.dev/en/stable/userguide/tasks.html#logging
LOGGERS = frozenset({
    "logging", "logging.root", "logging.getLogger()", "logging.Logger()", "logging.getLogger().getChild()",
    "oslo_log.log.getLogger()", "celery.utils.log.get_task_logger()", "celery.utils.log.get_logger()",
})  # fmt: skip
LOST = "logging prints a traceback, and the line is in no log"
UNSHOWN = "what is given is not written, and nor is the line, unless it is a mapping"
# What a module binds like this may be a text.
VALUES = (Bound.OTHER, Bound.ALIAS, Bound.IMPORT)
# No arguments fit it.
UNFIT = "%!{"


def _shows_text(glimpse: Glimpse) -> bool:
    return "%" in glimpse.text or "format" in glimpse.written or not glimpse.written.isdisjoint(LEVELS)


def _shows_misfit(glimpse: Glimpse) -> bool:
    """Whether the arguments of a text may not fit it; in syntax that `ast` does not know, nothing can be told."""
    asked = (node for node in glimpse.nodes if isinstance(node, (ast.BinOp, ast.Call)))
    return not glimpse.nodes or any(_may_misfit(node, glimpse) for node in asked)


RULE = Rule(
    name="format-arguments-mismatch",
    title="Arguments that do not fit their text",
    weakness="CWE-628",
    severity=Severity.MEDIUM,
    message="`{part}` {wrong}: {harm}.",
    advice="Make the text of `{call}` and its arguments fit each other.",
    needs=(_shows_text, _shows_misfit),
    known_as=(
        *("F501", "F502", "F503", "F505", "F506", "F507", "F508", "F509", "F521", "F524", "F525"),
        *("PLE1205", "PLE1206", "PLE1300", "str-format"),
        *("E1200", "logging-unsupported-format", "E1201", "logging-format-truncated"),
        *("E1205", "logging-too-many-args", "E1206", "logging-too-few-args"),
        *("E1300", "bad-format-character", "E1301", "truncated-format-string", "E1302", "mixed-format-string"),
        *("E1303", "format-needs-mapping", "E1304", "missing-format-string-key"),
        *("E1305", "too-many-format-args", "E1306", "too-few-format-args", "W1302", "bad-format-string"),
        *("W1303", "missing-format-argument-key", "W1305", "format-combined-specification"),
    ),
    bad=(
        Bad(
            """
            def check(size, limit):
                if size > limit:
                    raise ValueError("%d bytes are more than %d" % (size,))  # finding
            """
        ),
        Bad(
            """
            import logging

            LOG = logging.getLogger(__name__)

            def attach(volume, host):
                LOG.info("Attaching %s to %s.", volume.id)  # finding
            """
        ),
        Bad(
            """
            from oslo_log import log as logging

            LOG = logging.getLogger(__name__)

            def detach(volume, driver):
                try:
                    driver.detach(volume)
                except Exception as error:
                    LOG.error("The driver does not let go of %(volume)s: %(error)s",  # finding
                              {"volume": volume.id, "reason": error})
                    raise
            """
        ),
        Bad(
            """
            import logging

            def close(pool):
                try:
                    pool.close()
                except OSError as error:
                    logging.warning("The pool stays open", error)  # finding
            """
        ),
        Bad(
            """
            import logging

            class Room:
                log = logging.getLogger(__name__)

                def leave(self, event):
                    self.log.info("Left the room", event.target)  # finding
            """
        ),
        Bad(
            """
            USAGE = "{used} of {total} used"

            def usage(disk):
                return USAGE.format(used=disk.used)  # finding
            """
        ),
        Bad(
            """
            def month(day):
                return "%m of %y" % (day - 1)  # finding
            """
        ),
        Bad(
            base="""
            def where(host, port):
                return "at {}:{}".format(host, port)
            """,
            code="""
            def where(host, port):
                return "at {}:{}".format(host)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "every placeholder has its argument",
            """
            import logging
            def attach(volume, host, width):
                logging.info("Attaching %s to %s", volume, host)
                logging.info("%(volume)s is at %(host)s", {"volume": volume, "host": host})
                return "%-*s|%5.1f%%" % (width, volume.id, volume.used)
            """,
        ),
        Good(
            "without arguments, logging leaves the text as it is",
            "import logging\nlogging.info('100% of all %s')",
        ),
        Good(
            "how many there are, nobody can tell here",
            """
            import logging
            def tell(text, values, names):
                logging.info("%s of %s", *values)
                return "%s of %s" % values, "{} of {}".format(*values), "{a} of {b}".format(**names)
            """,
        ),
        Good(
            "the mapping may hold more than is written here",
            "def tell(names):\n    return '%(host)s:%(port)s' % {'host': 'here', **names}",
        ),
        Good(
            "one placeholder shows the whole mapping",
            "def tell(host):\n    return 'at %s' % {'host': host}",
        ),
        Good(
            "what is put in may itself say how wide it is",
            "def row(name, width):\n    return '{0.title:>{width}} {{}} {1[0]!r}'.format(name, [1], width=width)",
        ),
        Good(
            "the text depends on the way the program goes",
            """
            def tell(count, where):
                text = "%d" if where is None else "%d at %s"
                return text % ((count,) if where is None else (count, where))
            """,
        ),
        Good(
            "the error is expected",
            """
            import pytest
            def test_it_needs_both():
                with pytest.raises(TypeError):
                    "%s of %s" % (1,)
            """,
        ),
        Good(
            "another kind of logger, which may put texts together in its own way",
            "import structlog\nlog = structlog.get_logger()\nlog.info('started', 'now')",
        ),
        Good(
            "a mapping beside the text is for the formatter of the log",
            """
            import logging
            def done(request, extra, names):
                logging.info("done", {"path": request.path})
                logging.info("done", extra)
                logging.info("done", names)
            """,
        ),
        Good("`%` of numbers", "def odd(number):\n    return number % 2"),
    ),
)


@RULE.on(cst.BinaryOperation)
def check_operator(node: cst.BinaryOperation, file: SourceFile) -> Iterator[Finding]:
    """One `%`."""
    text = text_of(node.left, file) if isinstance(node.operator, cst.Modulo) else None
    if text is not None:
        yield from _judged(node, operator_misfit(text, node.right, file), file)


@RULE.on(cst.Call)
def check_call(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call of `format`, or of a logger."""
    name = syntax.method(call)
    if name == "format" and not syntax.has_stars(call):
        text = text_of(syntax.receiver(call), file)
        names = {arg.keyword.value for arg in call.args if arg.keyword}
        if text is not None:
            yield from _judged(call, in_braces(text, len(call.args) - len(names), names), file)
    elif name in LEVELS and not syntax.has_stars(call):
        values = [arg.value for arg in call.args if not arg.keyword][LEVELS[name] :]
        text = text_of(values[0], file) if len(values) > 1 else None
        if text is not None and _logs(call, file):
            found = logging_misfit(text, values[1:], file)
            if found:
                sure = Confidence.LOW if _fits_braces(text, len(values) - 1) else Confidence.HIGH
                yield _finding(call, found[0], LOST if found[1] else UNSHOWN, file, sure)


def _judged(node: cst.BaseExpression, misfit: Misfit | None, file: SourceFile) -> Iterator[Finding]:
    if misfit is None or _asserted(node, file):
        return
    unclear = misfit.error is Exception
    if not any(handled(node, file, error) for error in ((TypeError, ValueError) if unclear else (misfit.error,))):
        yield _finding(node, misfit, f"this raises {'an error' if unclear else misfit.error.__name__}", file)


def _fits_braces(text: str, count: int) -> bool:
    """Whether it is a text for `str.format`, which the project may have taught its loggers.

    https://docs.python.org/3/howto/logging-cookbook.html#using-particular-formatting-styles-throughout-your-application
    """
    return "{" in text and in_braces(text, count, frozenset()) is None


def _finding(
    node: cst.BaseExpression, misfit: Misfit, harm: str, file: SourceFile, sure: Confidence = Confidence.HIGH
) -> Finding:
    call = file.code(node)
    return RULE.finding(file, node, confidence=sure, part=misfit.part, wrong=misfit.wrong, harm=harm, call=call)


def _asserted(node: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a test around it says that it fails: `with self.assertRaises(TypeError):`."""
    items = (item.item for one in file.ancestors(node) if isinstance(one, cst.With) for item in one.items)
    return any("raises" in syntax.last_name(item).lower() for item in items if isinstance(item, cst.Call))


def _logs(call: cst.Call, file: SourceFile) -> bool:
    """Whether this is a logger of the standard library, by where it comes from."""
    return (file.origin(call.func) or "").rpartition(".")[0] in LOGGERS


def _may_misfit(node: ast.BinOp | ast.Call, glimpse: Glimpse) -> bool:
    """Whether the arguments might not fit a text, going by what is written out."""
    match node:
        case ast.BinOp(op=ast.Mod()):
            return any(_may_misfit_operator(text, node.right, glimpse) for text in _texts(node.left, glimpse))
        case ast.Call(func=ast.Attribute(attr="format", value=holder)):
            names = {one.arg for one in node.keywords if one.arg}
            if len(names) < len(node.keywords) or any(isinstance(one, ast.Starred) for one in node.args):
                return False
            return any(in_braces(text, len(node.args), names) for text in _texts(holder, glimpse))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if _is_module(name, "warnings", glimpse):
            return False
        case ast.Call(func=ast.Attribute(attr=name)) if name in LEVELS and len(node.args) > LEVELS[name] + 1:
            first, *values = node.args[LEVELS[name] :]
            return any(_may_misfit_log(text, values) for text in _texts(first, glimpse))
    return False


def _is_module(name: str, module: str, glimpse: Glimpse) -> bool:
    bound = glimpse.file.outline.names[""].get(name, ())
    return name == module and any(one.how is Bound.IMPORT and one.target == module for one in bound)


def _may_misfit_log(text: str, values: list[ast.expr]) -> bool:
    if by_position(text, len(values)) is None:
        return False
    return not isinstance(values[0], ast.Dict) or len(values) > 1 or not values[0].keys or _may_lack(text, values[0])


def _may_lack(text: str, mapping: ast.Dict) -> bool:
    keys = (one.value for one in mapping.keys if isinstance(one, ast.Constant))
    return by_name(text, {key for key in keys if isinstance(key, str)}) is not None


def _may_misfit_operator(text: str, values: ast.expr, glimpse: Glimpse) -> bool:
    match values:
        case ast.Tuple():
            return by_position(text, len(values.elts)) is not None
        case ast.Dict():
            return _may_lack(text, values)
        case ast.Name(id=name) if by_position(text, 1) is None:
            assigned = _assigned(glimpse).get(name, [])
            return name in _of_module(glimpse) or any(isinstance(one, ast.Tuple) for one in assigned)
    return by_position(text, 1) is not None


def _of_module(glimpse: Glimpse) -> Names:
    """The names that code outside functions shares with the statements around it."""
    return glimpse.file.outline.names[""] if glimpse.unit.kind is Kind.STATEMENT else {}


def _texts(node: ast.expr, glimpse: Glimpse, deep: bool = False) -> Iterator[str]:
    """The texts that an expression may be; for those that are not written out, one that nothing fits."""
    match node:
        case ast.Constant(value=str(text)) | ast.Call(args=[ast.Constant(value=str(text))]):
            yield text
        case (ast.Name() as name) | ast.Call(args=[ast.Name() as name]) if not deep:
            yield from (text for value in _assigned(glimpse).get(name.id, ()) for text in _texts(value, glimpse, True))
            outline = glimpse.file.outline
            if outline.stars or any(one.how in VALUES for one in outline.names[""].get(name.id, ())):
                yield UNFIT
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=int())):
            return
        case ast.BinOp(op=ast.Add()) | ast.Call(args=[ast.BinOp(op=ast.Add())]):
            yield UNFIT
        case ast.Name() | ast.Attribute() | ast.IfExp() | ast.Tuple() if deep:
            yield UNFIT


def _assigned(glimpse: Glimpse) -> dict[str, list[ast.expr]]:
    """What the unit assigns to names, one by one or several together."""
    known: dict[Unit, dict[str, list[ast.expr]]] = glimpse.file.cache.setdefault(_assigned, {})
    if glimpse.unit not in known:
        found = known[glimpse.unit] = {}
        for name, value in _assignments(glimpse):
            found.setdefault(name, []).append(value)
    return known[glimpse.unit]


def _assignments(glimpse: Glimpse) -> Iterator[tuple[str, ast.expr]]:
    for node in glimpse.nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = (part for target in targets for part in trees.nodes(target))
            yield from ((part.id, node.value) for part in parts if isinstance(part, ast.Name))
