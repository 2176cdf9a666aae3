"""`# touchline: ignore[rule] because ...`: what an author has decided, with the reason beside it.

It stands on the reported line, on a line of its own directly above, or on or above the `def` line of the function for
all of it. It names its rules, so nothing switches a whole file off. Without a reason it suppresses nothing, and is
reported itself. What somebody has answered to another tool, on the very line or above it, is not asked again.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzers.model import Confidence, Finding, Severity, Span
from analyzers.outline import Kind
from analyzers.rule import Rule
from analyzers.source import SourceFile

COMMENT = re.compile(
    r"#\s*touchline:\s*ignore\b\s*(?:\[(?P<rules>[^\]\r\n]{0,400})\])?(?:\s+because\b[\s:]*(?P<reason>[^\r\n]*))?",
    re.IGNORECASE,
)
WORD = "touchline"
# https://bandit.readthedocs.io/en/latest/config.html#exclusions, https://semgrep.dev/docs/ignoring-files-folders-code,
# https://docs.astral.sh/ruff/linter/#line-level
ANSWERED = re.compile(r"\b(?:nosec|nosemgrep|noqa:[^#\r\n]{0,100}\bS\d{3})\b")
# The same for other checks, by their names: https://mypy.readthedocs.io/en/stable/error_codes.html,
# https://pylint.readthedocs.io/en/stable/user_guide/messages/message_control.html
ORDER = re.compile(r"\b(?:noqa:|pylint:\s*disable(?:-next)?=|(?:type|pyright):\s*ignore\[)(?P<names>[^#\r\n]{1,200})")
NAME = re.compile(r"[\w-]+")
RULE = "suppression-without-reason"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment on a 1-based line. `reason` is "" when none is given; `alone` when nothing else is on the line."""

    line: int
    column: int
    rules: frozenset[str]
    reason: str
    alone: bool

    @property
    def holds(self) -> bool:
        """Whether it suppresses anything at all."""
        return bool(self.rules and self.reason)


def suppressions(file: SourceFile) -> Mapping[int, Suppression]:
    """The suppression comments of a file by line."""
    if suppressions not in file.cache:
        present = WORD in file.text.lower()
        found = (_read(number, line) for number, line in enumerate(file.lines, 1)) if present else ()
        file.cache[suppressions] = {comment.line: comment for comment in found if comment}
    known: Mapping[int, Suppression] = file.cache[suppressions]
    return known


def _read(number: int, line: str) -> Suppression | None:
    match = COMMENT.search(line)
    if not match:
        return None
    rules = frozenset(filter(None, (rule.strip() for rule in (match["rules"] or "").split(","))))
    alone = not line[: match.start()].strip()
    return Suppression(number, match.start() + 1, rules, (match["reason"] or "").strip(), alone)


def answered(finding: Finding, file: SourceFile, names: Container[str] = ()) -> bool:
    """Whether a comment on the reported lines, or alone above them, answers another tool.

    `names` are what other tools call the defect.
    """
    first = finding.span.line
    lines = [file.line_text(line) for line in range(first, finding.span.end_line + 1)]
    if first > 1 and (above := file.line_text(first - 1)).lstrip().startswith("#"):
        lines.append(above)
    return any(_answers(line[line.index("#") :], names) for line in lines if "#" in line)


def _answers(comment: str, names: Container[str]) -> bool:
    order = ORDER.search(comment)
    named = NAME.findall(order["names"]) if order else ()
    return ANSWERED.search(comment) is not None or any(name in names for name in named)


def is_hushed(finding: Finding, file: SourceFile, rules: Iterable[Rule]) -> bool:
    """Whether the code says that a finding of one of the rules is not to be told."""
    names = next((rule.known_as for rule in rules if rule.name == finding.rule), ())
    return covering(finding, file) is not None or answered(finding, file, names)


def covering(finding: Finding, file: SourceFile) -> Suppression | None:
    """The comment that suppresses a finding, if there is one."""
    known = suppressions(file)
    if not known:
        return None
    first, last = finding.span.line, finding.span.end_line
    heads = list(_heads(finding, file))
    beside = [known[line] for line in (*range(first, last + 1), *heads) if line in known]
    above = [known[line - 1] for line in (first, *heads) if line - 1 in known and known[line - 1].alone]
    return next((comment for comment in (*beside, *above) if comment.holds and finding.rule in comment.rules), None)


def _heads(finding: Finding, file: SourceFile) -> Iterator[int]:
    """The `def` line of the function around the finding, and its first line where decorators stand above."""
    definition = file.outline.by_name.get(finding.definition)
    if definition and definition.kind is Kind.FUNCTION:
        yield from {definition.head, definition.line}


def unreasoned(file: SourceFile) -> Iterator[Finding]:
    """A finding for every comment that wants to suppress and says not what, or not why."""
    for comment in suppressions(file).values():
        if not comment.holds:
            yield Finding(
                rule=RULE,
                cwe=(),
                path=file.path,
                span=Span(comment.line, comment.column, comment.line, len(file.line_text(comment.line)) + 1),
                severity=Severity.LOW,
                confidence=Confidence.HIGH,
                message="This suppression names no rule or gives no reason, so it suppresses nothing.",
                mark="",
                title="suppression without a reason",
                advice="Write `# touchline: ignore[rule] because ...` and say why the code is right.",
            )
