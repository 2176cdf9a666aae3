"""Asking git about a repository that may be hostile (io).

Only plumbing that reads: no hook, external diff, text conversion, file-system monitor, clean filter, pager or network
is ever started, whatever the repository's own configuration says. Every call has a time limit.
The formats of the answers: https://git-scm.com/docs/diff-format and https://git-scm.com/docs/git-log.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import Refused, Unavailable
from bot.model import ChangedFile, FileStatus

GIT_TIMEOUT_SECONDS = 120
SAID_LIMIT = 300
LIST_LIMIT = 64 * 1024 * 1024

TRUSTED_CONFIG = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.quotePath=false",
    "protocol.allow=never",
    "gc.auto=0",
)
TRUSTED_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C",
}

RAW_ENTRY = re.compile(
    rb":(?P<old_mode>\d{6}) (?P<new_mode>\d{6}) [0-9a-f]+ [0-9a-f]+ "
    rb"(?:(?P<moved>[RC])\d*\0(?P<old>[^\0]+)\0(?P<new>[^\0]+)|(?P<plain>[A-Z])\d*\0(?P<name>[^\0]+))\0"
)
SUBMODULE, SYMBOLIC_LINK = "160000", "120000"
STATUSES = {
    "A": FileStatus.ADDED,
    "D": FileStatus.DELETED,
    "R": FileStatus.RENAMED,
    "C": FileStatus.COPIED,
}


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a history: its first parent is "" for the first of all."""

    id: str
    parent: str
    subject: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, or a work tree of one."""

    folder: Path

    def ask(self, *arguments: str, limit: int = LIST_LIMIT) -> bytes:
        """What git prints, at most `limit` bytes.

        Raises Refused with git's words when it says no, Unavailable when it hangs.
        """
        status, out, said = self._run(arguments, limit)
        if status:
            raise Refused(_complaint(said, self.folder))
        return out

    def _run(self, arguments: tuple[str, ...], limit: int) -> tuple[int, bytes, str]:
        config = [word for setting in TRUSTED_CONFIG for word in ("-c", setting)]
        command = ["git", "--no-pager", "-C", str(self.folder), *config, *arguments]
        try:
            done = subprocess.run(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=GIT_TIMEOUT_SECONDS,
                env=os.environ | TRUSTED_ENVIRONMENT,
                check=False,
            )
        except FileNotFoundError as missing:
            raise Refused(
                "git is not installed; install it, or compare two folders with --base and --head"
            ) from missing
        except subprocess.TimeoutExpired as hung:
            raise Unavailable(f"git {arguments[0]} did not answer within {GIT_TIMEOUT_SECONDS} seconds") from hung
        if len(done.stdout) > limit:
            raise Refused(f"git {arguments[0]} printed more than {limit:,} bytes")
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")

    def changed(self, *comparison: str) -> tuple[ChangedFile, ...]:
        """The files that a `git diff-tree` or `diff-index` lists, with renames found by git.

        Without renames where the objects to find them by are not there: each file that cannot be read tells so itself.
        """
        try:
            raw = self.ask(*comparison[:1], "--raw", "-z", "-M", *comparison[1:])
        except Refused:
            raw = self.ask(*comparison[:1], "--raw", "-z", "--no-renames", *comparison[1:])
        return parse_raw_diff(raw)

    def commit(self, revision: str) -> str:
        """The full id of a commit. Raises Refused with the road when there is none of that name."""
        if not revision or revision.startswith("-"):
            raise Refused(f"{revision!r} is not the name of a commit")
        status, out, said = self._run(
            ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"), LIST_LIMIT
        )
        if not status:
            return out.decode().split()[-1]
        if said.strip():
            raise Refused(_complaint(said, self.folder))
        raise Refused(f"no commit {revision!r} in {self.folder}{self._depth_hint()}")

    def _depth_hint(self) -> str:
        if self.ask("rev-parse", "--is-shallow-repository").strip() != b"true":
            return "; `git log --oneline --all` lists the ones there are"
        return ": the clone is shallow; `git fetch --unshallow` brings the rest (in a workflow: `fetch-depth: 0`)"

    def merge_base(self, one: str, other: str) -> str:
        """Where two commits parted. Raises Refused when they have nothing in common here."""
        status, out, _ = self._run(("merge-base", one, other), LIST_LIMIT)
        if status:
            raise Refused(f"{one[:12]} and {other[:12]} have no common commit{self._depth_hint()}")
        return out.decode().strip()

    def head_or_nothing(self) -> str:
        """The commit that is checked out, or the empty tree where nothing was committed yet."""
        status, out, _ = self._run(("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), LIST_LIMIT)
        return self.empty_tree() if status else out.decode().strip()

    def empty_tree(self) -> str:
        """The id of a tree without files, in the repository's own hash."""
        return self.ask("hash-object", "-t", "tree", os.devnull).decode().strip()

    def top(self) -> Path:
        """The top folder of the work tree. Raises Refused when this is no work tree."""
        return Path(os.fsdecode(self.ask("rev-parse", "--show-toplevel").removesuffix(b"\n")))

    def size(self, name: str) -> int:
        """How many bytes an object has, such as `COMMIT:path`. Raises Refused when it is not there."""
        return int(self.ask("cat-file", "-s", name))

    def blob(self, name: str, limit: int) -> bytes:
        """The exact bytes of a blob. Raises Refused when it is longer than `limit` bytes or not there."""
        if (size := self.size(name)) > limit:
            raise Refused(f"it has {size:,} bytes; the limit is {limit:,}")
        return self.ask("cat-file", "blob", name, limit=limit)

    def history(self, span: str) -> tuple[Commit, ...]:
        """The commits of `A..B`, oldest first, without merges: what a merge brings is told by the commits it merges."""
        out = self.ask("log", "--reverse", "--no-merges", "-z", "--format=%H %P%x00%s", "--end-of-options", span, "--")
        fields = out.decode("utf-8", "replace").split("\0")
        return tuple(_commit(ids, subject) for ids, subject in zip(fields[::2], fields[1::2], strict=False))


