"""The process in which foreign code is read: `python -I -m bot.sandbox_child TARGET LIMITS`.

It reads one JSON line a request and writes one an answer. It never runs what it reads, but a parser can be crashed or
kept busy: so it holds no secret, can write no file, and bounds its own memory and time.
"""

import gc
import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from analyzers.catalog import all_rules
from analyzers.engine import analyze_file
from analyzers.model import FilePair, FileReport
from analyzers.models import Models, load
from analyzers.workspace import Limits, workspace
from bot.storable import from_json, to_json
from config.library import model_texts
from config.settings import LimitSettings

Analyzer = Callable[[FilePair], FileReport]
Target = Callable[[Sequence[FilePair], LimitSettings], Analyzer]
READY = b"ready\n"
ANALYZER = "bot.sandbox_child:analyzer"
# Only for a child whose parent is gone: the parent ends it earlier.
ORPHAN_FACTOR = 2
LONGEST_TROUBLE = 4_000


@dataclass(frozen=True, slots=True)
class Request:
    """Analyse the file `path`. `change` is the files that go with it, None when they are those of the last request."""

    path: str
    change: tuple[FilePair, ...] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The report; or that memory ran out; or how our own code failed, for the log."""

    report: FileReport | None = None
    out_of_memory: bool = False
    trouble: str = ""


def analyzer(change: Sequence[FilePair], limits: LimitSettings) -> Analyzer:
    """The real thing: all rules, over the files of a change."""
    space = workspace(change, library(), Limits(file_bytes=limits.file_bytes))
    rules = all_rules()
    return lambda pair: analyze_file(pair, space, rules)


@cache
def library() -> Models:
    """The models of all libraries that we know, read once a process."""
    return load(model_texts())


def serve(target: Target, limits: LimitSettings) -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints beside the answers
    target((), limits)  # warm: everything is imported before the clock of the first file runs
    collect_seldom()
    answers.write(READY)
    answers.flush()
    analyze: Analyzer | None = None
    pairs: dict[str, FilePair] = {}
    while line := requests.readline():
        signal.setitimer(signal.ITIMER_REAL, limits.seconds_per_file * ORPHAN_FACTOR)
        request = from_json(line, Request)
        if request.change is not None:
            pairs, analyze = {pair.path: pair for pair in request.change}, None
        try:
            analyze = analyze or target(tuple(pairs.values()), limits)
            answer = Answer(analyze(pairs[request.path]))
        except MemoryError:
            answer = Answer(out_of_memory=True)
        except Exception:  # noqa: BLE001 - the parent logs it and gives the file its receipt
            answer = Answer(trouble=traceback.format_exc()[-LONGEST_TROUBLE:])
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(to_json(answer).encode() + b"\n")
        answers.flush()


def collect_seldom() -> None:
    """Syntax trees are many objects and few cycles: looking for cycles at every turn costs a tenth of an analysis."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def confine(limits: LimitSettings) -> None:
    """Take from this process what reading a file does not need."""
    memory = limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def main() -> None:
    """Entry of the child."""
    target, limits = sys.argv[1], from_json(sys.argv[2], LimitSettings)
    confine(limits)
    module, _, name = target.partition(":")
    serve(getattr(importlib.import_module(module), name), limits)


if __name__ == "__main__":
    main()
