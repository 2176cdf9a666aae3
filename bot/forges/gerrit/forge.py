"""Gerrit as a forge (io): what wire, threads and writing say, asked of and posted to a server."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot import wording
from bot.errors import Refused, Superseded
from bot.forges.gerrit import webhook, wire
from bot.forges.gerrit.client import Gerrit, ServerFault
from bot.forges.gerrit.threads import (
    TAG,
    WHOLE_PATCHSET,
    Comments,
    Conversation,
    Ours,
    conversations,
    is_robot,
    needs_porting,
    reply_mark,
    standing,
)
from bot.forges.gerrit.writing import Source, Writing, may_vote, signed, wanted_vote
from bot.model import Change, ChangedFile, ChangeRef, Event, Happened, Patchset, Permission, Plan, Posted, Receipt, Side
from config.settings import GerritSettings

Json = Mapping[str, Any]

# A comment on a longer file stands on the file as a whole: its places cannot be checked.
LONGEST_COMMENTED_FILE = 20_000_000
WHOLE_FILE = {"whitespace": "IGNORE_NONE", "context": "ALL"}


class GerritForge:
    """A Gerrit server, as the bot's account sees it. Serves one job in one thread."""

    name = wire.FORGE

    def __init__(self, settings: GerritSettings) -> None:
        self._settings = settings
        self._gerrit = Gerrit(settings)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> Event | None:
        """A delivery of the webhooks plugin, or a line of the event stream; the door has checked the secret path."""
        return webhook.read_event(body, self._settings)

    def hear(self, event: Event) -> Event | None:
        """The event with the command that its delivery left out, as Gerrit's does; None when there is none."""
        return webhook.find_command(event, self._comments(event.ref)) if event.what is Happened.TALK else event

    def change(self, ref: ChangeRef) -> Change:
        """The change as it stands, without the rights and threads that only publishing needs."""
        return wire.read_change(self._info(ref), ref, self._settings.url)

    def diff(self, change: Change, since: Patchset | None = None) -> tuple[ChangedFile, ...]:
        """One request for the list, one more for each changed text file."""
        query: dict[str, Any] = {"base": since.number} if since else {}
        files = wire.read_files(self._revision(change, "files", "", query=query))
        return tuple(self._with_lines(change, file, query) for file in files)

    def _with_lines(self, change: Change, file: ChangedFile, query: Mapping[str, Any]) -> ChangedFile:
        if not wire.has_lines(file):
            return file
        told = self._revision(change, "files", file.path, "diff", query={**WHOLE_FILE, **query})
        return wire.with_lines(file, told)

    def read(self, change: Change, file: ChangedFile, side: Side, limit: int) -> bytes:
        """The bytes; those of a merge's base are made from the diff, the only place where Gerrit shows them."""
        if side is Side.HEAD:
            return self._content(change, file.path, limit)
        if not wire.is_merge(change.head):
            return self._content(change, file.base_path, limit, parent=1)
        told = self._revision(change, "files", file.path, "diff", query=WHOLE_FILE)
        return wire.base_of_merge(told, limit)

    def posted(self, change: Change) -> Posted:
        """What stands: one request, and one more when open threads may have moved."""
        ours = self._ours(change.ref)
        ported: Comments = {}
        if needs_porting(ours.findings().values(), change.head.id):
            ported = self._revision(change, "ported_comments")
        return Posted(ours.threads(ported, change.head.id), ours.summary())

    def publish(self, change: Change, plan: Plan) -> Receipt:
        """At most one POST; without anything left to write, none."""
        info = self._info(change.ref)
        if info.get("current_revision") != plan.patchset.id:
            raise Superseded(f"{change.ref} moved on from {plan.patchset.id}")
        ours = self._ours(change.ref)
        left = remaining(plan, ours)
        if left.empty:
            return receipt(plan, ours, change, ())
        writing = Writing(self._settings, self._sources(change, left), by_id(ours), votes_of(info))
        said = self._post(change, left, writing)
        notes = notes_of(left, writing, said, self._settings)
        return receipt(plan, self._ours(change.ref), change, notes)

    def _post(self, change: Change, plan: Plan, writing: Writing) -> Json:
        """Post. Gerrit fails over the whole review where fix_suggestions are switched off: then without them."""
        suggest = self._settings.fix_suggestions != "off" and any(comment.fix for comment in plan.add)
        try:
            return self._review(change, writing.review(plan, suggest=suggest))
        except ServerFault as fault:
            if not suggest or self._settings.fix_suggestions == "on" or fault.status != 500:
                raise
        return self._review(change, writing.review(plan, suggest=False))

    def _sources(self, change: Change, plan: Plan) -> dict[str, Source | None]:
        """The files of the patchset, with the text of those that get comments."""
        told = self._revision(change, "files", "") if plan.add else {}
        wanted = {comment.path for comment in plan.add}
        files = wire.read_files(told)
        return {file.path: self._source(change, file) if file.path in wanted else None for file in files}

    def _source(self, change: Change, file: ChangedFile) -> Source | None:
        try:
            return Source.of(self._content(change, file.path, LONGEST_COMMENTED_FILE))
        except Refused:
            return None

    def permission(self, ref: ChangeRef, actor: str) -> Permission:
        """WRITE for the change's owner, for members of a commanding group, for holders of a strong enough vote."""
        try:
            account = self._gerrit.get("accounts", actor, "detail")
        except Refused:
            return Permission.NONE
        if is_robot(account) or wire.person(account) == self._settings.user:
            return Permission.NONE
        info = self._info(ref)
        trusted = (
            info["owner"]["_account_id"] == account["_account_id"]
            or strong_vote(info, account["_account_id"], self._settings)
            or any(self._is_member(group, account["_account_id"]) for group in self._settings.command_groups)
        )
        return Permission.WRITE if trusted else Permission.READ

    def _is_member(self, group: str, account: int) -> bool:
        try:
            members = self._gerrit.get("groups", group, "members", "", query={"recursive": "true"})
        except Refused:
            return False
        return any(member["_account_id"] == account for member in members)

    def reply(self, change: Change, event: Event, body: str) -> None:
        """Answer in the thread of the command, or for the patchset as a whole."""
        mark, ours = reply_mark(event.delivery), self._ours(change.ref)
        if ours.replied(mark):
            return
        answer: dict[str, Any] = {"message": signed(body, mark), "unresolved": False}
        thread = next((one for one in ours.all if event.comment_id and one.holds(event.comment_id)), None)
        if thread is not None:
            answer |= {"in_reply_to": thread.last["id"], "unresolved": not thread.resolved}
        path = thread.path if thread else WHOLE_PATCHSET
        notify = self._settings.notify
        self._review(change, {"tag": TAG, "notify": notify, "drafts": "KEEP", "comments": {path: [answer]}})

    def _info(self, ref: ChangeRef) -> Json:
        found: Json = self._gerrit.get("changes", wire.id_of(ref), "", query={"o": wire.CHANGE_OPTIONS})
        return found

    def _comments(self, ref: ChangeRef) -> Comments:
        found: Comments = self._gerrit.get("changes", wire.id_of(ref), "comments")
        return found

    def _ours(self, ref: ChangeRef) -> Ours:
        return Ours(self._settings.user, conversations(self._comments(ref)))

    def _revision(self, change: Change, *parts: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._gerrit.get("changes", wire.id_of(change.ref), "revisions", change.head.id, *parts, query=query)

    def _review(self, change: Change, review: Json) -> Json:
        said: Json = self._gerrit.post(
            "changes", wire.id_of(change.ref), "revisions", change.head.id, "review", body=review
        )
        return said

    def _content(self, change: Change, path: str, limit: int, **query: int) -> bytes:
        parts = ("changes", wire.id_of(change.ref), "revisions", change.head.id, "files", path, "content")
        return self._gerrit.content(*parts, limit=limit, query=query)


def remaining(plan: Plan, ours: Ours) -> Plan:
    """What of the plan does not stand yet, and what nobody has settled meanwhile."""
    standing_marks, threads, summary = ours.findings(), by_id(ours), ours.summary()
    stands = summary is not None and (summary.digest, summary.patchset) == (plan.digest, plan.patchset.id)
    return Plan(
        patchset=plan.patchset,
        verdict=plan.verdict,
        add=tuple(comment for comment in plan.add if comment.mark not in standing_marks),
        resolve=tuple(one for one in plan.resolve if one.thread.id in threads and not threads[one.thread.id].resolved),
        summary=None if stands else plan.summary,
        digest=plan.digest,
    )


def by_id(ours: Ours) -> dict[str, Conversation]:
    """All threads of the change by the id of the comment that opened them."""
    return {one.id: one for one in ours.all}


def receipt(plan: Plan, ours: Ours, change: Change, notes: Iterable[str]) -> Receipt:
    """What stands of the plan, as read back."""
    found, threads, summary = ours.findings(), by_id(ours), ours.summary()
    asked = [one.thread.id for one in plan.resolve]
    return Receipt(
        patchset=plan.patchset.id,
        posted=tuple(standing(c.mark, found[c.mark]) for c in plan.add if c.mark in found),
        resolved=tuple(each for each in asked if each in threads and threads[each].resolved),
        summary_id=summary.id if summary else "",
        url=change.url,
        notes=tuple(notes),
    )


def votes_of(info: Json) -> dict[str, list[str]]:
    """What the bot may vote on the change, by label."""
    return dict(info.get("permitted_labels", {}))


def notes_of(plan: Plan, writing: Writing, said: Json, settings: GerritSettings) -> tuple[str, ...]:
    """What Gerrit would not do: it drops a vote on a label it does not know without a word."""
    vote = wanted_vote(plan.verdict, settings)
    if plan.summary is None or vote is None:
        return ()
    if not may_vote(settings.vote_label, vote, writing.votes):
        return (wording.vote_not_permitted(settings.vote_label, vote),)
    given = said.get("labels", {}).get(settings.vote_label)
    return () if given == vote else (wording.vote_not_taken(settings.vote_label, vote),)


def strong_vote(info: Json, account: int, settings: GerritSettings) -> bool:
    """Whether a reviewer of the change may give the vote that commanding asks for."""
    for voter in info.get("labels", {}).get(settings.command_label, {}).get("all", ()):
        if voter.get("_account_id") == account:
            return bool(voter.get("permitted_voting_range", {}).get("max", 0) >= settings.command_value)
    return False
