"""What the modules around a change cost, and how much less when the process has read them before:

    python -m tests.benchmarks.again CLONE [COMMITS]

The last commits of a clone, oldest first, each as the change that it was: alone, with the modules that it looks into,
and the same with what the process remembers of earlier commits. CPU seconds of one warm process,
reading not counted.
"""

import ast
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzers.catalog import all_rules
from analyzers.engine import analyze_file
from analyzers.memory import Memory
from analyzers.model import ContextFile, FilePair, Report, Wish
from analyzers.models import load
from analyzers.surroundings import wishes
from analyzers.workspace import Workspace, workspace
from bot.context import Context, surround
from bot.forges.local.forge import LocalForge
from bot.forges.local.git import Commit, Repository
from bot.forges.local.sources import Commits
from bot.sandbox_child import collect_seldom
from config.library import model_texts
from config.settings import LimitSettings
from tests.benchmarks.reach import committed, cpu

MODELS = load(model_texts())
LIMITS = LimitSettings()


@dataclass(frozen=True)
class Here:
    """The analysis in this very process."""

    memory: Memory | None = None

    def wishes(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> tuple[Wish, ...]:
        """What all pairs look into."""
        space = self.space(pairs, context)
        return tuple(wish for pair in pairs for wish in wishes(space, pair.path))

    def analyze(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> Report:
        """The report of the change."""
        space, rules = self.space(pairs, context), all_rules()
        return Report(tuple(analyze_file(pair, space, rules) for pair in pairs))

    def space(self, pairs: Sequence[FilePair], context: Sequence[ContextFile]) -> Workspace:
        """The files, decoded."""
        return workspace(pairs, MODELS, context=context, memory=self.memory)

    def review(self, pairs: Sequence[FilePair], context: Context) -> Report:
        """All that a child does for a change: once for each hop, and the analysis."""
        if LIMITS.context_hops and context.files:
            self.wishes(pairs)
        self.wishes(pairs, context.files)
        return self.analyze(pairs, context.files)


def context_of(repository: Repository, commit: Commit, pairs: Sequence[FilePair]) -> Context:
    """What the change looks into, as a local review reads it."""
    forge = LocalForge(Commits(repository, commit.parent or repository.empty_tree(), commit.id))
    touched = {path for pair in pairs for path in (pair.path, pair.old_path) if path}
    return surround(forge, forge.change(forge.ref), pairs, touched, Here(), LIMITS)


def main(clone: str, count: int = 60) -> int:
    """Print what each way costs in all, and against `ast.parse` of the touched files."""
    collect_seldom()
    repository = Repository(Path(clone))
    remembering = Here(Memory(MODELS))
    sums = dict.fromkeys(("alone", "with context", "with context, again"), 0.0)
    floor, files, same, changes = 0.0, 0, True, 0
    for commit in itertools.islice(repository.history("HEAD"), len(repository.history("HEAD")) - count, None):
        pairs = committed(repository, commit)
        context = context_of(repository, commit, pairs) if pairs else Context()
        if not context.files:
            continue
        said: list[Report] = []
        floor += cpu(lambda pairs=pairs: [ast.parse(pair.head or b"") for pair in pairs])  # type: ignore[misc]
        sums["alone"] += cpu(lambda pairs=pairs: Here().analyze(pairs))  # type: ignore[misc]
        for title, way in (("with context", Here()), ("with context, again", remembering)):
            sums[title] += cpu(lambda: said.append(way.review(pairs, context)))  # noqa: B023
        same, files, changes = same and said[0] == said[1], files + len(context.files), changes + 1
    print(f"{changes} changes that look into {files} untouched files; answers the same: {same}")
    for title, seconds in sums.items():
        print(f"{title:<22} {seconds:7.2f} s  {seconds / floor:5.1f}x")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])))
