"""A secret or a signature compared with `==`.

Why it matters: `==` stops at the first byte that differs. Who can measure how long the answer takes can guess a
signature or token byte by byte.

What to do: Compare with `hmac.compare_digest`, which takes the same time whatever differs.

What it does not see: Values with names that do not say what they are; membership (`token in tokens`); programs for the
command line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from analyzers import syntax, vocabulary
from analyzers.flow import api
from analyzers.glimpse import Glimpse
from analyzers.model import Confidence, Edit, Examined, Finding, Fix, Safety, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.terminals import at_a_terminal

SIGNATURES = frozenset("signature hmac mac sig".split())
SIGNERS = frozenset("sign hmac signature".split())
# A signature of a function, a token of a language, the address of a network card: not in a file about these.
SECRECY = re.compile(r"hmac|hashlib|crypt|webhook|password|authenticat", re.IGNORECASE)
# Two values that the same person has just typed.
TYPED_TWICE = frozenset("confirm confirmation confirmed repeat repeated again old new retype verify 1 2".split())
# The last word of a name that still is the secret: `token_value`.
STILL_SECRET = frozenset("value str string text bytes hex b64 raw plain given received sent input header param".split())
# An argument of these is a condition that the database looks at.
QUERIES = frozenset("filter where having and_ or_ not_ get get_or_none".split())
# What stands in for the real thing in tests and in development: `FakeHasher`.
STANDING_IN = frozenset("fake dummy mock stub".split())
SETTINGS = frozenset("settings config conf".split())
CONFIGURED = re.compile(r"\benviron\b|\bgetenv\b")
COMPARED = ("hmac.compare_digest", "secrets.compare_digest", "django.utils.crypto.constant_time_compare")


def _compares(glimpse: Glimpse) -> bool:
    if not glimpse.words.isdisjoint(name.rpartition(".")[2] for name in COMPARED):
        return True
    return ("==" in glimpse.text or "!=" in glimpse.text) and any(map(_may_be_secret, glimpse.words))


@lru_cache(10_000)
def _may_be_secret(word: str) -> bool:
    named = not (SIGNATURES | SIGNERS | {"digest", "hexdigest"}).isdisjoint(syntax.words(word))
    return named or vocabulary.names_secret(word)


RULE = Rule(
    name="secret-compared-with-equals",
    title="Secret compared with `==`",
    weakness="CWE-208",
    severity=Severity.MEDIUM,
    message="`{comparison}` stops at the first byte that differs, so the time it takes tells how much of `{secret}` "
    "was right.",
    advice="Write `hmac.compare_digest({left}, {right})`.",
    topic="comparisons of secrets",
    clean="in constant time",
    in_tests=False,
    in_tools=False,
    needs=(_compares,),
    bad=(
        Bad(
            """
            import hashlib, hmac
            def verify(key, body, given):
                expected = hmac.new(key, body, hashlib.sha256).hexdigest()
                return given == expected  # finding
            """,
            fixed="""
            import hashlib, hmac
            def verify(key, body, given):
                expected = hmac.new(key, body, hashlib.sha256).hexdigest()
                return hmac.compare_digest(given, expected)
            """,
        ),
        Bad(
            """
            from crypt import digest_of
            class Signer:
                def verify(self, message, signature):
                    if signature != self.sign(message):  # finding
                        raise ValueError("forged")
            """
        ),
        Bad(
            """
            def login(request, user):
                if request.POST["password"] == user.password:  # finding
                    return authenticate(user)
            """
        ),
        Bad(
            base="""
            import hmac
            def allowed(headers, settings):
                return hmac.compare_digest(headers["X-Token"], settings.webhook_secret)
            """,
            code="""
            import hmac
            def allowed(headers, settings):
                return headers["X-Token"] == settings.webhook_secret  # finding
            """,
            fixed="""
            import hmac
            def allowed(headers, settings):
                return hmac.compare_digest(headers["X-Token"], settings.webhook_secret)
            """,
        ),
        Bad(
            """
            import hashlib
            import os

            API_TOKEN = os.environ['API_TOKEN']

            def fits(request):
                return request.headers.get('X-Api-Token') == API_TOKEN  # finding
            """
        ),
    ),
    good=(
        Good(
            "the time does not depend on the values",
            """
            import hmac
            def verify(given, signature):
                return hmac.compare_digest(given, signature)
            """,
        ),
        Good(
            "the user of a token and the class of secrets are no secrets",
            """
            import hashlib
            from fields import SecretField
            def may_create(request, token_user, kind):
                return token_user == request.user or kind == SecretField
            """,
        ),
        Good(
            "what is done with a secret is none: a function that is compared",
            """
            import hashlib
            from archive import bulk_edit
            def needs_owner(method, handler, get_token):
                return method == bulk_edit.remove_password or handler.action == get_token
            """,
        ),
        Good(
            "who types the key may also read the environment",
            """
            import hashlib, os
            import click
            @click.command()
            @click.argument("key")
            def login(key):
                api_key = os.environ.get("API_KEY")
                if api_key != key:
                    click.echo("another key is set in the environment")
            """,
        ),
        Good(
            "whether there are both",
            """
            import hmac
            def complete(user, password):
                user_given = user is not None
                password_given = password is not None
                return user_given == password_given
            """,
        ),
        Good("whether there is one at all", 'import hmac\ndef missing(password):\n    return password == ""'),
        Good(
            "both were typed by the same person",
            "import hashlib\ndef check(password, password_confirmation):\n    return password == password_confirmation",
        ),
        Good(
            "the checksum of a file is no secret",
            """
            import hashlib
            def intact(data, checksum):
                return hashlib.sha256(data).hexdigest() == checksum
            """,
        ),
        Good(
            "the beginnings of names, not secrets",
            """
            import hashlib
            def nested(secret_key, data_key):
                return secret_key[:4] == data_key[:4]
            """,
        ),
        Good(
            "a condition that the database looks at",
            """
            import hashlib
            def owner(query, User, api_key):
                return query.filter(User.api_key == api_key, User.active == True).one()
            """,
        ),
        Good(
            "signatures of functions",
            "import inspect\ndef same(one, other):\n    return inspect.signature(one) == inspect.signature(other)",
        ),
    ),
)


@RULE.on(cst.Call)
def check_call(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """A comparison in constant time."""
    if file.qualified(call.func) in COMPARED:
        yield RULE.examined(file, call)


@RULE.on(cst.Comparison)
def check(comparison: cst.Comparison, file: SourceFile) -> Iterator[Finding | Examined]:
    """One comparison of two values."""
    if len(comparison.comparisons) != 1:
        return
    operator, left, right = comparison.comparisons[0].operator, comparison.left, comparison.comparisons[0].comparator
    if not isinstance(operator, (cst.Equal, cst.NotEqual)):
        return
    if not _about_secrets(file) and not any(_is_configured(side, file) for side in (left, right)):
        return
    secret = _secret(left, right, file)
    if secret is None or _told(left, file) or _told(right, file) or at_a_terminal(file):
        return
    if _in_query(comparison, file) or not STANDING_IN.isdisjoint(syntax.words(file.definition_name(comparison))):
        return
    yield RULE.finding(
        file,
        comparison,
        fix=_fix(comparison, left, right, file),
        confidence=Confidence.HIGH if _is_hmac(secret, file) else Confidence.MEDIUM,
        comparison=file.code(comparison),
        secret=file.code(secret),
        left=file.code(left),
        right=file.code(right),
    )


def _about_secrets(file: SourceFile) -> bool:
    """Whether the file deals with secrets at all: most do not, and cost nothing."""
    known: bool | None = file.cache.get(_about_secrets)
    if known is None:
        known = file.cache[_about_secrets] = SECRECY.search(file.glossary) is not None
    return known


def _told(node: cst.BaseExpression, file: SourceFile) -> bool:
    """A value that is no secret: it stands in the code, is a constant of the program, or only a yes or no."""
    name = syntax.last_name(node)
    constant = name.isupper() and not _is_configured(node, file)
    if syntax.is_literal(node) or constant or not name or api.constant(file, node) is not None:
        return True
    made = _assigned(node, file) if isinstance(node, cst.Name) else None
    return isinstance(made, (cst.Comparison, cst.UnaryOperation)) or syntax.is_name(_function(made), "bool")


def _is_configured(node: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a name in capitals stands for what whoever runs the program has set: `settings.API_KEY`."""
    if isinstance(node, cst.Attribute):
        return not SETTINGS.isdisjoint(syntax.words(syntax.last_name(node.value)))
    bound = file.outline.names[""].get(node.value, ()) if isinstance(node, cst.Name) else ()
    return any(CONFIGURED.search(file.line_text(one.line).partition("=")[2]) for one in bound)


