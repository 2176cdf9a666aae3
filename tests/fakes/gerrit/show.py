"""`make gerrit`: a real Gerrit with the bot attached to its event stream, and one change told over four patchsets.

The server is headless: threads are printed here, and `git push` brings further changes. `--once` ends after the story.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from bot.forges.gerrit.threads import WHOLE_PATCHSET, conversations, mark_of
from tests.fakes.gerrit.checkout import Checkout, message_of
from tests.fakes.gerrit.jars import NEW
from tests.fakes.gerrit.server import AUTHOR, BOT, PASSWORD, PROJECT, REVIEWER, GerritServer, running

PATIENCE_SECONDS = 180
TITLE = "Look customers up by name"

BASE = """\
import sqlite3


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM customer").fetchone()[0]
"""
FIRST = (
    BASE
    + """

def find(connection: sqlite3.Connection, name: str) -> list[tuple]:
    return connection.execute(f"SELECT * FROM customer WHERE name = '{name}'").fetchall()


def settings(text: str) -> dict:
    import yaml

    return yaml.load(text, yaml.Loader)
"""
)
BOUND = '"SELECT * FROM customer WHERE name = ?", (name,)'
SECOND = FIRST.replace("f\"SELECT * FROM customer WHERE name = '{name}'\"", BOUND)


@contextlib.contextmanager
def attached(server: GerritServer, folder: Path) -> Iterator[None]:
    """The bot as a process of its own, reading the server's event stream."""
    settings = {
        "GERRIT__URL": server.url,
        "GERRIT__USER": BOT,
        "GERRIT__PASSWORD": PASSWORD,
        "GERRIT__EVENTS": "stream",
        "GERRIT__SSH_PORT": str(server.ssh_port),
        "GERRIT__SSH_KEY_FILE": str(server.key_file),
        "GERRIT__SSH_KNOWN_HOSTS_FILE": str(server.known_hosts),
        "GERRIT__VOTE_LABEL": "Verified",
        "DATABASE__URL": f"sqlite:///{folder / 'touchline.sqlite'}",
        "SERVER__PORT": "0",
    }
    environment = {**os.environ, **{f"TOUCHLINE_{key}": value for key, value in settings.items()}}
    command = [str(Path(sys.executable).with_name("touchline")), "serve"]
    with (folder / "bot.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


class Story:
    """One change, from its first patchset to its last."""

    def __init__(self, server: GerritServer, checkout: Checkout) -> None:
        self.server, self.checkout, self.number = server, checkout, 0

    def tell(self) -> None:
        """Push, wait for the review, print what stands; four times."""
        self.checkout.base({"shop.py": BASE})
        self.checkout.commit({"shop.py": FIRST}, message_of(TITLE))
        self.number = self.checkout.push(TITLE)
        self.reviewed(1, "two defects")
        self.answer()
        self.checkout.amend({"shop.py": SECOND}, TITLE)
        self.reviewed(2, "one of them repaired, the other answered by a person")
        self.checkout.amend({}, TITLE, "A longer message, the same code.")
        time.sleep(10)
        self.show("Patchset 3: only the commit message changed; the bot has nothing to add")
        self.checkout.amend({"shop.py": BASE + "\n\nOPEN = 1\n"}, TITLE)
        self.reviewed(4, "both gone; what a person answered stays as it is")

    def call(self, path: str, body: Any = None, user: str = "admin") -> Any:
        """One request about the change."""
        return self.server.call("GET" if body is None else "POST", f"/changes/{self.number}{path}", body, user=user)

    def reviewed(self, patchset: int, title: str) -> None:
        """Wait for the bot's summary on this patchset and print what stands."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            told = self.call("/comments").get(WHOLE_PATCHSET, [])
            if any(one["patch_set"] == patchset and one["author"]["username"] == BOT for one in told):
                return self.show(f"Patchset {patchset}: {title}")
            time.sleep(0.2)
        raise SystemExit(f"no review of patchset {patchset} came")

    def answer(self) -> None:
        """A reviewer answers the thread about YAML."""
        one = next(one for one in self.threads() if "YAML" in one.first["message"] or "yaml" in one.first["message"])
        reply = {"in_reply_to": one.last["id"], "message": "The text is ours; fine.", "unresolved": True}
        self.call("/revisions/current/review", {"comments": {one.path: [reply]}}, REVIEWER)

    def threads(self) -> list[Any]:
        """All inline threads."""
        return [one for one in conversations(self.call("/comments")) if one.path != WHOLE_PATCHSET]

    def show(self, title: str) -> None:
        """Everything that people see on the change now."""
        click.secho(f"\n━━ {title} ━━", bold=True)
        summaries = sorted(self.call("/comments").get(WHOLE_PATCHSET, []), key=lambda one: one["patch_set"])
        print_comment(summaries[-1], f"whole patchset {summaries[-1]['patch_set']}")
        for one in self.threads():
            state = "resolved" if one.resolved else "unresolved"
            click.secho(f"\n{one.path}:{one.first.get('line')} ({state})", fg="cyan")
            for comment in one.comments:
                print_comment(comment, f"patchset {comment['patch_set']}")


def print_comment(comment: Mapping[str, Any], where: str) -> None:
    """A comment without the line that only the bot reads."""
    text = comment["message"]
    lines = text.splitlines()[:-1] if mark_of(text) else text.splitlines()
    click.secho(f"  {comment['author']['name']}, {where}:", dim=True)
    click.echo("\n".join(f"    {line}" for line in lines).rstrip())


def main() -> None:
    """Start, tell, and stay until Ctrl-C."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as work, running(NEW) as server:
        click.echo(f"Gerrit {NEW} on {server.url}, ready after {time.monotonic() - begun:.1f} s")
        folder = Path(work)
        with attached(server, folder):
            Story(server, Checkout(server, folder / "checkout").start()).tell()
            if "--once" not in sys.argv:
                stay(server)


def stay(server: GerritServer) -> None:
    """Tell how to go on, and wait for Ctrl-C."""
    address = server.url.replace("://", f"://{AUTHOR}:{PASSWORD}@")
    click.secho("\nThe server and the bot go on until Ctrl-C. Push a change of your own:", bold=True)
    click.echo(f"  git clone {address}/a/{PROJECT} && git push origin HEAD:refs/for/main   (with a Change-Id footer)")
    click.echo(f"  curl -s {server.url}/changes/N/comments")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    main()
