"""`make demo`: a signed webhook becomes inline comments and a summary, on this machine, without any account.

A local stand-in for GitHub holds two published releases of an application as a pull request. The bot is the real one.
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax

from tests.fakes.github.repository import Repository
from tests.fakes.github.server import Delivery, FakeGitHub, Shown, Standing
from tests.fakes.github.state import Hosted, Pull
from tests.journeys import page
from tests.journeys.bot import Bot, running
from tests.journeys.comments import as_plain_markdown
from tests.journeys.releases import BASE, HEAD, as_branch, fetch

REVIEW_SECONDS = 300
QUIET_SECONDS = 3
LOOK_EVERY_SECONDS = 0.02
PAGE = Path("demo.html")
ACCEPTED = (200, 202)


def main() -> int:
    """Run the demo; 0 when the review stood and the second delivery changed nothing."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    with tempfile.TemporaryDirectory(prefix="touchline-demo-") as name:
        return tell(console, Path(name))


def tell(console: Console, folder: Path) -> int:
    """The story, step by step."""
    console.print(f"[bold]Touchline demo.[/] A local stand-in plays GitHub; the change is real: {BASE} → {HEAD}.\n")
    console.print(f"  1. fetching both releases by name ({BASE.package})")
    repository = Repository.create(folder / "repository.git")
    as_branch(repository, fetch(BASE, folder), fetch(HEAD, folder))
    with FakeGitHub() as fake:
        hosted = fake.add_repository(repository.folder, f"demo/{BASE.package}")
        pull = fake.open_pull(hosted, base="main", head="release", title=f"Release {HEAD.version}")
        console.print("  2. starting the bot: touchline serve, SQLite, no settings file")
        with running(fake, folder) as bot:
            return review(console, fake, hosted, pull, bot)


def review(console: Console, fake: FakeGitHub, hosted: Hosted, pull: Pull, bot: Bot) -> int:
    """Deliver, wait, show; deliver again, and show that nothing changed."""
    console.print(f"  3. delivering one signed pull_request webhook to {bot.webhook}")
    opened = fake.pull_event(hosted, pull, "opened")
    seconds = deliver(fake, hosted, pull, bot, opened)
    stands = fake.standing(hosted, pull)
    console.print(f"  4. the review stands, [bold]{seconds:.2f} s[/] after the webhook was sent\n")
    show(console, hosted, pull, stands)
    again = deliver_again(fake, hosted, pull, bot, opened, stands)
    console.print(f"\n  5. the same webhook, delivered again: [bold]{again}[/]")
    page.write(story(hosted, pull, fake.bot, stands, seconds, again), PAGE)
    console.print(f"  6. the pull request as a page: [bold]{PAGE.resolve()}[/]")
    return 0 if again == NOTHING else 1


NOTHING = "nothing changed"


def deliver(fake: FakeGitHub, hosted: Hosted, pull: Pull, bot: Bot, opened: Delivery) -> float:
    """Deliver and wait until the summary, which is written last, stands. The seconds between both."""
    began = time.monotonic()
    status = fake.deliver(bot.webhook, opened, bot.secret)
    if status not in ACCEPTED:
        raise RuntimeError(f"the bot answered the webhook with {status}")
    while not fake.standing(hosted, pull).comments:
        if time.monotonic() > began + REVIEW_SECONDS:
            raise RuntimeError(f"no review stood after {REVIEW_SECONDS} s; what the bot asked: {fake.requests[-5:]}")
        time.sleep(LOOK_EVERY_SECONDS)
    return time.monotonic() - began


def deliver_again(fake: FakeGitHub, hosted: Hosted, pull: Pull, bot: Bot, opened: Delivery, stands: Standing) -> str:
    """The same delivery once more: what that changed, in words."""
    fake.deliver(bot.webhook, opened, bot.secret)
    time.sleep(QUIET_SECONDS)
    return NOTHING if fake.standing(hosted, pull) == stands else "something changed, which is a defect"


def show(console: Console, hosted: Hosted, pull: Pull, stands: Standing) -> None:
    """Print what stands on the pull request: every inline comment under its line, then the summary."""
    for thread in stands.threads:
        console.print(Rule(f"[bold]{thread.path}:{thread.line}[/]", align="left"))
        console.print(commented_lines(hosted, pull, thread))
        console.print(
            Panel(Markdown(as_plain_markdown(thread.body)), title=f"{thread.author} (inline)", title_align="left")
        )
    console.print(Rule("[bold]the summary[/]", align="left"))
    for comment in stands.comments:
        console.print(Panel(Markdown(as_plain_markdown(comment.body)), title=comment.author, title_align="left"))


def commented_lines(hosted: Hosted, pull: Pull, thread: Shown) -> Syntax:
    """The commented line and two before it."""
    entry = hosted.git.entry(pull.head, thread.path)
    text = hosted.git.blob(entry.sha).decode("utf-8", "replace") if entry else ""
    line = thread.line or 1
    first = max(1, (thread.start_line or line) - 2)
    return Syntax(
        text, "python", line_numbers=True, line_range=(first, line), highlight_lines={line}, theme="ansi_light"
    )


def story(hosted: Hosted, pull: Pull, bot: str, stands: Standing, seconds: float, again: str) -> page.Story:
    """What the page tells."""
    return page.Story(
        title=pull.title,
        number=pull.number,
        repository=hosted.name,
        author=pull.author,
        bot=bot,
        base=str(BASE),
        head=str(HEAD),
        files=hosted.git.rows(hosted.merge_base(pull), pull.head),
        standing=stands,
        seconds=seconds,
        second_delivery=again,
    )


if __name__ == "__main__":
    sys.exit(main())
