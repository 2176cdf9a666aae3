"""The words of an analysis: frozen, plain, storable as JSON (no syntax tree ever leaves the child process).

Laws: a trace starts at its source and ends at its sink; the edits of a fix never overlap; a finding's `mark`
names it without line numbers, so it survives moved lines, renames and rebases.
Lines and columns are 1-based; columns count characters; an end column is exclusive, as in SARIF 2.1.0 section 3.30.
"""

from dataclasses import dataclass
from enum import StrEnum

from analyzers.touched import TouchedLines


class Severity(StrEnum):
    """How bad it is when the defect is real. Ordered: `Severity.LOW.rank < Severity.CRITICAL.rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the analysis is that the defect is real."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for the least sure."""
        return list(Confidence).index(self)


class Safety(StrEnum):
    """Whether a fix may be applied without thinking. Only SAFE becomes one-click."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file. 1-based; columns count characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace: what happens at this place, in words a reviewer reads."""

    path: str
    span: Span
    what: str

    @property
    def line(self) -> int:
        """The step's first line."""
        return self.span.line


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps in order, source first, sink last; `assumed` says what was taken for granted."""

    steps: tuple[Step, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `span` of the finding's file by `text`. An empty span (end = start) inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to repair a finding, in its own file. Edits are sorted and never overlap."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place.

    `title` is the rule's short noun phrase ("SQL statement built from text").
    `message` is one or two sentences about this code (markdown); `advice` says what to do about this place;
    `definition` is the dotted name of the enclosing definition ("" at module level).
    `mark` is 16 hex digits over rule, path, definition, normalised code and occurrence.
    """

    rule: str
    cwe: tuple[str, ...]
    path: str
    span: Span
    severity: Severity
    confidence: Confidence
    message: str
    mark: str
    definition: str = ""
    advice: str = ""
    title: str = ""
    trace: Trace = Trace()
    fix: Fix | None = None

    @property
    def leads_here(self) -> bool:
        """Whether the trace tells more than what is reported: several steps, or one that stands elsewhere."""
        own, steps = range(self.span.line, self.span.end_line + 1), self.trace.steps
        return len(steps) > 1 or any(step.path != self.path or step.line not in own for step in steps)

    @property
    def line(self) -> int:
        """The reported line."""
        return self.span.line


@dataclass(frozen=True, slots=True)
class Examined:
    """A place a rule looked at and found clean.

    `topic` is the rule's plural noun ("SQL statements"), `verdict` why it is clean ("with bound parameters").
    """

    rule: str
    path: str
    line: int
    topic: str
    verdict: str


@dataclass(frozen=True, slots=True)
class FilePair:
    """One file of a change as it is analysed: exact bytes of head and base (None: not there on that side).

    `touched` is None when the forge did not say: then head and base are compared.
    """

    path: str
    head: bytes | None
    base: bytes | None
    touched: TouchedLines | None
    old_path: str = ""


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A file of the repository that the change does not touch: read to follow what is called, never reported on."""

    path: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """A module that the code under review calls into, and that is not at hand.

    `by` is the path of the changed file that asks. The module stands at the first of `paths` that exists; when `sure`
    is false it may as well be a library, which stands at none of them. `rank` is 0 for what is called first.
    """

    by: str
    module: str
    paths: tuple[str, ...]
    sure: bool = True
    rank: int = 0


class Status(StrEnum):
    """What became of one changed file."""

    ANALYSED = "analysed"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that is known of one changed file. `reason` says why when it was not analysed, or not wholly."""

    path: str
    status: Status
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    examined: tuple[Examined, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    touched_lines: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The analysis of a change: one FileReport for every changed file, in path order."""

    files: tuple[FileReport, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in path and line order."""
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def partial(self) -> bool:
        """Whether some file that should have been analysed was not."""
        return any(file.status is Status.UNREADABLE for file in self.files)
