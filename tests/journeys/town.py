"""A town for the journeys: the fake GitHub with one repository, and the bot's real processes beside it."""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path

from config.settings import DatabaseSettings, GitHubSettings, JobSettings, Secret, ServerSettings, Settings
from tests.fakes.github.door import Answer, Request
from tests.fakes.github.repository import Repository
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.state import Hosted, Pull

SECRET = "the webhook's secret"
BASE = b'"""Reads settings."""\n\nimport yaml\n\n\ndef name(settings):\n    return settings["name"]\n'
CHANGED = (
    BASE
    + b"""

def read(text):
    return yaml.load(text, yaml.Loader)


def read_old(text):
    raise NotImplemented(text)
"""
)


class WatchedGitHub(FakeGitHub):
    """A fake that says of every write when it is done and not yet answered: the moment to kill somebody."""

    on_write: Callable[[int], None] = staticmethod(lambda number: None)
    writes = 0

    def _answer(self, request: Request) -> Answer | None:
        answer = super()._answer(request)
        if request.verb != "GET" and not request.path.endswith("/graphql"):
            self.writes += 1
            self.on_write(self.writes)
        return answer


@dataclass(frozen=True)
class Town:
    """The fake, its repository, and how the bot is to be set up."""

    github: WatchedGitHub
    hosted: Hosted
    settings: Settings

    def open_pull(self, path: str = "settings.py") -> Pull:
        """A change that adds two defects to a file."""
        base = self.hosted.git.commit({path: BASE})
        return self.github.open_pull(self.hosted, base, self.hosted.git.commit({path: CHANGED}, base))

    def deliver(self, pull: Pull, action: str = "opened") -> int:
        """Send its webhook; the status of the answer."""
        url = f"http://127.0.0.1:{self.settings.server.port}/webhooks/github"
        return self.github.deliver(url, self.github.pull_event(self.hosted, pull, action), SECRET)

    def shown(self, pull: Pull) -> tuple[list[tuple[str, int | None]], int]:
        """Where comments stand, and how many summaries."""
        standing = self.github.standing(self.hosted, pull)
        return [(thread.path, thread.line) for thread in standing.threads], len(standing.comments)


@contextmanager
def town(folder: Path, database: str) -> Iterator[Town]:
    """A town for one test."""
    with WatchedGitHub() as github:
        hosted = github.add_repository(Repository.create(folder / "repository.git").folder)
        settings = Settings(
            github=GitHubSettings(github.url, Secret(github.token), (Secret(SECRET),), github.bot),
            database=DatabaseSettings(Secret(database)),
            server=ServerSettings(port=free_port()),
            jobs=JobSettings(poll_seconds=0.05, dead_after_seconds=3, analyzers=1),
        )
        yield Town(github, hosted, settings)
        assert github.misuses == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(what: Callable[[Settings], None], settings: Settings) -> Iterator[SpawnProcess]:
    """A process of the bot, ended gently and then for certain."""
    started = multiprocessing.get_context("spawn").Process(target=what, args=(settings,))
    started.start()
    try:
        yield started
    finally:
        started.terminate()
        started.join(60)
        started.kill()


def until(what: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something is so; fail loudly when it never is."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)
