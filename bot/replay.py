"""What would have been said on a history, commit by commit, and what it would have cost."""

import os
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.context import Analyst
from bot.dry_run import examine, reviewed
from bot.forges.local.forge import LocalForge
from bot.forges.local.git import Commit, Repository
from bot.forges.local.sources import Commits
from bot.reviewed import Reviewed
from config.settings import Settings

CHILDREN_OF_THREADS = "self/task/*/children"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One commit: its review, and what that took in seconds of the clock and of all processors."""

    commit: Commit
    review: Reviewed
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The same over all commits; `median` and `p95` are of the processor seconds of one commit."""

    commits: int
    speaking: int
    findings: int
    unanalysed: int
    seconds: float
    cpu_seconds: float
    median: float
    p95: float
    by_rule: tuple[tuple[str, int], ...]


def replay(repository: Repository, span: str, analyst: Analyst, settings: Settings) -> Iterator[Replayed]:
    """Each commit of `A..B` against its parent, oldest first; merges are left out."""
    for commit in repository.history(span):
        yield replayed(repository, commit, analyst, settings)


def replayed(repository: Repository, commit: Commit, analyst: Analyst, settings: Settings) -> Replayed:
    """One commit as the change that it was."""
    began, spent = time.monotonic(), cpu_seconds()
    forge = LocalForge(Commits(repository, commit.parent or repository.empty_tree(), commit.id))
    examination = examine(forge.ref, forge, analyst, settings)
    found = reviewed(examination, forge, settings)
    return Replayed(commit, found, time.monotonic() - began, cpu_seconds() - spent)


def totals(history: Sequence[Replayed]) -> Totals:
    """What a history came to."""
    costs = sorted(one.cpu_seconds for one in history)
    rules = Counter(finding.rule for one in history for finding in one.review.findings)
    return Totals(
        commits=len(history),
        speaking=sum(bool(one.review.findings) for one in history),
        findings=rules.total(),
        unanalysed=sum(one.review.report.partial for one in history),
        seconds=sum(one.seconds for one in history),
        cpu_seconds=sum(costs),
        median=median(costs) if costs else 0.0,
        p95=costs[int(0.95 * (len(costs) - 1))] if costs else 0.0,
        by_rule=tuple(rules.most_common()),
    )


def cpu_seconds() -> float:
    """The processor time so far of this process and its children, the living ones too where /proc tells of them."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + sum(_living_children(Path("/proc")))


def _living_children(proc: Path) -> Iterator[float]:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: fields 14 and 15 are user and system ticks."""
    for pid in _pids(proc.glob(CHILDREN_OF_THREADS)):
        try:
            fields = (proc / pid / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pids(lists: Iterable[Path]) -> Iterator[str]:
    for children in lists:
        try:
            yield from children.read_text().split()
        except OSError:
            continue
