"""What an analysis costs, as a multiple of `ast.parse` of the touched files: `make bench`, or

    python -m tests.benchmarks.reach [commits] [releases] [peers] [history CLONE...]

`commits` touches 1, 3 and 10 functions of 2,400- and 12,000-line files; `releases` compares releases fetched by name;
`peers` runs other analysers, where they are installed, over the heads of a small change and of a release; `history`
takes a hundred commits of each clone of a repository, always the same ones. CPU seconds of one warm process, set as the
sandbox sets its own; the floor is measured in the same run, so the ratios hold on any machine. Beside ours stands what
it costs only to parse what the change touches: the heads with `ast`, and with libcst the touched functions, classes and
statements. Nothing here asserts a time.
"""

import ast
import gc
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzers.catalog import all_rules
from analyzers.cuts import Cut, cut
from analyzers.engine import analyze
from analyzers.model import FilePair
from analyzers.models import load
from analyzers.outline import Unit
from analyzers.text import Unreadable
from analyzers.walk import reached
from analyzers.workspace import workspace
from bot.forges.local.git import Commit, Repository
from bot.forges.local.sources import Commits
from bot.model import FileStatus, Side
from bot.sandbox_child import collect_seldom
from config.library import model_texts
from tests.journeys.releases import Release, fetch

SIZES = (2_400, 12_000)
TOUCHES = (1, 3, 10)
CHANGES = 6
CHANGED = 5
COMMITS = 100
MOST_BYTES = 2_000_000
RELEASES = (
    (Release("Radicale", "3.5.4"), Release("Radicale", "3.5.5")),
    (Release("celery", "5.4.0"), Release("celery", "5.5.0")),
    (Release("Scrapy", "2.12.0"), Release("Scrapy", "2.13.0")),
)
# Its registry's rules; a folder of them where that cannot be reached.
SEMGREP_RULES = os.environ.get("SEMGREP_RULES", "p/python")
PEERS = {
    "ruff --select S": ("ruff", "check", "--isolated", "--no-cache", "--select", "S", "--exit-zero", "--quiet"),
    "bandit": ("bandit", "-q", "-r"),
    "semgrep": ("semgrep", "scan", "--metrics=off", "--quiet", "--config", SEMGREP_RULES),
}
MODELS = load(model_texts())


@dataclass(frozen=True)
class Cost:
    """CPU seconds of an analysis, of `ast.parse` of the same heads, and of libcst for what is touched in them."""

    seconds: float
    floor: float
    parsing: float

    @property
    def alone(self) -> float:
        """How many times the floor it is only to parse: everything once, what is touched once more."""
        return 1 + self.parsing / self.floor

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.seconds / self.floor


