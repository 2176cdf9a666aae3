"""The REST half of the fake: a table of operations, each from the state to GitHub's JSON."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.fakes.github.description import filled
from tests.fakes.github.state import Comment, Hosted, Pull, ReviewComment, Unprocessable

# above it the content comes with the blob only; above the next one not even there
CONTENT_LIMIT = 1024 * 1024
DOCUMENTATION = "https://docs.github.com/rest"


class NotFound(Exception):
    """GitHub answers 404."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `parts` are the variable parts of its path, `user` who asks."""

    hosted: Hosted
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    user: str
    web: str = field(default="")

    @property
    def pull(self) -> Pull:
        """The pull request that the path names."""
        number = int(self.parts["number"]) if self.parts["number"].isdigit() else 0
        if number not in self.hosted.pulls:
            raise NotFound
        return self.hosted.pulls[number]


Handler = Callable[[Asked], tuple[int, Any]]
TABLE: list[tuple[str, re.Pattern[str], Handler]] = []


def operation(verb: str, road: str) -> Callable[[Handler], Handler]:
    """Put a handler on the table; `{name}` in the road is one part of the path, `{name*}` the rest."""
    pattern = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", road)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)

    def enter(handler: Handler) -> Handler:
        TABLE.append((verb, re.compile(pattern), handler))
        return handler

    return enter


def handle(verb: str, road: str, asked: Callable[[Mapping[str, str]], Asked]) -> tuple[int, Any]:
    """The answer to a request on a road below `/repos/owner/name`."""
    for of, pattern, handler in TABLE:
        found = pattern.fullmatch(road) if of == verb else None
        if found:
            try:
                return handler(asked({name: unquote(part) for name, part in found.groupdict().items()}))
            except (NotFound, LookupError):
                return not_found()
            except Unprocessable as refused:
                return unprocessable(str(refused))
    return not_found()


def not_found() -> tuple[int, Any]:
    """GitHub's own words for it."""
    return 404, {"message": "Not Found", "documentation_url": DOCUMENTATION, "status": "404"}


def unprocessable(reason: str) -> tuple[int, Any]:
    """A 422 that, as on GitHub, does not say which comment it was."""
    return 422, {
        "message": "Unprocessable Entity",
        "errors": [reason],
        "documentation_url": DOCUMENTATION,
        "status": "422",
    }


def user(login: str) -> dict[str, Any]:
    """An account."""
    return filled("simple-user", login=login, id=sum(login.encode()), type="Bot" if login.endswith("[bot]") else "User")


def repository(hosted: Hosted, web: str) -> dict[str, Any]:
    """A repository, as pull requests and webhooks carry it."""
    owner, name = hosted.name.split("/")
    return filled(
        "repository",
        id=1,
        name=name,
        full_name=hosted.name,
        owner=user(owner),
        private=hosted.private,
        html_url=f"{web}/{hosted.name}",
        default_branch="main",
    )


def pull_request(hosted: Hosted, pull: Pull, web: str) -> dict[str, Any]:
    """A pull request."""
    ends = {"repo": repository(hosted, web), "user": user(pull.author)}
    return filled(
        "pull-request",
        number=pull.number,
        title=pull.title,
        state="open" if pull.is_open else "closed",
        draft=pull.draft,
        user=user(pull.author),
        html_url=f"{web}/{hosted.name}/pull/{pull.number}",
        head={"sha": pull.head, "ref": f"change-{pull.number}", "label": f"{pull.author}:change", **ends},
        base={"sha": pull.base, "ref": pull.base_ref, "label": f"owner:{pull.base_ref}", **ends},
        changed_files=len(hosted.git.rows(hosted.merge_base(pull), pull.head)),
        comments=len(pull.comments),
        review_comments=len(pull.reviewed),
    )


def issue_comment(comment: Comment) -> dict[str, Any]:
    """A comment on the pull request as a whole."""
    return filled("issue-comment", id=comment.id, body=comment.body, user=user(comment.author))


def review_comment(hosted: Hosted, pull: Pull, comment: ReviewComment) -> dict[str, Any]:
    """A review comment: its commit_id follows the head. Where GitHub sends a null line, the description knows none."""
    line = hosted.line_of(pull, comment)
    stays = comment.line is None or line is not None
    places = {"line": line, "original_line": comment.line, "in_reply_to_id": comment.answers}
    return filled(
        "pull-request-review-comment",
        id=comment.id,
        body=comment.body,
        path=comment.path,
        user=user(comment.author),
        commit_id=pull.head if stays else comment.commit,
        original_commit_id=comment.commit,
        **{name: number for name, number in places.items() if number},
    )


def page(rows: list[Any], query: Mapping[str, str]) -> list[Any]:
    """One page of a list: 30 rows unless asked for up to 100."""
    size, number = min(int(query.get("per_page", "30")), 100), int(query.get("page", "1"))
    return rows[size * (number - 1) : size * number]


