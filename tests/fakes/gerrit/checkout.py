"""An author's git checkout: writes commits and pushes them for review, as people do."""

import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.gerrit.server import AUTHOR, PASSWORD, PROJECT, GerritServer

Content = str | bytes | None
CHANGE_ADDRESS = re.compile(r"/\+/(\d+)")


@dataclass(frozen=True)
class Checkout:
    """A work tree of `project` in `folder`. Files map path -> content; None deletes."""

    server: GerritServer
    folder: Path
    project: str = PROJECT

    def start(self) -> "Checkout":
        """Clone the project's branch main."""
        self.git("init", "-q", "-b", "main", str(self.folder), inside=False)
        self.git("fetch", "-q", self.remote("admin"), "refs/heads/main")
        self.git("reset", "-q", "--hard", "FETCH_HEAD")
        return self

    def base(self, files: Mapping[str, Content], message: str = "base", branch: str = "main") -> str:
        """Commit `files` straight onto the branch, past review; the commit id."""
        self.commit(files, message)
        self.git("push", "-q", self.remote("admin"), f"HEAD:refs/heads/{branch}")
        return self.head()

    def commit(self, files: Mapping[str, Content], message: str, *, amend: bool = False) -> str:
        """Commit `files` on top of what is checked out (or in its place); the commit id."""
        for path, content in files.items():
            self._write(path, content)
        self.git("add", "-A")
        options = ["--amend"] if amend else []
        self.git("commit", "-q", "--allow-empty", *options, "-m", message)
        return self.head()

    def push(self, title: str, *, options: str = "", branch: str = "main", user: str = AUTHOR) -> int:
        """Push what is checked out for review; the number of the change of the last commit."""
        target = f"HEAD:refs/for/{branch}" + (f"%{options}" if options else "")
        told = self.git("push", self.remote(user), target)
        lines = [line for line in told.splitlines() if CHANGE_ADDRESS.search(line) and title in line]
        found = CHANGE_ADDRESS.search(lines[-1]) if lines else None
        if found is None:
            raise AssertionError(f"the server named no change for {title!r}: {told}")
        return int(found[1])

    def change(self, files: Mapping[str, Content], title: str, *, options: str = "", onto: str = "") -> int:
        """A new change of one commit on `onto` (the branch's head when empty); its number."""
        if onto:
            self.git("checkout", "-q", "--detach", onto)
        self.commit(files, message_of(title))
        return self.push(title, options=options)

    def amend(self, files: Mapping[str, Content], title: str, body: str = "") -> int:
        """A further patchset of the change that is checked out, with the same Change-Id."""
        old = self.git("log", "-1", "--format=%B")
        footer = re.search(r"Change-Id: I[0-9a-f]{40}", old)
        if footer is None:
            raise AssertionError("what is checked out is no change")
        text = f"{title}\n\n{body}\n\n{footer[0]}\n" if body else f"{title}\n\n{footer[0]}\n"
        self.commit(files, text, amend=True)
        return self.push(title)

    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str, inside: bool = True) -> str:
        """Run git; what it said on both channels; raises with that on failure."""
        where = ["-C", str(self.folder)] if inside else []
        environment = {**os.environ, **IDENTITY}
        done = subprocess.run(
            ["git", *where, *arguments], capture_output=True, env=environment, timeout=120, check=False
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        if done.returncode:
            raise AssertionError(f"git {arguments}: {said}")
        return said

    def remote(self, user: str) -> str:
        """The project's address with the password of `user` in it."""
        return self.server.url.replace("://", f"://{user}:{PASSWORD}@") + f"/a/{self.project}"

    def _write(self, path: str, content: Content) -> None:
        file = self.folder / path
        if content is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


IDENTITY = {
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": f"{AUTHOR}@example.com",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_COMMITTER_EMAIL": f"{AUTHOR}@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def message_of(title: str, salt: str = "") -> str:
    """A commit message with a Change-Id made from its title."""
    return f"{title}\n\nChange-Id: I{hashlib.sha1((title + salt).encode()).hexdigest()}\n"
