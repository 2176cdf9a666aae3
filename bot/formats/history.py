"""A replayed history, for people and for programs."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.formats import json
from bot.formats.fragments import printable, prose
from bot.formats.text import STYLES
from bot.replay import Replayed, Totals
from bot.wording import count

ID_SHOWN = 10


def show(one: Replayed, console: Console) -> None:
    """One commit: a line of figures, and a line for each finding."""
    for line in _lines(one):
        console.print(line, soft_wrap=True)


def _lines(one: Replayed) -> Iterator[Text]:
    report, findings = one.review.report, one.review.findings
    said = Text(count(len(findings), "finding"), style="red" if findings else "dim")
    yield Text.assemble(
        (one.commit.id[:ID_SHOWN], "yellow"),
        f"  {one.cpu_seconds:6.2f} s  {sum(file.touched_lines for file in report.files):5} lines  ",
        said,
        "  ",
        printable(one.commit.subject)[:72],
    )
    for finding in findings:
        place = f"{printable(finding.path)}:{finding.line}"
        severity = (finding.severity.value, STYLES[finding.severity])
        yield Text.assemble("            ", (place, "bold"), "  ", severity, "  ", prose(finding.message))
    for file in report.files:
        if file.status == "unreadable":
            yield Text.assemble(
                "            ", printable(file.path), ("  not analysed: ", "yellow"), printable(file.reason)
            )


def closing(totals: Totals) -> str:
    """The sum in a few lines."""
    rules = "".join(f"\n  {number:5} {name}" for name, number in totals.by_rule)
    commits, findings = count(totals.commits, "commit"), count(totals.findings, "finding")
    return (
        f"{commits}, {totals.speaking} of them with findings, {findings} in all"
        f"{f', {totals.unanalysed} not wholly analysed' if totals.unanalysed else ''}.\n"
        f"Processor time {totals.cpu_seconds:.1f} s in all, {totals.median:.2f} s at the median commit, "
        f"{totals.p95:.2f} s at the 95th percentile; {totals.seconds:.1f} s by the clock.{rules}"
    )


def document(history: list[Replayed], totals: Totals) -> dict[str, Any]:
    """Version 1: `changes` hold the JSON of each review beside `commit`, `subject`, `seconds` and `cpu_seconds`."""
    return {
        "version": json.VERSION,
        "changes": [
            {
                "commit": one.commit.id,
                "subject": one.commit.subject,
                "seconds": round(one.seconds, 4),
                "cpu_seconds": round(one.cpu_seconds, 4),
                "review": json.document(one.review),
            }
            for one in history
        ],
        "totals": {
            "commits": totals.commits,
            "with_findings": totals.speaking,
            "findings": totals.findings,
            "not_wholly_analysed": totals.unanalysed,
            "seconds": round(totals.seconds, 4),
            "cpu_seconds": round(totals.cpu_seconds, 4),
            "cpu_seconds_median": round(totals.median, 4),
            "cpu_seconds_p95": round(totals.p95, 4),
            "by_rule": dict(totals.by_rule),
        },
    }
