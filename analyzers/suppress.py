"""`# touchline: ignore[rule] because ...`: what an author has decided, with the reason beside it.

It stands at the end of the reported line, on a line of its own directly above, or on the `def` or `class` line for the
whole definition. It names its rules, so nothing switches a whole file off. Without a reason it suppresses nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COMMENT = re.compile(
    r"#\s*touchline:\s*ignore\s*(?:\[(?P<rules>[^\]\r\n]{0,400})\])?(?:\s+because\b[\s:]*(?P<reason>[^\r\n]*))?",
    re.IGNORECASE,
)
WORD = "touchline"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: its line (1-based), the rules it names, its reason ("" when none), and whether it has a line alone."""

    line: int
    rules: frozenset[str]
    reason: str
    alone: bool

    @property
    def holds(self) -> bool:
        """Whether it suppresses anything at all."""
        return bool(self.rules and self.reason)


def suppressions(lines: Sequence[str]) -> dict[int, Suppression]:
    """The suppression comments of a file by line."""
    found = (_read(number, line) for number, line in enumerate(lines, 1) if WORD in line.lower())
    return {suppression.line: suppression for suppression in found if suppression}


def _read(number: int, line: str) -> Suppression | None:
    match = COMMENT.search(line)
    if not match:
        return None
    rules = frozenset(filter(None, (rule.strip() for rule in (match["rules"] or "").split(","))))
    return Suppression(number, rules, (match["reason"] or "").strip(), not line[: match.start()].strip())


def suppressing(
    found: Mapping[int, Suppression], rule: str, line: int, end_line: int, heads: Sequence[int]
) -> Suppression | None:
    """The comment that covers a finding on `line` to `end_line` inside the definitions whose `def` lines are `heads`."""
    places = [*range(line, end_line + 1), line - 1, *heads, *(head - 1 for head in heads)]
    for place in places:
        suppression = found.get(place)
        if suppression is None or not suppression.holds or rule not in suppression.rules:
            continue
        if suppression.alone or place in (*range(line, end_line + 1), *heads):
            return suppression
    return None
