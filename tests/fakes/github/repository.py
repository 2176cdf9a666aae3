"""The git side of the fake: what GitHub computes from commits, git computes here."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"), ("DATE", "2026-01-01T00:00:00Z"))
}
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
STATUSES = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed", "C": "copied"}
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
# beyond it GitHub leaves out the patch of a file, and the counts with it
DIFF_LINES_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit."""

    mode: str
    kind: str
    sha: str
    size: int


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, bare or not."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Repository":
        """A new, bare and empty one."""
        subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True, env=os.environ | QUIET)
        return cls(folder)

    def git(self, *arguments: str, stdin: bytes = b"", **env: str) -> bytes:
        """What git prints. Raises LookupError with its words when it says no."""
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, env=os.environ | QUIET | PERSON | env)
        if done.returncode:
            raise LookupError(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def commit(self, files: Mapping[str, bytes | None], parent: str = "", message: str = "A change") -> str:
        """A commit with these files over those of its parent; None deletes."""
        index = str((self.folder / f"index-of-{os.urandom(6).hex()}").absolute())
        blobs = {content: self._blob(content) for content in set(files.values())}
        rows = "".join(f"{blobs[content]}\t{path}\0" for path, content in files.items()).encode()
        if parent:
            self.git("read-tree", parent, GIT_INDEX_FILE=index)
        self.git("update-index", "-z", "--index-info", stdin=rows, GIT_INDEX_FILE=index)
        tree = self.git("write-tree", GIT_INDEX_FILE=index).decode().strip()
        Path(index).unlink(missing_ok=True)
        parents = ["-p", parent] if parent else []
        return self.git("commit-tree", tree, *parents, "-m", message).decode().strip()

    def _blob(self, content: bytes | None) -> str:
        if content is None:
            return f"0 {'0' * 40}"
        return "100644 " + self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def resolve(self, revision: str) -> str:
        """The id of a commit."""
        return self.git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().split()[-1]

    @lru_cache(maxsize=512)  # noqa: B019
    def merge_base(self, one: str, other: str) -> str:
        """Where two commits parted."""
        return self.git("merge-base", one, other).decode().strip()

    @lru_cache(maxsize=512)  # noqa: B019
    def contains(self, head: str, commit: str) -> bool:
        """Whether `commit` is head or one of its ancestors."""
        try:
            self.git("merge-base", "--is-ancestor", commit, head)
        except LookupError:
            return False
        return True

    def entry(self, commit: str, path: str) -> Entry | None:
        """The file at a path of a commit."""
        found = self.git("ls-tree", "-z", "-l", commit, "--", path).decode()
        if not found:
            return None
        mode, kind, sha, size = found.split("\t")[0].split()
        return Entry(mode, kind, sha, int(size) if size.isdigit() else 0)

    def blob(self, sha: str) -> bytes:
        """The content of a blob."""
        return self.git("cat-file", "blob", sha)

    @lru_cache(maxsize=512)  # noqa: B019  (commits do not change)
    def rows(self, base: str, head: str) -> list[dict[str, Any]]:
        """The files that head changes against base, in GitHub's words."""
        raw = self.git("diff", "--raw", "-z", "-M", "--no-abbrev", base, head).decode().split("\0")[:-1]
        text = self.git("diff", "-M", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", base, head)
        parts = ("\n" + text.decode("utf-8", "replace")).split("\ndiff --git ")[1:]
        rows, lines = [], 0
        while raw:
            fields, old = raw.pop(0).split(), raw.pop(0)
            path = raw.pop(0) if fields[4][0] in "RC" else old
            part = parts[len(rows)]
            lines += part.count("\n")
            patch = (
                part[part.index("\n@@ ") + 1 :].rstrip("\n") if "\n@@ " in part and lines <= DIFF_LINES_LIMIT else ""
            )
            rows.append(_row(fields, path, old, patch))
        return rows

    @lru_cache(maxsize=512)  # noqa: B019
    def shown(self, base: str, head: str) -> dict[str, list[tuple[int, int]]]:
        """path -> the ranges of head lines that its hunks show: where a comment can stand."""
        return {
            row["filename"]: [
                (int(new), int(new) + int(count or 1) - 1) for _, _, new, count in HUNK.findall(row.get("patch", ""))
            ]
            for row in self.rows(base, head)
        }

    @lru_cache(maxsize=512)  # noqa: B019
    def line_now(self, path: str, line: int, then: str, now: str) -> int | None:
        """Where a line of an earlier commit stands now; None when it was changed or is gone."""
        if then == now:
            return line
        if self.entry(now, path) is None:
            return None
        shift = 0
        for old, count, _, new_count in HUNK.findall(
            self.git("diff", "-U0", then, now, "--", path).decode("utf-8", "replace")
        ):
            first, length = int(old), int(count or 1)
            if length and first <= line < first + length:
                return None
            if line >= first + length and (length or line > first):
                shift += int(new_count or 1) - length
        return line + shift


def _row(fields: list[str], path: str, old: str, patch: str) -> dict[str, Any]:
    status = STATUSES[fields[4][0]]
    added = sum(row.startswith("+") for row in patch.split("\n"))
    removed = sum(row.startswith("-") for row in patch.split("\n"))
    row: dict[str, Any] = {
        "sha": fields[2] if status == "removed" else fields[3],
        "filename": path,
        "status": status,
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
    }
    if status in ("renamed", "copied"):
        row["previous_filename"] = old
    return row | {"patch": patch} if patch else row
