"""Every English sentence that a comment, a reply or a summary says.

Nothing here would fit any other change: a sentence carries the place, the count or the code it speaks of,
or is left out. The output is markdown. What comes from a change (paths, code) stands in code spans only,
so it cannot format, mention or link.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from analyzers.model import Examined, FileReport, Finding, Report, Status
from bot.model import Fold, LineLinks, Summary

FILES_NAMED = 4
LINES_NAMED = 8
# an underscore within a word is only itself: https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis
OUTER_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Told:
    """What a summary tells of.

    `sure` and `unsure` are the findings worth saying, gravest first; `inline` the marks of those said inline, none of
    which is unsure; `quiet` how many findings the settings keep out.
    """

    sure: tuple[Finding, ...]
    unsure: tuple[Finding, ...]
    inline: frozenset[str]
    quiet: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, the sure ones first."""
        return self.sure + self.unsure


def code(text: str) -> str:
    """A code span that shows `text` on one line, whatever is in it (CommonMark 6.1)."""
    line = " ".join("".join(c if c.isprintable() else "�" for c in text).split()) or " "
    longest = max((len(list(run)) for mark, run in groupby(line) if mark == "`"), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def prose(text: str) -> str:
    """Text of uncertain origin as plain words: nothing in it formats, mentions, links or breaks a line."""
    return _escaped(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def sentence(text: str) -> str:
    """What a rule says, with its code spans kept; the rest is plain words, whatever code was put into it."""
    parts = text.split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return prose(text)
    line = ["".join(c if c.isprintable() else " " for c in part) for part in parts]
    return "".join(f"`{part}`" if n % 2 else _escaped(part) for n, part in enumerate(line))


def _escaped(line: str) -> str:
    marked = "".join(f"\\{c}" if c in "\\`*{}[]<>|~#" else c for c in line)
    return OUTER_UNDERSCORE.sub(r"\\_", marked).replace("@", "@\u200b")


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def one_of(topic: str) -> str:
    """The singular of a rule's topic: `SQL statements` -> `SQL statement`, `reads of files` -> `read of files`."""
    words = topic.split(" ")
    prepositions = {"of", "in", "to", "from", "with", "on", "by", "for", "under", "that", "without"}
    head = next((i for i, word in enumerate(words) if word in prepositions), len(words)) - 1
    words[head] = _singular(words[head])
    return " ".join(words)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def place(path: str, line: int, links: LineLinks) -> str:
    """A place as a link to its line, or as code where the forge has no links."""
    shown, address = code(f"{path}:{line}"), links.to(path, line)
    return f"[{shown}]({address})" if address else shown


# --- the inline comment -------------------------------------------------------------------------------------------


def comment_body(finding: Finding, links: LineLinks, also: Sequence[Finding] = ()) -> str:
    """The inline comment of one finding: what is wrong here, how it comes about, what to do.

    `also` are further places with the same defect.
    """
    parts = [
        f"**{sentence(finding.title)}** ({', '.join(finding.cwe)}, {finding.severity})",
        sentence(finding.message),
        _also(finding.path, also),
        _trace(finding, links),
        sentence(finding.advice),
        footer(finding),
    ]
    return "\n\n".join(part for part in parts if part)


def _also(path: str, same: Sequence[Finding]) -> str:
    """Where the same is found; the summary has all places, with their words."""
    here = sorted(one.line for one in same if one.path == path)
    there = sorted((one.path, one.line) for one in same if one.path != path)
    lines = [str(line) for line in here[:LINES_NAMED]]
    places = [code(f"{path}:{line}") for path, line in there[:LINES_NAMED]]
    left = len(same) - len(lines) - len(places)
    words = [f"line{'s' if len(lines) > 1 else ''} {listed(lines)} of this file"] if lines else []
    words += [listed(places)] if places else []
    words += [f"{left} more place{'s' if left > 1 else ''}, which the summary names"] if left else []
    return f"The same at {', and at '.join(words)}." if words else ""


def footer(finding: Finding) -> str:
    """How to live with the comment: the rule's name, and the way to say that it is wrong here."""
    sure = "" if finding.confidence == "high" else f" Confidence: {finding.confidence}."
    return (
        f"Rule {code(finding.rule)}.{sure} Not a defect here? {code(f'# touchline: ignore[{finding.rule}] because …')}"
    )


def _trace(finding: Finding, links: LineLinks) -> str:
    if not finding.leads_here:
        return ""
    return "How it comes about:\n" + "\n".join(_steps(finding, links))


def _steps(finding: Finding, links: LineLinks) -> Iterator[str]:
    for number, step in enumerate(finding.trace.steps, 1):
        yield f"{number}. {place(step.path, step.line, links)}: {sentence(step.what)}"
    for assumption in finding.trace.assumed:
        yield f"\nAssumed: {sentence(assumption)}."


# --- the summary --------------------------------------------------------------------------------------------------


def summary(report: Report, told: Told, links: LineLinks) -> Summary:
    """The verdict in one sentence, the groups, what to do, what is clean, what became of each file."""
    if not told.findings and not report.partial:
        return _clean(report, told)
    parts = [
        _verdict(report, told, links),
        "\n".join(_groups(told.sure, links, silent=_uncommented(told))),
        _look(told, links),
        _section("What to do", _actions(told.findings, links)),
        _section("Examined and found clean", clean_notes(report)),
        _quiet(told),
        receipt_line(report),
    ]
    return Summary("\n\n".join(part for part in parts if part), _folds(report, told, links))


def _clean(report: Report, told: Told) -> Summary:
    """Two lines. What was looked at stands in the first, what became of every file in the second."""
    notes = clean_notes(report)
    looked = f" Looked at {listed(notes)}." if notes else ""
    first = f"**Nothing to report on {_lines_of(report)}.**{looked}"
    second = " ".join(part for part in (receipt_line(report), _quiet(told)) if part)
    return Summary(f"{first}\n\n{second}", _receipt_fold(report))


def _lines_of(report: Report) -> str:
    files = [file for file in report.files if file.status is Status.ANALYSED]
    if not files:
        return "this change: it has no Python file to analyse"
    return f"{count(sum(f.touched_lines for f in files), 'touched line')} in {count(len(files), 'Python file')}"


def _verdict(report: Report, told: Told, links: LineLinks) -> str:
    return " ".join(part for part in (_incomplete(report), _found(told, links)) if part)


def _incomplete(report: Report) -> str:
    failed = [file for file in report.files if file.status is Status.UNREADABLE]
    if not failed:
        return ""
    total = len(failed) + sum(file.status is Status.ANALYSED for file in report.files)
    named = listed([f"{code(file.path)} ({prose(file.reason)})" for file in failed[:FILES_NAMED]])
    more = f" and {len(failed) - FILES_NAMED} more, listed below" if len(failed) > FILES_NAMED else ""
    return f"**Incomplete: {len(failed)} of {count(total, 'Python file')} could not be analysed:** {named}{more}."


def _found(told: Told, links: LineLinks) -> str:
    if not told.findings:
        return "Nothing to report in the rest."
    worst = told.findings[0]
    what, where = sentence(_in_sentence(worst.title)), place(worst.path, worst.line, links)
    which = "" if len(told.sure or told.unsure) == 1 else ", the gravest"
    if told.sure:
        more = f" {_worth_a_look(len(told.unsure), 'more place')}." if told.unsure else ""
        return f"**This change causes {count(len(told.sure), 'defect')}{which}: {what} at {where}.**{more}"
    return f"**No certain defect. {_worth_a_look(len(told.unsure), 'place')}{which}: {what} at {where}.**"


def _worth_a_look(number: int, noun: str) -> str:
    return f"{count(number, noun)} {'is' if number == 1 else 'are'} worth a look"


def _in_sentence(title: str) -> str:
    """`SQL built from text` stays, `Exception swallowed` becomes `exception swallowed`."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _look(told: Told, links: LineLinks) -> str:
    """What may be a defect: that depends on what the code at hand does not show."""
    if not told.unsure:
        return ""
    after = len(grouped(told.sure)) + 1
    return "\n".join(["**Worth a look**, less sure and so told here alone\n", *_groups(told.unsure, links, after)])


def _uncommented(told: Told) -> Set[str]:
    """The marks of the sure findings for whose comment there was no room."""
    return {finding.mark for finding in told.sure} - told.inline


def _groups(
    findings: Sequence[Finding], links: LineLinks, begin: int = 1, silent: Set[str] = frozenset()
) -> Iterator[str]:
    """The findings by rule, numbered from `begin`; of the `silent` marks it is said that they have no comment."""
    for number, (rule, same) in enumerate(grouped(findings), begin):
        first = same[0]
        yield f"{number}. **{sentence(first.title)} ({', '.join(first.cwe)})**, {first.severity}, rule {code(rule)}"
        for finding in same:
            elsewhere = " *(no comment of its own)*" if finding.mark in silent else ""
            yield f"    - {place(finding.path, finding.line, links)}: {sentence(finding.message)}{elsewhere}"


def grouped(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """By rule, in the order in which the rules first appear; within a rule the order stays."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return list(groups.items())


def _actions(findings: Sequence[Finding], links: LineLinks) -> list[str]:
    """One line for each piece of advice, with all the places it is for."""
    places: dict[str, list[str]] = {}
    for finding in findings:
        if finding.advice:
            places.setdefault(finding.advice, []).append(place(finding.path, finding.line, links))
    return [f"{listed(where)}: {sentence(advice)}" for advice, where in places.items()]


def clean_notes(report: Report) -> list[str]:
    """`3 SQL statements, all with bound parameters`, one for each topic; a place is counted once."""
    lines: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for note in _examined(report):
        lines.setdefault((note.topic, note.verdict), set()).add((note.path, note.line))
    return [_clean_note(topic, verdict, len(seen)) for (topic, verdict), seen in sorted(lines.items())]


def _examined(report: Report) -> Iterator[Examined]:
    found = {(finding.path, finding.line) for finding in report.findings}
    for file in report.files:
        yield from (note for note in file.examined if note.topic and (note.path, note.line) not in found)


def _clean_note(topic: str, verdict: str, number: int) -> str:
    noun = one_of(topic) if number == 1 else topic
    every = {1: "", 2: "both "}.get(number, "all ")
    return f"{number} {noun}, {every}{verdict}" if verdict else f"{number} {noun}"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"**{title}**", *(f"- {line}" for line in lines)]) if lines else ""


