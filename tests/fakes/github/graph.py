"""The GraphQL half of the fake: the state of a pull request as the bot asks for it, and resolving a thread."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.github.state import Comment, Hosted, Pull, ReviewComment

PAGE_SIZE = 100


def standing(hosted: Hosted, pull: Pull, variables: Mapping[str, Any], viewer: str) -> dict[str, Any]:
    """Threads and comments, each list with its own cursor."""
    threads = connection([thread(hosted, pull, one, viewer) for one in pull.threads()], variables.get("threads"))
    comments = connection([comment(one, viewer) for one in pull.comments], variables.get("comments"))
    found = {"headRefOid": pull.head, "reviewThreads": threads, "comments": comments}
    return {"data": {"repository": {"pullRequest": found}, "viewer": {"login": viewer}}}


def connection(nodes: list[Any], after: str | None) -> dict[str, Any]:
    """One page; a cursor is the number of the last node."""
    start = int(after) if after else 0
    end = min(start + PAGE_SIZE, len(nodes))
    info = {"hasNextPage": end < len(nodes), "endCursor": str(end) if end > start else None}
    return {"pageInfo": info, "nodes": nodes[start:end]}


def thread(hosted: Hosted, pull: Pull, first: ReviewComment, viewer: str) -> dict[str, Any]:
    """A thread with its first twenty comments."""
    written = [first, *pull.replies(first)]
    return {
        "id": first.thread,
        "isResolved": bool(first.resolved_by),
        "path": first.path,
        "line": hosted.line_of(pull, first),
        "resolvedBy": {"login": first.resolved_by} if first.resolved_by else None,
        "comments": {
            "totalCount": len(written),
            "nodes": [comment(one, viewer) | {"author": author(one.author)} for one in written[:20]],
        },
    }


def comment(one: Comment | ReviewComment, viewer: str) -> dict[str, Any]:
    """What both kinds of comments have."""
    return {"fullDatabaseId": str(one.id), "body": one.body, "viewerDidAuthor": one.author == viewer}


def author(login: str) -> dict[str, str]:
    """An actor; GraphQL names a bot without its suffix."""
    bot = login.endswith("[bot]")
    return {"__typename": "Bot" if bot else "User", "login": login.removesuffix("[bot]")}


def resolve(first: ReviewComment, viewer: str) -> dict[str, Any]:
    """Resolve a thread; again changes nothing."""
    first.resolved_by = first.resolved_by or viewer
    return {"data": {"resolveReviewThread": {"thread": {"id": first.thread, "isResolved": True}}}}


def error(kind: str, message: str) -> dict[str, Any]:
    """An error, which comes with status 200."""
    return {"data": None, "errors": [{"type": kind, "message": message}]}
