"""`touchline doctor`: is everything set up? Each check says what it found, or what is missing and the road to it."""

import contextlib
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzers.model import FilePair, Status
from bot import database
from bot.app import forges_on
from bot.errors import TouchlineError
from bot.sandbox import Sandbox
from bot.store import Store
from config.settings import Settings

OLDEST_PYTHON = (3, 11)
SAMPLE = FilePair("sample.py", b"x = 1\n", None, None)


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found: `said` is the fact when `ok`, else what is missing and the road to it."""

    name: str
    ok: bool
    said: str


def diagnose(settings: Settings) -> Iterator[Check]:
    """All checks, each as soon as it is done. None raises."""
    yield checked("python", python)
    yield checked("sqlite", lambda: sqlite(settings))
    yield checked("database", lambda: stored(settings))
    yield checked("sandbox", lambda: analysing(settings))
    on = forges_on(settings)
    if not on:
        yield Check("forges", False, "none is switched on: set github.token or gerrit.url (local reviews need none)")
    if "github" in on:
        yield checked("github", lambda: github(settings))
        yield checked("github webhook", lambda: github_webhook(settings))
    if "gerrit" in on:
        yield from gerrit(settings)


def checked(name: str, check: Callable[[], str]) -> Check:
    """Run one check; what it raises on purpose is what is missing."""
    try:
        return Check(name, True, check())
    except TouchlineError as missing:
        return Check(name, False, str(missing))


class Missing(TouchlineError):
    """A check that found something missing."""


def python() -> str:
    """New enough, and which syntax it can read."""
    if sys.version_info < OLDEST_PYTHON:
        raise Missing(f"Python {platform.python_version()} is too old; install 3.11 or newer")
    return f"{platform.python_version()}, whose syntax files may be written in"


def sqlite(settings: Settings) -> str:
    """New enough for the job engine, where the database is SQLite."""
    if database.address(settings.database.url.reveal()).get_backend_name() != "sqlite":
        return "not used: the database is PostgreSQL"
    module = database.sqlite_module()
    return f"{module.sqlite_version}{' from the package pysqlite3' if module.__name__ != 'sqlite3' else ''}"


def stored(settings: Settings) -> str:
    """The database answers, and has our tables."""
    with contextlib.closing(Store(settings.database.url.reveal())) as store:
        counts = store.counts()
    told = ", ".join(f"{number} {state}" for state, number in counts.items()) or "no delivery yet"
    return f"{database.address(settings.database.url.reveal()).render_as_string(hide_password=True)}: {told}"


def analysing(settings: Settings) -> str:
    """A child process starts, analyses a file, and ends."""
    with contextlib.closing(Sandbox(settings.limits, 1)) as sandbox:
        (file,) = sandbox.analyze([SAMPLE]).files
    if file.status is not Status.ANALYSED:
        raise Missing(f"a file of one line could not be analysed: {file.reason}")
    return f"alive; {settings.limits.memory_mb} MB and {settings.limits.seconds_per_file:g} s for each file"


def github(settings: Settings) -> str:
    """GitHub answers, and knows the token."""
    from bot.forges.github import wire
    from bot.forges.github.api import Api
    from bot.forges.github.fields import maybe_text

    with contextlib.closing(Api(settings.github)) as api:
        login = maybe_text(api.graphql(wire.VIEWER, "tell whose token this is", {}), "data", "viewer", "login")
    return f"{settings.github.api_url} knows the token as {login or 'an app'}"


def github_webhook(settings: Settings) -> str:
    """There is a secret to check deliveries with."""
    if not any(secret.reveal() for secret in settings.github.webhook_secrets):
        raise Missing("no secret: set github.webhook_secrets to the webhook's, or no delivery is believed")
    return "deliveries to /webhooks/github are checked"


def gerrit(settings: Settings) -> Iterator[Check]:
    """What Gerrit's own doctor says."""
    from bot.forges.gerrit import doctor

    for what, fine, said in doctor.diagnose(settings.gerrit):
        yield Check(f"gerrit {what}", fine, said)
