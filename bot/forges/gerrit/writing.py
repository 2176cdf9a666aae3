"""From a plan to the one request that Gerrit gets: places, suggestions, limits, votes. Pure.

https://gerrit-review.googlesource.com/Documentation/rest-api-changes.html#review-input
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyzers.model import Edit, Severity, Span
from bot import wording
from bot.forges.gerrit.positions import Range, Text
from bot.forges.gerrit.threads import TAG, WHOLE_PATCHSET, Conversation, Mark
from bot.model import Comment, Fold, Plan, Resolution, Summary, Verdict
from config.settings import GerritSettings

# 16 KiB a comment, less a margin: past it the whole review is refused.
# https://gerrit-review.googlesource.com/Documentation/config-gerrit.html#change.commentSizeLimit
COMMENT_LIMIT = 16_000
LONGEST_FIX = 4_000
WIDEST_SUGGESTION = 20
UTF8_ONLY = "latin-1"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a comment goes: a path of Gerrit's, and its line or range there; a bare path means the whole file."""

    path: str
    line: int | None = None
    range: Range | None = None


@dataclass(frozen=True)
class Source:
    """A file of head that a comment stands in: `text` is None where it is not UTF-8, then only `lines` are sure."""

    text: Text | None
    lines: Text

    @classmethod
    def of(cls, content: bytes) -> "Source":
        """From the exact bytes; in every encoding that Python reads without a mark, line ends are the same bytes."""
        return cls(Text.of(content), Text.of(content) or Text(content.decode(UTF8_ONLY)))


def anchor(comment: Comment, sources: Mapping[str, Source | None]) -> Anchor:
    """The nearest place that exists: Gerrit takes lines that do not, and shows them nowhere.

    `sources` holds every file of the patchset; None for one without text, such as a deleted one.
    """
    if comment.path not in sources:
        return Anchor(WHOLE_PATCHSET)
    source = sources[comment.path]
    if source is None or not source.lines.has(comment.span.line):
        return Anchor(comment.path)
    span = suggested_lines(comment, source) or comment.span
    span = _inside(span, len(source.lines.lines))
    found = source.lines.range(span)
    if source.text is None or found.start == found.end:
        return Anchor(comment.path, found.end.line)
    return Anchor(comment.path, found.end.line, found)


def _inside(span: Span, lines: int) -> Span:
    if span.end_line <= lines:
        return span if span.end_line >= span.line else Span(span.line, span.column, span.line, span.column)
    return Span(span.line, span.column, lines, 2**31)


def suggested_lines(comment: Comment, source: Source) -> Span | None:
    """The whole lines that a suggestion replaces, when they are more than the comment's own."""
    region = _region(comment, source)
    if region is None or region == (comment.span.line, comment.span.end_line):
        return None
    return Span(region[0], 1, region[1], 2**31)


def _region(comment: Comment, source: Source) -> tuple[int, int] | None:
    """First and last line of comment and fix together; None when no suggestion block can say the fix."""
    if comment.fix is None or not comment.fix.edits or source.text is None:
        return None
    spans = [comment.span, *(edit.span for edit in comment.fix.edits)]
    first, last = min(span.line for span in spans), max(span.end_line for span in spans)
    if not (source.text.has(first) and source.text.has(last)) or last - first >= WIDEST_SUGGESTION:
        return None
    start, end = source.text.lines[first - 1][0], source.text.lines[last - 1][1]
    return None if "\r" in source.text.text[start:end] or _ends_crlf(source.text, end) else (first, last)


def _ends_crlf(text: Text, end: int) -> bool:
    return text.text[end : end + 1] == "\r"


def suggestion(comment: Comment, source: Source) -> str:
    """The suggestion block of a fix (one click since Gerrit 3.9), or ""."""
    region = _region(comment, source)
    if region is None or comment.fix is None or source.text is None:
        return ""
    text = source.text
    start, end = text.lines[region[0] - 1][0], text.lines[region[1] - 1][1]
    fixed = applied(text, comment.fix.edits, start, end)
    fence = "`" * max(3, _longest_run(fixed) + 1)
    return f"{wording.prose(comment.fix.title)}:\n{fence}suggestion\n{fixed}\n{fence}"


def applied(text: Text, edits: Sequence[Edit], start: int, end: int) -> str:
    """The text between two offsets after the edits, which lie inside."""
    parts, position = [], start
    for edit in edits:
        parts.append(text.text[position : text.offset(edit.span.line, edit.span.column)])
        parts.append(edit.text)
        position = text.offset(edit.span.end_line, edit.span.end_column)
    return "".join([*parts, text.text[position:end]])


def _longest_run(text: str) -> int:
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return longest


