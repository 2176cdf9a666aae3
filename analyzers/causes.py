"""Which findings the change causes: a touched line is on them, or they are in head and not in base.

Code that was moved, renamed, indented anew or put in another order is not new: it is found again in base by its key,
in the same definition first, then anywhere in the file, then in what other files of the change lost. Code that was
moved and changed on the way is found by what is said of it: each defect that is gone explains one that came. What was
decided before, such as a protection that is off, is not new either when the change says it in other words.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from analyzers.marks import Key, key
from analyzers.model import Confidence, Examined, Finding
from analyzers.respelled import statements
from analyzers.rule import Rule
from analyzers.source import SourceFile
from analyzers.suppress import covering
from analyzers.text import bare
from analyzers.touched import Change
from analyzers.walk import Seen, look_further, reached
from analyzers.whereabouts import function_at
from analyzers.workspace import Side

# Files of a change that are asked for what they lost.
MOST_ASKED = 40

BRACKETS = str.maketrans("", "", "()")
# Words, and operators but that of formatting.
WORD = re.compile(r"\w+|[-+*/<>!&|^~@]")
# `%s`, `%d`, `%r`, `f"..."` and `"...".format()`.
FORMATTING = frozenset("s d r f format".split())

Sides = Mapping[str, Side]
Lines = Callable[[str, int, int], bool]
"""Whether the change wrote, or took away, any of some lines of a path."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A finding on one side of a change. `turned`: it is on lines that the change wrote, or took away.

    `decided`: it is about something that is decided once, whatever the words; `common`: about the same at any place.
    `words` are those of its code in order of the alphabet, without what only says how a text is formatted.
    """

    key: Key
    message: str
    turned: bool
    decided: bool = False
    line: int = 0
    common: bool = False
    words: tuple[str, ...] = ()


Likeness = Callable[[Known], Hashable]
# What makes two findings one, the surest first.
HERE: tuple[Likeness, ...] = (lambda one: one.key, lambda one: one.key.loose)
# The same code in another spelling: `"%s" % name` as an f-string, other quotes, other lines.
RESPELLED: tuple[Likeness, ...] = (
    *HERE,
    lambda one: (one.key.rule, one.key.definition, one.words) if one.words else one,
)
# The same, of lines that the change only wrote otherwise: in parentheses, with other quotes.
OTHERWISE: tuple[Likeness, ...] = (
    *HERE,
    lambda one: (one.key.rule, one.key.definition, one.key.code.translate(BRACKETS)),
    lambda one: (one.key.rule, one.key.definition, one.message),
)
SAID: tuple[Likeness, ...] = (lambda one: (one.key.rule, one.message),)
# Told of the same definition before, on lines that were written anew: who edits the very line may want to mend it.
AGAIN: tuple[Likeness, ...] = (lambda one: (one.key.rule, one.key.definition, one.message),)
ELSEWHERE: tuple[Likeness, ...] = (lambda one: one.key.loose, *SAID)
ANEW: tuple[Likeness, ...] = (
    lambda one: (one.key.rule, one.key.definition) if one.decided else one,
    lambda one: one.key.rule if one.decided else one,
)


def caused(found: Sequence[Finding], side: Side, sides: Sides, rules: Sequence[Rule]) -> list[Finding]:
    """The findings of a side's head that the change causes, in their order. Base is read only when it must be.

    Where base cannot be read, nobody knows what it had: then only what is touched is caused by the change. What base
    had in the same definition, on a line that is written anew, is of medium confidence at most.
    """
    if not found:
        return []
    lines = written(sides)
    known = _all_known(found, side.head, rules, lines)
    if side.base is not None and not side.base.readable:
        new, again = [one for one in known if one.turned], set[Known]()
    else:
        named = [rule for rule in rules if rule.name in {finding.rule for finding in found}]
        new, gone = _unexplained(known, standing(side, named, sides, found), side)
        again = set(new) - set(_paired(new, gone, AGAIN)[0])
        new = _not_moved(new, side, sides, named)
    kept = set(new)
    both = ((finding, one) for finding, one in zip(found, known, strict=True) if one in kept)
    return [_less_sure(finding) if one in again else finding for finding, one in both]


def _less_sure(finding: Finding) -> Finding:
    sure = finding.confidence is Confidence.HIGH
    return replace(finding, confidence=Confidence.MEDIUM) if sure else finding


def surer(found: Sequence[Finding], examined: Iterable[Examined], side: Side, rules: Sequence[Rule]) -> list[Finding]:
    """The findings, those sure that stand where base had a place of their rule that was clean and is no more.

    Whether a request may wait for ever is for its author to say; but who takes its `timeout=` away undoes what somebody
    had found worth writing. `examined` are the clean places of head.
    """
    unsure = {one.rule for one in found if _may_be_surer(one)}
    if not unsure or side.base is None or not side.base.readable:
        return list(found)
    seen = _seen_before(side.base, side, [rule for rule in rules if rule.name in unsure])
    before, after = _lines_of(seen.examined), _lines_of(examined)
    told: Counter[tuple[str, Change]] = Counter()

    def undone(one: Finding) -> bool:
        at = side.change_at(one.line)
        had = _among(before.get(one.rule, ()), at.base_start, at.base_end)
        has = _among(after.get(one.rule, ()), at.head_start, at.head_end)
        told[one.rule, at] += 1
        return told[one.rule, at] <= had - has

    return [replace(one, confidence=Confidence.HIGH) if _may_be_surer(one) and undone(one) else one for one in found]


def _may_be_surer(finding: Finding) -> bool:
    """What an assumption makes unsure stays so."""
    return finding.confidence is Confidence.MEDIUM and not finding.trace.assumed


def _lines_of(examined: Iterable[Examined]) -> Mapping[str, Sequence[int]]:
    """The lines of the places of each rule, in order."""
    lines: dict[str, list[int]] = {}
    for place in examined:
        lines.setdefault(place.rule, []).append(place.line)
    return {rule: sorted(found) for rule, found in lines.items()}


def _among(lines: Sequence[int], start: int, end: int) -> int:
    """How many of some ordered 1-based lines are those from `start` to `end`, 0-based, end exclusive."""
    return bisect_right(lines, end) - bisect_right(lines, start)


def one_way(found: Sequence[Finding], rules: Sequence[Rule], turned: Lines) -> list[Finding]:
    """Of all ways of values to one line the touched one, the surest, the shortest; other findings as they are."""
    following = {rule.name for rule in rules if rule.flow}
    ways: dict[object, Finding] = {}
    for one in sorted((one for one in found if one.rule in following), key=lambda one: _worth(one, turned)):
        ways.setdefault((one.rule, one.path, one.line), one)
    return [one for one in found if one.rule not in following or ways[one.rule, one.path, one.line] is one]


def _worth(finding: Finding, turned: Lines) -> tuple[bool, int, int]:
    return not _is_on(finding, turned), len(finding.trace.assumed), len(finding.trace.steps)


def written(sides: Sides) -> Lines:
    """The lines that are really changed."""

    def lines(path: str, first: int, last: int) -> bool:
        side = sides.get(path)
        return side is not None and any(line in side.changed for line in range(first, last + 1))

    return lines


def taken(sides: Sides) -> Lines:
    """The lines of base that are gone, or between which others were put in."""
    known = {side.base.path: side for side in sides.values() if side.base}

    def lines(path: str, first: int, last: int) -> bool:
        side = known.get(path)
        return side is not None and side.took(first, last)

    return lines


def _is_on(finding: Finding, lines: Lines) -> bool:
    """Whether one of the lines is on the reported place or on a step of the trace."""
    return any(lines(path, first, last) for path, first, last in _places(finding))


def _places(finding: Finding) -> Iterator[tuple[str, int, int]]:
    yield finding.path, finding.span.line, finding.span.end_line
    for step in finding.trace.steps:
        yield step.path, step.span.line, step.span.end_line


def _all_known(found: Iterable[Finding], file: SourceFile, rules: Iterable[Rule], lines: Lines) -> list[Known]:
    deciding, common = {rule.name for rule in rules if rule.decided}, {rule.name for rule in rules if rule.common}
    return [
        Known(
            key(one, file),
            one.message,
            _is_on(one, lines),
            decided=one.rule in deciding,
            line=one.line,
            common=one.rule in common,
            words=_words(file.text_of(one.span)),
        )
        for one in found
    ]


def _words(code: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in WORD.findall(code) if word not in FORMATTING))


def standing(side: Side, rules: Sequence[Rule], sides: Sides, told: Iterable[Finding] = ()) -> list[Known]:
    """What base already had where the change reaches, and where findings are `told`, without what was suppressed there.

    What was only told to another tool to be silent about was there.
    """
    base, gone = side.base, taken(sides)
    if base is None or not base.readable:
        return []
    found = one_way(_seen_before(base, side, rules, told).findings, rules, gone)
    heard = [finding for finding in found if covering(finding, base) is None]
    return [*_all_known(heard, base, rules, gone), *_decided(base, rules, found, gone)]


def _decided(base: SourceFile, rules: Iterable[Rule], found: Iterable[Finding], gone: Lines) -> Iterator[Known]:
    """The statements that base lost and that meant what a rule is about, though the rule does not speak of them."""
    told = {(one.rule, line) for one in found for _, first, last in _places(one) for line in range(first, last + 1)}
    for rule in rules:
        for first, line in statements(base, rule.decided) if rule.decided else ():
            if (rule.name, line) not in told and gone(base.path, first, line):
                around = function_at(base, line)
                about = Key(rule.name, around.qualname if around else "", bare(base.line_text(line)))
                yield Known(about, "", turned=True, decided=True)


def _seen_before(base: SourceFile, side: Side, rules: Sequence[Rule], told: Iterable[Finding] = ()) -> Seen:
    """What the rules see in a side's base where the change reaches, and in the definitions of which they tell in head.

    A touched place may make a rule tell of another one, which the change leaves alone.
    """
    near = [*reached(side.head, side.touched), *(unit for rule in rules for unit in rule.further(side.head))]
    names = frozenset(unit.qualname for unit in near if unit.qualname) | frozenset(one.definition for one in told)
    return look_further(base, reached(base, side.removed, names), rules)


def _unexplained(head: Sequence[Known], base: Sequence[Known], side: Side) -> tuple[list[Known], list[Known]]:
    """What nothing in base explains, and what of base explains nothing. What came is explained only by what went."""
    stayed, left = _paired([one for one in head if not one.turned], [one for one in base if not one.turned], OTHERWISE)
    stayed, gone = _paired(stayed, [one for one in base if one.turned], OTHERWISE)
    came, gone = _paired([one for one in head if one.turned], gone, RESPELLED)
    came = _not_first(came, left, side)
    came, gone = _paired(*_moved(came, gone, side), ANEW)
    known = {one.key.loose for one in base if one.common}
    new = [one for one in (*stayed, *came) if one.key.loose not in known or (one.turned and not side.wrote(one.line))]
    return new, gone


def _not_first(came: Sequence[Known], left: Sequence[Known], side: Side) -> list[Known]:
    """What came without what base had further below, of rules that tell of the first place of a definition alone.

    There head has it no more, though its lines stayed.
    """
    written = [one for one in came if side.wrote(one.line)]
    new = {*_paired(written, left, HERE[:1])[0]}
    return [one for one in came if one in new or one not in written]


def _moved(came: Sequence[Known], gone: Sequence[Known], side: Side) -> tuple[list[Known], list[Known]]:
    """The same of code that changed on its way out of a definition that is no more, or into one that is new."""
    before, after = _names(side.base), _names(side.head)
    rest, left = _paired(came, [one for one in gone if one.key.definition not in after], SAID)
    left += [one for one in gone if one.key.definition in after]
    new, left = _paired([one for one in rest if one.key.definition not in before], left, SAID)
    return [*new, *(one for one in rest if one.key.definition in before)], left


def _names(file: SourceFile | None) -> Set[str]:
    """The names of a file's definitions; code outside of them has none."""
    return {"", *file.outline.by_name} if file and file.readable else {""}