def _quiet(told: Told) -> str:
    if not told.quiet:
        return ""
    verb = "is" if told.quiet == 1 else "are"
    return f"{count(told.quiet, 'finding')} {verb} kept out by the settings of this installation."


# --- what became of every file -------------------------------------------------------------------------------------


def receipt_line(report: Report) -> str:
    """How many files were analysed, skipped, unreadable; a few are named, the rest stand in the fold."""
    done = [code(file.path) for file in report.files if file.status is Status.ANALYSED]
    parts = [f"{len(done)} analysed{_named(done)}"] if done else []
    parts += [
        f"{len(paths)} skipped: {prose(reason)}{_named(paths)}"
        for reason, paths in _by_reason(report.files, Status.SKIPPED).items()
    ]
    failed = sum(file.status is Status.UNREADABLE for file in report.files)
    parts += [f"{failed} not analysed"] if failed else []
    suppressed = sum(len(file.suppressed) for file in report.files)
    hushed = f" {count(suppressed, 'finding')} suppressed in the code." if suppressed else ""
    files = count(len(report.files), "changed file")
    return f"{files}: {'; '.join(parts)}.{hushed}" if parts else f"{files}."


def _named(paths: Sequence[str]) -> str:
    return f" ({', '.join(paths)})" if len(paths) <= FILES_NAMED else ""


