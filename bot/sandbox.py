"""Analyses files in warm child processes, under limits of time and memory.

A child that crashes, takes too long or too much costs the receipt of its one file; the next file gets a new child.
The child gets bytes and gives plain JSON; it inherits no environment and no open file, and starts in Python's isolated
mode (https://docs.python.org/3/using/cmdline.html#cmdoption-I), so that no folder of the reviewed code is imported.
"""

import contextlib
import logging
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from analyzers.model import ContextFile, FilePair, FileReport, Report, Status, Wish
from bot.errors import Broken
from bot.sandbox_child import ANALYZER, READY, Answer, Material, Request
from bot.storable import from_json, to_json
from config.settings import LimitSettings

START_SECONDS = 60.0
LONGEST_ANSWER = 64 * 1024 * 1024
MOST_NEIGHBOURS_BYTES = 16 * 1024 * 1024
LAST_WORDS = 4096
# The parser's runtime says so and aborts, https://doc.rust-lang.org/std/alloc/fn.handle_alloc_error.html
NO_MEMORY = re.compile(rb"memory allocation of \d+ bytes failed")
ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": os.defpath}
Progress = Callable[[int, int, str], None]

log = logging.getLogger("touchline.sandbox")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a child did not answer, in words for the receipt."""

    reason: str


class Child:
    """One warm process. Used by one thread at a time; after a Failure it is gone."""

    def __init__(self, limits: LimitSettings, target: str) -> None:
        """Start it and wait until it is warm. Raises Broken when it does not start."""
        self._limits = limits
        self._material: Material | None = None
        self._process = subprocess.Popen(  # noqa: S603 - this very Python, with words of ours
            [sys.executable, "-I", "-m", "bot.sandbox_child", target, to_json(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            cwd="/",
        )
        self._last_words = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        started = self._exchange(b"", START_SECONDS)
        if started != READY:
            self.kill()
            raise Broken("the analyzing process does not start: run `python -m bot.sandbox_child` to see why")

    def ask(self, path: str, material: Material, *, wishes: bool = False) -> Answer | Failure:
        """The report of one file of a change, or what it wishes for."""
        before = self._material
        change = None if before is not None and before.change == material.change else material.change
        context = None if before is not None and before.context == material.context else material.context
        request = Request(path, change, context, wishes)
        line = self._exchange(to_json(request).encode() + b"\n", self._limits.seconds_per_file)
        if isinstance(line, Failure):
            return line
        self._material = material
        answer = from_json(line, Answer)
        if not (answer.out_of_memory or answer.trouble):
            return answer
        self.kill()
        if answer.out_of_memory:
            return self._too_large()
        log.error("the analysis of a file failed:\n%s", answer.trouble)
        return Failure("its analysis failed by a mistake of ours, which is in the log")

    def kill(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass

    def _exchange(self, request: bytes, seconds: float) -> bytes | Failure:
        late = threading.Event()
        timer = threading.Timer(seconds, self._give_up, (late,))
        timer.start()
        try:
            line = self._write_and_read(request)
        finally:
            timer.cancel()
        if line.endswith(b"\n"):
            return line
        self.kill()
        if late.is_set():
            return Failure(f"its analysis takes longer than {seconds:g} s (limits.seconds_per_file)")
        if NO_MEMORY.search(self._last_words):
            return self._too_large()
        return Failure(f"its analysis crashed ({_signal_name(self._process.returncode)})")

    def _too_large(self) -> Failure:
        return Failure(f"its analysis needs more than {self._limits.memory_mb} MB of memory (limits.memory_mb)")

    def _listen(self) -> None:
        """What it prints is read, so that it is never kept waiting; only the end is kept, and told to nobody."""
        if self._process.stderr is None:
            raise Broken("a child without pipes")
        while words := os.read(self._process.stderr.fileno(), LAST_WORDS):
            self._last_words = (self._last_words + words)[-LAST_WORDS:]

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _write_and_read(self, request: bytes) -> bytes:
        pipes = self._process
        if pipes.stdin is None or pipes.stdout is None:
            raise Broken("a child without pipes")
        try:
            pipes.stdin.write(request)
            pipes.stdin.flush()
            return pipes.stdout.readline(LONGEST_ANSWER)
        except BrokenPipeError:
            return b""


@dataclass(slots=True)
class Budget:
    """How many seconds of analysis a change has left, over all children."""

    left: float
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, seconds: float) -> None:
        """Take what was used."""
        with self._lock:
            self.left -= seconds


class Sandbox:
    """Children for all jobs of this process; started when first needed, and kept warm."""

    def __init__(self, limits: LimitSettings, children: int = 2, target: str = ANALYZER) -> None:
        self._limits, self._target = limits, target
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()
        self._pool = ThreadPoolExecutor(children, thread_name_prefix="sandbox")

    def analyze(
        self,
        pairs: Sequence[FilePair],
        context: Sequence[ContextFile] = (),
        progress: Progress | None = None,
    ) -> Report:
        """One FileReport for every pair, in path order. `progress` is told (done, total, path) after each."""
        budget = Budget(self._limits.seconds_per_change)
        together = Material(neighbours(pairs), tuple(context))
        ordered = sorted(pairs, key=lambda pair: pair.path)
        futures = [self._pool.submit(self._file, pair, together, budget) for pair in ordered]
        reports = []
        for future in futures:
            reports.append(future.result())
            if progress:
                progress(len(reports), len(ordered), reports[-1].path)
        return Report(tuple(reports))

    def wishes(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> tuple[Wish, ...]:
        """What the pairs look into and is not at hand, pair by pair. A file that cannot be read wishes for nothing."""
        budget = Budget(self._limits.seconds_per_change)
        together = Material(neighbours(pairs), tuple(context))
        readable = sorted((pair for pair in together.change if pair.head is not None), key=lambda pair: pair.path)
        futures = [self._pool.submit(self._try, pair, together, budget, wishes=True) for pair in readable]
        answers = [future.result() for future in futures]
        return tuple(wish for answer in answers if isinstance(answer, Answer) for wish in answer.wishes)

    def close(self) -> None:
        """End all children."""
        self._pool.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get_nowait().kill()

    def _file(self, pair: FilePair, together: Material, budget: Budget) -> FileReport:
        if pair.head is not None and len(pair.head) > self._limits.file_bytes:
            return _unreadable(pair, f"it is longer than {self._limits.file_bytes:,} bytes (limits.file_bytes)")
        alone = Material((pair,))
        # Alone at last: what crashed may have been one of its neighbours.
        tries = [together, alone] if any(pair is one for one in together.change) and together != alone else [alone]
        for material in tries:
            answer = self._try(pair, material, budget)
            if isinstance(answer, Answer) and answer.report is not None:
                return answer.report
        return _unreadable(pair, answer.reason if isinstance(answer, Failure) else "its analysis gave no report")

    def _try(self, pair: FilePair, material: Material, budget: Budget, *, wishes: bool = False) -> Answer | Failure:
        if budget.left <= 0:
            return Failure(f"the change used up its {self._limits.seconds_per_change:g} s (limits.seconds_per_change)")
        child = self._child()
        began = time.monotonic()
        answer = child.ask(pair.path, material, wishes=wishes)
        budget.spend(time.monotonic() - began)
        if isinstance(answer, Answer):
            self._idle.put(child)
        return answer

    def _child(self) -> Child:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return Child(self._limits, self._target)


def neighbours(pairs: Iterable[FilePair]) -> tuple[FilePair, ...]:
    """The files that are shown to each other, smallest first, as many as fit into a child beside its work."""
    kept, size = [], 0
    for pair in sorted(pairs, key=_size):
        size += _size(pair)
        if size > MOST_NEIGHBOURS_BYTES:
            break
        kept.append(pair)
    return tuple(kept)


def _size(pair: FilePair) -> int:
    return len(pair.head or b"") + len(pair.base or b"")


def _unreadable(pair: FilePair, reason: str) -> FileReport:
    touched = len(pair.touched.added) if pair.touched else 0
    return replace(FileReport(pair.path, Status.UNREADABLE, reason), touched_lines=touched)


def _signal_name(code: int | None) -> str:
    try:
        return signal.Signals(-(code or 0)).name
    except ValueError:
        return f"exit {code}"
