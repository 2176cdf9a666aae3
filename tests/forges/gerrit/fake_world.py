"""The fast fake under the same contract as the real servers: only pushing and listening differ."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.gerrit.checkout import Checkout
from tests.fakes.gerrit.fake import FakeGerrit, Rules
from tests.fakes.gerrit.fake_http import serving
from tests.fakes.gerrit.jars import NEW
from tests.fakes.gerrit.repository import Repository
from tests.fakes.gerrit.server import AUTHOR, GerritServer
from tests.forges.gerrit.world import GerritWorld

PROJECT = "team/fake"


@dataclass(frozen=True)
class FakeCheckout(Checkout):
    """Pushes into the fake's repository, and tells the fake."""

    fake: FakeGerrit | None = None

    def base(self, files: Any, message: str = "base", branch: str = "main") -> str:
        commit = self.commit(files, message)
        self.git("push", "-q", "-f", self.remote("admin"), f"HEAD:refs/heads/{branch}")
        return commit

    def push(self, title: str, *, options: str = "", branch: str = "main", user: str = AUTHOR) -> int:
        assert self.fake is not None
        footer = self.git("log", "-1", "--format=%(trailers:key=Change-Id,valueonly)").strip()
        known = {self.change_id(change.patchsets[0]): number for number, change in self.fake.changes.items()}
        number = known.get(footer, 0)
        new = number or len(self.fake.changes) + 1
        patchset = len(self.fake.changes[new].patchsets) + 1 if number else 1
        ref = f"refs/changes/{new:02}/{new}/{patchset}"
        self.git("push", "-q", self.remote("admin"), f"HEAD:{ref}")
        return self.fake.push(self.project, user, self.head(), number)

    def change_id(self, commit: str) -> str:
        return self.git("log", "-1", "--format=%(trailers:key=Change-Id,valueonly)", commit).strip()

    def remote(self, user: str) -> str:
        assert self.fake is not None
        return str(self.fake.repository.folder)


@dataclass(frozen=True)
class FakeTap:
    """Hears the fake's events."""

    fake: FakeGerrit

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> bytes:
        found = [event for event in self.fake.events if wanted(event)]
        return json.dumps(found[-1]).encode()


@contextmanager
def open_world(version: str) -> Iterator[GerritWorld]:
    """A fake server of a version, with one project."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder, "project.git"))
        repository.folder.mkdir()
        repository.git("init", "-q", "--bare", "-b", "main")
        fake = FakeGerrit(Rules(version, version == NEW), repository)
        with serving(fake) as url:
            server = GerritServer(version, url, 0, Path(folder))
            checkout = FakeCheckout(server, Path(folder, "work"), PROJECT, fake)
            checkout.git("init", "-q", "-b", "main", str(checkout.folder), inside=False)
            checkout.base({})
            yield GerritWorld(server, FakeTap(fake), checkout, PROJECT)  # type: ignore[arg-type]
