"""The one place of wiring: settings become forges, store, sandbox and jobs."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import connection, parent_process

from bot import pipeline
from bot.errors import BadSettings
from bot.forge import Forge
from bot.jobs import Jobs
from bot.model import Event, Receipt
from bot.pipeline import Examination, Skipped
from bot.sandbox import Sandbox
from bot.store import Store
from config.settings import Settings


def forge_named(name: str, settings: Settings) -> Forge:
    """A forge for one job in one thread. Raises BadSettings when it is switched off or unknown."""
    if name == "github" and settings.github.token:
        from bot.forges.github.forge import GitHubForge

        return GitHubForge(settings.github)
    if name == "gerrit" and settings.gerrit.url:
        from bot.forges.gerrit.forge import GerritForge

        return GerritForge(settings.gerrit)
    road = {"github": "github.token", "gerrit": "gerrit.url"}.get(name)
    raise BadSettings(f"{name} is switched off: set {road}" if road else f"there is no forge called {name:.40}")


def forges_on(settings: Settings) -> tuple[str, ...]:
    """The names of the forges that are switched on."""
    on = {"github": bool(settings.github.token), "gerrit": bool(settings.gerrit.url)}
    return tuple(name for name, wanted in on.items() if wanted)


@dataclass(frozen=True, slots=True)
class ReviewSteps:
    """The chapters of the pipeline as the steps of a job."""

    settings: Settings
    sandbox: Sandbox

    def examine(self, event: Event) -> Examination | Skipped:
        """See pipeline.examine."""
        forge = forge_named(event.ref.forge, self.settings)
        return pipeline.examine(event, forge, self.sandbox, self.settings)

    def publish(self, examination: Examination) -> Receipt:
        """See pipeline.publish."""
        return pipeline.publish(examination, forge_named(examination.change.ref.forge, self.settings), self.settings)


@contextlib.contextmanager
def worker(settings: Settings) -> Iterator[Jobs]:
    """A worker that is ready to start. Everything it opened is closed behind it."""
    with contextlib.closing(Store(settings.database.url.reveal())) as store:
        sandbox = Sandbox(settings.limits, settings.jobs.analyzers)
        with contextlib.closing(sandbox):
            yield Jobs(store, ReviewSteps(settings, sandbox), settings.jobs)


def work(settings: Settings) -> None:
    """Be a worker until told to end by SIGTERM or SIGINT, or until the process that started this one is gone."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if parent := parent_process():
        threading.Thread(target=_follow, args=(parent.sentinel, stop), daemon=True).start()
    with worker(settings) as jobs:
        jobs.start()
        try:
            jobs.run(stop)
        finally:
            jobs.close()


def _follow(sentinel: int, stop: threading.Event) -> None:
    connection.wait([sentinel])
    stop.set()
