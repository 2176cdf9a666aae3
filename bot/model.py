"""The words of the bot, the same for every forge. Frozen; a fact at one moment; no forge's own names in here.

| type | holds | law |
|---|---|---|
| Event | what a forge told us | exists only if its signature or secret path was right; a hint, never a fact |
| ChangeRef | forge, project, number | the only key that other parts store |
| Change | a change as it stood when asked | never mutated |
| Review | what the change should show | pure function of a report |
| Posted | what stands on the forge | read back, never remembered |
| Plan | Review minus Posted | pure; a rerun gives an empty one |
| Receipt | what stands after publishing | stored with the job |
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from analyzers.model import Fix, Severity, Span
from analyzers.touched import TouchedLines


@dataclass(frozen=True, slots=True, order=True)
class ChangeRef:
    """The name of a change: forge "github", "gerrit" or "local"; project "owner/name" or a Gerrit project path."""

    forge: str
    project: str
    number: int

    def __str__(self) -> str:
        """`github:owner/name#12`; the key of queues and tables."""
        return f"{self.forge}:{self.project}#{self.number}"


class Happened(StrEnum):
    """Why a review may be due. TALK: somebody wrote something that the delivery leaves out; it may be a command."""

    PATCHSET = "patchset"
    READY = "ready"
    COMMAND = "command"
    TALK = "talk"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """A forge said that something happened. `delivery` is the same when the forge sends it again.

    `patchset` is the head id the forge named, "" when it named none. For COMMAND: `actor` is the account that wrote
    `command` (the text after `/touchline`, one line, at most 1,000 characters) in comment `comment_id`,
    which answers our thread `thread` ("" when it stands alone).
    """

    ref: ChangeRef
    delivery: str
    what: Happened
    actor: str = ""
    patchset: str = ""
    command: str = ""
    comment_id: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Patchset:
    """One version of a change: commit ids of head and of the base it is compared with.

    `number` counts from 1; 0 where the forge does not count. `echoes` are the ids of earlier patchsets whose code this
    one repeats (a trivial rebase, a new commit message), nearest first: what was said of them holds.
    """

    id: str
    base: str
    number: int = 0
    echoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineLinks:
    """How to link a line of head: `{path}` and `{line}` in `template` are replaced; "" means no links."""

    template: str = ""

    def to(self, path: str, line: int) -> str:
        """The address of a line of head, or "" when the forge has none."""
        return self.template.replace("{path}", quote(path)).replace("{line}", str(line))


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it stood when asked. `open` is false when merged, closed or abandoned; `draft` covers WIP."""

    ref: ChangeRef
    title: str
    author: str
    target: str
    head: Patchset
    url: str = ""
    links: LineLinks = LineLinks()
    open: bool = True
    draft: bool = False
    private: bool = False


class FileStatus(StrEnum):
    """What the change did to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a change.

    `touched` is None when the forge withheld the lines (too big): then head and base are compared by us.
    `skip` says that it is no text to analyse, and what it is instead: "a submodule", "a symbolic link".
    """

    path: str
    status: FileStatus
    touched: TouchedLines | None
    old_path: str = ""
    binary: bool = False
    size: int | None = None
    skip: str = ""

    @property
    def base_path(self) -> str:
        """Where the file stood in base."""
        return self.old_path or self.path


class Side(StrEnum):
    """Which version of a file."""

    BASE = "base"
    HEAD = "head"


class Permission(StrEnum):
    """What an account may do to a change's project; ordered from least to most."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for NONE."""
        return list(Permission).index(self)


@dataclass(frozen=True, slots=True)
class Comment:
    """An inline comment as it should stand.

    `body` is markdown without marker and without suggestion block: the forge's wire adds both.
    `fix` is set only when it is SAFE and may be offered as one click. `via` are the other places of its trace, nearest
    to the defect first: where a comment may stand on a forge whose diff does not show its line.
    """

    mark: str
    rule: str
    path: str
    span: Span
    severity: Severity
    body: str
    fix: Fix | None = None
    blocking: bool = False
    via: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Details a forge folds away where it can, and prints last, cut first, where it cannot."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The one summary: markdown, most important first, then the folded details."""

    text: str
    folds: tuple[Fold, ...] = ()


class Verdict(StrEnum):
    """The review in one word. PARTIAL is never green."""

    CLEAN = "clean"
    FINDINGS = "findings"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Review:
    """What the change should show: comments best first, at most the configured cap (the rest is in the summary).

    `live` are the marks of all findings, said inline or not; `unknown` the paths about which nothing is known
    because they could not be analysed: threads of both are not called gone.
    """

    patchset: Patchset
    verdict: Verdict
    comments: tuple[Comment, ...]
    summary: Summary
    live: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """One of our comments as it stands on the forge, with what followed it.

    `id` is what a reply or resolve needs; `mark` was read back from our marker; `answered`: somebody else wrote in it;
    `patchset` is the id it was written on; `line` is None when the forge calls it outdated.
    """

    id: str
    mark: str
    path: str
    line: int | None
    patchset: str
    resolved: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class PostedSummary:
    """Our summary as it stands.

    `digest` is that of the Summary it was made from (see review.digest), `patchset` the id it speaks of.
    """

    id: str
    digest: str
    patchset: str


@dataclass(frozen=True, slots=True)
class Posted:
    """Everything of ours that stands on a change."""

    threads: tuple[Thread, ...] = ()
    summary: PostedSummary | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """A thread whose defect is gone: `reply` is posted into it, then it is resolved where the forge lets us."""

    thread: Thread
    reply: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, as the difference of what should stand and what stands.

    `summary` is None when the right one stands already.
    """

    patchset: Patchset
    verdict: Verdict
    add: tuple[Comment, ...] = ()
    keep: tuple[Thread, ...] = ()
    resolve: tuple[Resolution, ...] = ()
    summary: Summary | None = None
    standing_summary: PostedSummary | None = None
    digest: str = ""

    @property
    def empty(self) -> bool:
        """Nothing to write."""
        return not (self.add or self.resolve or self.summary)


class Placement(StrEnum):
    """How near to its line a comment could be put (the ladder of a forge that checks anchors)."""

    LINE = "line"
    NEARBY = "nearby"
    FILE = "file"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Standing:
    """One comment that now stands."""

    mark: str
    id: str
    placement: Placement


@dataclass(frozen=True, slots=True)
class Receipt:
    """What publishing did. `url` is where a person sees it; `notes` is what the forge would not do, in words."""

    patchset: str
    posted: tuple[Standing, ...] = ()
    resolved: tuple[str, ...] = ()
    summary_id: str = ""
    url: str = ""
    notes: tuple[str, ...] = ()
