"""The result of a regular expression, used without a look whether anything matched.

Why it matters: `re.match` and `re.search` give None when the text does not fit. The first unexpected text then ends in
"'NoneType' object has no attribute 'group'", which tells nothing of the text that was wrong.

What to do: Keep the match, and raise or answer what fits when it is None.

What it does not see: Matches that are kept in attributes or come from other functions; functions that ask for the match
somewhere, and use it all the same; whether the text always fits.
"""

import ast
import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import Glimpse, says, stand_for
from analyzers.handling import handled
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.trees import last_name
from analyzers.waits import running

MATCHING = frozenset({"match", "search", "fullmatch"})
OWN = frozenset({"group", "groups", "groupdict", "start", "end", "span", "expand", "lastgroup", "string"})
# Characters, classes and groups without nesting, each of them optional: `\s*`, `[+-]?(.*)`.
OPTIONAL = re.compile(r"\^?(?:\(?(?:\\[wWsSdD]|\[[^\]]+\]|[\w .-])[*?]\)?)+")
# Run by hand, where a traceback is answer enough.
ONCE = re.compile(r"(?:^|/)(?:setup\.py$|conf\.py$|(?:docs?|scripts|tools|examples)/)")
# The author has told the type checker already.
KNOWN = "type: ignore"


def _looks_into_match(glimpse: Glimpse) -> bool:
    """Whether something of such a name is called, and such an attribute is asked of a call or of a name."""
    calls = {last_name(node.func) for node in glimpse.nodes if isinstance(node, ast.Call)}
    asked = (node for node in glimpse.nodes if isinstance(node, ast.Attribute) and node.attr in OWN)
    matching = not MATCHING.isdisjoint(stand_for(glimpse.file, calls))
    return not glimpse.nodes or (matching and any(isinstance(one.value, (ast.Name, ast.Call)) for one in asked))


RULE = Rule(
    name="match-used-unchecked",
    confidence=Confidence.LOW,
    title="Match used without a check",
    weakness="CWE-476",
    severity=Severity.MEDIUM,
    message="`{match}` is None when the text does not fit, and `.{member}` then raises `AttributeError`.",
    advice="Keep the result in a variable, and say what shall happen when it is None.",
    topic="results of regular expressions",
    clean="looked at before their use",
    in_tests=False,
    needs=(
        says(*MATCHING),
        says(*OWN),
        _looks_into_match,
    ),
    bad=(
        Bad(
            """
            import re

            def version(text):
                return re.search(r'version (\\d+)', text).group(1)  # finding
            """
        ),
        Bad(
            """
            import re
            LINE = re.compile(r'(\\w+)=(\\w+)')

            def setting(line):
                found = LINE.match(line)  # step
                return found.group(1), found.group(2)  # finding
            """
        ),
        Bad(
            base="""
            import re

            def port(address):
                found = re.search(r':(\\d+)$', address)
                if found is None:
                    raise ValueError(address)
                return int(found.group(1))
            """,
            code="""
            import re

            def port(address):
                found = re.search(r':(\\d+)$', address)  # step
                return int(found.group(1))  # finding
            """,
        ),
    ),
    good=(
        Good(
            "the test has matched the same line before",
            """
            import re
            def number(line):
                if re.match(r"\\d+\\.\\s", line):
                    found = re.match(r"(\\d+)\\.\\s+(.*)", line)
                    return int(found.group(1))
                return None
            """,
        ),
        Good(
            "the match is looked at first",
            """
            import re

            def port(address):
                found = re.search(r':(\\d+)$', address)
                return int(found.group(1)) if found else None
            """,
        ),
        Good(
            "the function leaves when nothing matched",
            """
            import re

            def port(address):
                found = re.search(r':(\\d+)$', address)
                if not found:
                    raise ValueError(address)
                return int(found.group(1))
            """,
        ),
        Good(
            "the function that is called when nothing matched does not return",
            """
            import re

            def port(address):
                found = re.search(r':(\\d+)$', address)
                if not found:
                    give_up(address)
                return int(found.group(1))
            """,
        ),
        Good(
            "the author knows that it fits, and has told the type checker",
            """
            import re

            def port(address):
                return int(re.search(r'\\d*$', address).group())  # type: ignore[union-attr]
            """,
        ),
        Good(
            "the error is expected",
            """
            import re

            def port(address):
                try:
                    return int(re.search(r':(\\d+)$', address).group(1))
                except AttributeError:
                    return 80
            """,
        ),
        Good(
            "this expression fits every text",
            """
            import re

            def indent(line):
                return re.match(r'[ ]*', line).group()
            """,
        ),
    ),
)


