"""A TLS connection that accepts any certificate.

Why it matters: Without verification anybody between the two ends can pose as the server, read everything and change
it, passwords and tokens first.

What to do: Leave verification on. For a private authority, name its certificate file (`verify="ca.pem"`,
`ssl.create_default_context(cafile="ca.pem")`).

What it does not see: A flag that arrives through a parameter or a setting, also as the condition under which
verification is off (`if insecure:`); verification that is switched off in the environment.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import either, every, named, says
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream")
CLIENTS = ("requests.", "requests.Session().", "requests.session().", "requests.sessions.Session().", "httpx.")
# Call -> the keyword that switches verification off when it is False.
SWITCHES: dict[str, str] = {
    **{f"{client}{verb}": "verify" for client in CLIENTS for verb in VERBS},
    **{f"{client}().{verb}": "verify" for client in ("httpx.Client", "httpx.AsyncClient") for verb in VERBS},
    "httpx.Client": "verify",
    "httpx.AsyncClient": "verify",
    "aiohttp.TCPConnector": "ssl",
    **{f"aiohttp.ClientSession().{verb}": "ssl" for verb in (*VERBS, "ws_connect")},
    "boto3.client": "verify",
    "boto3.resource": "verify",
    "hvac.Client": "verify",
    "elasticsearch.Elasticsearch": "verify_certs",
    "jwt.PyJWKClient": "verify",
}
UNVERIFIED = frozenset({"ssl._create_unverified_context", "ssl._create_stdlib_context"})
WRAPPERS = frozenset(
    {"ssl.wrap_socket", "ssl.SSLContext().wrap_socket", "urllib3.PoolManager", "urllib3.HTTPSConnectionPool"}
)
# https://www.python-ldap.org/en/python-ldap-3.4.3/reference/ldap.html#tls-options
LDAP_OPTION = "ldap.OPT_X_TLS_REQUIRE_CERT"
LDAP_OFF = frozenset({"ldap.OPT_X_TLS_NEVER", "ldap.OPT_X_TLS_ALLOW"})
OFF = frozenset({"ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE"})

# A condition that speaks of one of these: whoever runs the program has asked for it.
EXPLAINED = re.compile(r"(?i)verif|validat|(?<![a-z])cert|self-signed|\bssl|\btls")
# With fewer words nothing is explained.
EXPLANATION_WORDS = 8
EXPLAINABLE = (cst.SimpleStatementLine, cst.With, cst.If)
ASKED = re.compile(r"(?i)insecure|verif|validat|unsafe|skip|ignore|self_?signed|no_?check|trust|CERT_NONE|cert_reqs")
# The same in the name of a function.
NAMED = re.compile(r"(?i)insecure|unverif|no_?verif|unsafe|skip|self_?signed|no_?check")

# The same of any object, and what verified nothing by itself: https://docs.python.org/3.11/library/ssl.html#ssl.wrap_socket
DECIDED = re.compile(
    r"\b(?:verify|verify_ssl|verify_certs|ssl|check_hostname)\s*=\s*False\b|\bCERT_NONE\b|_create_unverified_context\b"
    r"|\bssl\.wrap_socket\(|\btls_insecure_set\(\s*True|\bverify\s*=\s*0\b"
)

OFF_WORDS = ("cert_reqs", "verify", "verify_mode", "check_hostname", "_create_default_https_context")

RULE = Rule(
    name="tls-verification-off",
    title="TLS certificate not verified",
    weakness="CWE-295",
    severity=Severity.HIGH,
    message="`{code}` makes this connection accept any certificate, so whoever stands between can read and change it.",
    advice="Remove `{code}`; for a private authority, name its certificate file instead.",
    topic="TLS connections",
    clean="with the certificate verified",
    decided=DECIDED,
    in_tests=False,
    needs=(either(says(*OFF_WORDS), every(says(*SWITCHES.values()), named(SWITCHES)), named(UNVERIFIED, LDAP_OFF)),),
    bad=(
        Bad(
            """
            import requests
            status = requests.get("https://example.org/status", verify=False, timeout=5)  # finding
            """,
            fixed="""
            import requests
            status = requests.get("https://example.org/status", verify=True, timeout=5)
            """,
        ),
        Bad(
            """
            import requests
            def session():
                made = requests.Session()
                made.verify = False  # finding
                return made
            """,
            fixed="""
            import requests
            def session():
                made = requests.Session()
                made.verify = True
                return made
            """,
        ),
        Bad(
            """
            import ssl
            def context():
                made = ssl.create_default_context()
                made.check_hostname = False  # step
                made.verify_mode = ssl.CERT_NONE  # finding
                return made
            """
        ),
        Bad(
            """
            import ssl
            def context():
                made = ssl.create_default_context()
                made.check_hostname = False  # finding
                return made
            """
        ),
        Bad(
            """
            import ssl, urllib.request
            def read(url):
                return urllib.request.urlopen(url, timeout=5, context=ssl._create_unverified_context())  # finding
            """
        ),
        Bad(
            """
            import ssl
            ssl._create_default_https_context = ssl._create_unverified_context  # finding
            """
        ),
        Bad(
            """
            import aiohttp

            async def prices(url):
                async with aiohttp.ClientSession() as session:
                    return await session.get(url, ssl=False)  # finding
            """,
            fixed="""
            import aiohttp

            async def prices(url):
                async with aiohttp.ClientSession() as session:
                    return await session.get(url, ssl=True)
            """,
        ),
        Bad(
            """
            import requests

            def prices(url):
                with requests.Session() as session:
                    return session.get(url, verify=False, timeout=9)  # finding
            """,
            fixed="""
            import requests

            def prices(url):
                with requests.Session() as session:
                    return session.get(url, verify=True, timeout=9)
            """,
        ),
        Bad(
            """
            import ldap

            def connection(address):
                ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)  # finding
                made = ldap.initialize(address)
                made.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_ALLOW)  # finding
                return made
            """
        ),
    ),
    good=(
        Good(
            "the directory's certificate is demanded",
            """
            import ldap
            ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
            ldap.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
            """,
        ),
        Good(
            "a setting says so",
            """
            import ssl
            class Client:
                def context(self):
                    context = ssl.create_default_context()
                    if not self._certificate_host_validation:
                        context.check_hostname = False
                        context.verify_mode = ssl.CERT_NONE
                    return context
            """,
        ),
        Good(
            "the caller asked for it",
            """
            import ssl
            def context(verified):
                if verified:
                    return ssl.create_default_context()
                made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                made.check_hostname = False
                made.verify_mode = ssl.CERT_NONE
                return made
            """,
        ),
        Good(
            "the comment says why",
            """
            import requests
            def lyrics(url):
                # The sites have all kinds of certificates, and nothing secret is sent or read.
                return requests.get(url, verify=False, timeout=10).text
            """,
        ),
        Good(
            "a private authority is named",
            'import requests\nstatus = requests.get("https://inside.example", verify="ca.pem", timeout=5)',
        ),
        Good("verification is on", "import ssl\ncontext = ssl.create_default_context()\ncontext.check_hostname = True"),
        Good(
            "whoever runs it has asked for it, by a setting that says so",
            """
            import ssl
            def context(settings):
                made = ssl.create_default_context()
                if settings.insecure_skip_verify:
                    made.check_hostname = False
                    made.verify_mode = ssl.CERT_NONE
                return made
            """,
        ),
        Good("`verify` of another function is something else", "order.save(verify=False)"),
    ),
)


@RULE.on(cst.Call)
def check_call(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """A call that makes a connection or a context."""
    name = file.origin(call.func) or ""
    if name in UNVERIFIED and not _asked_for(call, file):
        yield RULE.finding(file, call, code=file.code(call))
    elif name in SWITCHES:
        given = _keyword(call, SWITCHES[name])
        if given and syntax.is_name(given.value, "False") and not _asked_for(call, file):
            yield RULE.finding(file, call, fix=_fix(given.value, file), code=file.code(given))
        elif given:
            yield RULE.examined(file, call)
    elif syntax.method(call) == "set_option" and _is_ldap_off(call, file) and not _asked_for(call, file):
        yield RULE.finding(file, call, code=file.code(call))
    elif name in WRAPPERS:
        given = _keyword(call, "cert_reqs")
        if given and (file.qualified(given.value) in OFF or syntax.text_value(given.value) == "CERT_NONE"):
            yield RULE.finding(file, call, code=file.code(given))


def _is_ldap_off(call: cst.Call, file: SourceFile) -> bool:
    given = [file.qualified(one.value) for one in call.args]
    return len(given) == 2 and given[0] == LDAP_OPTION and given[1] in LDAP_OFF


@RULE.on(cst.Assign)
def check_assignment(assign: cst.Assign, file: SourceFile) -> Iterator[Finding | Examined]:
    """An assignment to a session or a context."""
    target = assign.targets[0].target
    if not isinstance(target, cst.Attribute):
        return
    if file.qualified(target) == "ssl._create_default_https_context":
        if file.qualified(assign.value) in UNVERIFIED:
            yield RULE.finding(file, assign, code=file.code(assign))
    elif _switched_off(target, assign.value, file) and not (
        _told_below(assign, target, file) or _asked_for(assign, file)
    ):
        steps = _with_name_check(assign, target, file)
        fix = _fix(assign.value, file) if target.attr.value == "verify" else None
        yield RULE.finding(file, assign, steps=steps, fix=fix, code=file.code(assign))


def _asked_for(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a condition around it, or the name of the function, speaks of insecurity, or a comment says why."""
    if _is_explained(node, file):
        return True
    tests = [around.test for around in file.ancestors(node) if isinstance(around, (cst.If, cst.IfExp))]
    tests += _passed(node, file)
    if NAMED.search(file.definition_name(node).rpartition(".")[2]):
        return True
    return any(ASKED.search(file.code(test)) or _is_option(test) for test in tests)


