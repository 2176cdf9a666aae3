"""A page that shows a pull request the way a forge does: the conversation first, then the files with their threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from tests.fakes.github.server import Shown, Standing
from tests.journeys.comments import as_html
from tests.journeys.patch import STYLES, Row, around, hunk_of, rows

TEMPLATE = Path(__file__).with_name("page.html.jinja")
ROWS_BEFORE = 5
HUNK_ROWS = 60


@dataclass(frozen=True)
class Story:
    """What the page tells: `files` are the changed files as the forge lists them; times are in seconds."""

    title: str
    number: int
    repository: str
    author: str
    bot: str
    base: str
    head: str
    files: list[dict[str, Any]]
    standing: Standing
    seconds: float
    second_delivery: str


@dataclass(frozen=True)
class Thread:
    """A thread with the rows above it."""

    path: str
    line: int
    rows: list[Row]
    html: Markup
    replies: list[Markup]
    resolved: bool


@dataclass(frozen=True)
class File:
    """A changed file: `threads` by line of head; only the hunks that carry one are drawn."""

    path: str
    status: str
    additions: int
    deletions: int
    rows: list[Row]
    threads: Mapping[int, list[Thread]]


def write(story: Story, path: Path) -> None:
    """Draw the page into a file."""
    path.write_text(draw(story), encoding="utf-8")


def draw(story: Story) -> str:
    """The page as HTML. Everything that comes from the change is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    patches = {file["filename"]: list(rows(file.get("patch", ""))) for file in story.files}
    threads = [_thread(shown, patches.get(shown.path, [])) for shown in story.standing.threads]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        story=story,
        comments=[(comment.author, Markup(as_html(comment.body))) for comment in story.standing.comments],
        threads=threads,
        files=[_file(file, patches[file["filename"]], threads) for file in story.files],
        additions=sum(file["additions"] for file in story.files),
        deletions=sum(file["deletions"] for file in story.files),
        styles=STYLES,
    )


def _thread(shown: Shown, every: list[Row]) -> Thread:
    line = shown.line or 0
    first = shown.start_line or line
    replaced = tuple(row.text for row in every if row.new is not None and first <= row.new <= line)
    return Thread(
        path=shown.path,
        line=line,
        rows=around(every, line, ROWS_BEFORE + line - first),
        html=Markup(as_html(shown.body, replaced)),
        replies=[Markup(as_html(reply)) for reply in shown.replies],
        resolved=shown.resolved,
    )


def _file(file: dict[str, Any], every: list[Row], threads: list[Thread]) -> File:
    here: dict[int, list[Thread]] = {}
    for thread in threads:
        if thread.path == file["filename"]:
            here.setdefault(thread.line, []).append(thread)
    return File(
        path=file["filename"],
        status=file["status"],
        additions=file["additions"],
        deletions=file["deletions"],
        rows=_hunks(every, list(here)),
        threads=here,
    )


def _hunks(every: list[Row], lines: list[int]) -> list[Row]:
    """The hunks that carry a thread, each cut to what surrounds its threads."""
    kept: set[int] = set()
    for line in lines:
        begin, end = hunk_of(every, line)
        place = next((at for at, row in enumerate(every) if row.new == line), begin)
        kept |= {begin, *range(max(begin, place - HUNK_ROWS // 2), min(end, place + HUNK_ROWS // 4))}
    return [row for place, row in enumerate(every) if place in kept]