def _function(made: cst.BaseExpression | None) -> cst.BaseExpression | None:
    return made.func if isinstance(made, cst.Call) else None


def _secret(left: cst.BaseExpression, right: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
    """The side that is a secret; None when neither certainly is."""
    names = {word for side in (left, right) for word in syntax.words(syntax.last_name(side))}
    for side in (right, left):
        if _is_hmac(side, file):
            return side
    if names & TYPED_TWICE:
        return None
    return next((side for side in (right, left) if _named(side, file)), None)


def _is_hmac(node: cst.BaseExpression, file: SourceFile) -> bool:
    made = _assigned(node, file) if isinstance(node, cst.Name) else node
    called = file.origin(made.func) if isinstance(made, cst.Call) else None
    return (called or "").startswith(("hmac.new", "hmac.digest", "hmac.HMAC"))


def _assigned(name: cst.Name, file: SourceFile) -> cst.BaseExpression | None:
    """What the function last assigns to the name."""
    function = next((one for one in file.ancestors(name) if isinstance(one, cst.FunctionDef)), None)
    found = None
    for node in syntax.inside(function) if function else ():
        if isinstance(node, cst.Assign) and syntax.is_name(node.targets[0].target, name.value):
            found = node.value
    return found


def _named(node: cst.BaseExpression, file: SourceFile) -> bool:
    name = syntax.last_name(node)
    parts = syntax.words(name)
    if isinstance(node, cst.Call):
        return bool(set(parts) & SIGNERS) and not (file.qualified(node.func) or "").startswith("inspect.")
    if isinstance(node, cst.Subscript) and any(isinstance(part.slice, cst.Slice) for part in node.slice):
        return False
    if vocabulary.names_function(name):
        return False
    plain_token = set(parts) & vocabulary.ALWAYS == {"token"} and len(parts) == 1
    if parts[-1:] and parts[-1] in SIGNATURES:
        return "hmac" in file.text or "hashlib" in file.text
    return vocabulary.names_secret(name) and not plain_token and _is_value(node, name)


def _is_value(node: cst.BaseExpression, name: str) -> bool:
    """Whether the name ends with what is secret: `SecretDict` is a class, `token_row` a row."""
    parts = syntax.words(name)
    is_class = isinstance(node, (cst.Name, cst.Attribute)) and name[:1].isupper() and not name.isupper()
    return not is_class and (parts[-1] in vocabulary.ALWAYS | STILL_SECRET or parts[-2:] in vocabulary.PAIRS)


def _in_query(comparison: cst.Comparison, file: SourceFile) -> bool:
    """Whether it is a condition of a query: `query.filter(User.api_key == api_key)`."""
    calls = (one for one in file.ancestors(comparison) if isinstance(one, cst.Call))
    return any(syntax.last_name(call.func) in QUERIES for call in calls)


def _fix(
    comparison: cst.Comparison, left: cst.BaseExpression, right: cst.BaseExpression, file: SourceFile
) -> Fix | None:
    imported = any(one.target == "hmac" for one in file.outline.names[""].get("hmac", ()))
    if not imported or comparison.lpar or not isinstance(comparison.comparisons[0].operator, cst.Equal):
        return None
    text = f"hmac.compare_digest({file.code(left)}, {file.code(right)})"
    return Fix("Compare in constant time", Safety.UNSAFE, (Edit(file.span(comparison), text),))
