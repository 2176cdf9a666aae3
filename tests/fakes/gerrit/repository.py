"""The git half of the fake Gerrit: a real bare repository, read in Gerrit's shapes."""

import difflib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMIT_MESSAGE = "/COMMIT_MSG"


@dataclass(frozen=True)
class Repository:
    """A bare repository that commits are pushed into."""

    folder: Path

    def git(self, *arguments: str) -> bytes:
        """Run git; its output."""
        return subprocess.run(["git", "-C", str(self.folder), *arguments], capture_output=True, check=True).stdout

    def parents(self, commit: str) -> list[str]:
        """The ids of the parents of a commit."""
        return self.git("rev-list", "--parents", "-n", "1", commit).decode().split()[1:]

    def message(self, commit: str) -> str:
        """The message of a commit."""
        return self.git("log", "-1", "--format=%B", commit).decode()

    def tree(self, commit: str) -> str:
        """The id of the tree of a commit."""
        return self.git("rev-parse", f"{commit}^{{tree}}").decode().strip()

    def content(self, commit: str, path: str) -> bytes | None:
        """A file of a commit, or None."""
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except subprocess.CalledProcessError:
            return None

    def files(self, base: str, head: str) -> dict[str, dict[str, Any]]:
        """Gerrit's FileInfo of every file that differs."""
        told: dict[str, dict[str, Any]] = {COMMIT_MESSAGE: {"status": "A", "lines_inserted": 7, "size": 200}}
        for status, old, path in self._raw(base, head):
            told[path] = self._file(base, head, status, old, path)
        return told

    def _raw(self, base: str, head: str) -> Iterator[tuple[str, str, str]]:
        fields = iter(self.git("diff", "--raw", "-z", "-M", base, head).decode().split("\0"))
        for field in fields:
            if field.startswith(":"):
                status, old = field.split(" ")[-1][0], next(fields)
                yield status, old, next(fields) if status in "RC" else old

    def _file(self, base: str, head: str, status: str, old: str, path: str) -> dict[str, Any]:
        before, after = self.content(base, old) or b"", self.content(head, path) or b""
        told: dict[str, Any] = {"size": len(after), "size_delta": len(after) - len(before)}
        if status != "M":
            told["status"] = status
        if status in "RC":
            told["old_path"] = old
        if b"\0" in before + after:
            told["binary"] = True
        return told

    def diff(self, base: str, head: str, old: str, path: str) -> dict[str, Any]:
        """Gerrit's DiffInfo, with the whole file as context."""
        before, after = self.content(base, old), self.content(head, path)
        if b"\0" in (before or b"") + (after or b""):
            kind = "text/x-python" if path.endswith(".py") else "application/octet-stream"
            return {"binary": True, "meta_b": {"content_type": kind}, "content": [{"skip": 1}]}
        return {"content": list(chunks(lines_of(before), lines_of(after)))}


def lines_of(content: bytes | None) -> list[str]:
    """Gerrit's lines: they end at LF alone, and after the last one comes an empty one."""
    return [] if content is None else content.decode("utf-8", "replace").split("\n")


def chunks(before: list[str], after: list[str]) -> Iterator[dict[str, list[str]]]:
    """The difference of two texts as Gerrit's DiffContent."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            yield {"ab": after[first:last]}
        else:
            sides = {"a": before[start:end], "b": after[first:last]}
            yield {side: lines for side, lines in sides.items() if lines}


def moved(before: bytes | None, after: bytes | None, line: int) -> int | None:
    """Where a line went, or None when it is gone."""
    old, new = lines_of(before), lines_of(after)
    for kind, start, end, first, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" and start < line <= end:
            return first + line - start
    return None
