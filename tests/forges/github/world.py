"""The fake GitHub as a world for the contract: every exchange held against GitHub's own description."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.forges.github.forge import GitHubForge
from bot.model import ChangeRef, Thread
from config.settings import GitHubSettings, Secret
from tests.fakes.github.repository import Repository
from tests.fakes.github.server import Delivery, FakeGitHub
from tests.fakes.github.state import Hosted, Pull
from tests.forges.contract import world

SECRET = "the secret of the webhook"


@dataclass
class GitHubWorld:
    """One repository on one fake."""

    fake: FakeGitHub
    hosted: Hosted
    maintainer: str = "maintainer"
    outsider: str = "outsider"

    @property
    def bot(self) -> str:
        return self.fake.bot

    @property
    def settings(self) -> GitHubSettings:
        return GitHubSettings(self.fake.url, Secret(self.fake.token), (Secret("an old one"), Secret(SECRET)))

    def forge(self) -> GitHubForge:
        return GitHubForge(self.settings, seconds_between_writes=0)

    def pull(self, ref: ChangeRef) -> Pull:
        return self.hosted.pulls[ref.number]

    def new_change(
        self, files: world.Files, base: world.Files | None = None, renamed: Mapping[str, str] | None = None
    ) -> ChangeRef:
        git = self.hosted.git
        first = git.commit({"README": b"A project.\n", **(base or {})})
        moves: world.Files = dict.fromkeys(renamed or ())
        head = git.commit({**moves, **files}, first)
        # the target moves on: the change is still compared with where it parted
        target = git.commit({"elsewhere.py": b"moved = True\n"}, first)
        pull = self.fake.open_pull(self.hosted, target, head, author=self.maintainer)
        return ChangeRef("github", self.hosted.name, pull.number)

    def push_patchset(self, ref: ChangeRef, files: world.Files) -> str:
        self.pull(ref).head = self.hosted.git.commit(files, self.pull(ref).head)
        return self.pull(ref).head

    def rewrite(self, ref: ChangeRef, files: world.Files) -> str:
        self.pull(ref).head = self.hosted.git.commit(files, self.hosted.merge_base(self.pull(ref)))
        return self.pull(ref).head

    def head_id(self, ref: ChangeRef) -> str:
        return self.pull(ref).head

    def close(self, ref: ChangeRef) -> None:
        self.pull(ref).is_open = False

    def comments(self, ref: ChangeRef) -> tuple[world.Seen, ...]:
        shown = self.fake.standing(self.hosted, self.pull(ref)).threads
        return tuple(world.Seen(one.path, one.line, one.author, one.body, one.resolved, one.replies) for one in shown)

    def messages(self, ref: ChangeRef, author: str) -> tuple[str, ...]:
        return tuple(comment.body for comment in self.pull(ref).comments if comment.author == author)

    def comment_as(self, ref: ChangeRef, user: str, body: str) -> None:
        self.hosted.say(self.pull(ref), user, body)

    def comment_inline_as(self, ref: ChangeRef, user: str, path: str, line: int, body: str) -> None:
        pull = self.pull(ref)
        self.hosted.review(pull, user, pull.head, [{"path": path, "line": line, "body": body}])

    def answer_as(self, ref: ChangeRef, user: str, thread: Thread, body: str) -> None:
        pull = self.pull(ref)
        first = next(one for one in pull.threads() if str(one.id) == thread.id)
        self.hosted.answer(pull, user, first, body)

    def delivery_of_patchset(self, ref: ChangeRef) -> world.Delivery:
        return delivered(self.fake.pull_event(self.hosted, self.pull(ref), "synchronize"))

    def delivery_of_comment(self, ref: ChangeRef, user: str, body: str) -> world.Delivery:
        pull = self.pull(ref)
        return delivered(self.fake.comment_event(self.hosted, pull, self.hosted.say(pull, user, body)))


def delivered(delivery: Delivery) -> world.Delivery:
    """A delivery as a door gets it."""
    headers, body = delivery.signed(SECRET)
    return world.Delivery({name.lower(): value for name, value in headers.items()}, body)


@contextmanager
def open_world() -> Iterator[GitHubWorld]:
    """A fake of its own; at the end nothing may have been said to it that GitHub's description forbids."""
    with tempfile.TemporaryDirectory() as folder, FakeGitHub(validate=True) as fake:
        git = Repository.create(Path(folder) / "project.git")
        hosted = fake.add_repository(git.folder, "owner/project", maintainer="admin", reader="read")
        yield GitHubWorld(fake, hosted)
        assert fake.misuses == []
