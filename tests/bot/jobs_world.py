"""A forge in a few lines for the tests of the job engine: what stands is in a file, so that it survives a kill."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from analyzers.model import FileReport, Report, Status
from bot.jobs import Jobs
from bot.model import Change, ChangeRef, Event, Happened, Patchset, Receipt
from bot.pipeline import Examination, Skipped
from bot.store import Done, Store
from config.settings import JobSettings

QUICK = JobSettings(concurrency=8, poll_seconds=0.02, dead_after_seconds=1.0)


def event(delivery: str, number: int = 1) -> Event:
    return Event(ChangeRef("github", "owner/name", number), delivery, Happened.PATCHSET, "somebody")


def examination(event: Event) -> Examination:
    change = Change(event.ref, "A change", "somebody", "main", Patchset(f"head-{event.delivery}", "base"))
    return Examination(change, Report((FileReport("a.py", Status.ANALYSED),)))


@dataclass
class Scripted:
    """Steps that do what a test says, and remember what was asked of them."""

    on_examine: Callable[[Event], Examination | Skipped] = examination
    on_publish: Callable[[Examination], Receipt] = lambda one: Receipt(one.change.head.id, url="somewhere")
    examined: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)

    def examine(self, event: Event) -> Examination | Skipped:
        self.examined.append(event.delivery)
        return self.on_examine(event)

    def publish(self, examination: Examination) -> Receipt:
        self.published.append(examination.change.head.id)
        return self.on_publish(examination)


@dataclass(frozen=True)
class Wall:
    """Steps whose comments stand in a file; publishing looks first, is slow, and can stop half-way to be killed.

    Every begun write is logged, so that a test sees what was tried.
    """

    folder: Path
    hold_once: bool = False

    def examine(self, event: Event) -> Examination | Skipped:
        self._log("examine", event.delivery)
        return examination(event)

    def publish(self, examination: Examination) -> Receipt:
        head = examination.change.head.id
        self._log("publish", head)
        mark = self.folder / f"posted-{head}"
        if not mark.exists():
            mark.write_text("a comment")
            self._log("post", head)
            self._hold()
        return Receipt(head)

    def lines(self, what: str) -> list[str]:
        path = self.folder / "log"
        rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [name for kind, name in rows if kind == what]

    def _hold(self) -> None:
        held = self.folder / "held"
        if self.hold_once and not held.exists():
            held.write_text(str(os.getpid()))
            time.sleep(600)

    def _log(self, what: str, name: str) -> None:
        with (self.folder / "log").open("a") as file:
            file.write(json.dumps([what, name]) + "\n")


@contextmanager
def working(jobs: Jobs) -> Iterator[Jobs]:
    """A worker that runs in this process."""
    stop = Flag()
    jobs.start()
    thread = Thread(target=jobs.run, args=(stop,))
    thread.start()
    try:
        yield jobs
    finally:
        stop.set()
        thread.join()
        jobs.close()


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so; fail loudly when it never is."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def ended(store: Store, number: int = 1) -> tuple[Done, ...]:
    """The recorded tries once there are that many, oldest first."""
    wait_for(lambda: len(store.reviews()) >= number)
    return store.reviews()[::-1]
