"""Listens to a real server's event stream, so that tests carry real events through our doors."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.gerrit.server import BOT, GerritServer

PATIENCE_SECONDS = 30.0


@dataclass
class Tap:
    """The events heard so far, oldest first."""

    lines: list[bytes] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def take(self, stream: Any) -> None:
        """Collect lines until the stream ends."""
        for line in stream:
            with self.heard:
                self.lines.append(line)
                self.heard.notify_all()

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> bytes:
        """The newest event that `wanted` accepts, as its line; fails when none comes in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.heard:
            while time.monotonic() < deadline:
                for line in reversed(self.lines):
                    if wanted(json.loads(line)):
                        return line
                self.heard.wait(0.5)
        kinds = [json.loads(line)["type"] for line in self.lines]
        raise AssertionError(f"no such event came; heard: {kinds}")


def ssh_command(server: GerritServer, *words: str) -> list[str]:
    """`words` run by the server's SSH interface as the bot."""
    options = ["-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={server.known_hosts}", "-F", "none"]
    where = ["-i", str(server.key_file), "-p", str(server.ssh_port), f"{BOT}@127.0.0.1"]
    return ["ssh", *options, *where, "gerrit", *words]


@contextmanager
def listening(server: GerritServer) -> Iterator[Tap]:
    """A tap that hears every event from here on."""
    tap = Tap()
    with subprocess.Popen(ssh_command(server, "stream-events"), stdout=subprocess.PIPE) as process:
        collector = threading.Thread(target=tap.take, args=(process.stdout,), daemon=True)
        collector.start()
        try:
            _wait_until_connected(server, tap)
            yield tap
        finally:
            process.terminate()
            collector.join(5)


def _wait_until_connected(server: GerritServer, tap: Tap) -> None:
    """Make events until one is heard: the server tells nobody when a stream begins."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and not tap.lines:
        server.call("PUT", f"/projects/probe-{uuid4().hex[:8]}", {})
        with tap.heard:
            tap.heard.wait(0.5)
    if not tap.lines:
        raise AssertionError("the event stream did not connect")
