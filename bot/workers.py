"""Which worker a process is, and which workers are dead.

A worker has a name that no other living process has and that its next life takes up again: host and slot, the slot
being a file lock that the system releases at death. So a restarted worker finds its own jobs at once, and the jobs of
one that does not come back are taken over when its heart has stood still for a while, by the watcher's own clock:
no two clocks are ever compared.
"""

import fcntl
import hashlib
import os
import re
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import Broken
from bot.store import Store

SLOTS = 1_000


@dataclass(slots=True)
class Seat:
    """A name, held until it is given back or the process dies."""

    name: str
    _lock: int

    def leave(self) -> None:
        """Give the name back."""
        os.close(self._lock)


def take_seat(database: str, folder: Path | None = None) -> Seat:
    """The first free name on this host for workers of this database. Raises Broken when all are taken."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:100]
    key = hashlib.sha256(database.encode()).hexdigest()[:16]
    home = (folder or Path(tempfile.gettempdir())) / f"touchline-{os.getuid()}-{key}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise Broken(f"{home} belongs to somebody else")
    for slot in range(SLOTS):
        lock = os.open(home / f"{slot}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return Seat(f"{host}-{slot}", lock)
    raise Broken(f"{SLOTS} workers on one host")


@dataclass(slots=True)
class Watch:
    """One worker's view of the others: whose heart last moved when, by our own monotonic clock."""

    store: Store
    me: str
    dead_after_seconds: float
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)

    def beat(self) -> None:
        """Tell the others that we live."""
        self.store.beat(self.me, time.time_ns())

    def bury_the_dead(self, now: float | None = None) -> list[str]:
        """The workers whose hearts stand still, struck off; each is returned to one watcher only."""
        clock = time.monotonic() if now is None else now
        beats = self.store.beats()
        self._seen = {name: self._sight(name, beat, clock) for name, beat in beats.items() if name != self.me}
        still = [(name, beat) for name, (beat, since) in self._seen.items() if clock - since >= self.dead_after_seconds]
        return [name for name, beat in still if self.store.bury(name, beat)]

    def _sight(self, name: str, beat: int, clock: float) -> tuple[int, float]:
        known = self._seen.get(name)
        return known if known and known[0] == beat else (beat, clock)
