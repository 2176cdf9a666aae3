"""GitHub as a forge (io): the verbs of `bot.forge.Forge` over api.py and wire.py; publishing has a file of its own."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cached_property

from bot.errors import Refused, Unavailable
from bot.forges.github import webhook, wire
from bot.forges.github.anchors import Hunks
from bot.forges.github.api import SECONDS_BETWEEN_WRITES, Api, unreadable
from bot.forges.github.fields import Odd, items, maybe_text, number, text
from bot.forges.github.publishing import Publication, standing
from bot.forges.github.wire import in_path
from bot.model import (
    Change,
    ChangedFile,
    ChangeRef,
    Event,
    Patchset,
    Permission,
    Plan,
    Posted,
    Receipt,
    Side,
)
from config.settings import GitHubSettings

# https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
FILES_LIMIT = 3000
# https://docs.github.com/en/rest/commits/commits#compare-two-commits
COMPARED_FILES_LIMIT = 300


class GitHubForge:
    """GitHub or GitHub Enterprise Server, for one job in one thread; making one costs no request."""

    name = "github"

    def __init__(self, settings: GitHubSettings, seconds_between_writes: float = SECONDS_BETWEEN_WRITES) -> None:
        """The pause between writes is what GitHub asks for; only a server of one's own can do without."""
        self._settings = settings
        self._api = Api(settings, seconds_between_writes)
        self._hunks: dict[str, Hunks] = {}

    def read_event(self, headers: Mapping[str, str], body: bytes) -> Event | None:
        """The event of a signed delivery. See webhook.read_event."""
        return webhook.read_event(headers, body, self._settings.webhook_secrets, self._settings.login)

    def hear(self, event: Event) -> Event | None:
        """The event itself: GitHub's deliveries hold the whole comment."""
        return event

    def change(self, ref: ChangeRef) -> Change:
        """The pull request as it stands; its base is the commit where its branch parted from the target."""
        data = self._api.get(_pull(ref), f"show {ref}")
        try:
            ends = f"{text(data, 'base', 'sha')}...{text(data, 'head', 'sha')}"
            # the first page carries up to 300 files, the second none: only the merge base is wanted
            road = in_path("repos", ref.project, "compare", ends)
            compared = self._api.get(road, f"compare {ref} with its target", per_page=1, page=2)
            return wire.change_of(ref, data, text(compared, "merge_base_commit", "sha"))
        except Odd as odd:
            raise unreadable(odd) from odd

    def diff(self, change: Change, since: Patchset | None = None) -> tuple[ChangedFile, ...]:
        """Every file that head changes, in path order.

        Since an earlier patchset: what the commits on top of it change. Where it was not built upon (a force push), or
        where GitHub would not list all files, the whole change: more than was asked, never less.
        """
        rows = (self._rows_since(change, since) if since else None) or self._rows(change)
        try:
            read = [wire.file_of(row) for row in rows]
        except Odd as odd:
            raise unreadable(odd) from odd
        if since is None:
            self._hunks[change.head.id] = {file.path: patch.hunks if patch else () for file, patch in read}
        return tuple(sorted((file for file, _ in read), key=lambda file: file.path))

    def _rows(self, change: Change) -> list[object]:
        rows = list(self._api.pages(f"{_pull(change.ref)}/files", f"list the files of {change.ref}"))
        if len(rows) >= FILES_LIMIT:
            raise Refused(f"{change.ref} changes {FILES_LIMIT} files or more, and GitHub lists no further ones", 413)
        return rows

    def _rows_since(self, change: Change, since: Patchset) -> list[object] | None:
        road = in_path("repos", change.ref.project, "compare", f"{since.id}...{change.head.id}")
        try:
            compared = self._api.get(road, f"compare two patchsets of {change.ref}", per_page=1)
            rows = items(compared, "files")
            built_upon = text(compared, "merge_base_commit", "sha") == since.id
        except Refused:
            return None
        except Odd as odd:
            raise unreadable(odd) from odd
        return rows if built_upon and len(rows) < COMPARED_FILES_LIMIT else None

    def read(self, change: Change, file: ChangedFile, side: Side, limit: int) -> bytes:
        """The exact bytes of a file at head or at the merge base."""
        path, commit = (file.path, change.head.id) if side is Side.HEAD else (file.base_path, change.head.base)
        road = in_path("repos", change.ref.project, "contents", path)
        entry = self._api.get(road, f"show {path} at {commit[:12]}", ref=commit)
        try:
            if maybe_text(entry, "type") != "file":
                raise Refused(f"{path} is no file at {commit[:12]}")
            if (size := number(entry, "size")) > limit:
                raise Refused(f"{path} has {size:,} bytes, more than the limit of {limit:,}", 413)
            return self._decoded(change, entry, path, size)
        except Odd as odd:
            raise unreadable(odd) from odd

    def _decoded(self, change: Change, entry: object, path: str, size: int) -> bytes:
        """The content; above 1 MB it comes with the blob only."""
        if maybe_text(entry, "encoding") != "base64":
            road = in_path("repos", change.ref.project, "git/blobs", text(entry, "sha"))
            entry = self._api.get(road, f"show the content of {path}")
        try:
            content = base64.b64decode(text(entry, "content"))
        except ValueError as error:
            raise Odd(f"has odd base64 for {path}") from error
        if len(content) != size:
            raise Unavailable(f"GitHub sent {len(content):,} of the {size:,} bytes of {path}")
        return content

    def posted(self, change: Change) -> Posted:
        """What of ours stands, read with one request for a hundred threads and a hundred comments."""
        return standing(self._api, change.ref).posted

    def publish(self, change: Change, plan: Plan) -> Receipt:
        """Write the plan: one review, replies, one summary. See publishing.Publication."""
        return Publication(self._api, change, plan, lambda: self._hunks_of(change)).run()

    def _hunks_of(self, change: Change) -> Hunks:
        if change.head.id not in self._hunks:
            self.diff(change)
        return self._hunks[change.head.id]

    def permission(self, ref: ChangeRef, actor: str) -> Permission:
        """What a collaborator may do: `author_association` errs both ways, so the repository itself is asked."""
        if not webhook.LOGIN.fullmatch(actor) or actor.endswith("[bot]") or actor.casefold() == self._login.casefold():
            return Permission.NONE
        road = in_path("repos", ref.project, "collaborators", actor, "permission")
        try:
            return wire.permission_of(self._api.get(road, f"tell what {actor} may do"))
        except Odd as odd:
            raise unreadable(odd) from odd
        except Refused as refused:
            if refused.status == 404:
                return Permission.NONE
            raise

    @cached_property
    def _login(self) -> str:
        """Our own account."""
        return self._settings.login or maybe_text(
            self._api.graphql(wire.VIEWER, "tell whose token this is", {}), "data", "viewer", "login"
        )

    def reply(self, change: Change, event: Event, body: str) -> None:
        """Answer a command where it was given, in its thread or below, once."""
        key = hashlib.sha256(f"{event.comment_id or event.delivery}".encode()).hexdigest()[:16]
        stands = standing(self._api, change.ref)
        if stands.replied(key):
            return
        below = in_path("repos", change.ref.project, "issues", change.ref.number, "comments")
        thread = next((ours.thread for ours in stands.threads if event.thread == ours.thread.id), None)
        road = f"{_pull(change.ref)}/comments/{thread.id}/replies" if thread else below
        self._api.write("POST", road, "post an answer", {"body": wire.reply_body(key, body, change)})


def _pull(ref: ChangeRef) -> str:
    return in_path("repos", ref.project, "pulls", ref.number)
