"""The review for a person at a terminal: the code line, the caret, the trace, what to do; then the verdict."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.rule import Rule as Line
from rich.text import Text

from analyzers.model import Confidence, Finding, Fix, Safety, Severity, Step
from bot import wording
from bot.formats.fragments import Indented, edited, marked, printable, prose
from bot.model import Verdict
from bot.reviewed import Lines, Reviewed

STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
VERDICT_STYLES = {Verdict.CLEAN: "green", Verdict.FINDINGS: "red", Verdict.PARTIAL: "yellow"}
FIX_LINES_SHOWN = 12


def show(reviewed: Reviewed, console: Console) -> None:
    """Print the whole review."""
    for finding in reviewed.findings:
        console.print(Group(*_finding(finding, reviewed.lines)))
        console.print()
    if reviewed.findings:
        console.print(Line(style="dim"))
    console.print(Group(*_closing(reviewed)))


def _finding(finding: Finding, lines: Lines) -> Iterator[RenderableType]:
    gutter = len(str(max([finding.span.end_line, *(step.line for step in finding.trace.steps)])))
    yield _headline(finding)
    yield Indented(prose(finding.message), 2)
    yield from _code(
        finding.path, finding.line, finding.span.column, _end(finding), lines, gutter, STYLES[finding.severity]
    )
    yield from _trace(finding, lines, gutter)
    if finding.advice:
        yield Indented(Text.assemble(("what to do  ", "bold green"), prose(finding.advice)), 2)
    if finding.fix:
        yield from _fix(finding.path, finding.fix, lines)
    sure = "" if finding.confidence is Confidence.HIGH else f", confidence {finding.confidence}"
    yield Indented(Text(f"rule {finding.rule}{sure}", style="dim"), 2)


def _headline(finding: Finding) -> Text:
    return Text.assemble(
        (f"{printable(finding.path)}:{finding.line}:{finding.span.column}", "bold"),
        "  ",
        (finding.severity.value, STYLES[finding.severity]),
        "  ",
        Text.assemble(prose(finding.title or finding.rule), style="bold"),
        (f"  {', '.join(finding.cwe)}", "dim"),
        no_wrap=True,
        overflow="ignore",
    )


def _end(finding: Finding) -> int:
    """The column after the caret: a finding over several lines is marked to the end of its first."""
    return finding.span.end_column if finding.span.end_line == finding.line else 1_000_000


def _line(lines: Lines, path: str, number: int) -> str:
    text = lines(path)
    return text[number - 1] if 0 < number <= len(text) else ""


def _code(
    path: str, line: int, column: int, end_column: int, lines: Lines, gutter: int, style: str
) -> Iterator[RenderableType]:
    source = _line(lines, path, line)
    if not source.strip():
        return
    shown = marked(source, column, end_column)
    yield _row(f"{line:>{gutter}} │ ", shown.code)
    yield _row(f"{'':>{gutter}} │ {' ' * shown.start}", "^" * shown.width, style)


def _row(margin: str, text: str, style: str = "") -> Text:
    return Text.assemble("  ", (margin, "dim"), (text, style), no_wrap=True, overflow="ellipsis")


def _trace(finding: Finding, lines: Lines, gutter: int) -> Iterator[RenderableType]:
    if not finding.leads_here:
        return
    yield Indented(Text("how it comes about", style="bold"), 2)
    for number, step in enumerate(finding.trace.steps, 1):
        yield from _step(number, step, lines, gutter)
    for assumption in finding.trace.assumed:
        yield Indented(Text.assemble(("assumed: ", "dim"), prose(assumption)), 4)


def _step(number: int, step: Step, lines: Lines, gutter: int) -> Iterator[RenderableType]:
    where = (f"{printable(step.path)}:{step.line}", "bold")
    yield Indented(Text.assemble((f"{number}. ", "dim"), where, "  ", prose(step.what)), 2)
    source = _line(lines, step.path, step.line).strip()
    if source:
        yield _row(f"   {step.line:>{gutter}} │ ", marked(source, 1, 1).code)


def _fix(path: str, fix: Fix, lines: Lines) -> Iterator[RenderableType]:
    sure = "safe" if fix.safety is Safety.SAFE else "look before applying"
    title = Text.assemble(("fix  ", "bold green"), prose(fix.title), (f" ({sure})", "dim"))
    yield Indented(title, 2)
    if not fix.edits:
        return
    first, last = fix.edits[0].span.line, fix.edits[-1].span.end_line
    old = list(lines(path)[first - 1 : last])
    if len(old) != last - first + 1 or len(old) > FIX_LINES_SHOWN:
        return
    for mark, style, text in (("-", "red", old), ("+", "green", edited(old, first, fix.edits))):
        for line in text[:FIX_LINES_SHOWN]:
            yield _row(f"{mark} ", marked(line, 1, 1).code, style)


def _closing(reviewed: Reviewed) -> Iterator[RenderableType]:
    paragraphs = reviewed.review.summary.text.split("\n\n")
    verdict = prose(paragraphs[0])
    verdict.stylize_before(VERDICT_STYLES[reviewed.review.verdict])
    yield verdict
    notes = wording.clean_notes(reviewed.report)
    if notes and reviewed.review.verdict is not Verdict.CLEAN:
        yield Text.assemble(("found clean: ", "green"), prose("; ".join(notes)))
    yield prose(wording.receipt_line(reviewed.report))
