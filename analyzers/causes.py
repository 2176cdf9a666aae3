"""Which findings the change causes: a touched line is on them, or they are in head and not in base.

Code that was moved, renamed, indented anew or put in another order is not new: it is found again in base by its key,
in the same definition first, then anywhere in the file, then in what other files of the change lost.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzers.marks import Key, key
from analyzers.model import Finding
from analyzers.rule import Rule
from analyzers.source import SourceFile
from analyzers.suppress import is_hushed
from analyzers.walk import look, reached
from analyzers.workspace import Side


def caused(found: Sequence[Finding], side: Side, sides: Mapping[str, Side], rules: Sequence[Rule]) -> list[Finding]:
    """The findings of a side's head that the change causes, in their order. Base is read only when it must be.

    Where base cannot be read, nobody knows what it had: then only what is touched is caused by the change.
    """
    rest = [finding for finding in found if not on_touched(finding, sides)]
    named = {finding.rule for finding in rest}
    rules = [rule for rule in rules if rule.name in named]
    if side.base is not None and rest:
        rest = _unknown(rest, side.head, standing(side, rules)) if side.base.readable else []
        rest = _not_moved(rest, side, sides, rules)
    new = {id(finding) for finding in rest}
    return [finding for finding in found if id(finding) in new or on_touched(finding, sides)]


def one_way(found: Sequence[Finding], rules: Sequence[Rule], sides: Mapping[str, Side]) -> list[Finding]:
    """Of all ways of values to one line the touched one, the surest, the shortest; other findings as they are."""
    following = {rule.name for rule in rules if rule.flow}
    ways: dict[object, Finding] = {}
    for one in sorted((one for one in found if one.rule in following), key=lambda one: _worth(one, sides)):
        ways.setdefault((one.rule, one.path, one.line), one)
    return [one for one in found if one.rule not in following or ways[one.rule, one.path, one.line] is one]


def _worth(finding: Finding, sides: Mapping[str, Side]) -> tuple[bool, int, int]:
    return not on_touched(finding, sides), len(finding.trace.assumed), len(finding.trace.steps)


def on_touched(finding: Finding, sides: Mapping[str, Side]) -> bool:
    """Whether a line that is really changed is on the reported place or on a step of the trace."""
    return any(_changed(sides, path, first, last) for path, first, last in _places(finding))


def _changed(sides: Mapping[str, Side], path: str, first: int, last: int) -> bool:
    side = sides.get(path)
    return side is not None and any(line in side.changed for line in range(first, last + 1))


def _places(finding: Finding) -> Iterator[tuple[str, int, int]]:
    yield finding.path, finding.span.line, finding.span.end_line
    for step in finding.trace.steps:
        yield step.path, step.span.line, step.span.end_line


def standing(side: Side, rules: Sequence[Rule]) -> list[Key]:
    """The keys of what base already had where the change reaches, without what was suppressed there."""
    if side.base is None or not side.base.readable:
        return []
    names = frozenset(unit.qualname for unit in reached(side.head, side.touched) if unit.qualname)
    seen = look(side.base, reached(side.base, side.removed, names), rules)
    found = one_way(seen.findings, rules, {})
    return [key(finding, side.base) for finding in found if not is_hushed(finding, side.base)]


def _unknown(found: Sequence[Finding], file: SourceFile, known: Sequence[Key]) -> list[Finding]:
    """The findings that no key explains; each key explains one, in the same definition before anywhere else."""
    left = Counter(known)
    strange = [finding for finding in found if not _take(left, key(finding, file))]
    loose = Counter(about.loose for about in left.elements())
    return [finding for finding in strange if not _take(loose, key(finding, file).loose)]


def _take(left: "Counter[Any]", wanted: Any) -> bool:
    if left[wanted] <= 0:
        return False
    left[wanted] -= 1
    return True


def _not_moved(found: Sequence[Finding], side: Side, sides: Mapping[str, Side], rules: Sequence[Rule]) -> list[Finding]:
    """The findings whose code did not come from another file of the change."""
    for other in sides.values():
        if other is side or other.base is None or not found or not other.removed.added:
            continue
        if any(_lost(other, side.head.line_text(finding.line).strip()) for finding in found):
            here = Counter(key(finding, other.head) for finding in one_way(look_head(other, rules), rules, {}))
            gone = Counter(standing(other, rules)) - here
            found = _unknown(found, side.head, list(gone.elements()))
    return list(found)


def _lost(other: Side, line: str) -> bool:
    """Whether a line is among those that the change removed from a file."""
    base = other.base
    return base is not None and any(base.line_text(number).strip() == line for number in other.removed.added)


def look_head(side: Side, rules: Sequence[Rule]) -> list[Finding]:
    """What the rules find in a side's head where the change reaches."""
    return look(side.head, reached(side.head, side.touched), rules).findings if side.head.readable else []
