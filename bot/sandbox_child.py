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
from typing import Protocol

from analyzers.catalog import all_rules
from analyzers.engine import analyze_file
from analyzers.memory import Memory
from analyzers.model import ContextFile, FilePair, FileReport, Wish
from analyzers.models import Models, load
from analyzers.rule import Rule
from analyzers.surroundings import wishes
from analyzers.workspace import Limits, Workspace, workspace
from bot.storable import from_json, to_json
from config.library import model_texts
from config.settings import LimitSettings


class Analyzer(Protocol):
    """What is asked about the files of one change."""

    def report(self, pair: FilePair) -> FileReport:
        """What the change causes in one of its files."""
        ...

    def wishes(self, pair: FilePair) -> tuple[Wish, ...]:
        """The modules that one of its files looks into and that are not at hand."""
        ...


Target = Callable[["Material", LimitSettings], Analyzer]
READY = b"ready\n"
ANALYZER = "bot.sandbox_child:analyzer"
# Only for a child whose parent is gone: the parent ends it earlier.
ORPHAN_FACTOR = 2
LONGEST_TROUBLE = 4_000


@dataclass(frozen=True, slots=True)
class Material:
    """The files of a change that are shown to each other, and those that it looks into and does not touch."""

    change: tuple[FilePair, ...] = ()
    context: tuple[ContextFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Look at the file `path`: for a report, or for what it wishes for.

    `change` and `context` are None when they are those of the last request.
    """

    path: str
    change: tuple[FilePair, ...] | None
    context: tuple[ContextFile, ...] | None = ()
    wishes: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The report or the wishes; or that memory ran out; or how our own code failed, for the log."""

    report: FileReport | None = None
    wishes: tuple[Wish, ...] = ()
    out_of_memory: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The real thing: all rules, over the files of a change."""

    space: Workspace
    rules: Sequence[Rule]

    def report(self, pair: FilePair) -> FileReport:
        """See analyze_file."""
        return analyze_file(pair, self.space, self.rules)

    def wishes(self, pair: FilePair) -> tuple[Wish, ...]:
        """See surroundings.wishes."""
        return wishes(self.space, pair.path)


def analyzer(material: Material, limits: LimitSettings) -> Analyzer:
    """The analysis of a change."""
    allowed = Limits(file_bytes=limits.file_bytes)
    return Analysis(workspace(material.change, library(), allowed, material.context, remembered()), all_rules())


@cache
def library() -> Models:
    """The models of all libraries that we know, read once a process."""
    return load(model_texts())


@cache
def remembered() -> Memory:
    """What this process knows of modules that it has read for earlier changes."""
    return Memory(library())


def serve(target: Target, limits: LimitSettings) -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints beside the answers
    target(Material(), limits)  # warm: everything is imported before the clock of the first file runs
    collect_seldom()
    answers.write(READY)
    answers.flush()
    desk = Desk(target, limits)
    while line := requests.readline():
        signal.setitimer(signal.ITIMER_REAL, limits.seconds_per_file * ORPHAN_FACTOR)
        request = from_json(line, Request)
        try:
            answer = desk.answer(request)
        except MemoryError:
            answer = Answer(out_of_memory=True)
        except Exception:  # noqa: BLE001 - the parent logs it and gives the file its receipt
            answer = Answer(trouble=traceback.format_exc()[-LONGEST_TROUBLE:])
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(to_json(answer).encode() + b"\n")
        answers.flush()


@dataclass
class Desk:
    """What the child has before it: the material of the last request, and the analyzer that was made of it."""

    target: Target
    limits: LimitSettings
    material: Material = Material()
    analyzer: Analyzer | None = None

    def answer(self, request: Request) -> Answer:
        """Look at one file."""
        change = self.material.change if request.change is None else request.change
        context = self.material.context if request.context is None else request.context
        if request.change is not None or request.context is not None:
            self.material, self.analyzer = Material(change, context), None
        self.analyzer = self.analyzer or self.target(self.material, self.limits)
        pair = next(pair for pair in change if pair.path == request.path)
        if request.wishes:
            return Answer(wishes=self.analyzer.wishes(pair))
        return Answer(self.analyzer.report(pair))


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
