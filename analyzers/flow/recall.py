"""Summaries kept from one change to the next, by what they were drawn from.

A summary is drawn from the text of its function's file, from the models, and from what the project answered when it was
asked for modules. All that is noted while it is made; it is used again where every answer is still the same. What it
cost is noted, too, and charged again: so limits cut at the same places whatever is remembered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzers.flow.summary import Summary
from analyzers.outline import Definition
from analyzers.source import Project, SourceFile

Key = tuple[str, int, str]
Names = frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A whole summary: no limit and no circle cut it. `answers` are the modules asked for, and the texts found.

    `steps` are its own, `height` counts the calls below it and itself, `callees` are the summaries it stands on.
    """

    summary: Summary
    steps: int
    height: int
    answers: tuple[tuple[str, str, bytes], ...]
    callees: tuple[tuple[Key, "Made"], ...]

    def below(self) -> Iterator[tuple[Key, "Made"]]:
        """All summaries it stands on, each once."""
        seen: set[Key] = set()
        waiting = list(self.callees)
        while waiting:
            key, made = waiting.pop()
            if key not in seen:
                seen.add(key)
                yield key, made
                waiting.extend(made.callees)


@dataclass(slots=True)
class Making:
    """A summary while it is being made. `whole` is false once something cut it."""

    steps: int = 0
    whole: bool = True
    asked: set[str] = field(default_factory=set)
    callees: dict[Key, Made] = field(default_factory=dict)

    def use(self, key: Key, made: Made | None) -> None:
        """Note a summary that this one stands on; None when it may not be kept."""
        if made is None:
            self.whole = False
            return
        self.callees[key] = made
        self.asked.update(name for name, _, _ in made.answers)

    def made(self, file: SourceFile, summary: Summary) -> Made | None:
        """The summary with all it was drawn from; None when it is not whole."""
        if not self.whole:
            return None
        names = sorted(self.asked | file.asked)
        height = 1 + max((made.height for made in self.callees.values()), default=0)
        answers = tuple(answer_of(file.project, name) for name in names)
        return Made(summary.told(), self.steps, height, answers, tuple(self.callees.items()))


def answer_of(project: Project, name: str) -> tuple[str, str, bytes]:
    """What a project has under the name of a module: its path and its text, both empty when there is none."""
    found = project.named(name)
    return (name, found.path, found.digest) if found else (name, "", b"")


def recalled(file: SourceFile, definition: Definition, kind: str) -> Made | None:
    """What is remembered of a function, if all it was drawn from is as it was then."""
    memory = file.project.memory
    made: Made | None = memory.summary(_name(file, definition, kind)) if memory and file.untouched else None
    if made is None or any(answer_of(file.project, answer[0]) != answer for answer in made.answers):
        return None
    return made


def keep(file: SourceFile, definition: Definition, kind: str, made: Made | None) -> None:
    """Remember a summary of a file that no change touches."""
    if file.project.memory and file.untouched and made is not None:
        file.project.memory.keep(_name(file, definition, kind), made)


def _name(file: SourceFile, definition: Definition, kind: str) -> tuple[str, str, bytes, str, int]:
    return kind, file.path, file.digest, definition.qualname, definition.line
