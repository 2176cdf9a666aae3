"""Every setting, typed and frozen. `config/default.toml` holds the defaults and one line why for each."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from analyzers.model import Confidence, Severity


class Secret(str):
    """A string that does not show itself: `repr` and formatting give `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Never the value."""
        return "Secret(***)"

    def __str__(self) -> str:
        """Never the value; use `reveal`."""
        return "***"

    def __format__(self, spec: str) -> str:
        """Never the value."""
        return "***"

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return str.__str__(self)


NO_SECRET = Secret("")
SQLITE_HERE = Secret("sqlite:///touchline.sqlite")


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a number, both included."""

    low: float
    high: float


Seconds = Annotated[float, Between(0.1, 86_400)]
Count = Annotated[int, Between(0, 100_000)]
Bytes = Annotated[int, Between(1, 2**31 - 1)]
Workers = Annotated[int, Between(1, 256)]
Port = Annotated[int, Between(0, 65_535)]
Vote = Annotated[int, Between(-10, 10)]
Days = Annotated[float, Between(0.001, 365)]


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """Section `[github]`. An empty token switches the forge off."""

    api_url: str = "https://api.github.com"
    token: Secret = NO_SECRET
    webhook_secrets: tuple[Secret, ...] = ()
    login: str = ""
    timeout_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True)
class GerritSettings:
    """Section `[gerrit]`. An empty url switches the forge off."""

    url: str = ""
    user: str = ""
    password: Secret = NO_SECRET
    ca_file: str = ""
    timeout_seconds: Seconds = 30.0
    events: Literal["webhook", "stream"] = "webhook"
    webhook_secrets: tuple[Secret, ...] = ()
    webhook_addresses: tuple[str, ...] = ()
    ssh_host: str = ""
    ssh_port: Port = 29418
    ssh_key_file: str = ""
    ssh_known_hosts_file: str = ""
    notify: Literal["NONE", "OWNER", "OWNER_REVIEWERS", "ALL"] = "OWNER"
    unresolved_from: Severity = Severity.MEDIUM
    fix_suggestions: Literal["auto", "on", "off"] = "auto"
    vote_label: str = ""
    vote_clean: Vote = 1
    vote_findings: Vote = -1
    vote_partial: Vote = 0
    recheck_patterns: tuple[str, ...] = ()
    command_groups: tuple[str, ...] = ()
    command_label: str = "Code-Review"
    command_value: Vote = 2


CODE_OF_OTHERS = (
    "vendor",
    "vendored",
    "_vendor",
    "third_party",
    "extern",
    "externals",
    "node_modules",
    "site-packages",
)


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Section `[review]`: what is worth saying."""

    max_comments: Count = 20
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    inline_confidence: Confidence = Confidence.HIGH
    drafts: bool = False
    disabled_rules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = tuple(f"*/{folder}/*" for folder in CODE_OF_OTHERS)
    command_permission: Literal["read", "write", "admin"] = "write"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Section `[limits]`: the bounds of hostile input."""

    file_bytes: Bytes = 2_000_000
    files: Count = 300
    change_bytes: Bytes = 64_000_000
    seconds_per_file: Seconds = 20.0
    seconds_per_change: Seconds = 300.0
    memory_mb: Annotated[int, Between(128, 1_048_576)] = 1024
    body_bytes: Bytes = 26_214_400
    context_files: Count = 12
    context_bytes: Bytes = 1_000_000
    context_requests: Count = 30
    context_hops: Annotated[int, Between(0, 4)] = 2


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Section `[server]`."""

    host: str = "127.0.0.1"
    port: Port = 8080


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Section `[database]`: `sqlite:///path` or `postgresql://...`; a secret, since it may hold a password."""

    url: Secret = SQLITE_HERE


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Section `[jobs]`: how a worker goes about its jobs."""

    concurrency: Workers = 4
    analyzers: Workers = 2
    give_up_days: Days = 3.0
    keep_days: Days = 30.0
    poll_seconds: Annotated[float, Between(0.02, 60)] = 0.25
    dead_after_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them."""

    github: GitHubSettings = field(default_factory=GitHubSettings)
    gerrit: GerritSettings = field(default_factory=GerritSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
