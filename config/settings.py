"""Every setting, typed and frozen. `config/default.toml` holds the defaults and one line why for each."""

from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """Section `[github]`. An empty token switches the forge off."""

    api_url: str = "https://api.github.com"
    token: Secret = NO_SECRET
    webhook_secrets: tuple[Secret, ...] = ()
    login: str = ""
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class GerritSettings:
    """Section `[gerrit]`. An empty url switches the forge off."""

    url: str = ""
    user: str = ""
    password: Secret = NO_SECRET
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Section `[review]`: what is worth saying."""

    max_comments: int = 20
    min_severity: str = "low"
    min_confidence: str = "medium"
    drafts: bool = False
    disabled_rules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    command_permission: str = "write"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Section `[limits]`: the bounds of hostile input."""

    file_bytes: int = 2_000_000
    files: int = 300
    seconds_per_file: float = 20.0
    memory_mb: int = 1024
    body_bytes: int = 26_214_400


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Section `[server]`."""

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Section `[database]`: `sqlite:///path` or `postgresql://...`."""

    url: str = "sqlite:///touchline.sqlite"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them."""

    github: GitHubSettings = field(default_factory=GitHubSettings)
    gerrit: GerritSettings = field(default_factory=GerritSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