def _is_explained(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a comment of some words stands beside, or right above the statement or the `with` or `if` around it."""
    heads = {file.span(one).line for one in file.ancestors(node) if isinstance(one, EXPLAINABLE)}
    beside = file.line_text(file.span(node).end_line).partition("#")[2]
    return _explains(beside) or any(_explains(_comment_above(line, file)) for line in heads)


def _explains(comment: str) -> bool:
    return len(comment.split()) >= EXPLANATION_WORDS and EXPLAINED.search(comment) is not None


def _comment_above(line: int, file: SourceFile) -> str:
    said: list[str] = []
    while line > 1 and (text := file.line_text(line - 1).strip()).startswith("#"):
        said.insert(0, text.strip("# "))
        line -= 1
    return " ".join(said)


def _passed(node: cst.CSTNode, file: SourceFile) -> list[cst.BaseExpression]:
    """The conditions above in the function that would have left it: `if verified: return create_default_context()`."""
    function = running(node, file)
    block = function.body.body if isinstance(function, cst.FunctionDef) else ()
    ifs = [one for one in block if isinstance(one, cst.If) and file.span(one).end_line < file.span(node).line]
    return [one.test for one in ifs if any(isinstance(part, cst.Return) for part in syntax.inside(one.body))]


def _is_option(test: cst.BaseExpression) -> bool:
    """A switch of the command line: `args.td`."""
    return isinstance(test, cst.Attribute) and syntax.is_name(test.value, "args", "ar", "opts", "options", "parsed")


def _told_below(assign: cst.Assign, target: cst.Attribute, file: SourceFile) -> bool:
    """Whether the name check goes off only because the certificate's does, as `ssl` demands: that is one defect."""
    return target.attr.value == "check_hostname" and bool(_beside(assign, target, "verify_mode", file))


def _with_name_check(assign: cst.Assign, target: cst.Attribute, file: SourceFile) -> tuple[Step, ...]:
    """The steps of a certificate that is not verified: the name check beside it, then the assignment itself."""
    names = _beside(assign, target, "check_hostname", file) if target.attr.value == "verify_mode" else []
    before = [Step(file.path, file.span(name), "the name in the certificate is not checked") for name in names]
    here = Step(file.path, file.span(assign), "the certificate itself is not verified")
    return (*before, here) if before else ()


def _beside(assign: cst.Assign, target: cst.Attribute, attribute: str, file: SourceFile) -> list[cst.Assign]:
    """The assignments of the same block that switch another attribute of the same object off."""
    line = file.parent(assign)
    block = file.parent(line) if line else None
    if not isinstance(block, cst.IndentedBlock):
        return []
    small = (part for line in block.body if isinstance(line, cst.SimpleStatementLine) for part in line.body)
    others = [(one, one.targets[0].target) for one in small if isinstance(one, cst.Assign)]
    return [
        one
        for one, other in others
        if isinstance(other, cst.Attribute)
        and other.attr.value == attribute
        and file.code(other.value) == file.code(target.value)
        and _switched_off(other, one.value, file)
    ]


def _switched_off(target: cst.Attribute, value: cst.BaseExpression, file: SourceFile) -> bool:
    owner = file.origin(target.value) or ""
    match target.attr.value:
        case "verify_mode":
            return file.qualified(value) in OFF
        case "check_hostname":
            return owner.startswith("ssl.") and syntax.is_name(value, "False")
        case "verify":
            return owner.startswith(("requests.", "httpx.")) and syntax.is_name(value, "False")
    return False


def _keyword(call: cst.Call, name: str) -> cst.Arg | None:
    return next((arg for arg in call.args if arg.keyword and arg.keyword.value == name), None)


def _fix(value: cst.BaseExpression, file: SourceFile) -> Fix:
    return Fix("Verify the certificate", Safety.UNSAFE, (Edit(file.span(value), "True"),))