@operation("GET", "/pulls/{number}")
def show_pull(asked: Asked) -> tuple[int, Any]:
    """Get a pull request."""
    return 200, pull_request(asked.hosted, asked.pull, asked.web)


@operation("GET", "/pulls/{number}/files")
def list_files(asked: Asked) -> tuple[int, Any]:
    """List its files, 3000 at most."""
    pull, git = asked.pull, asked.hosted.git
    rows = git.rows(asked.hosted.merge_base(pull), pull.head)[:3000]
    return 200, [filled("diff-entry", **row) for row in page(rows, asked.query)]


@operation("GET", "/compare/{ends*}")
def compare(asked: Asked) -> tuple[int, Any]:
    """Compare two commits, three dots: files on the first page only, 300 at most."""
    base, _, head = asked.parts["ends"].partition("...")
    git = asked.hosted.git
    parted = git.merge_base(git.resolve(base), git.resolve(head))
    first = asked.query.get("page", "1") == "1"
    files = [filled("diff-entry", **row) for row in git.rows(parted, head)[:300]] if first else []
    return 200, filled("commit-comparison", status="ahead", merge_base_commit={"sha": parted}, commits=[], files=files)


@operation("GET", "/contents/{path*}")
def show_content(asked: Asked) -> tuple[int, Any]:
    """A file of a commit; above 1 MB without its content."""
    git, path = asked.hosted.git, asked.parts["path"]
    entry = git.entry(git.resolve(asked.query.get("ref", "HEAD")), path)
    if entry is None:
        raise NotFound
    known: dict[str, Any] = {"path": path, "name": path.rsplit("/", 1)[-1], "sha": entry.sha, "size": entry.size}
    if entry.mode == "160000":
        return 200, filled("content-submodule", type="submodule", **known)
    big = entry.size > CONTENT_LIMIT
    text = "" if big else encoded(git.blob(entry.sha))
    return 200, filled("content-file", type="file", encoding="none" if big else "base64", content=text, **known)


@operation("GET", "/git/blobs/{sha}")
def show_blob(asked: Asked) -> tuple[int, Any]:
    """The content of a blob."""
    content = asked.hosted.git.blob(asked.parts["sha"])
    known = {"sha": asked.parts["sha"], "size": len(content), "encoding": "base64"}
    return 200, filled("blob", content=encoded(content), **known)


def encoded(content: bytes) -> str:
    """Base64 in lines of 60, as GitHub breaks them."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))


@operation("GET", "/collaborators/{login}/permission")
def show_permission(asked: Asked) -> tuple[int, Any]:
    """What an account may do; on a public repository every account may read."""
    login = asked.parts["login"]
    if login not in asked.hosted.people:
        raise NotFound
    permission = asked.hosted.people[login]
    return 200, filled(
        "repository-collaborator-permission",
        permission=permission,
        role_name=permission,
        user={"login": login, "type": "User"},
    )


@operation("POST", "/pulls/{number}/reviews")
def create_review(asked: Asked) -> tuple[int, Any]:
    """A review, whole or not at all."""
    body, pull = asked.body, asked.pull
    if body.get("event") != "COMMENT":
        raise Unprocessable("the fake knows only reviews that comment")
    if not body.get("body") and not body.get("comments"):
        raise Unprocessable("Body can't be blank")
    asked.hosted.review(pull, asked.user, body.get("commit_id", pull.head), body.get("comments", []))
    return 200, filled("pull-request-review", id=next(asked.hosted.ids), state="COMMENTED", user=user(asked.user))


@operation("POST", "/pulls/{number}/comments")
def create_review_comment(asked: Asked) -> tuple[int, Any]:
    """One comment, on a line or on a file."""
    comment = asked.hosted.placed(asked.pull, asked.user, asked.body["commit_id"], asked.body)
    asked.pull.reviewed.append(comment)
    return 201, review_comment(asked.hosted, asked.pull, comment)


@operation("POST", "/pulls/{number}/comments/{comment}/replies")
def create_reply(asked: Asked) -> tuple[int, Any]:
    """A reply to the first comment of a thread."""
    first = next((one for one in asked.pull.threads() if str(one.id) == asked.parts["comment"]), None)
    if first is None:
        raise NotFound
    answer = asked.hosted.answer(asked.pull, asked.user, first, asked.body["body"])
    return 201, review_comment(asked.hosted, asked.pull, answer)


@operation("POST", "/issues/{number}/comments")
def create_issue_comment(asked: Asked) -> tuple[int, Any]:
    """A comment on the pull request as a whole."""
    return 201, issue_comment(asked.hosted.say(asked.pull, asked.user, asked.body["body"]))


@operation("PATCH", "/issues/comments/{comment}")
def edit_issue_comment(asked: Asked) -> tuple[int, Any]:
    """Edit it; only its author may, here."""
    every = [comment for pull in asked.hosted.pulls.values() for comment in pull.comments]
    found = next((one for one in every if str(one.id) == asked.parts["comment"] and one.author == asked.user), None)
    if found is None:
        raise NotFound
    found.body = asked.body["body"]
    return 200, issue_comment(found)
