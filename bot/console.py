"""What the command line writes to its two streams, and the exit code that goes with it (io).

Standard output carries the answer alone; progress goes to standard error, and only when that is a terminal.
Colours obey NO_COLOR (https://no-color.org) and are never written into a pipe.
"""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from analyzers.model import ContextFile, FilePair, Report, Severity, Wish
from bot.context import Analyst
from bot.formats import json, markdown, sarif, text
from bot.formats.fragments import printable
from bot.reviewed import Reviewed
from bot.sandbox import Sandbox
from config.settings import Settings

CLEAN, FINDINGS, USAGE, UNANALYSED = 0, 1, 2, 3
PIPE_WIDTH = 100

RENDERERS: dict[str, Callable[[Reviewed], str]] = {
    "markdown": markdown.render,
    "json": json.render,
    "sarif": sarif.render,
}
FORMATS = ("text", *RENDERERS)


class Told(click.ClickException):
    """A message for standard error: usage or settings are wrong."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        """Every line begins with the program's name, so that it can be told from others' in a log."""
        for line in self.message.splitlines():
            click.echo(f"touchline: {line}", err=True)


class Failed(Told):
    """A message for standard error: something could not be analysed."""

    exit_code = UNANALYSED


def terminal() -> Console:
    """Standard output: as wide as the terminal; in a pipe of a fixed width, whatever started it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 gets question marks, not a traceback
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def show(reviewed: Reviewed, wanted: str) -> None:
    """Print a review in one of the FORMATS."""
    if wanted == "text":
        text.show(reviewed, terminal())
    else:
        write(RENDERERS[wanted](reviewed))


def write(document: str) -> None:
    """Print a document as UTF-8, whatever the locale."""
    click.echo(document.encode("utf-8", "backslashreplace"), nl=False)


def note(sentence: str) -> None:
    """Tell on standard error what was done."""
    click.echo(f"touchline: {sentence}", err=True)


def tell(fine: bool, name: str, said: str) -> None:
    """One line of a list of checks."""
    sign = ("ok     ", "green") if fine else ("missing", "bold red")
    terminal().print(Text.assemble(sign, f"  {name:<16}", printable(said)), soft_wrap=True)


def exit_code(reviewed: Reviewed, fail_on: Severity) -> int:
    """Findings count before unreadable files: they are certain."""
    if any(finding.severity.rank >= fail_on.rank for finding in reviewed.findings):
        return FINDINGS
    return UNANALYSED if reviewed.report.partial else CLEAN


@contextmanager
def analysis(settings: Settings) -> Iterator[Analyst]:
    """The sandbox's analysis, its progress shown; its children end with the block."""
    sandbox = Sandbox(settings.limits, settings.jobs.analyzers)
    try:
        yield Watched(sandbox)
    finally:
        sandbox.close()


@dataclass(frozen=True, slots=True)
class Watched:
    """The sandbox, with its progress shown at a terminal."""

    sandbox: Sandbox

    def wishes(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> tuple[Wish, ...]:
        """See Sandbox.wishes."""
        return self.sandbox.wishes(pairs, context)

    def analyze(self, pairs: Sequence[FilePair], context: Sequence[ContextFile] = ()) -> Report:
        """See Sandbox.analyze."""
        return watched(self.sandbox, pairs, context)


def watched(sandbox: Sandbox, pairs: Sequence[FilePair], context: Sequence[ContextFile]) -> Report:
    """Analyse, and show on standard error how far it is; nothing in a pipe."""
    errors = Console(stderr=True)
    if not errors.is_terminal:
        return sandbox.analyze(pairs, context)
    columns = (
        SpinnerColumn(),
        TextColumn("analysing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[path]}"),
    )
    with Progress(*columns, console=errors, transient=True) as shown:
        task = shown.add_task("", total=len(pairs), path="")
        return sandbox.analyze(
            pairs, context, lambda done, _, path: shown.update(task, completed=done, path=escape(printable(path)))
        )
