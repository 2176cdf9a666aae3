"""A secret drawn from a random generator that can be predicted.

Why it matters: `random` is made for simulations. Its next values follow from those already seen, so a token, password
or nonce drawn from it can be guessed.

What to do: Use `secrets.token_urlsafe()`, `secrets.choice()` or `random.SystemRandom()`.

What it does not see: Secrets with names that do not say so. Salts and nonces, which must be new rather than secret,
have low confidence. It stays silent on delays, jitter, samples and shuffles: prediction does no harm there.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax, vocabulary
from analyzers.glimpse import around, says
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule, quoted
from analyzers.source import SourceFile
from analyzers.waits import running

DRAWS = "random randint choice choices randrange sample getrandbits randbytes uniform random_integers rand".split()
WEAK = frozenset(f"{made}{draw}" for made in ("random.", "random.Random().", "numpy.random.") for draw in DRAWS)
STRONG = ("secrets.", "random.SystemRandom().")
# What is drawn passes through these unchanged in strength.
CARRIERS = frozenset(
    "join str format hex int encode decode md5 sha1 sha224 sha256 sha384 sha512 hexdigest digest b64encode "
    "urlsafe_b64encode b32encode chr bytes list tuple new hexlify lower upper choice choices sample range map zfill "
    "bytearray to_bytes rjust ljust round floor".split()
)
# As the last word of a name: secret only where randomness is their whole point.
RANDOM_SECRETS = frozenset("nonce salt captcha iv pin".split())
# These must be new each time, and mostly need not be unforeseen.
ONLY_NEW = (("salt",), ("nonce",))
# `next_token = random.choice(tokens)`: tokens of a language.
LANGUAGE = frozenset("next tokens word words mask sampled vocab sequence bucket".split())

STRONG_WORDS = ("secrets", "SystemRandom", "token_bytes", "token_hex", "token_urlsafe", "randbelow", "randbits")

RULE = Rule(
    name="weak-random-for-secret",
    title="Secret from a predictable generator",
    weakness="CWE-330",
    severity=Severity.HIGH,
    message="`{secret}` comes from `{draw}`, whose next values can be computed from earlier ones.",
    advice="Make `{secret}` with the `secrets` module: `secrets.token_urlsafe()` or `secrets.choice(...)`.",
    topic="draws of secrets",
    clean="from the system's generator",
    in_tests=False,
    needs=(
        says(*DRAWS, *STRONG_WORDS),
        around("random", "secrets"),
    ),
    bad=(
        Bad(
            """
            import random, string
            def reset(user):
                user.reset_token = "".join(random.choice(string.ascii_letters) for _ in range(20))  # finding
            """
        ),
        Bad(
            """
            import random
            def make_password(length):
                return "".join(random.choices("abcdef0123456789", k=length))  # finding
            """
        ),
        Bad(
            """
            import hashlib, random
            def login(session):
                session.update(session_key=hashlib.sha256(str(random.random()).encode()).hexdigest())  # finding
            """
        ),
        Bad(
            """
            import random, string
            def first_password():
                secret = "".join(random.choice(string.ascii_letters) for _ in range(8))  # finding
                secret += "".join(random.choice(string.digits) for _ in range(8))  # step
                return shuffled(secret)
            """
        ),
        Bad(
            base="""
            import random
            def code():
                otp = random.SystemRandom().randint(100000, 999999)
                return otp
            """,
            code="""
            import random
            def code():
                otp = random.randint(100000, 999999)  # finding
                return otp
            """,
        ),
    ),
    good=(
        Good("the system's generator", "import secrets\ntoken = secrets.token_urlsafe()"),
        Good(
            "a delay may be predicted",
            """
            import random
            def start(janitor, token):
                initial_delay = random.randint(0, 60)
                janitor.start(initial_delay=random.uniform(0, 5), token=token)
                return initial_delay
            """,
        ),
        Good("a choice among hosts, with a token beside it", "import random\nrun(random.choice(hosts), token)"),
        Good(
            "the random part only selects who is asked; the token comes from elsewhere",
            "import random\ndef fetch(servers):\n    token = ask(random.choice(servers))\n    return token",
        ),
        Good(
            "one of several that exist already",
            """
            import random
            API_KEYS = load_keys()
            def client():
                api_key = random.choice(API_KEYS)
                return connect(api_key)
            """,
        ),
        Good(
            "the next word of a language model",
            "import random\ndef step(candidates):\n    next_token = random.choice(candidates)\n    return next_token",
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One draw."""
    name = file.origin(call.func) or ""
    if name not in WEAK and not name.startswith(STRONG):
        return
    secret = _purpose(call, file)
    if secret is None:
        return
    if name in WEAK:
        yield _finding(call, file)
    else:
        yield RULE.examined(file, call)


def _finding(call: cst.Call, file: SourceFile) -> Finding:
    """One finding for all the draws of a function, at the first of them."""
    first, *more = _draws(call, file)
    steps = tuple(
        Step(file.path, file.span(draw), f"{quoted(_purpose(draw, file) or '')} comes from it too") for draw in more
    )
    secret, draw = _purpose(first, file) or "", file.code(first.func)
    sure = Confidence.LOW if syntax.words(secret)[-1:] in ONLY_NEW else RULE.confidence
    return RULE.finding(file, first, steps=steps, confidence=sure, secret=secret, draw=draw)


def _draws(call: cst.Call, file: SourceFile) -> list[cst.Call]:
    function = running(call, file)
    calls = [node for node in syntax.inside(function.body) if isinstance(node, cst.Call)] if function else [call]
    return [one for one in calls if file.origin(one.func) in WEAK and _purpose(one, file)]


def _purpose(call: cst.Call, file: SourceFile) -> str | None:
    """The name of the secret that the drawn value becomes a part of."""
    inside: cst.CSTNode = call
    for outer in file.ancestors(call):
        name = _named(outer, inside, file)
        if name is not None:
            return name if _secret(name) and not _is_picked(call, name) else None
        if isinstance(outer, cst.Call) and inside is not outer.func and syntax.last_name(outer.func) not in CARRIERS:
            return None
        if isinstance(outer, (cst.Subscript, cst.Comparison)):
            return None
        inside = outer
    return None


def _is_picked(call: cst.Call, name: str) -> bool:
    """Whether one of several that exist already is drawn: `api_key = random.choice(API_KEYS)`."""
    among = syntax.words(syntax.last_name(syntax.argument(call, 0, "a", "seq", "population")))
    own = syntax.words(name)
    return bool(own and among) and among[-1] == f"{own[-1]}s"


def _named(outer: cst.CSTNode, inside: cst.CSTNode, file: SourceFile) -> str | None:
    """The name under which `outer` keeps the value of `inside`; None when it only passes it on."""
    match outer:
        case cst.Assign():
            return syntax.last_name(outer.targets[0].target)
        case cst.AnnAssign() | cst.AugAssign() | cst.NamedExpr():
            return syntax.last_name(outer.target)
        case cst.Arg(keyword=cst.Name(value=name)):
            return name if name not in CARRIERS and name not in ("k", "weights") else None
        case cst.DictElement() if inside is outer.value:
            return syntax.text_value(outer.key) or syntax.last_name(outer.key)
        case cst.Return():
            return file.definition_name(outer).rpartition(".")[2]
        case cst.BaseSmallStatement() | cst.BaseCompoundStatement():
            return ""
    return None


def _secret(name: str) -> bool:
    parts = syntax.words(name)
    if set(parts) & LANGUAGE:
        return False
    return vocabulary.names_secret(name) or (bool(parts) and parts[-1] in RANDOM_SECRETS)