def _paired(
    head: Sequence[Known], base: Sequence[Known], likenesses: Iterable[Likeness]
) -> tuple[list[Known], list[Known]]:
    """What is left of both when those that are alike have found each other."""
    new, left = list(head), list(base)
    for likeness in likenesses:
        waiting: dict[Hashable, list[Known]] = {}
        for one in reversed(left):
            waiting.setdefault(likeness(one), []).append(one)
        met = {one: same.pop() for one in new if (same := waiting.get(likeness(one)))}
        explaining = set(met.values())
        new = [one for one in new if one not in met]
        left = [one for one in left if one not in explaining]
    return new, left


def _not_moved(found: Sequence[Known], side: Side, sides: Sides, rules: Sequence[Rule]) -> list[Known]:
    """The findings whose code did not come from another file of the change."""
    others = [one for one in sides.values() if one is not side and one.base is not None and one.removed.added]
    new = list(found)
    for other in others[:MOST_ASKED]:
        if new:
            named = {one.key.rule for one in new}
            gone = [one for rule in rules if rule.name in named for one in _lost(other, rule, sides)]
            new, _ = _paired(new, gone, ELSEWHERE)
    return new


def _lost(side: Side, rule: Rule, sides: Sides) -> list[Known]:
    """What a file lost and nothing in it explains."""
    known: dict[str, list[Known]] = side.head.cache.setdefault(_lost, {})
    if rule.name not in known:
        lines = written(sides)
        told = one_way(look_head(side, [rule]), [rule], lines)
        head = _all_known(told, side.head, [rule], lines)
        _, known[rule.name] = _unexplained(head, standing(side, [rule], sides, told), side)
    return known[rule.name]


def look_head(side: Side, rules: Sequence[Rule]) -> list[Finding]:
    """What the rules find in a side's head where the change reaches."""
    return look_further(side.head, reached(side.head, side.touched), rules).findings if side.head.readable else []
