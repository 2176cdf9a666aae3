"""What the command line writes to its two streams, and the exit code that goes with it (io).

Standard output carries the answer alone; progress goes to standard error, and only when that is a terminal.
Colours obey NO_COLOR (https://no-color.org) and are never written into a pipe.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from analyzers.model import FilePair, Report, Severity
from bot.formats import json, markdown, sarif, text
from bot.formats.reviewed import Reviewed
from bot.pipeline import Analyze

CLEAN, FINDINGS, USAGE, UNANALYSED = 0, 1, 2, 3
PIPE_WIDTH = 100

RENDERERS: dict[str, Callable[[Reviewed], str]] = {
    "markdown": markdown.render,
    "json": json.render,
    "sarif": sarif.render,
}
FORMATS = ("text", *RENDERERS)


class Told(click.ClickException):
    """A message for standard error, and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code

    def show(self, file: Any = None) -> None:
        """Every line begins with the program's name, so that it can be told from others' in a log."""
        for line in self.message.splitlines():
            click.echo(f"touchline: {line}", err=True)


def terminal() -> Console:
    """Standard output: as wide as the terminal; in a pipe of a fixed width, whatever started it."""
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


def exit_code(reviewed: Reviewed, fail_on: Severity) -> int:
    """Findings count before unreadable files: they are certain."""
    if any(finding.severity.rank >= fail_on.rank for finding in reviewed.findings):
        return FINDINGS
    return UNANALYSED if reviewed.report.partial else CLEAN


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Show on standard error that something long goes on; nothing in a pipe."""
    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield
        return
    with errors.status(doing):
        yield


def watched(analyze: Analyze) -> Analyze:
    """The same analysis, with its size shown while it runs."""

    def analyze_watched(pairs: Sequence[FilePair]) -> Report:
        with busy(f"analysing {len(pairs)} {'file' if len(pairs) == 1 else 'files'} …"):
            return analyze(pairs)

    return analyze_watched
