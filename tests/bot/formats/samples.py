"""A finished review to print: three files, two defects, one of them with a fix, one file that does not parse."""

from dataclasses import replace

from analyzers.model import Edit, Examined, FileReport, Finding, Fix, Report, Safety, Span, Status
from bot import review
from bot.reviewed import Reviewed
from config.settings import ReviewSettings
from tests.bot import stories

SOURCES = {
    "shop/db.py": "\n" * 40 + "    cursor.execute('select ' + name)\n",
    "shop/net.py": "\n" * 8 + "    answer = requests.get(url)\n",
    "shop/views.py": "\n" * 11 + "    name = request.args['name']\n",
}
TIMEOUT = Fix("Add `timeout=30`", Safety.SAFE, (Edit(Span(9, 30, 9, 30), ", timeout=30"),))
SQL = replace(stories.sql(), span=Span(41, 5, 41, 37))
REQUEST = replace(stories.no_timeout(), span=Span(9, 14, 9, 31), fix=TIMEOUT)
UNREAD = FileReport("shop/bad.py", Status.UNREADABLE, "it does not parse: line 3")


def reviewed(*findings: Finding, unread: tuple[FileReport, ...] = (), sources: dict[str, str] = SOURCES) -> Reviewed:
    """A review of these findings, and a note of one clean place."""
    clean = Examined("sql-from-user-input", "shop/net.py", 3, "SQL statements", "with bound parameters")
    paths = sorted({finding.path for finding in findings} | {"shop/net.py"})
    files = [
        stories.analysed(
            path,
            *(finding for finding in findings if finding.path == path),
            examined=(clean,) if path == "shop/net.py" else (),
        )
        for path in paths
    ]
    report = Report((*unread, *files))
    return Reviewed(
        change=stories.CHANGE,
        report=report,
        review=review.compose(report, stories.CHANGE, ReviewSettings()),
        findings=tuple(sorted(report.findings, key=review.gravity)),
        lines=lambda path: sources.get(path, "").splitlines(keepends=True),
    )