@RULE.on(cst.Attribute)
def check(access: cst.Attribute, file: SourceFile) -> Iterator[Finding | Examined]:
    """One attribute."""
    if access.attr.value not in OWN or not isinstance(access.value, (cst.Call, cst.Name)) or _again(access, file):
        return
    cause = api.may_be_none(file, access.value)
    call = cause.node if cause else None
    if not isinstance(call, cst.Call) or syntax.last_name(call.func) not in MATCHING:
        return
    told = KNOWN in file.line_text(file.span(access).end_line)
    if ONCE.search(file.path) or told or _considered(access, file):
        return
    if _always_fits(call, file) or _tested(access, call, file) or handled(access, file, AttributeError):
        yield RULE.examined(file, access)
        return
    direct = call is access.value
    steps = () if direct else (Step(file.path, file.span(call), "nothing matches, and this is None"),)
    yield RULE.finding(file, access, steps=steps, match=file.code(access.value), member=access.attr.value)


def _again(access: cst.Attribute, file: SourceFile) -> bool:
    """Whether the same statement uses the same name before."""
    around = next((one for one in file.ancestors(access) if isinstance(one, cst.BaseSmallStatement)), None)
    if around is None or not isinstance(access.value, cst.Name):
        return False
    uses = (one for one in syntax.inside(around) if isinstance(one, cst.Attribute) and one.attr.value in OWN)
    return next((one for one in uses if syntax.is_name(one.value, access.value.value)), access) is not access


def _considered(access: cst.Attribute, file: SourceFile) -> bool:
    """Whether the function asks for the match anywhere: then what happens without one is beyond this rule."""
    function = running(access, file)
    if not isinstance(access.value, cst.Name) or not isinstance(function, cst.FunctionDef):
        return False
    nodes = list(syntax.inside(function.body))
    tests = [node.test for node in nodes if isinstance(node, (cst.If, cst.While, cst.IfExp, cst.Assert))]
    tests += [node for node in nodes if isinstance(node, cst.BooleanOperation)]
    return any(syntax.is_name(part, access.value.value) for test in tests for part in syntax.inside(test))


def _tested(access: cst.Attribute, call: cst.Call, file: SourceFile) -> bool:
    """Whether a test around has matched the same text before, mostly with the beginning of the same expression."""
    text = _subject(call, file)
    around = (one.test for one in file.ancestors(access) if isinstance(one, (cst.If, cst.While, cst.IfExp)))
    calls = (node for test in around for node in syntax.inside(test) if isinstance(node, cst.Call))
    return any(
        one is not call and syntax.last_name(one.func) in MATCHING and _subject(one, file) == text for one in calls
    )


def _subject(call: cst.Call, file: SourceFile) -> str:
    """The text that is matched, as written."""
    is_module = (file.qualified(call.func) or "").startswith(("re.", "regex."))
    text = syntax.argument(call, 1 if is_module else 0, "string")
    return file.code(text) if text is not None else ""


def _always_fits(call: cst.Call, file: SourceFile) -> bool:
    """Whether the expression is written so that it fits the beginning of every text: only optional parts."""
    pattern = syntax.text_value(syntax.argument(call, 0, "pattern"))
    holder = syntax.receiver(call)
    if isinstance(holder, cst.Name) and file.qualified(holder) != "re":
        pattern = _compiled(holder.value, file)
    return syntax.last_name(call.func) != "fullmatch" and pattern is not None and bool(OPTIONAL.fullmatch(pattern))


def _compiled(name: str, file: SourceFile) -> str | None:
    """The text of `NAME = re.compile("...")` at module level."""
    for statement in file.outline.tree.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=bound)], value=ast.Call(args=[ast.Constant(value=str() as pattern), *_])
            ) if bound == name:
                return pattern
    return None
