"""Stand-ins for the analysis that misbehave as their file says: what the sandbox has to survive."""

import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from analyzers.model import FilePair, FileReport, Status, Wish
from bot import sandbox_child
from bot.sandbox_child import Analyzer, Material
from config.settings import LimitSettings


@dataclass(frozen=True)
class Behaviour:
    """Does what the files say."""

    material: Material

    def report(self, pair: FilePair) -> FileReport:
        return report(pair, len(self.material.change), [near.path for near in self.material.context])

    def wishes(self, pair: FilePair) -> tuple[Wish, ...]:
        self.report(pair)
        return (Wish(pair.path, "db", (f"{len(self.material.context)}.py",)),)


def analyzer(material: Material, _limits: LimitSettings) -> Behaviour:
    texts = [*(pair.head for pair in material.change), *(near.text for near in material.context)]
    if b"poison" in texts and len(texts) > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return Behaviour(material)


def report(pair: FilePair, neighbours: int, context: list[str]) -> FileReport:
    word = (pair.head or b"").decode()
    reason = {
        "segfault": segfault,
        "hang": lambda: str(time.sleep(600)),
        "memory": lambda: str(len(bytearray(1 << 40))),
        "bug": lambda: str(1 // 0),
        "exit": lambda: os._exit(7),
        "noise": lambda: noise(),
        "much noise": lambda: noise(100_000),
        "write": lambda: write(),
        "environment": lambda: " ".join(sorted(os.environ)),
        "pid": lambda: str(os.getpid()),
        "files": lambda: " ".join(open_files()),
        "path": lambda: f"{Path.cwd()} {sys.path[0]}",
        "neighbours": lambda: str(neighbours),
        "context": lambda: " ".join(context),
    }.get(word, lambda: word)()
    return FileReport(pair.path, Status.ANALYSED, reason)


@dataclass(frozen=True)
class Measured:
    """The real analysis; of a file that was analysed it says the most memory that the process has had, in MB."""

    inner: Analyzer

    def report(self, pair: FilePair) -> FileReport:
        found = self.inner.report(pair)
        return found if found.reason else replace(found, reason=str(peak_memory()))

    def wishes(self, pair: FilePair) -> tuple[Wish, ...]:
        return self.inner.wishes(pair)


def measured(material: Material, limits: LimitSettings) -> Measured:
    return Measured(sandbox_child.analyzer(material, limits))


def peak_memory() -> int:
    """What this very process has had, unlike `getrusage`, which counts the one that started it too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def open_files() -> list[str]:
    """What is open but shared libraries, and but the listing itself, which is closed again when its link is read."""
    found = [path.readlink() for path in list(Path("/proc/self/fd").iterdir()) if path.is_symlink()]
    return [str(path) for path in found if ".so" not in path.suffixes]


def segfault() -> str:
    return ctypes.string_at(0).decode()


def noise(lines: int = 1) -> str:
    print("not an answer\n" * lines)
    os.write(1, b"not an answer either\n")
    return "quiet"


def write() -> str:
    try:
        Path("/tmp/touchline-test-of-the-sandbox").write_text("x")
    except OSError as problem:
        return type(problem).__name__
    return "written"
