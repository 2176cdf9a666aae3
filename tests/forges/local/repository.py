"""A real git repository to change things in."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True)
class Author:
    """Somebody who works in a repository."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path) -> "Author":
        """A new, empty repository."""
        folder.mkdir(parents=True, exist_ok=True)
        author = cls(folder)
        author.git("init", "--quiet", "--initial-branch=main")
        return author

    def git(self, *words: str) -> str:
        """What git prints."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words],
            env=os.environ | IDENTITY,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> None:
        """A file in the work tree."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(self, files: dict[str, str | bytes] | None = None, subject: str = "A change") -> str:
        """Write files, record everything, and give the commit's id."""
        for path, text in (files or {}).items():
            self.write(path, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")
