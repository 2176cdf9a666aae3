"""Reports and changes to compose from: one small web shop, seen in several states."""

from analyzers.model import (
    Confidence,
    Examined,
    FileReport,
    Finding,
    Fix,
    Report,
    Safety,
    Severity,
    Span,
    Status,
    Step,
    Trace,
)
from bot.model import Change, ChangeRef, LineLinks, Patchset

LINKS = LineLinks("https://forge.example/shop/blob/h1/{path}#L{line}")
CHANGE = Change(
    ref=ChangeRef("github", "acme/shop", 7),
    title="Search by name",
    author="ann",
    target="main",
    head=Patchset("h1", "b1", 1),
    url="https://forge.example/shop/pull/7",
    links=LINKS,
)


def span(line: int) -> Span:
    """Most of one line."""
    return Span(line, 5, line, 40)


def sql(line: int = 41, mark: str = "a" * 16, **changes: object) -> Finding:
    """User input in the text of a statement, with its trace."""
    words: dict[str, object] = {
        "rule": "sql-from-user-input",
        "cwe": ("CWE-89",),
        "path": "shop/db.py",
        "span": span(line),
        "severity": Severity.CRITICAL,
        "confidence": Confidence.HIGH,
        "title": "SQL built from user input",
        "message": "`name` is put into the text of the statement that `cursor.execute` runs.",
        "advice": "Pass `name` as a bound parameter: `cursor.execute(query, (name,))`.",
        "mark": mark,
        "definition": "search",
        "trace": Trace(
            (
                Step("shop/views.py", span(12), "`name` comes from the request"),
                Step("shop/db.py", span(line), "reaches `cursor.execute`"),
            )
        ),
    }
    return Finding(**{**words, **changes})  # type: ignore[arg-type]


def no_timeout(line: int = 9, mark: str = "b" * 16, confidence: Confidence = Confidence.HIGH) -> Finding:
    """A request without a timeout, with a certain fix."""
    return Finding(
        rule="request-without-timeout",
        cwe=("CWE-1088",),
        path="shop/net.py",
        span=span(line),
        severity=Severity.MEDIUM,
        confidence=confidence,
        title="Request without a timeout",
        message="`requests.get` waits for ever when the other side does not answer.",
        advice="Add `timeout=30`.",
        mark=mark,
        fix=Fix("Add a timeout", Safety.UNSAFE, ()),
    )


def analysed(path: str, *findings: Finding, lines: int = 10, examined: tuple[Examined, ...] = ()) -> FileReport:
    """A file that was analysed."""
    return FileReport(path, Status.ANALYSED, findings=findings, examined=examined, touched_lines=lines)


def statements(path: str, *lines: int) -> tuple[Examined, ...]:
    """Clean SQL statements."""
    return tuple(Examined("sql-from-user-input", path, n, "SQL statements", "with bound parameters") for n in lines)


TWO_DEFECTS = Report(
    (
        FileReport("README.md", Status.SKIPPED, "not Python"),
        analysed("shop/db.py", sql(), lines=12, examined=statements("shop/db.py", 50, 52, 61)),
        analysed("shop/net.py", no_timeout(), lines=3),
    )
)
CLEAN = Report((analysed("shop/db.py", lines=12, examined=statements("shop/db.py", 50)),))
PARTIAL = Report(
    (
        FileReport("shop/bad.py", Status.UNREADABLE, "does not parse at line 3"),
        analysed("shop/net.py", lines=3),
    )
)
