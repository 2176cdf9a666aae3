"""A real Gerrit under the contract of every forge."""

import atexit
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.forge import Forge
from bot.forges.gerrit.client import address
from bot.forges.gerrit.forge import GerritForge
from bot.forges.gerrit.threads import WHOLE_PATCHSET, Conversation, conversations
from bot.forges.gerrit.webhook import words
from bot.model import ChangeRef, Thread
from config.settings import GerritSettings, Secret
from tests.fakes.gerrit.checkout import Checkout, message_of
from tests.fakes.gerrit.events import Tap, listening
from tests.fakes.gerrit.jars import NEW, MissingPart
from tests.fakes.gerrit.server import AUTHOR, BOT, PASSWORD, STRANGER, GerritServer, create_project, running
from tests.forges.contract.world import Delivery, Files, Seen

TITLE = "Edit some files"


@contextmanager
def real(version: str, **options: bool) -> Iterator[GerritServer]:
    """A real server; where there is none the test is skipped and says so, or fails where CI promises to have one."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running(version, **options))
        except MissingPart as missing:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no real Gerrit {version} here, the fake alone is tested: {missing}")
        yield server


@cache
def server_of(version: str) -> tuple[GerritServer, Tap]:
    """The one server of a version that this process runs, and a tap on its events; stopped when the process ends.

    The new one has the experiment that lets a review carry fix_suggestions, the old one has not.
    """
    with ExitStack() as stack:
        server = stack.enter_context(real(version, suggested_fixes=version == NEW))
        tap = stack.enter_context(listening(server))
        atexit.register(stack.pop_all().close)
    return server, tap


@contextmanager
def open_world(version: str) -> Iterator["GerritWorld"]:
    """A project of its own, whose name has a slash, on the server of this version."""
    server, tap = server_of(version)
    project = f"team/{uuid4().hex[:8]}"
    create_project(server, project)
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout(server, Path(folder), project).start()
        yield GerritWorld(server, tap, checkout, project)


@dataclass
class GerritWorld:
    """The people of one project."""

    server: GerritServer
    tap: Tap
    checkout: Checkout
    project: str
    bot: str = BOT
    maintainer: str = AUTHOR
    outsider: str = STRANGER
    settings: GerritSettings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = GerritSettings(url=self.server.url, user=BOT, password=Secret(PASSWORD))

    def forge(self, **settings: Any) -> Forge:
        return GerritForge(replace(self.settings, **settings))

    def streaming(self) -> GerritSettings:
        """Settings that read the event stream."""
        key, hosts = str(self.server.key_file), str(self.server.known_hosts)
        port = self.server.ssh_port
        return replace(self.settings, events="stream", ssh_port=port, ssh_key_file=key, ssh_known_hosts_file=hosts)

    def call(self, ref: ChangeRef, *parts: str | int, body: Any = None, user: str = "admin", **query: Any) -> Any:
        """One request about a change: a POST when there is a body."""
        path = address("changes", f"{ref.project}~{ref.number}", *(parts or ("",)), query=query)
        return self.server.call("GET" if body is None else "POST", path, body, user=user)

    def new_change(
        self, files: Files, base: Files | None = None, renamed: Mapping[str, str] | None = None
    ) -> ChangeRef:
        self.checkout.git("checkout", "-q", "--detach", "refs/heads/main")
        self.checkout.git("checkout", "-q", "-B", "main")
        if base:
            self.checkout.base(base)
        self.checkout.git("checkout", "-q", "--detach", "main")
        gone = dict.fromkeys(renamed or {}, None)
        self.checkout.commit({**files, **gone}, message_of(TITLE, uuid4().hex))
        return ChangeRef("gerrit", self.project, self.checkout.push(TITLE))

    def push_patchset(self, ref: ChangeRef, files: Files) -> str:
        self.checkout.git("fetch", "-q", self.checkout.remote("admin"), self._revision(ref)["ref"])
        self.checkout.git("checkout", "-q", "--detach", "FETCH_HEAD")
        self.checkout.amend(files, TITLE)
        return self.checkout.head()

    def rewrite(self, ref: ChangeRef, files: Files) -> str:
        return self.push_patchset(ref, files)

    def _revision(self, ref: ChangeRef) -> Any:
        info = self.call(ref, o="CURRENT_REVISION")
        return info["revisions"][info["current_revision"]]

    def head_id(self, ref: ChangeRef) -> str:
        return str(self.call(ref, o="CURRENT_REVISION")["current_revision"])

    def read(self, path: str) -> bytes:
        """A file of what is checked out."""
        return (self.checkout.folder / path).read_bytes()

    def close(self, ref: ChangeRef) -> None:
        self.call(ref, "abandon", body={})

    def comments(self, ref: ChangeRef) -> tuple[Seen, ...]:
        threads = conversations(self.call(ref, "comments"))
        seen = [seen_of(one) for one in threads if one.path != WHOLE_PATCHSET]
        return tuple(sorted(seen, key=lambda one: (one.path, one.line or 0)))

    def messages(self, ref: ChangeRef, author: str) -> tuple[str, ...]:
        told = self.call(ref, "comments").get(WHOLE_PATCHSET, [])
        said = [
            (one["updated"], one["patch_set"], one["message"]) for one in told if one["author"]["username"] == author
        ]
        for message in self.call(ref, o=["MESSAGES", "DETAILED_ACCOUNTS"])["messages"]:
            text, _ = words(message["message"])
            if message.get("author", {}).get("username") == author and text and "newPatchSet" not in str(message):
                said.append((message["date"], message["_revision_number"], text))
        return tuple(text for *_, text in sorted(said))

    def review(self, ref: ChangeRef, user: str, **review: Any) -> None:
        """`user` posts a review of the newest patchset."""
        self.call(ref, "revisions", "current", "review", body=review, user=user)

    def comment_as(self, ref: ChangeRef, user: str, body: str) -> None:
        self.review(ref, user, message=body)

    def comment_inline_as(self, ref: ChangeRef, user: str, path: str, line: int, body: str) -> None:
        self.review(ref, user, comments={path: [{"line": line, "message": body, "unresolved": True}]})

    def answer_as(self, ref: ChangeRef, user: str, thread: Thread, body: str) -> None:
        self.review(
            ref, user, comments={thread.path: [{"in_reply_to": thread.id, "message": body, "unresolved": True}]}
        )

    def delivery_of_patchset(self, ref: ChangeRef) -> Delivery:
        head = self.head_id(ref)
        return self.delivery(
            ref, lambda event: event["type"] == "patchset-created" and event["patchSet"]["revision"] == head
        )

    def delivery_of_comment(self, ref: ChangeRef, user: str, body: str) -> Delivery:
        self.comment_as(ref, user, body)
        return self.delivery(ref, lambda event: event["type"] == "comment-added" and body in event["comment"])

    def delivery(self, ref: ChangeRef, wanted: Callable[[dict[str, Any]], bool]) -> Delivery:
        """The newest real event about the change that `wanted` accepts."""
        line = self.tap.wait(lambda event: event.get("change", {}).get("number") == ref.number and wanted(event))
        return Delivery(HEADERS, line)


HEADERS = {"content-type": "application/json; charset=utf-8"}


def seen_of(one: Conversation) -> Seen:
    """A thread as a person sees it."""
    first, *replies = one.comments
    said = tuple(reply["message"] for reply in replies)
    return Seen(one.path, first.get("line"), first["author"]["username"], first["message"], one.resolved, said)
