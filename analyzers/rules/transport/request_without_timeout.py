"""A network request that may wait for ever.

Why it matters: `requests` and `urllib` wait without end by default. One server that accepts and stays silent holds the
thread, and with it the lock, the connection or the job that the thread has.

What to do: Give `timeout=` in seconds: the connection and each read are then bounded.

What it does not see: A timeout set on an adapter or by `socket.setdefaulttimeout`; sessions that come in as arguments.
`FTP()` without a host, which connects later. Of low confidence are a request to this very machine (`http://localhost`),
one more in a file that has fifteen already, and one by a program of the command line: who waits for it can end it.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import named
from analyzers.model import Confidence, Edit, Examined, Finding, Fix, Safety, Severity, Span
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.terminals import at_a_terminal
from analyzers.waits import LOOPBACK, address, stays_here
from analyzers.whereabouts import line_at

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# Where the timeout stands when it is given by position; None: by name only.
ENDLESS: dict[str, int | None] = {
    **{f"requests.{verb}": None for verb in VERBS},
    **{f"requests.{made}().{verb}": None for made in ("Session", "session") for verb in VERBS},
    **{f"requests.sessions.Session().{verb}": None for verb in VERBS},
    "urllib.request.urlopen": 2,
    "http.client.HTTPConnection": 2,
    "http.client.HTTPSConnection": None,
    "smtplib.SMTP": 3,
    "smtplib.SMTP_SSL": None,
    "ftplib.FTP": 4,
    "telnetlib.Telnet": 2,
    "poplib.POP3": 2,
    "imaplib.IMAP4": 2,
}
# Made without a host they connect later, by a method that can be given the timeout then.
LATER = frozenset({"ftplib.FTP", "telnetlib.Telnet"})
# These wait five seconds unless they are told not to: https://www.python-httpx.org/advanced/timeouts/
BOUNDED = frozenset({f"httpx.{verb}" for verb in (*VERBS, "stream", "Client", "AsyncClient")})
ASKS = re.compile(rf"(?:requests|[Ss]ession(?:\(\))?)\.(?:{'|'.join(VERBS)})\(")
HABIT = 15

RULE = Rule(
    name="request-without-timeout",
    title="Request without a timeout",
    weakness="CWE-400",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    message="`{call}` {waits}: a server that stays silent holds this call for ever.",
    advice="Give `{call}` a `timeout=` in seconds, such as 10, and handle the error it raises.",
    topic="network requests",
    clean="with a timeout",
    in_tests=False,
    in_tools=False,
    needs=(named(ENDLESS, BOUNDED),),
    known_as=("S113", "missing-timeout", "W3101"),
    bad=(
        Bad(
            """
            import requests
            status = requests.get("https://example.org/status").json()  # finding
            """,
            fixed="""
            import requests
            status = requests.get("https://example.org/status", timeout=10).json()
            """,
        ),
        Bad(
            """
            import requests
            put = requests.put

            def save(body):
                return put("https://example.org/status", body)  # finding
            """,
            fixed="""
            import requests
            put = requests.put

            def save(body):
                return put("https://example.org/status", body, timeout=10)
            """,
        ),
        Bad(
            """
            import requests
            class Client:
                def __init__(self):
                    self.session = requests.Session()
                def send(self, url, body):
                    return self.session.post(url, json=body)  # finding
            """,
            fixed="""
            import requests
            class Client:
                def __init__(self):
                    self.session = requests.Session()
                def send(self, url, body):
                    return self.session.post(url, json=body, timeout=10)
            """,
        ),
        Bad(
            """
            from urllib.request import urlopen
            def read(url):
                with urlopen(url) as answer:  # finding
                    return answer.read()
            """,
            fixed="""
            from urllib.request import urlopen
            def read(url):
                with urlopen(url, timeout=10) as answer:
                    return answer.read()
            """,
        ),
        Bad(
            """
            import httpx
            def read(url):
                return httpx.get(url, timeout=None)  # finding
            """
        ),
        Bad(
            """
            import requests
            def read(url):
                return requests.get(url, timeout=None)  # finding
            """
        ),
        Bad(
            base="""
            import requests
            def read(url):
                return requests.get(url, timeout=5)
            """,
            code="""
            import requests
            def read(url):
                return requests.get(url)  # finding
            """,
        ),
    ),
    good=(
        Good("the wait ends", "import requests\nstatus = requests.get('https://example.org', timeout=(3, 10))"),
        Good("httpx waits five seconds by itself", "import httpx\nstatus = httpx.get('https://example.org')"),
        Good(
            "the timeout may be among the options that are passed on",
            """
            import requests
            def read(url, **options):
                return requests.get(url, **options)
            """,
        ),
        Good(
            "no server is asked: the data stand in the address",
            """
            from urllib.request import urlopen
            def read_data_url(url):
                with urlopen(url) as data:
                    return data.read()
            """,
        ),
        Good(
            "a file of this machine is read",
            """
            from urllib.request import urlopen
            def read(path):
                return urlopen("file://" + path).read()
            """,
        ),
        Good(
            "it is given where the connection is made",
            """
            import ftplib
            def connect(host):
                server = ftplib.FTP()
                server.connect(host, 21, timeout=10)
                return server
            """,
        ),
        Good("it is given by position", "from urllib.request import urlopen\nbody = urlopen(address, None, 10)"),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.origin(call.func)
    if (name not in ENDLESS and name not in BOUNDED) or (name in LATER and not call.args) or stays_here(call, file):
        return
    given = syntax.argument(call, ENDLESS.get(name), "timeout")
    watched = at_a_terminal(file) or address(call, file).startswith(LOOPBACK)
    sure = Confidence.LOW if watched or _is_habit(file) else RULE.confidence
    if syntax.is_name(given, "None"):
        told = "is told to wait without end"
        yield RULE.finding(file, call, call=file.code(call.func), confidence=sure, waits=told)
    elif given is not None or syntax.has_stars(call) or name in BOUNDED:
        yield RULE.examined(file, call)
    else:
        fix, code = _fix(call, file), file.code(call.func)
        yield RULE.finding(file, call, fix=fix, confidence=sure, call=code, waits="has no timeout")


def _is_habit(file: SourceFile) -> bool:
    """Whether a file has many such requests already, which the change leaves alone."""
    known: bool | None = file.cache.get(_is_habit)
    if known is None:
        lines = [line_at(file, found.start()) for found in ASKS.finditer(file.text)]
        left = [line for line in lines if not file.project.touches(file.path, line, line)]
        known = file.cache[_is_habit] = len(left) - file.text.count("timeout=") >= HABIT
    return known


def _fix(call: cst.Call, file: SourceFile) -> Fix | None:
    """A timeout behind the last argument."""
    if not call.args:
        return None
    end = file.span(call.args[-1])
    if "," in file.code(call)[-2:]:
        return None
    place = Span(end.end_line, end.end_column, end.end_line, end.end_column)
    return Fix("Wait ten seconds at most", Safety.UNSAFE, (Edit(place, ", timeout=10"),))