def _by_reason(files: Iterable[FileReport], status: Status) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for file in files:
        if file.status is status:
            reasons.setdefault(file.reason, []).append(code(file.path))
    return reasons


def _folds(report: Report, told: Told, links: LineLinks) -> tuple[Fold, ...]:
    traces = tuple(
        Fold(f"How {finding.path}:{finding.line} comes about", "\n".join(_steps(finding, links)))
        for finding in told.findings
        if finding.leads_here and finding.mark not in told.inline
    )
    return (*traces, *_receipt_fold(report))


def _receipt_fold(report: Report) -> tuple[Fold, ...]:
    if len(report.files) <= 1:
        return ()
    rows = "\n".join(f"| {code(file.path).replace('|', chr(92) + '|')} | {_outcome(file)} |" for file in report.files)
    return (Fold("Every changed file", f"| file | outcome |\n|---|---|\n{rows}"),)


def _outcome(file: FileReport) -> str:
    if file.status is not Status.ANALYSED:
        return f"{'skipped' if file.status is Status.SKIPPED else '**not analysed**'}: {prose(file.reason)}"
    found = f", {count(len(file.findings), 'finding')}" if file.findings else ""
    note = f" ({prose(file.reason)})" if file.reason else ""
    return f"analysed: {count(file.touched_lines, 'touched line')}{found}{note}"


# --- replies and reasons -------------------------------------------------------------------------------------------

GONE = "The defect named here is gone in this patchset."
NOT_ALLOWED = "Only people who may write to this project can command Touchline here."
HELP = """\
- `/touchline review`: review the current patchset again
- `/touchline full`: the same, and every line of the changed files counts as touched
- `/touchline explain RULE`: what a rule means and what it does not see
- `/touchline ignore because REASON`: as an answer to a comment of Touchline: it is left alone from then on
- `/touchline help`: this list"""


def unknown_command(word: str) -> str:
    """The answer to a command that does not exist."""
    return f"There is no command {code(word[:40])}. These exist:\n\n{HELP}"


def unknown_rule(name: str) -> str:
    """The answer to `explain` of a rule that does not exist."""
    return f"There is no rule {code(name[:60])}. A comment of Touchline ends with the name of its rule."


def ignored(reason: str) -> str:
    """The last word in a thread that a person asked to ignore."""
    return f"Ignored as asked, because {code(reason[:200])}."


IGNORE_NEEDS_REASON = (
    "`/touchline ignore because REASON` needs a reason, and to be an answer to one of Touchline's comments."
)
# where a forge's limit cut a text
CUT = "*Cut here: one comment holds no more. `touchline review`, run on your machine, shows the whole.*"


def vote_not_permitted(label: str, vote: int) -> str:
    """A vote that the forge would refuse together with the whole review."""
    return f"No vote: the bot's account may not give {label} {vote:+d} on this change."


def vote_not_taken(label: str, vote: int) -> str:
    """A vote that the forge dropped without a word."""
    return f"The vote {label} {vote:+d} was not taken: does the label exist?"
