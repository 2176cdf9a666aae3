"""analyze: the files of a change and the rules -> what the change causes. Never raises for what it reads."""

import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from analyzers.causes import caused, one_way, surer, written
from analyzers.marks import marked
from analyzers.model import ContextFile, FilePair, FileReport, Finding, Report, Span, Status
from analyzers.rule import Rule
from analyzers.suppress import is_hushed, unreasoned
from analyzers.text import Unreadable, is_generated
from analyzers.walk import look_further, reached
from analyzers.workspace import DEFAULT_LIMITS, PYTHON, Limits, Side, Workspace, workspace

# Deep enough for libcst to write out all that is not refused as nested too deeply.
RECURSION = 4_000


def analyze(
    pairs: Sequence[FilePair],
    rules: Sequence[Rule],
    models: Any = None,
    limits: Limits = DEFAULT_LIMITS,
    context: Sequence[ContextFile] = (),
) -> Report:
    """The report of a change: one FileReport for every pair, in path order; files of the `context` get none."""
    space = workspace(pairs, models, limits, context)
    ordered = sorted(pairs, key=lambda pair: pair.path)
    return Report(tuple(analyze_file(pair, space, rules) for pair in ordered))


def analyze_file(pair: FilePair, space: Workspace, rules: Sequence[Rule]) -> FileReport:
    """What the change causes in one of its files."""
    if pair.head is None:
        return FileReport(pair.path, Status.SKIPPED, "deleted")
    if not pair.path.endswith(PYTHON):
        return FileReport(pair.path, Status.SKIPPED, "not Python")
    if pair.base is not None and is_generated(pair.base) and is_generated(pair.head):
        return FileReport(pair.path, Status.SKIPPED, "generated, as its first lines said before")
    if pair.path in space.unreadable:
        return FileReport(pair.path, Status.UNREADABLE, space.unreadable[pair.path])
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))
    side = space.sides[pair.path]
    try:
        return _report(side, space, rules)
    except Unreadable as error:
        return FileReport(pair.path, Status.UNREADABLE, str(error), touched_lines=len(side.touched.added))


def _report(side: Side, space: Workspace, rules: Sequence[Rule]) -> FileReport:
    file, touched = side.head, side.touched
    seen = look_further(file, reached(file, touched), rules)
    shortest = one_way(seen.findings, rules, written(space.sides))
    found = marked([*shortest, *unreasoned(file)], file, side.pair.old_path or file.path)
    hushed = [finding for finding in found if is_hushed(finding, file, rules)]
    silent = frozenset(hushed)
    spoken = [finding for finding in found if finding not in silent]
    new = surer(caused(spoken, side, space.sides, rules), seen.examined, side, rules)
    return FileReport(
        path=file.path,
        status=Status.UNREADABLE if seen.troubles else Status.ANALYSED,
        reason="; ".join(dict.fromkeys(seen.troubles)),
        findings=tuple(_uncovered(new, rules)),
        examined=tuple(place for place in seen.examined if place.line in touched.added),
        suppressed=tuple(caused(hushed, side, space.sides, rules)),
        touched_lines=len(touched.added),
    )


def _uncovered(found: Sequence[Finding], rules: Sequence[Rule]) -> list[Finding]:
    """The findings without those about a place of which another rule knows more."""
    covers = {rule.name: rule.covers for rule in rules}
    said: dict[str, list[Span]] = {}
    for finding in found:
        for name in covers.get(finding.rule, ()):
            said.setdefault(name, []).append(finding.span)
    known = {name: _Lines.of(spans) for name, spans in said.items()}
    return [finding for finding in found if finding.rule not in known or not known[finding.rule].meet(finding.span)]


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of some spans: where each begins, and the last line that any of those up to it has."""

    begins: Sequence[int]
    reach: Sequence[int]

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "_Lines":
        ordered = sorted(spans)
        return cls([span.line for span in ordered], list(accumulate((span.end_line for span in ordered), max)))

    def meet(self, span: Span) -> bool:
        """Whether some line is one of a span's."""
        before = bisect_right(self.begins, span.end_line)
        return before > 0 and self.reach[before - 1] >= span.line
