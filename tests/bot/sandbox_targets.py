"""Stand-ins for the analysis that misbehave as their file says: what the sandbox has to survive."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analyzers.model import FilePair, FileReport, Status
from bot.sandbox_child import Analyzer
from config.settings import LimitSettings


def analyzer(change: Sequence[FilePair], _limits: LimitSettings) -> Analyzer:
    if any(pair.head == b"poison" for pair in change) and len(change) > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return lambda pair: report(pair, len(change))


def report(pair: FilePair, neighbours: int) -> FileReport:
    word = (pair.head or b"").decode()
    reason = {
        "segfault": segfault,
        "hang": lambda: str(time.sleep(600)),
        "memory": lambda: str(len(bytearray(1 << 40))),
        "bug": lambda: str(1 // 0),
        "exit": lambda: os._exit(7),
        "noise": lambda: noise(),
        "write": lambda: write(),
        "environment": lambda: " ".join(sorted(os.environ)),
        "pid": lambda: str(os.getpid()),
        "files": lambda: " ".join(path.name for path in Path("/proc/self/fd").iterdir()),
        "path": lambda: f"{Path.cwd()} {sys.path[0]}",
        "neighbours": lambda: str(neighbours),
    }.get(word, lambda: word)()
    return FileReport(pair.path, Status.ANALYSED, reason)


def segfault() -> str:
    return ctypes.string_at(0).decode()


def noise() -> str:
    print("not an answer")
    os.write(1, b"not an answer either\n")
    return "quiet"


def write() -> str:
    try:
        Path("/tmp/touchline-test-of-the-sandbox").write_text("x")
    except OSError as problem:
        return type(problem).__name__
    return "written"
