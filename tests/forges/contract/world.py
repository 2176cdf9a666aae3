"""What a forge's tests must be able to do from the outside, as its people would: the other side of `bot.forge.Forge`.

To plug in a forge: write a module with `open_world() -> AbstractContextManager[World]`, and name it in `WORLDS` of
conftest.py.
A module may keep one server for all its worlds; every world then gets a project of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.forge import Forge
from bot.model import ChangeRef, Thread

# path -> the exact bytes, or None to delete the file
Files = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """An inline comment as a person sees it: `line` is None on a whole file or when outdated; `replies` in order."""

    path: str
    line: int | None
    author: str
    body: str
    resolved: bool = False
    replies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a forge sends to our door: header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class World(Protocol):
    """One project on one server, with people in it."""

    bot: str
    maintainer: str
    outsider: str

    def forge(self) -> Forge:
        """A new instance, as every job makes one; it writes as `bot`."""
        ...

    def new_change(
        self, files: Files, base: Files | None = None, renamed: Mapping[str, str] | None = None
    ) -> ChangeRef:
        """Open a change by `maintainer`: `files` over what `base` put on the target; `renamed` is old -> new path."""
        ...

    def push_patchset(self, ref: ChangeRef, files: Files) -> str:
        """Add a patchset on top of the last one's files (on GitHub a further commit); returns its head id."""
        ...

    def rewrite(self, ref: ChangeRef, files: Files) -> str:
        """Replace the last patchset by one on the same base (on GitHub a force push); returns its head id."""
        ...

    def head_id(self, ref: ChangeRef) -> str:
        """The commit id of the newest patchset."""
        ...

    def close(self, ref: ChangeRef) -> None:
        """Close (GitHub) or abandon (Gerrit) the change."""
        ...

    def comments(self, ref: ChangeRef) -> tuple[Seen, ...]:
        """Every inline or file comment that opens a thread, by anybody, in the order of path and line."""
        ...

    def messages(self, ref: ChangeRef, author: str) -> tuple[str, ...]:
        """What `author` said about the change as a whole, oldest first, as it stands now."""
        ...

    def comment_as(self, ref: ChangeRef, user: str, body: str) -> None:
        """`user` says something about the change as a whole."""
        ...

    def comment_inline_as(self, ref: ChangeRef, user: str, path: str, line: int, body: str) -> None:
        """`user` opens a thread on a line of head."""
        ...

    def answer_as(self, ref: ChangeRef, user: str, thread: Thread, body: str) -> None:
        """`user` answers in a thread of ours."""
        ...

    def delivery_of_patchset(self, ref: ChangeRef) -> Delivery:
        """What the forge sends when the newest patchset came."""
        ...

    def delivery_of_comment(self, ref: ChangeRef, user: str, body: str) -> Delivery:
        """What the forge sends when `user` says `body` about the change; the comment then stands."""
        ...