def cpu(work: Callable[[], object]) -> float:
    """The CPU seconds of one call."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def cost(pairs: Sequence[FilePair]) -> Cost:
    """The better of two warm runs, and the best of three floors."""
    heads = [pair.head for pair in pairs if pair.head is not None]
    floor = min(cpu(lambda: [ast.parse(head) for head in heads]) for _ in range(3))
    units = list(touched_units(pairs))
    parsing = min(cpu(lambda: [parsed(lines, unit) for lines, unit in units]) for _ in range(2))
    return Cost(min(cpu(lambda: analyze(pairs, all_rules(), MODELS)) for _ in range(2)), floor, parsing)


def touched_units(pairs: Sequence[FilePair]) -> Iterator[tuple[Sequence[str], Unit]]:
    """The units that a change reaches, each with the lines of its file."""
    for side in workspace(pairs, MODELS).sides.values():
        if side.head.readable:
            yield from ((side.head.lines, unit) for unit in reached(side.head, side.touched))


def parsed(lines: Sequence[str], unit: Unit) -> Cut | None:
    """A unit as libcst has it; None of what does not stand for itself."""
    try:
        return cut(lines, unit)
    except Unreadable:
        return None


def long_files(lines: int) -> list[str]:
    """Real code of about this length: modules of the standard library, joined where none is long enough."""
    library = Path(sysconfig.get_path("stdlib"))
    texts = (path.read_text(encoding="utf-8") for path in sorted(library.glob("*.py")))
    files, joined = [], ""
    for text in (text for text in texts if "from __future__" not in text and text.count("\n") > 400):
        joined = joined + text + "\n" if lines > SIZES[0] else text
        if 0.6 * lines < joined.count("\n") < 1.6 * lines:
            files.append(joined)
            joined = ""
    return files


def touched(text: str, functions: int, chance: random.Random) -> str:
    """The text with a statement put before the last one of some functions."""
    lines = text.splitlines(keepends=True)
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef) and n.body[-1].lineno > n.lineno]
    last = [function.body[-1] for function in chance.sample(found, min(functions, len(found)))]
    for statement in sorted(last, key=lambda one: -one.lineno):
        lines.insert(statement.lineno - 1, " " * statement.col_offset + "seen = repr(None)\n")
    return "".join(lines)


def commits() -> Iterator[tuple[str, list[Cost]]]:
    """The costs of changes like those of a commit."""
    chance = random.Random(5)
    for lines in SIZES:
        files = long_files(lines)
        for functions in TOUCHES:
            texts = [files[number % len(files)] for number in range(CHANGES)]
            heads = [touched(text, functions, chance) for text in texts]
            made = zip(texts, heads, strict=True)
            costs = [cost([FilePair("big.py", head.encode(), base.encode(), None)]) for base, head in made]
            yield f"{lines:>6} lines, {functions:>2} functions touched", costs


def releases() -> Iterator[tuple[str, list[Cost]]]:
    """The costs of whole releases, the whole change at once."""
    for base, head in RELEASES:
        with tempfile.TemporaryDirectory() as folder:
            old, new = fetch(base, Path(folder)), fetch(head, Path(folder))
        paths = sorted(path for path in new if path.endswith(".py") and new[path] != old.get(path))
        yield (
            f"{base} → {head.version}, {len(paths)} files",
            [cost([FilePair(path, new[path], old.get(path), None) for path in paths])],
        )


def history(clones: Sequence[str]) -> Iterator[tuple[str, list[Cost]]]:
    """The costs of real commits, each as the change that it was."""
    for clone in clones:
        repository = Repository(Path(clone))
        made = repository.history("HEAD")
        drawn = random.Random(5).sample(made, min(COMMITS, len(made)))
        changes = (committed(repository, commit) for commit in drawn)
        costs = [cost(pairs) for pairs in changes if pairs]
        yield f"{Path(clone).resolve().name}, {len(costs)} commits", costs


def committed(repository: Repository, commit: Commit) -> list[FilePair]:
    """The Python files of a commit; none of them when one cannot be parsed, for then there is no floor."""
    source = Commits(repository, commit.parent or repository.empty_tree(), commit.id)
    pairs = []
    for file in source.files():
        if file.path.endswith(".py") and file.status is not FileStatus.DELETED and not file.skip:
            base = source.read(file, Side.BASE, MOST_BYTES) if file.status is not FileStatus.ADDED else None
            pairs.append(FilePair(file.path, source.read(file, Side.HEAD, MOST_BYTES), base, None, file.old_path))
    return pairs if all(_parses(pair.head) for pair in pairs) else []


def _parses(text: bytes | None) -> bool:
    try:
        ast.parse(text or b"")
    except (SyntaxError, ValueError):
        return False
    return True


def peers() -> Iterator[str]:
    """What other analysers spend on the heads of a small change and of a release, and what ours spends."""
    yield from _beside(f"{CHANGED} files of {SIZES[0]:,} lines, {TOUCHES[1]} functions touched in each", small_change())
    base, head = RELEASES[0]
    with tempfile.TemporaryDirectory() as folder:
        old, new = fetch(base, Path(folder)), fetch(head, Path(folder))
    paths = [path for path in sorted(new) if path.endswith(".py") and new[path] != old.get(path)]
    yield from _beside(f"{base} → {head.version}", [FilePair(path, new[path], old.get(path), None) for path in paths])


def small_change() -> list[FilePair]:
    """A change like that of a commit to some files at once."""
    chance = random.Random(5)
    texts = long_files(SIZES[0])[:CHANGED]
    heads = [touched(text, TOUCHES[1], chance) for text in texts]
    made = enumerate(zip(texts, heads, strict=True))
    return [FilePair(f"big{number}.py", head.encode(), base.encode(), None) for number, (base, head) in made]


def _beside(title: str, pairs: Sequence[FilePair]) -> Iterator[str]:
    ours = cost(pairs)
    yield f"{title}\n  {'touchline':<16} {ours.seconds:7.3f} s   {ours.ratio:6.1f}x the floor"
    only = ours.floor * ours.alone
    yield f"  {'only to parse it':<16} {only:7.3f} s   {only / ours.seconds:6.2f} times ours"
    with tempfile.TemporaryDirectory() as folder:
        for pair in pairs:
            target = Path(folder) / "head" / pair.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(pair.head or b"")
        for name, command in PEERS.items():
            yield f"  {name:<16} {_peer(command, Path(folder) / 'head', ours)}"


def _peer(command: Sequence[str], folder: Path, ours: Cost) -> str:
    program = shutil.which(command[0]) or shutil.which(command[0], path=str(Path(sys.executable).parent))
    if program is None:
        return "not installed"
    seconds = min(_spent([program, *command[1:], str(folder)]) for _ in range(2))
    return f"{seconds:7.3f} s   {seconds / ours.seconds:6.2f} times ours"


def _spent(command: Sequence[str]) -> float:
    """The CPU seconds of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(rows: Iterator[tuple[str, list[Cost]]]) -> None:
    """Print the rows as they come, and the ratios of all of them."""
    found: list[Cost] = []
    for title, costs in rows:
        found += costs
        own, worst = sorted(one.ratio for one in costs), max(one.seconds for one in costs)
        print(
            f"{title:<44} median {statistics.median(own):5.1f}x  max {own[-1]:5.1f}x  worst {worst:6.2f} s", flush=True
        )
    print(f"{'all':<44} {_spread([one.ratio for one in found])}")
    print(f"{'only to parse it, nothing looked at':<44} {_spread([one.alone for one in found])}")


def _spread(ratios: Sequence[float]) -> str:
    ordered = sorted(ratios)
    return f"median {statistics.median(ordered):5.1f}x  95 % {ordered[int(len(ordered) * 0.95)]:5.1f}x"


def main(wanted: Sequence[str]) -> int:
    """Print the parts that are wanted; all without a word."""
    collect_seldom()
    if not wanted or "commits" in wanted:
        table(commits())
    if not wanted or "releases" in wanted:
        table(releases())
    if wanted and wanted[0] == "history":
        table(history(wanted[1:]))
    if not wanted or "peers" in wanted:
        for line in peers():
            print(line, flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