def fix_suggestion(comment: Comment, source: Source) -> dict[str, Any] | None:
    """Gerrit's FixSuggestionInfo for the comment's fix, or None."""
    if comment.fix is None or source.text is None:
        return None
    text = source.text
    if not all(text.has(edit.span.line) and text.has(edit.span.end_line) for edit in comment.fix.edits):
        return None
    replacements = [
        {"path": comment.path, "range": text.range(edit.span).json(), "replacement": edit.text}
        for edit in comment.fix.edits
    ]
    told = {"description": comment.fix.title, "replacements": replacements}
    return told if len(json.dumps(told)) <= LONGEST_FIX else None


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8: whole lines, an open code block closed, and a word that something is missing."""
    if len(text.encode()) <= limit:
        return text
    room = limit - len(wording.CUT.encode()) - 10
    kept = text.encode()[:room].decode("utf-8", "ignore")
    kept = kept[: kept.rfind("\n")] if "\n" in kept[room // 2 :] else kept
    fences = sum(line.lstrip().startswith("```") for line in kept.split("\n"))
    return kept + ("\n```" if fences % 2 else "") + "\n\n" + wording.CUT


def signed(body: str, mark: Mark, extra: str = "", taken: int = 0) -> str:
    """A comment's whole text: body, what fits beside it, the marker last; `taken` bytes are used elsewhere."""
    line = mark.line()
    room = COMMENT_LIMIT - len(line.encode()) - 2 - taken
    whole = f"{body}\n\n{extra}" if extra else body
    fitting = whole if len(whole.encode()) <= room else cut(body, room)
    return f"{fitting}\n\n{line}"


def summary_text(summary: Summary) -> str:
    """The summary in one piece: Gerrit folds nothing, so the details come last and are cut first."""
    return "\n\n".join([summary.text, *(_unfolded(fold) for fold in summary.folds)])


def _unfolded(fold: Fold) -> str:
    return f"**{fold.title}**\n\n{fold.text}"


@dataclass(frozen=True)
class Writing:
    """What writing on one patchset needs: its files, our threads by id, and the votes we may give by label."""

    settings: GerritSettings
    sources: Mapping[str, Source | None]
    threads: Mapping[str, Conversation]
    votes: Mapping[str, Sequence[str]]

    def review(self, plan: Plan, *, suggest: bool) -> dict[str, Any]:
        """The ReviewInput; `suggest` adds fix_suggestions. Without comments and votes there is nothing to send."""
        review: dict[str, Any] = {
            "tag": TAG,
            "notify": self.settings.notify,
            "drafts": "KEEP",
            "omit_duplicate_comments": True,
            "comments": self._comments(plan, suggest),
        }
        if labels := self.labels(plan):
            review["labels"] = labels
        return review

    def _comments(self, plan: Plan, suggest: bool) -> dict[str, list[dict[str, Any]]]:
        comments: dict[str, list[dict[str, Any]]] = {}
        for path, comment in self._all(plan, suggest):
            comments.setdefault(path, []).append(comment)
        return comments

    def _all(self, plan: Plan, suggest: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        if plan.summary is not None:
            text = signed(summary_text(plan.summary), Mark("summary", plan.digest))
            yield WHOLE_PATCHSET, {"message": text, "unresolved": False}
        for comment in plan.add:
            yield self._finding(comment, suggest)
        for resolution in plan.resolve:
            yield self._resolution(resolution)

    def _finding(self, comment: Comment, suggest: bool) -> tuple[str, dict[str, Any]]:
        place, source = anchor(comment, self.sources), self.sources.get(comment.path)
        elsewhere = place.path == WHOLE_PATCHSET
        block = suggestion(comment, source) if source and place.line else ""
        mark = Mark("finding", comment.mark, comment.path if elsewhere else "")
        body = (
            comment.body if place.line else f"{wording.code(f'{comment.path}:{comment.span.line}')}\n\n{comment.body}"
        )
        fix = fix_suggestion(comment, source) if suggest and source and place.line else None
        taken = len(place.path.encode()) + len(json.dumps(fix))
        told: dict[str, Any] = {
            "message": signed(body, mark, block, taken),
            "unresolved": comment.severity.rank >= Severity(self.settings.unresolved_from).rank,
        }
        if place.line:
            told["line"] = place.line
        if place.range:
            told["range"] = place.range.json()
        if fix:
            told["fix_suggestions"] = [fix]
        return place.path, told

    def _resolution(self, resolution: Resolution) -> tuple[str, dict[str, Any]]:
        thread = self.threads[resolution.thread.id]
        answer = {"in_reply_to": thread.last["id"], "message": resolution.reply, "unresolved": False}
        return thread.path, answer

    def labels(self, plan: Plan) -> dict[str, int]:
        """The vote, when a review is being written and the account may give it."""
        vote = wanted_vote(plan.verdict, self.settings)
        if plan.summary is None or vote is None:
            return {}
        return {self.settings.vote_label: vote} if may_vote(self.settings.vote_label, vote, self.votes) else {}


def wanted_vote(verdict: Verdict, settings: GerritSettings) -> int | None:
    """What the operator wants voted; None when nothing."""
    votes = {
        Verdict.CLEAN: settings.vote_clean,
        Verdict.FINDINGS: settings.vote_findings,
        Verdict.PARTIAL: settings.vote_partial,
    }
    return votes[verdict] if settings.vote_label else None


def may_vote(label: str, value: int, permitted: Mapping[str, Sequence[str]]) -> bool:
    """Whether Gerrit's permitted_labels hold the value, which it writes as " 0" or "+1"."""
    return value in {int(each) for each in permitted.get(label, ())}
