"""Gerrit's JSON about changes and files, and our words for it. Pure; no key of Gerrit's leaves this package.

https://gerrit-review.googlesource.com/Documentation/rest-api-changes.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from analyzers.touched import TouchedLines
from bot.errors import Broken, Refused
from bot.model import Change, ChangedFile, ChangeRef, FileStatus, LineLinks, Patchset

Json = Mapping[str, Any]

FORGE = "gerrit"
CHANGE_OPTIONS = ["ALL_REVISIONS", "CURRENT_COMMIT", "DETAILED_ACCOUNTS", "DETAILED_LABELS"]
OPEN = "NEW"
# Kinds of a patchset whose code is that of the one before:
# https://gerrit-review.googlesource.com/Documentation/rest-api-changes.html#revision-info
SAME_CODE = frozenset(
    {"TRIVIAL_REBASE", "TRIVIAL_REBASE_WITH_MESSAGE_UPDATE", "MERGE_FIRST_PARENT_UPDATE", "NO_CODE_CHANGE", "NO_CHANGE"}
)
STATUSES = {
    "A": FileStatus.ADDED,
    "D": FileStatus.DELETED,
    "R": FileStatus.RENAMED,
    "C": FileStatus.COPIED,
    "W": FileStatus.MODIFIED,
    "M": FileStatus.MODIFIED,
}
# Git's modes of what is no file.
NO_FILES = {0o120000: "a symbolic link", 0o160000: "a submodule"}
MERGE = "+"
# A larger file that Gerrit calls binary is not asked about.
LARGEST_DOUBTED = 2_000_000


def id_of(ref: ChangeRef) -> str:
    """`project~number`, unquoted: the one name of a change that no other can share."""
    return f"{ref.project}~{ref.number}"


def person(account: Json) -> str:
    """How we name an account: by its user name, else its address, else its number."""
    return str(account.get("username") or account.get("email") or account.get("_account_id", ""))


def read_change(told: Json, ref: ChangeRef, url: str) -> Change:
    """A ChangeInfo asked for with CHANGE_OPTIONS. Raises Refused for a change without a patchset that we may see."""
    try:
        return _change(told, ref, url.rstrip("/"))
    except (KeyError, TypeError, AttributeError) as problem:
        raise Broken(f"Gerrit describes {ref} without {problem}") from problem


def _change(told: Json, ref: ChangeRef, url: str) -> Change:
    if "current_revision" not in told:
        raise Refused(f"{ref} has no patchset that the bot may see", 404)
    head = _head(told)
    page = f"{url}/c/{quote(ref.project)}/+/{ref.number}"
    return Change(
        ref=ref,
        title=told["subject"],
        author=person(told["owner"]),
        target=told["branch"],
        head=head,
        url=page,
        links=LineLinks(f"{page}/{head.number}/{{path}}#{{line}}"),
        open=told["status"] == OPEN,
        draft=bool(told.get("work_in_progress")),
        private=bool(told.get("is_private")),
    )


def _head(told: Json) -> Patchset:
    current = told["current_revision"]
    revision = told["revisions"][current]
    parents = [parent["commit"] for parent in revision["commit"]["parents"]]
    return Patchset(current, MERGE.join(parents), revision["_number"], _echoes(told["revisions"]))


def _echoes(revisions: Mapping[str, Json]) -> tuple[str, ...]:
    """The patchsets before the head whose code the head repeats, nearest first."""
    newest = sorted(revisions.items(), key=lambda named: -named[1]["_number"])
    same: list[str] = []
    for (_, later), (name, _) in pairwise(newest):
        if later.get("kind") not in SAME_CODE:
            break
        same.append(name)
    return tuple(same)


def is_merge(patchset: Patchset) -> bool:
    """Whether it has several parents: then its base is Gerrit's automatic merge of them."""
    return MERGE in patchset.base


def read_files(told: Mapping[str, Json]) -> list[ChangedFile]:
    """The files of a patchset in path order, their touched lines yet unknown (None); Gerrit's own pages left out."""
    return [read_file(path, info) for path, info in sorted(told.items()) if not path.startswith("/")]


def read_file(path: str, info: Json) -> ChangedFile:
    """One FileInfo. The touched lines are yet unknown, but for a deleted file's."""
    status = STATUSES.get(info.get("status", "M"), FileStatus.MODIFIED)
    return ChangedFile(
        path=path,
        status=status,
        touched=TouchedLines(gaps=frozenset({0})) if status is FileStatus.DELETED else None,
        old_path=info.get("old_path", ""),
        binary=bool(info.get("binary")),
        size=info.get("size"),
        skip=NO_FILES.get(info.get("new_mode", info.get("old_mode", 0)), ""),
    )


def has_lines(file: ChangedFile) -> bool:
    """Whether it is worth asking for its diff; what Gerrit calls binary may be a text with a lone carriage return."""
    doubted = file.binary and (file.size or 0) > LARGEST_DOUBTED
    return file.touched is None and not file.skip and not doubted


def read_diff(told: Json) -> TouchedLines | None:
    """The touched lines that a DiffInfo shows; what a rebase brought is not touched.

    None when a line holds a lone carriage return: Gerrit's lines are then not the analysis's lines.
    """
    added: set[int] = set()
    gaps: set[int] = set()
    line, last = 0, "x"
    for chunk in told.get("content", ()):
        head = chunk.get("ab", chunk.get("b", ()))
        if any("\r" in text[:-1] for text in head):
            return None
        if _touches(chunk):
            added.update(range(line + 1, line + 1 + len(head)))
            if not head:
                gaps.add(line)
        line += len(head) + chunk.get("skip", 0)
        last = head[-1] if head else ("x" if chunk.get("skip") else last)
    count = line - 1 if last == "" and line else line
    return _bounded(added, gaps, count)


def _touches(chunk: Json) -> bool:
    return ("a" in chunk or "b" in chunk) and not chunk.get("due_to_rebase")


def _bounded(added: Iterable[int], gaps: Iterable[int], count: int) -> TouchedLines:
    """Gerrit shows an empty line after the last line end, which is none of ours."""
    return TouchedLines(
        frozenset(line for line in added if line <= count),
        frozenset(min(gap, count) for gap in gaps),
        ((1, count),) if count else (),
    )


def with_lines(file: ChangedFile, told: Json) -> ChangedFile:
    """The file with the lines that its DiffInfo shows; those of a text that Gerrit takes for binary stay unknown."""
    if told.get("binary"):
        kind = str(told.get("meta_b", {}).get("content_type", ""))
        return replace(file, binary=not kind.startswith("text/"))
    return replace(file, touched=read_diff(told))


def base_of_merge(told: Json, limit: int) -> bytes:
    """The base text of a merge, Gerrit's automatic merge of its parents, which can be read only in a whole diff."""
    chunks = told.get("content", ())
    if any("skip" in chunk for chunk in chunks):
        raise Refused("Gerrit withholds parts of the automatic merge of this file", 413)
    lines = [line for chunk in chunks for line in chunk.get("ab", chunk.get("a", ()))]
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    if len(text) > limit:
        raise Refused(f"the file is longer than {limit} bytes", 413)
    return text
