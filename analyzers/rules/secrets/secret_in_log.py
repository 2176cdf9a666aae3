"""A password, token or key written into a log.

Why it matters: Logs are read by many people and copied to many places, and kept for long. A secret in them is a secret
no more.

What to do: Log who or what, not with which secret: a user's name, a key's id.

What it does not see: Secrets with names that do not say so; objects that show a secret when they are printed. Of low
confidence are calls of the level `trace`, ids of sessions, and what is called a token and not what it opens, where it
was just refused (in an `except`) or is written for debugging.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

import libcst as cst

from analyzers import syntax, vocabulary
from analyzers.flow import api
from analyzers.glimpse import Glimpse, says
from analyzers.holes import HOLE
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import dotted
from analyzers.source import SourceFile
from analyzers.waits import running

LEVELS = frozenset("debug info warning warn error critical exception fatal log msg trace".split())
LOGGERS = frozenset("log logger logging".split())
MAKERS = ("logging.", "oslo_log.log.getLogger().", "structlog.get_logger().", "loguru.logger.")
# These show their argument as it is.
SHOWS = frozenset("str repr format join decode encode dumps dict strip pformat".split())
FETCHES = frozenset("get read fetch load generate create make decrypt build retrieve".split())
# With one of these words, or as somebody's attribute, a `token` surely opens something.
SECRECY = frozenset("access refresh auth oauth api id bearer session csrf jwt secret user reset login".split())
OF_TEXTS = frozenset(dir(str)) | frozenset(dir(bytes)) | frozenset(dir(dict))
READING = frozenset("get items keys values copy".split())
PARTS = frozenset(f"secret_{part}" for part in "data value values signature name json content contents".split())
# The token of a lock says who holds it, and opens nothing.
LOCKS = frozenset("lock locks locking mutex semaphore lease".split())
# Where one of these modules is at hand, a `token` is a piece of a text.
LANGUAGE = frozenset("tokenize lexer parser tokenizer tokens ply sly transformers sqlparse pygments ast token".split())
# What stands for letters that nobody shall read.
MASK = re.compile(r"\*{3}|\bx{4}|[\"'][*x•][\"'] ?\* ?")


def _speaks_of_secret(glimpse: Glimpse) -> bool:
    return any(map(vocabulary.names_secret, glimpse.words))


RULE = Rule(
    name="secret-in-log",
    title="Secret written to a log",
    weakness="CWE-532",
    severity=Severity.HIGH,
    message="`{call}` writes `{secret}` to the log in clear text.",
    advice="Leave `{secret}` out of this line; log an id or a name that tells the same to a reader.",
    topic="log calls with a secret at hand",
    clean="not showing the secret",
    in_tests=False,
    needs=(
        says(*LEVELS),
        _speaks_of_secret,
    ),
    bad=(
        Bad(
            """
            import logging
            log = logging.getLogger(__name__)
            def connect(session, user, password):
                body = {"user": user, "password": password}
                log.debug("asking with %s", body)  # finding
                return session.post("/login", json=body)
            """
        ),
        Bad(
            """
            import logging
            log = logging.getLogger(__name__)
            def login(user, password):
                log.info("login of %s with %s", user, password)  # finding
            """
        ),
        Bad(
            """
            import logging
            def connect(config):
                logging.debug(f"connecting with {config.api_key}")  # finding
            """
        ),
        Bad(
            """
            class Client:
                def renew(self):
                    self.logger.warning("new token: " + self.access_token)  # finding
            """
        ),
        Bad(
            base="""
            import logging
            def login(user, password):
                logging.info("login of %s", user)
            """,
            code="""
            import logging
            def login(user, password):
                logging.info("login of %s/%s", user, password)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "an object by this name shows what its class likes to",
            """
            import logging
            log = logging.getLogger(__name__)
            def forget(auth_token, rows):
                if auth_token.owner is None:
                    log.warning("%s belongs to nobody", auth_token)
                    rows.delete(auth_token)
            """,
        ),
        Good(
            "the secret is blanked before the rest is logged",
            """
            import logging
            log = logging.getLogger(__name__)
            def connect(session, user, password):
                body = {"user": user, "password": password}
                answer = session.post("/login", json=body)
                body["password"] = "***"
                log.debug("asked with %s", body)
                return answer
            """,
        ),
        Good(
            "so it is where somebody else does it",
            """
            import logging
            from tools import hide
            log = logging.getLogger(__name__)
            def connect(user, password):
                body = {"user": user, "password": password}
                hide(body)
                log.debug("asking with %s", body)
            """,
        ),
        Good(
            "the name of the user is logged",
            "import logging\ndef login(user, password):\n    logging.info('login of %s', user)",
        ),
        Good("how long it is, not what it is", "import logging\nlogging.info('token of %d characters', len(token))"),
        Good("a masked value", "import logging\nlogging.info('key %s', mask(api_key))\nlogging.info(password[:2])"),
        Good(
            "something about the secret",
            "import logging\nlogging.info('expires %s, %s', token_expiry, self.jwt_token_exp)",
        ),
        Good("whether there is one", "import logging\nlogging.info('with password' if password else 'without')"),
        Good(
            "the name of the secret: its value is kept apart",
            """
            def create(log, store, secret):
                secret_data = store.read(secret)
                log.info(f"creating {secret}")
                return store.put(secret, secret_data)
            """,
        ),
        Good(
            "stars stand in the place of its letters",
            """
            import logging
            def refuse(api_key):
                shown_api_key = f"{api_key[:4]}********{api_key[-4:]}"
                if len(api_key) <= 8:
                    shown_api_key = "*" * 8
                logging.error("refused %s", shown_api_key)
            """,
        ),
        Good(
            "what is left of it may be seen",
            "import logging\nlogging.info('%s, at most %s', self.masked_token, max_token)",
        ),
        Good(
            "the function, not what it gives",
            "import logging\nlogging.debug('calling %s and %s', get_token, self.reset_password)",
        ),
        Good("a number", "import logging\nlogging.debug('%i of %s', access_token, count)"),
        Good(
            "a token of a language",
            "import logging\nimport tokenize\ndef step(token):\n    logging.debug('at %s', token)",
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call that may be a log call."""
    if syntax.method(call) not in LEVELS or not _logs(call, file):
        return
    numbers = _numbers(call)
    named = [node for arg in call.args if arg not in numbers for node in _shown(arg.value)]
    shown = [*named, *(node for name in named if isinstance(name, cst.Name) for node in _held(name, file))]
    passed = any(map(vocabulary.passes, map(syntax.last_name, shown)))
    secret = next((node for node in shown if _secret(node, file) and not (passed and _is_token(node))), None)
    if secret is not None:
        yield RULE.finding(
            file, call, confidence=_sure(secret, call, file), call=file.code(call.func), secret=file.code(secret)
        )
    elif any(vocabulary.names_secret(node.value) for node in syntax.inside(call) if isinstance(node, cst.Name)):
        yield RULE.examined(file, call)


def _numbers(call: cst.Call) -> list[cst.Arg]:
    """The arguments that are written as numbers: `log.debug("%i waiting", count)`."""
    text = syntax.text_value(call.args[0].value) if call.args else None
    marks = [found[1] for found in HOLE.finditer((text or "").replace("%%", "  ")) if found[1]]
    return [arg for arg, mark in zip(call.args[1:], marks, strict=False) if mark in "dif"]


def _logs(call: cst.Call, file: SourceFile) -> bool:
    name = file.origin(call.func) or ""
    owner = syntax.receiver(call)
    plain = syntax.last_name(owner).strip("_").lower() if owner else ""
    return name.startswith(MAKERS) or (plain in LOGGERS and not name.startswith(("math.", "numpy.")))


def _shown(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The values that end up in the text as they are."""
    if isinstance(node, (cst.Name, cst.Attribute)):
        yield node
    elif isinstance(node, cst.Subscript):
        if not any(isinstance(part.slice, cst.Slice) for part in node.slice):
            yield node
    elif isinstance(node, cst.Call):
        yield from _shown_call(node)
    else:
        yield from (shown for part in _parts(node) for shown in _shown(part))


def _held(name: cst.Name, file: SourceFile) -> Iterator[cst.BaseExpression]:
    """What a dictionary shows that the function has written out; nothing where it changed it before this use."""
    value, function = api.assigned(file, name), running(name, file)
    if isinstance(value, cst.Dict) and function is not None:
        before = takewhile(lambda node: node is not name, syntax.inside(function.body))
        if not any(_changes(node, name.value, file) for node in before):
            yield from _shown(value)


def _changes(node: cst.CSTNode, name: str, file: SourceFile) -> bool:
    """Whether a dictionary of this name is changed, or handed to somebody who may: `hide(body)`."""
    if isinstance(node, cst.Attribute):
        return syntax.is_name(node.value, name) and node.attr.value not in READING
    if isinstance(node, cst.Subscript):
        return syntax.is_name(node.value, name) and isinstance(file.parent(node), (cst.AssignTarget, cst.Del))
    return isinstance(node, cst.Arg) and syntax.is_name(node.value, name) and _may_change(file.parent(node))


def _may_change(call: cst.CSTNode | None) -> bool:
    return isinstance(call, cst.Call) and syntax.method(call) not in {*LEVELS, *SHOWS, "len"}


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The values that a text or a container is put together from."""
    match node:
        case cst.FormattedString():
            yield from (part.expression for part in node.parts if isinstance(part, cst.FormattedStringExpression))
        case cst.ConcatenatedString() | cst.BinaryOperation():
            yield from (node.left, node.right)
        case cst.Tuple() | cst.List() | cst.Dict():
            yield from (element.value for element in node.elements)
        case cst.Await():
            yield node.expression


def _shown_call(call: cst.Call) -> Iterator[cst.BaseExpression]:
    name = syntax.last_name(call.func)
    if name in SHOWS:
        yield from (shown for arg in call.args for shown in _shown(arg.value))
        owner = syntax.receiver(call)
        if owner is not None:
            yield from _shown(owner)
    elif syntax.words(name)[:1] and syntax.words(name)[0] in FETCHES:
        yield call


def _secret(node: cst.BaseExpression, file: SourceFile) -> bool:
    name = syntax.last_name(node)
    if not vocabulary.names_secret(name) or name.isupper() or _is_object(node, file):
        return False
    if not isinstance(node, cst.Call) and vocabulary.names_function(name):
        return False
    if isinstance(node, cst.Name) and _is_masked(node, file):
        return False
    if syntax.is_name(node, "secret") and _is_kept_apart(node, file):
        return False
    if not _is_token(node):
        return True
    return not _about_language(file) and LOCKS.isdisjoint(syntax.words(file.definition_name(node)))


def _is_masked(name: cst.Name, file: SourceFile) -> bool:
    """Whether the function gives the name something with stars in the place of letters: `f"{key[:4]}****"`."""
    function = running(name, file)
    if not isinstance(function, cst.FunctionDef):
        return False
    assigned = (node for node in syntax.inside(function.body) if isinstance(node, cst.Assign))
    own = [one.value for one in assigned if syntax.is_name(one.targets[0].target, name.value)]
    return any(MASK.search(file.code(value)) for value in own)


def _is_token(node: cst.BaseExpression) -> bool:
    """Whether a value goes by the name of a token: beside `prev_token`, the `new_token` is no secret either."""
    return "token" in syntax.words(syntax.last_name(node))


def _about_language(file: SourceFile) -> bool:
    """Whether the file is about texts and their tokens."""
    bound = file.outline.names[""]
    modules = {part for name in bound.values() for one in name for part in one.target.lower().split(".")}
    return bool((modules | set(file.module.lower().split("."))) & LANGUAGE)


def _sure(secret: cst.BaseExpression, call: cst.Call, file: SourceFile) -> Confidence:
    """At the level `trace` somebody wants to see all; a token that was just refused opens nothing; an id tells who."""
    refused = any(isinstance(one, cst.ExceptHandler) for one in file.ancestors(call))
    words = syntax.words(syntax.last_name(secret))
    is_token = isinstance(secret, cst.Name) and "token" in words and SECRECY.isdisjoint(words)
    is_id = words[-1:] == ("id",)
    level = syntax.method(call)
    if level == "trace" or is_id or (is_token and (refused or level == "debug")):
        return Confidence.LOW
    return Confidence.MEDIUM if isinstance(secret, cst.Call) else Confidence.HIGH


def _is_object(secret: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether the function reads attributes of the value that no text has: then it shows what its class likes to."""
    function = running(secret, file) if isinstance(secret, cst.Name) else None
    read = (node for node in syntax.inside(function.body) if isinstance(node, cst.Attribute)) if function else ()
    return any(dotted(secret) == dotted(node.value) and node.attr.value not in OF_TEXTS for node in read)


def _is_kept_apart(secret: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether the function keeps the value apart, as `secret_data`: then `secret` is what the secret is called."""
    function = running(secret, file)
    nodes = syntax.inside(function.body) if function else ()
    return any(isinstance(node, cst.Name) and node.value in PARTS for node in nodes)
