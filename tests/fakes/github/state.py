"""What stands on the fake: pull requests, their comments and threads, and who may do what."""

from dataclasses import dataclass, field
from itertools import count

from tests.fakes.github.repository import Repository

BODY_LIMIT = 65_536


class Unprocessable(Exception):
    """GitHub answers 422."""


@dataclass(slots=True)
class Comment:
    """A comment on the pull request as a whole."""

    id: int
    author: str
    body: str


@dataclass(slots=True)
class ReviewComment:
    """A comment on a line (of `commit`), on a file (line None), or in a thread (`answers` is its first one's id)."""

    id: int
    author: str
    body: str
    path: str
    commit: str
    line: int | None = None
    start_line: int | None = None
    answers: int = 0
    resolved_by: str = ""

    @property
    def thread(self) -> str:
        """The id of the thread that it opens."""
        return f"PRRT_{self.id}"


@dataclass(slots=True)
class Pull:
    """A pull request: its head moves, its base branch too."""

    number: int
    title: str
    author: str
    base_ref: str
    base: str
    head: str
    is_open: bool = True
    draft: bool = False
    comments: list[Comment] = field(default_factory=list)
    reviewed: list[ReviewComment] = field(default_factory=list)

    def threads(self) -> list[ReviewComment]:
        """The comments that open a thread, oldest first."""
        return [one for one in self.reviewed if not one.answers]

    def replies(self, thread: ReviewComment) -> list[ReviewComment]:
        """What was answered in a thread."""
        return [one for one in self.reviewed if one.answers == thread.id]


@dataclass(slots=True)
class Hosted:
    """A repository on the fake. `people` maps a login to admin, write, read or none; others are no collaborators."""

    name: str
    git: Repository
    private: bool = False
    people: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    ids: "count[int]" = field(default_factory=lambda: count(1001))

    def merge_base(self, pull: Pull) -> str:
        """What GitHub's three-dot diff compares the head with."""
        return self.git.merge_base(pull.base, pull.head)

    def line_of(self, pull: Pull, comment: ReviewComment) -> int | None:
        """The line that GitHub shows a comment on: null when outdated or on the whole file."""
        if comment.line is None:
            return None
        return self.git.line_now(comment.path, comment.line, comment.commit, pull.head)

    def say(self, pull: Pull, author: str, body: str) -> Comment:
        """A comment on the pull request as a whole."""
        pull.comments.append(Comment(next(self.ids), author, checked(body)))
        return pull.comments[-1]

    def review(self, pull: Pull, author: str, commit: str, places: list[dict[str, object]]) -> None:
        """All comments of a review, or none: one bad anchor refuses them all, unnamed."""
        made = [self.placed(pull, author, commit, place) for place in places]
        pull.reviewed += made

    def placed(self, pull: Pull, author: str, commit: str, place: dict[str, object]) -> ReviewComment:
        """A comment on a line that a hunk shows, or on a file of the change."""
        path, line, start = str(place["path"]), place.get("line"), place.get("start_line")
        if not self.git.contains(pull.head, commit):
            raise Unprocessable("commit_id is not part of the pull request")
        shown = self.git.shown(self.git.merge_base(pull.base, commit), commit)
        if path not in shown:
            raise Unprocessable("Path could not be resolved")
        if place.get("subject_type") == "file":
            return ReviewComment(next(self.ids), author, checked(place["body"]), path, commit)
        if not isinstance(line, int) or not (start is None or isinstance(start, int)):
            raise Unprocessable("Line could not be resolved")
        first = line if start is None else start
        if (start is not None and start >= line) or not any(a <= first <= line <= b for a, b in shown[path]):
            raise Unprocessable("Line could not be resolved")
        return ReviewComment(next(self.ids), author, checked(place["body"]), path, commit, line, start)

    def answer(self, pull: Pull, author: str, first: ReviewComment, body: str) -> ReviewComment:
        """A reply in a thread."""
        answer = ReviewComment(
            next(self.ids), author, checked(body), first.path, first.commit, first.line, first.start_line, first.id
        )
        pull.reviewed.append(answer)
        return answer


def checked(body: object) -> str:
    """A body that GitHub takes."""
    if not isinstance(body, str) or not body.strip():
        raise Unprocessable("body can't be blank")
    if len(body) > BODY_LIMIT:
        raise Unprocessable(f"body is too long (maximum is {BODY_LIMIT} characters)")
    return body