def _commit(ids: str, subject: str) -> Commit:
    own, *parents = ids.split()
    return Commit(own, parents[0] if parents else "", subject)


def _complaint(said: str, folder: Path) -> str:
    if "dubious ownership" in said:
        return f"{folder} belongs to somebody else; `git config --global --add safe.directory {folder}` trusts it"
    if "not a git repository" in said or "must be run in a work tree" in said:
        return f"{folder} is no git work tree; name one with --repo, or compare two folders with --base and --head"
    if "promisor remote" in said:
        return "the clone is partial; git fetch --refetch --no-filter brings the rest (in a workflow, leave filter out)"
    line = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return f"git says: {line[:SAID_LIMIT] or 'no'}"


def parse_raw_diff(raw: bytes) -> tuple[ChangedFile, ...]:
    """The files that `--raw -z` lists, in path order. Raises Refused when the text is not of that format."""
    return tuple(sorted(_entries(raw), key=lambda file: file.path))


def _entries(raw: bytes) -> Iterator[ChangedFile]:
    done = 0
    while done < len(raw):
        entry = RAW_ENTRY.match(raw, done)
        if entry is None:
            raise Refused("git lists the changed files in a way that cannot be read")
        yield _changed_file(entry)
        done = entry.end()


def _changed_file(entry: re.Match[bytes]) -> ChangedFile:
    letter = (entry["moved"] or entry["plain"]).decode()
    new, old = entry["name"] or entry["new"], entry["old"] or b""
    mode = entry["old_mode"] if letter == "D" else entry["new_mode"]
    return ChangedFile(
        path=new.decode("utf-8", "replace"),
        status=STATUSES.get(letter, FileStatus.MODIFIED),
        touched=None,
        old_path=old.decode("utf-8", "replace"),
        skip=_why_skipped(letter, mode.decode(), new + old),
    )


def _why_skipped(letter: str, mode: str, name: bytes) -> str:
    if letter == "U":
        return "a file with merge conflicts"
    if mode == SUBMODULE:
        return "a submodule"
    if mode == SYMBOLIC_LINK:
        return "a symbolic link"
    return "" if _is_utf8(name) else "a name that is not UTF-8"


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
