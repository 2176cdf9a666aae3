"""A fast Gerrit: the rules that reviews meet on a real one, over a real repository, without Java.

It answers what the real servers answered when asked the same (tests/forges/samples/gerrit holds their recordings by
version), and passes the same contract. What no test of ours needs, it does not know.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.gerrit.repository import COMMIT_MESSAGE, Repository, moved
from tests.fakes.gerrit.server import AUTHOR, BOT, REVIEWER, STRANGER

COMMENT_LIMIT = 16 * 1024
WHOLE_PATCHSET = "/PATCHSET_LEVEL"
FIRST_ACCOUNT = 1_000_000
# What a label knows, and what of it everybody here may give.
LABELS = {"Verified": (-1, 1), "Code-Review": (-2, 2)}
PERMITTED = {"Verified": (-1, 1), "Code-Review": (-1, 1)}
# A comment counts with its ids, its path and its tag, about this much beside its message.
COMMENT_FRAME = 99
Json = dict[str, Any]


class Answered(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Rules:
    """What the versions do differently."""

    version: str
    suggested_fixes: bool


@dataclass
class FakeChange:
    """One change and all that was said on it."""

    number: int
    project: str
    owner: str
    patchsets: list[str]
    status: str = "NEW"
    comments: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    votes: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass
class FakeGerrit:
    """The state of the server. Every method is one address of its REST interface."""

    rules: Rules
    repository: Repository
    changes: dict[int, FakeChange] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    names: tuple[str, ...] = ("admin", BOT, AUTHOR, REVIEWER, STRANGER)

    def account(self, name: str) -> Json:
        """AccountInfo."""
        if name not in self.names:
            raise Answered(404, f"Account '{name}' not found")
        tags = {"tags": ["SERVICE_USER"]} if name == BOT else {}
        number = FIRST_ACCOUNT + self.names.index(name)
        return {"_account_id": number, "name": name.title(), "email": f"{name}@example.com", "username": name, **tags}

    def push(self, project: str, owner: str, commit: str, number: int = 0) -> int:
        """A commit pushed for review: a new change, or a patchset of the change `number`."""
        if number:
            self.changes[number].patchsets.append(commit)
        else:
            number = len(self.changes) + 1
            self.changes[number] = FakeChange(number, project, owner, [commit])
        change = self.changes[number]
        self._tell(change, "patchset-created", uploader=self._attribute(owner))
        return number

    def change(self, identity: str) -> FakeChange:
        """The change that `project~number` names."""
        project, _, number = identity.rpartition("~")
        change = self.changes.get(int(number))
        if change is None or change.project != project:
            raise Answered(404, f"Not found: {identity}")
        return change

    def info(self, change: FakeChange, user: str) -> Json:
        """ChangeInfo with all that can be asked for."""
        return {
            "project": change.project,
            "branch": "main",
            "subject": self.repository.message(change.patchsets[-1]).splitlines()[0],
            "status": change.status,
            "_number": change.number,
            "owner": self.account(change.owner),
            "labels": {label: self._label(change, label) for label in LABELS},
            "permitted_labels": {
                label: [f"{v:+d}" if v else " 0" for v in range(a, b + 1)] for label, (a, b) in PERMITTED.items()
            },
            "current_revision": change.patchsets[-1],
            "revisions": {commit: self._revision(change, commit) for commit in change.patchsets},
            "messages": change.messages,
        }

    def _label(self, change: FakeChange, label: str) -> Json:
        given = [(name, value) for (of, name), value in change.votes.items() if of == label]
        voters = [{**self.account(name), "value": value} for name, value in given]
        return {"default_value": 0, **({"all": voters} if voters else {})}

    def _revision(self, change: FakeChange, commit: str) -> Json:
        number = change.patchsets.index(commit) + 1
        parents = [{"commit": parent} for parent in self.repository.parents(commit)]
        return {
            "_number": number,
            "kind": self._kind(change, number),
            "ref": f"refs/changes/{change.number:02}/{change.number}/{number}",
            **({"commit": {"parents": parents}} if commit == change.patchsets[-1] else {}),
        }

    def _kind(self, change: FakeChange, number: int) -> str:
        if number == 1:
            return "REWORK"
        before, after = change.patchsets[number - 2 : number]
        same = self.repository.tree(before) == self.repository.tree(after)
        return "NO_CODE_CHANGE" if same else "REWORK"

    def files(self, change: FakeChange, commit: str, base: int | None) -> dict[str, Json]:
        """The files that a patchset changes against its base or another patchset."""
        return self.repository.files(self._base(change, commit, base), commit)

    def _base(self, change: FakeChange, commit: str, base: int | None) -> str:
        return change.patchsets[base - 1] if base else self.repository.parents(commit)[0]

    def diff(self, change: FakeChange, commit: str, path: str, base: int | None) -> Json:
        """DiffInfo of one file."""
        told = self.files(change, commit, base)
        if path not in told:
            raise Answered(404, "Not found")
        old = told[path].get("old_path", path)
        return self.repository.diff(self._base(change, commit, base), commit, old, path)

    def content(self, commit: str, path: str, parent: int | None) -> bytes:
        """The bytes of a file of a patchset or of its parent."""
        found = self.repository.content(self.repository.parents(commit)[0] if parent else commit, path)
        if found is None:
            raise Answered(404, "Not found")
        return found

    def comments(self, change: FakeChange) -> dict[str, list[Json]]:
        """All published comments by path."""
        told: dict[str, list[Json]] = {}
        for comment in change.comments:
            shown = {key: value for key, value in comment.items() if key != "path"}
            told.setdefault(comment["path"], []).append(shown)
        return told

    def ported(self, change: FakeChange, commit: str) -> dict[str, list[Json]]:
        """Comments of open threads of earlier patchsets, where they stand now; `unresolved` reads false there."""
        told: dict[str, list[Json]] = {}
        for comment in change.comments:
            if comment["commit_id"] != commit and comment.get("line") and self._open(change, comment):
                old = self.repository.content(comment["commit_id"], comment["path"])
                line = moved(old, self.repository.content(commit, comment["path"]), comment["line"])
                where = {"line": line} if line else {}
                shown = {**{k: v for k, v in comment.items() if k not in {"path", "line", "range"}}, **where}
                told.setdefault(comment["path"], []).append({**shown, "unresolved": False})
        return told

    def _open(self, change: FakeChange, comment: Json) -> bool:
        thread = [comment]
        for other in change.comments:
            if other.get("in_reply_to") in {one["id"] for one in thread}:
                thread.append(other)
        return bool(thread[-1]["unresolved"])

    def review(self, change: FakeChange, commit: str, user: str, review: Mapping[str, Any]) -> Json:
        """Post a review: everything of it, or nothing."""
        comments = [(path, one) for path, many in review.get("comments", {}).items() for one in many]
        files = self.files(change, commit, None)
        for path, one in comments:
            self._check(change, commit, files, path, one)
        if len(review.get("message", "")) > COMMENT_LIMIT:
            raise Answered(400, "One or more comments exceed the maximum size")
        labels = self._vote(change, user, review.get("labels", {}))
        for path, one in comments:
            self._keep(change, commit, user, review.get("tag"), path, one)
        self._say(change, commit, user, review, len(comments))
        return {"labels": labels} if review.get("labels") else {}

    def _check(self, change: FakeChange, commit: str, files: Mapping[str, Json], path: str, one: Json) -> None:
        number = change.patchsets.index(commit) + 1
        known = {comment["id"] for comment in change.comments}
        if path not in files and path not in {WHOLE_PATCHSET, COMMIT_MESSAGE} and one.get("in_reply_to") not in known:
            raise Answered(400, f"file {path} not found in revision {change.number},{number}")
        if len(one["message"]) + len(path) + COMMENT_FRAME > COMMENT_LIMIT:
            raise Answered(400, "One or more comments exceed the maximum size")
        if one.get("fix_suggestions") and not self.rules.suggested_fixes:
            raise Answered(500, "Internal server error")

    def _vote(self, change: FakeChange, user: str, labels: Mapping[str, int]) -> dict[str, int]:
        sense = {label: value for label, value in labels.items() if label in LABELS}
        known = {
            label: value for label, value in sense.items() if value in range(LABELS[label][0], LABELS[label][1] + 1)
        }
        for label, value in known.items():
            low, high = PERMITTED[label]
            if not low <= value <= high:
                raise Answered(403, f'Applying label "{label}": {value} is restricted')
        change.votes |= {(label, user): value for label, value in known.items()}
        return known

    def _keep(self, change: FakeChange, commit: str, user: str, tag: str | None, path: str, one: Json) -> None:
        parent = next((c for c in change.comments if c["id"] == one.get("in_reply_to")), {})
        place: Json = {key: parent[key] for key in ("line", "range") if key in parent}
        given: Json = {key: one[key] for key in ("line", "range", "in_reply_to", "fix_suggestions") if key in one}
        change.comments.append(
            {
                "path": path,
                "author": self.account(user),
                "patch_set": change.patchsets.index(commit) + 1,
                "id": f"{len(change.comments) + 1:08x}_{change.number:08x}",
                "updated": now(),
                "message": one["message"].strip(),
                "unresolved": one.get("unresolved", parent.get("unresolved", False)),
                "commit_id": commit,
                **({"tag": tag} if tag else {}),
                **place,
                **given,
            }
        )

    def _say(self, change: FakeChange, commit: str, user: str, review: Mapping[str, Any], count: int) -> None:
        number = change.patchsets.index(commit) + 1
        counted = f"({count} comment{'s' if count > 1 else ''})" if count else ""
        text = "\n\n".join(part for part in (f"Patch Set {number}:", counted, review.get("message", "")) if part)
        said = {"id": f"{len(change.messages):040x}", "author": self.account(user), "date": now(), "message": text}
        change.messages.append({**said, "_revision_number": number})
        self._tell(change, "comment-added", author=self._attribute(user), comment=text)

    def abandon(self, change: FakeChange) -> Json:
        """Close it."""
        change.status = "ABANDONED"
        self._tell(change, "change-abandoned")
        return {}

    def _attribute(self, name: str) -> Json:
        account = self.account(name)
        return {key: account[key] for key in ("name", "email", "username")}

    def _tell(self, change: FakeChange, kind: str, **more: Any) -> None:
        told = {"project": change.project, "branch": "main", "number": change.number, "status": change.status}
        patchset = {"number": len(change.patchsets), "revision": change.patchsets[-1], "kind": "REWORK"}
        self.events.append(
            {**more, "type": kind, "change": told, "patchSet": patchset, "eventCreatedOn": int(time.time())}
        )


def makes_sense(label: str, value: int) -> bool:
    """Whether there is such a vote at all; others are dropped without a word."""
    low, high = LABELS.get(label, (1, 0))
    return low <= value <= high


def now() -> str:
    """The time as Gerrit writes it, in whole seconds."""
    return time.strftime("%Y-%m-%d %H:%M:%S.000000000", time.gmtime())
