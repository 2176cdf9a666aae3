"""A TLS connection that accepts any certificate.

Why it matters: Without verification anybody between the two ends can pose as the server, read everything and change
it, passwords and tokens first.

What to do: Leave verification on. For a private authority, name its certificate file (`verify="ca.pem"`,
`ssl.create_default_context(cafile="ca.pem")`).

What it does not see: A connection to this very machine (`https://localhost`), which is left alone. A flag that arrives
through a parameter or a setting, also as the condition under which verification is off (`if insecure:`); verification
that is switched off in the environment. Of medium confidence, and so told in the summary alone, is what a comment
beside or right above says to be meant.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import either, every, named, says
from analyzers.meant import asked_for, sureness
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

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
            def is_up(host):
                return requests.get(f"https://{host}/health", verify=False, timeout=2).ok  # finding
            """,
            fixed="""
            import requests
            def is_up(host):
                return requests.get(f"https://{host}/health", verify=True, timeout=2).ok
            """,
        ),
        Bad(
            """
            import ssl
            class Trusting(ssl.SSLContext):
                def __init__(self):
                    self.verify_mode = ssl.CERT_NONE  # finding
            """
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
        Good(
            "nobody stands between a program and its own machine",
            """
            import requests
            def is_up(port):
                return requests.get(f"https://localhost:{port}/health", verify=False, timeout=2).ok
            """,
        ),
        Good(
            "a probe of the machine itself, through a context",
            """
            import ssl
            from urllib.request import urlopen
            def answers(path):
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                return urlopen("https://127.0.0.1:8443" + path, timeout=2, context=context).status == 200
            """,
        ),
        Good(
            "an object of the program keeps a setting, which makes no connection",
            """
            import ssl
            class Options:
                def __init__(self):
                    self.verify_mode = ssl.CERT_NONE
                    self.ca_certs = None
            """,
        ),
        Good("`verify` of another function is something else", "order.save(verify=False)"),
    ),
)


@RULE.on(cst.Call)
def check_call(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """A call that makes a connection or a context."""
    name = file.origin(call.func) or ""
    if name in UNVERIFIED and not asked_for(call, file):
        yield RULE.finding(file, call, confidence=sureness(call, file), code=file.code(call))
    elif name in SWITCHES:
        given = _keyword(call, SWITCHES[name])
        if given and syntax.is_name(given.value, "False") and not asked_for(call, file):
            yield RULE.finding(
                file, call, confidence=sureness(call, file), fix=_fix(given.value, file), code=file.code(given)
            )
        elif given:
            yield RULE.examined(file, call)
    elif syntax.method(call) == "set_option" and _is_ldap_off(call, file) and not asked_for(call, file):
        yield RULE.finding(file, call, confidence=sureness(call, file), code=file.code(call))
    elif name in WRAPPERS:
        given = _keyword(call, "cert_reqs")
        if given and (file.qualified(given.value) in OFF or syntax.text_value(given.value) == "CERT_NONE"):
            yield RULE.finding(file, call, confidence=sureness(call, file), code=file.code(given))


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
            yield RULE.finding(file, assign, confidence=sureness(assign, file), code=file.code(assign))
    elif _switched_off(target, assign.value, file) and not (
        _told_below(assign, target, file) or asked_for(assign, file)
    ):
        steps = _with_name_check(assign, target, file)
        fix = _fix(assign.value, file) if target.attr.value == "verify" else None
        yield RULE.finding(
            file, assign, steps=steps, confidence=sureness(assign, file), fix=fix, code=file.code(assign)
        )


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
            return file.qualified(value) in OFF and not _is_own(target, file)
        case "check_hostname":
            return owner.startswith("ssl.") and syntax.is_name(value, "False")
        case "verify":
            return owner.startswith(("requests.", "httpx.")) and syntax.is_name(value, "False")
    return False


def _is_own(target: cst.Attribute, file: SourceFile) -> bool:
    """Whether an object keeps the setting for itself: one that is no context of TLS."""
    around = file.outline.by_name.get(file.definition_name(target).rpartition(".")[0])
    is_context = around is not None and any(base.endswith("SSLContext") for base in around.bases)
    return syntax.is_name(target.value, "self") and not is_context


def _keyword(call: cst.Call, name: str) -> cst.Arg | None:
    return next((arg for arg in call.args if arg.keyword and arg.keyword.value == name), None)


def _fix(value: cst.BaseExpression, file: SourceFile) -> Fix:
    return Fix("Verify the certificate", Safety.UNSAFE, (Edit(file.span(value), "True"),))
