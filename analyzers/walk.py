"""One walk over the units a change reaches: every rule is asked about the nodes of its types."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from analyzers.cuts import Cut
from analyzers.glimpse import Glimpse
from analyzers.model import Examined, Finding
from analyzers.outline import Kind, Unit
from analyzers.rule import Check, Rule
from analyzers.source import SourceFile
from analyzers.text import Unreadable
from analyzers.touched import TouchedLines

LOG = logging.getLogger(__name__)
Checks = dict[type[cst.CSTNode], list[tuple[Rule, Check]]]


@dataclass
class Seen:
    """What the rules said of one side of a file, and what went wrong there."""

    findings: list[Finding] = field(default_factory=list)
    examined: list[Examined] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    _known: set[Finding] = field(default_factory=set)

    def found(self, finding: Finding) -> None:
        """Keep a finding once: a rule that compares two places may tell of it from either."""
        if finding not in self._known:
            self._known.add(finding)
            self.findings.append(finding)


def table(rules: Sequence[Rule]) -> Checks:
    """The checks of some rules by node type."""
    checks: Checks = {}
    for rule in rules:
        for kind, own in rule.checks.items():
            checks.setdefault(kind, []).extend((rule, check) for check in own)
    return checks


def reached(file: SourceFile, touched: TouchedLines, also: frozenset[str] = frozenset()) -> list[Unit]:
    """The units that touched lines reach, and every unit of the same name as one of them or named in `also`."""
    units = file.outline.units
    near = {unit for unit in units if touched.meet(unit.line, unit.end_line)}
    names = {unit.qualname for unit in near if unit.qualname} | also
    return [unit for unit in units if unit in near or unit.qualname in names]


def look_further(file: SourceFile, units: Sequence[Unit], rules: Sequence[Rule]) -> Seen:
    """Like `look`; and each rule is asked about the units beside these that it looks at all the same."""
    seen, known = look(file, units, rules), frozenset(units)
    for rule in rules:
        if others := [unit for unit in rule.further(file) if unit not in known]:
            more = look(file, others, [rule])
            for finding in more.findings:
                seen.found(finding)
            seen.troubles += more.troubles
    return seen


def look(file: SourceFile, units: Sequence[Unit], rules: Sequence[Rule], *, glancing: bool = True) -> Seen:
    """Ask the rules about every node of the units. A unit that cannot be read, or a failing check, is a trouble.

    Unless `glancing`, the rules are also asked about units whose text shows nothing that they look for.
    """
    seen = Seen()
    speaking = [rule for rule in rules if rule.speaks_in(file.path)]
    tables: dict[tuple[str, ...], Checks] = {}
    for unit in units:
        glimpse = Glimpse(file, unit)
        wanted = speaking
        if glancing:
            told = [(rule, rule.told(glimpse)) for rule in speaking if rule.wanted(glimpse)]
            seen.examined += (rule.examined_at(file, line) for rule, lines in told for line in lines or ())
            wanted = [rule for rule, lines in told if lines is None]
        if not wanted:
            continue
        names = tuple(rule.name for rule in wanted)
        checks = tables[names] = tables.get(names) or table(wanted)
        try:
            cut = file.read(unit)
        except Unreadable as error:
            seen.troubles.append(f"lines {unit.line} to {unit.end_line}: {error}")
            continue
        for result in _ask(file, cut, checks, seen):
            if isinstance(result, Finding):
                seen.found(result)
            else:
                seen.examined.append(result)
    return seen


def _ask(file: SourceFile, cut: Cut, checks: Checks, seen: Seen) -> Iterator[Finding | Examined]:
    if cut.unit.kind is Kind.STATEMENT:
        yield from _check(file, cut.roots[0], checks.get(cst.Module, ()), seen)
    for node in cut.nodes:
        own = checks.get(type(node))
        if own:
            yield from _check(file, node, own, seen)


def _check(
    file: SourceFile, node: cst.CSTNode, checks: Sequence[tuple[Rule, Check]], seen: Seen
) -> Iterator[Finding | Examined]:
    for rule, check in checks:
        try:
            yield from check(node, file)
        except Exception as error:
            LOG.exception("the rule %s failed", rule.name)
            seen.troubles.append(f"line {file.span(node).line}: {rule.name} failed ({type(error).__name__})")
