"""What `get` found, used as if it were always there.

Why it matters: `get(key)` answers None when the key is missing; that is what it is for. Data from outside misses keys
sooner or later, and then the next attribute fails with "'NoneType' object has no attribute ...".

What to do: Read `data[key]` where the key must be there, so that the error names it; or handle the None.

What it does not see: Mappings whose making cannot be seen; results kept in attributes. The fields of a form have low
confidence: they are missing only where somebody sends a form that is not the program's, and fails with it. So have the
answers of another server, whose protocol says what is in them.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import Glimpse
from analyzers.handling import handled
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

# https://flask.palletsprojects.com/en/stable/api/#flask.Request, https://docs.djangoproject.com/en/stable/ref/request-response/
FIELDS = frozenset({"args", "form", "values", "headers", "cookies", "GET", "POST", "META", "COOKIES", "query_params"})
FORMS = frozenset({"form", "values", "POST"})
PARSERS = frozenset({"json.loads", "json.load", "tomllib.loads", "tomllib.load", "yaml.safe_load"})
DATA = FIELDS | {"json", "get_json", *(name.rpartition(".")[2] for name in PARSERS)}
# `.get("name").strip`: an attribute of what is found under a constant name.
LOOKUP = re.compile(r"""\bget\s*\(\s*(?:\w{0,2}(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")\s*)+,?\s*\)\s*\.""")


def _uses_lookup(glimpse: Glimpse) -> bool:
    return "get" in glimpse.written and LOOKUP.search(glimpse.text) is not None


def _looks_into_data(glimpse: Glimpse) -> bool:
    """Whether there are fields of a request, parsed data, or options of the function's own."""
    return not DATA.isdisjoint(glimpse.words) or "**" in glimpse.text


RULE = Rule(
    name="lookup-used-unchecked",
    title="Lookup used without a check",
    weakness="CWE-476",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    message="`{lookup}` is None when `{key}` is missing, and `.{member}` then raises `AttributeError`.",
    advice="Handle the missing `{key}`, or give `get` a default that has `.{member}`.",
    topic="lookups with `get`",
    clean="with a default or a check",
    in_tests=False,
    needs=(_uses_lookup, _looks_into_data),
    bad=(
        Bad(
            """
            from flask import request

            def tags():
                return request.args.get('tags').split(',')  # finding
            """
        ),
        Bad(
            """
            import json

            def city(body):
                data = json.loads(body)
                return data.get('address').get('city')  # finding
            """
        ),
        Bad(
            """
            def title(**options):
                return options.get('title').strip()  # finding
            """
        ),
    ),
    good=(
        Good(
            "there is a default",
            """
            from flask import request

            def tags():
                return request.args.get('tags', '').split(',')
            """,
        ),
        Good(
            "it is asked for before",
            """
            from flask import request

            def tags():
                if request.args.get('tags'):
                    return request.args.get('tags').split(',')
                return []
            """,
        ),
        Good(
            "this `get` always answers an object",
            """
            import requests

            def tags(url):
                return requests.get(url, timeout=5).json()
            """,
        ),
        Good(
            "the missing key is expected",
            """
            import json

            def city(body):
                data = json.loads(body)
                try:
                    return data.get('address').get('city')
                except AttributeError:
                    return None
            """,
        ),
    ),
)


@RULE.on(cst.Attribute)
def check(access: cst.Attribute, file: SourceFile) -> Iterator[Finding | Examined]:
    """One attribute of what `get` answered."""
    lookup = access.value
    if not isinstance(lookup, cst.Call) or syntax.method(lookup) != "get" or not _is_plain(lookup):
        return
    mapping = syntax.receiver(lookup)
    if mapping is None or not _is_mapping(mapping, file):
        return
    key = file.code(lookup.args[0].value)
    if handled(access, file, AttributeError) or _asked(key, access, file):
        yield RULE.examined(file, access)
    else:
        lenient = syntax.last_name(mapping) in FORMS or _is_answer(mapping, file)
        sure = Confidence.LOW if lenient else RULE.confidence
        yield RULE.finding(file, access, confidence=sure, lookup=file.code(lookup), key=key, member=access.attr.value)


def _is_plain(lookup: cst.Call) -> bool:
    """One argument, and that a constant text: then the mapping is one of fields."""
    return len(lookup.args) == 1 and not lookup.args[0].star and syntax.text_value(lookup.args[0].value) is not None


def _is_mapping(node: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether the expression is a mapping of data from outside, or of the function's own options."""
    if isinstance(node, cst.Attribute) and node.attr.value in FIELDS:
        return "request" in syntax.words(syntax.last_name(node.value))
    if isinstance(node, cst.Call):
        return file.qualified(node.func) in PARSERS or syntax.method(node) in ("json", "get_json")
    origin = file.origin(node) if isinstance(node, cst.Name) else None
    if origin is not None:
        return origin.removesuffix("()") in PARSERS or origin.endswith((".json()", ".get_json()"))
    function = running(node, file)
    options = function.params.star_kwarg if function else None
    return options is not None and syntax.is_name(node, options.name.value)


def _is_answer(mapping: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether another server answered so, and not a client asked so: what a protocol has in its answers is known."""
    made = api.assigned(file, mapping) if isinstance(mapping, cst.Name) else mapping
    made = made.expression if isinstance(made, cst.Await) else made
    if not isinstance(made, cst.Call) or syntax.method(made) != "json":
        return False
    return "request" not in syntax.words(syntax.last_name(syntax.receiver(made)))


def _asked(key: str, access: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a condition before or around the use speaks of the same key."""
    function = running(access, file)
    around = [outer.left for outer in file.ancestors(access) if isinstance(outer, cst.BooleanOperation)]
    nodes = syntax.inside(function.body) if function else ()
    tests = [node.test for node in nodes if isinstance(node, (cst.If, cst.IfExp, cst.Assert))]
    return any(key in file.code(test) for test in (*around, *tests))
