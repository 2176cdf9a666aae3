"""A mail or file connection whose TLS verifies nothing, because no context was given.

Why it matters: `smtplib`, `imaplib`, `poplib` and `ftplib` accept any certificate unless they are given a context.
Whoever stands between the two ends can pose as the server and read the password that follows.

What to do: Give `ssl.create_default_context()`: it verifies certificate and host name.

What it does not see: Contexts that are given but verify nothing; connections made by libraries on top of these.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import named
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Span
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# Where the context stands: its position, if it has one, and its name. https://docs.python.org/3/library/smtplib.html
CONTEXTS: dict[str, tuple[int | None, str]] = {
    "smtplib.SMTP_SSL": (None, "context"),
    "smtplib.SMTP().starttls": (None, "context"),
    "imaplib.IMAP4_SSL": (None, "ssl_context"),
    "imaplib.IMAP4().starttls": (0, "ssl_context"),
    "poplib.POP3_SSL": (None, "context"),
    "poplib.POP3().stls": (0, "context"),
    "ftplib.FTP_TLS": (None, "context"),
}
# The same of objects whose type is not known.
DECIDED = re.compile(r"\b(?:SMTP_SSL|IMAP4_SSL|POP3_SSL|FTP_TLS)\([^()]*\)|\.(?:starttls|stls)\(\)")

RULE = Rule(
    name="tls-context-missing",
    title="TLS without a verifying context",
    weakness="CWE-295",
    severity=Severity.MEDIUM,
    message="`{call}` accepts any certificate, because it is given no context: whoever stands between can read "
    "the login that follows.",
    advice="Write `{call}(..., {context}=ssl.create_default_context())`.",
    topic="connections to mail and file servers",
    clean="with a verifying context",
    decided=DECIDED,
    in_tests=False,
    needs=(named(CONTEXTS),),
    bad=(
        Bad(
            """
            import smtplib
            def connect(host, user, password):
                server = smtplib.SMTP(host, 587, timeout=10)
                server.starttls()  # finding
                server.login(user, password)
                return server
            """
        ),
        Bad(
            """
            import smtplib, ssl
            def connect(host):
                return smtplib.SMTP_SSL(host, timeout=10)  # finding
            """,
            fixed="""
            import smtplib, ssl
            def connect(host):
                return smtplib.SMTP_SSL(host, timeout=10, context=ssl.create_default_context())
            """,
        ),
        Bad(
            base="""
            import imaplib, ssl
            def connect(host):
                return imaplib.IMAP4_SSL(host, ssl_context=ssl.create_default_context())
            """,
            code="""
            import imaplib, ssl
            def connect(host):
                return imaplib.IMAP4_SSL(host)  # finding
            """,
            fixed="""
            import imaplib, ssl
            def connect(host):
                return imaplib.IMAP4_SSL(host, ssl_context=ssl.create_default_context())
            """,
        ),
    ),
    good=(
        Good(
            "the context verifies the server",
            """
            import smtplib, ssl
            def connect(host):
                server = smtplib.SMTP(host, 587, timeout=10)
                server.starttls(context=ssl.create_default_context())
                return server
            """,
        ),
        Good(
            "the context comes from the caller",
            "import imaplib\ndef connect(host, **options):\n    return imaplib.IMAP4_SSL(host, **options)",
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.origin(call.func)
    if name not in CONTEXTS:
        return
    position, context = CONTEXTS[name]
    given = syntax.argument(call, position, context)
    if syntax.has_stars(call) or (given is not None and not syntax.is_name(given, "None")):
        yield RULE.examined(file, call)
    else:
        fix = _fix(call, context, file) if given is None else None
        yield RULE.finding(file, call, fix=fix, call=file.code(call.func), context=context)


def _fix(call: cst.Call, context: str, file: SourceFile) -> Fix | None:
    """The context behind the last argument, where `ssl` is at hand."""
    imported = any(one.target == "ssl" for one in file.outline.names[""].get("ssl", ()))
    if not imported or not call.args or file.code(call).rstrip(") \n").endswith(","):
        return None
    end = file.span(call.args[-1])
    place = Span(end.end_line, end.end_column, end.end_line, end.end_column)
    edit = Edit(place, f", {context}=ssl.create_default_context()")
    return Fix("Verify the server", Safety.UNSAFE, (edit,))
