"""GitHub's JSON <-> the words of the bot. Pure; no dict with GitHub's keys travels further than this file and forge.py.

REST: https://docs.github.com/en/rest/pulls · GraphQL: https://docs.github.com/en/graphql/reference/objects
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from bot import wording
from bot.errors import Refused
from bot.forges.github import faults
from bot.forges.github.anchors import Anchor, Hunks
from bot.forges.github.fields import flag, items, maybe_number, maybe_text, number, text
from bot.forges.github.markdown import (
    BODY_LIMIT,
    CARRIED,
    Kind,
    Marker,
    inert,
    marker_of,
    shorten,
    with_folds,
)
from bot.forges.github.patch import Patch, parse
from bot.forges.github.suggestion import Suggestion, suggestion
from bot.model import (
    Change,
    ChangedFile,
    ChangeRef,
    Comment,
    FileStatus,
    LineLinks,
    Patchset,
    Permission,
    Placement,
    Posted,
    PostedSummary,
    Summary,
    Thread,
)

Json = dict[str, Any]

STATUSES = {
    "added": FileStatus.ADDED,
    "removed": FileStatus.DELETED,
    "modified": FileStatus.MODIFIED,
    "changed": FileStatus.MODIFIED,
    "renamed": FileStatus.RENAMED,
    "copied": FileStatus.COPIED,
}
PERMISSIONS = {"admin": Permission.ADMIN, "write": Permission.WRITE, "read": Permission.READ}

# Everything of ours that stands, and by whom, in one request: two lists, each with a cursor of its own.
STANDING = """
query Standing($owner: String!, $name: String!, $number: Int!, $threads: String, $comments: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      reviewThreads(first: 100, after: $threads) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          isResolved
          path
          line
          resolvedBy { login }
          comments(first: 20) {
            totalCount
            nodes { fullDatabaseId body viewerDidAuthor author { __typename login } }
          }
        }
      }
      comments(first: 100, after: $comments) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId body viewerDidAuthor }
      }
    }
  }
  viewer { login }
}
"""
RESOLVE = """
mutation Resolve($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { id isResolved } }
}
"""
VIEWER = "query Viewer { viewer { login } }"


@dataclass(frozen=True, slots=True)
class OurThread:
    """A thread that we opened.

    The thread's id is that of its first comment, which answers name too; `node` is what resolving needs, `closed` what
    GitHub says of it, `fixed` whether we said that the defect is gone, `replies` the commands in it that we answered.
    The thread counts as resolved when that was said, or a person closed it: a closing of ours whose last word is
    missing is finished by the next run.
    """

    thread: Thread
    node: str
    closed: bool
    fixed: bool
    replies: frozenset[str]


@dataclass(frozen=True, slots=True)
class OurComment:
    """A comment of ours on the pull request as a whole."""

    id: int
    marker: Marker
    body: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What of ours stands on a pull request, and its head at that moment."""

    head: str
    threads: tuple[OurThread, ...] = ()
    comments: tuple[OurComment, ...] = ()

    @property
    def summary(self) -> OurComment | None:
        """Our summary: the oldest one, should a race ever have made two."""
        return next((comment for comment in self.comments if comment.marker.kind is Kind.SUMMARY), None)

    def replied(self, key: str) -> bool:
        """Whether we answered this command, in a thread or below."""
        below = any(comment.marker.kind is Kind.REPLY and comment.marker.key == key for comment in self.comments)
        return below or any(key in ours.replies for ours in self.threads)

    @property
    def posted(self) -> Posted:
        """The same in the words of the bot."""
        found = self.summary
        summary = PostedSummary(str(found.id), found.marker.key, found.marker.patchset) if found else None
        return Posted(tuple(ours.thread for ours in self.threads), summary)


# --- what GitHub says ---------------------------------------------------------------------------------------------


def change_of(ref: ChangeRef, data: object, merge_base: str) -> Change:
    """A pull request, compared with the commit where its branch parted from the target.

    Raises Odd; Refused when the repository has another name by now: the redirects of the old one lose their page
    numbers on the way, and a list that looks whole would not be.
    """
    if (name := text(data, "base", "repo", "full_name")).casefold() != ref.project.casefold():
        raise Refused(f"{ref.project} is called {faults.clean(name)} by now", 410)
    head, url = text(data, "head", "sha"), text(data, "html_url")
    repository = url.rsplit("/pull/", 1)[0]
    return Change(
        ref=ref,
        title=text(data, "title"),
        author=maybe_text(data, "user", "login"),
        target=text(data, "base", "ref"),
        head=Patchset(head, merge_base),
        url=url,
        links=LineLinks(f"{repository}/blob/{head}/{{path}}#L{{line}}"),
        open=text(data, "state") == "open",
        draft=flag(data, "draft"),
        private=flag(data, "base", "repo", "private"),
    )


def file_of(row: object) -> tuple[ChangedFile, Patch | None]:
    """One row of the list of files. A row without whole hunks says nothing of its lines. Raises Odd."""
    patch = parse(maybe_text(row, "patch"))
    status = STATUSES.get(text(row, "status"), FileStatus.MODIFIED)
    old_path = maybe_text(row, "previous_filename")
    return ChangedFile(text(row, "filename"), status, patch.touched if patch else None, old_path), patch


def permission_of(data: object) -> Permission:
    """What a collaborator may do; a bot may nothing."""
    if maybe_text(data, "user", "type") == "Bot":
        return Permission.NONE
    return PERMISSIONS.get(text(data, "permission"), Permission.NONE)


def standing_of(pages: Sequence[object]) -> Standing:
    """The pages of STANDING together. Only what our own account wrote, with our marker first, is ours. Raises Odd."""
    road = ("data", "repository", "pullRequest")
    login = maybe_text(pages[0], "data", "viewer", "login")
    threads = [node for page in pages for node in items(page, *road, "reviewThreads", "nodes")]
    comments = [node for page in pages for node in items(page, *road, "comments", "nodes")]
    return Standing(
        text(pages[-1], *road, "headRefOid"),
        tuple(ours for node in threads if (ours := _our_thread(node, login))),
        tuple(own for node in comments if (own := _our_comment(node))),
    )


def _our_comment(node: object) -> OurComment | None:
    body = text(node, "body")
    marker = marker_of(body) if flag(node, "viewerDidAuthor") else None
    return OurComment(int(text(node, "fullDatabaseId")), marker, body) if marker else None


def _our_thread(node: object, login: str) -> OurThread | None:
    written = items(node, "comments", "nodes")
    first = _our_comment(written[0]) if written else None
    if first is None or first.marker.kind is not Kind.COMMENT:
        return None
    markers = [own.marker for reply in written[1:] if (own := _our_comment(reply))]
    fixed = any(marker.kind is Kind.FIXED for marker in markers)
    replies = frozenset(marker.key for marker in markers if marker.kind is Kind.REPLY)
    thread = Thread(
        id=str(first.id),
        mark=first.marker.key,
        path=text(node, "path"),
        line=maybe_number(node, "line"),
        patchset=first.marker.patchset,
        resolved=fixed or (flag(node, "isResolved") and maybe_text(node, "resolvedBy", "login") not in ("", login)),
        answered=any(_by_person(reply) for reply in written[1:])
        or number(node, "comments", "totalCount") > len(written),
    )
    return OurThread(thread, text(node, "id"), flag(node, "isResolved"), fixed, replies)


def _by_person(reply: object) -> bool:
    """Whether a person wrote it: one whose token we use may answer too, then without our marker."""
    return _our_comment(reply) is None and maybe_text(reply, "author", "__typename") != "Bot"


# --- what we say --------------------------------------------------------------------------------------------------


def review_request(change: Change, placed: Iterable[tuple[Comment, Anchor]], hunks: Hunks) -> Json:
    """One review with its inline comments. COMMENT, because a request for changes blocks until somebody lifts it.

    The body may be empty as long as there are comments; what would stand there stands in the summary.
    """
    comments = [inline(change, comment, anchor, hunks) for comment, anchor in placed]
    return {"commit_id": change.head.id, "event": "COMMENT", "body": "", "comments": comments}


def inline(change: Change, comment: Comment, anchor: Anchor, hunks: Hunks) -> Json:
    """An inline comment; a safe fix sets its lines, because a suggestion replaces exactly those."""
    click = one_click(comment, anchor, hunks)
    first, last = (click.first, click.last) if click else (anchor.first, anchor.last)
    place: Json = {"path": anchor.path, "line": last, "side": "RIGHT"}
    if first < last:
        place |= {"start_line": first, "start_side": "RIGHT"}
    return place | {"body": comment_body(change, comment, anchor, click)}


def one_click(comment: Comment, anchor: Anchor, hunks: Hunks) -> Suggestion | None:
    """The comment's fix as a suggestion, where it stands on its own line."""
    if comment.fix is None or anchor.placement is not Placement.LINE:
        return None
    return suggestion(comment.fix, comment.span.line, hunks.get(comment.path, ()))


def file_comment(change: Change, comment: Comment, anchor: Anchor) -> Json:
    """A comment on a file as a whole, which names its line itself."""
    body = comment_body(change, comment, anchor)
    return {"commit_id": change.head.id, "path": comment.path, "subject_type": "file", "body": body}


def comment_body(change: Change, comment: Comment, anchor: Anchor, click: Suggestion | None = None) -> str:
    """The comment with its marker, its place where that is not the line it stands on, and its suggestion."""
    marker = str(Marker(Kind.COMMENT, comment.mark, change.head.id))
    block = f"\n\n{click.block}" if click else ""
    exact = anchor.placement is Placement.LINE
    place = "" if exact else f"{wording.place(comment.path, comment.span.line, change.links)}\n\n"
    room = BODY_LIMIT - len(marker) - len(block)
    return f"{marker}{shorten(safe(place + comment.body, change), room, wording.CUT)}{block}"


def fixed_body(mark: str, patchset: str, reply: str) -> str:
    """The last word in a thread whose defect is gone."""
    return str(Marker(Kind.FIXED, mark, patchset)) + shorten(inert(reply), BODY_LIMIT - 200, wording.CUT)


def reply_body(key: str, body: str, change: Change) -> str:
    """The answer to a command."""
    return str(Marker(Kind.REPLY, key)) + shorten(safe(body, change), BODY_LIMIT - 200, wording.CUT)


def summary_body(change: Change, summary: Summary, digest: str, carried: Sequence[Comment] = ()) -> str:
    """The summary comment: text, folds, and the comments that found no better place; cut where GitHub would refuse."""
    marker = str(Marker(Kind.SUMMARY, digest, change.head.id))
    appendix = carried_part(change, carried)
    folds = [(fold.title, safe(fold.text, change)) for fold in summary.folds]
    room = BODY_LIMIT - len(marker) - len(appendix)
    return marker + with_folds(safe(summary.text, change), folds, room, wording.CUT) + appendix


def carried_part(change: Change, carried: Sequence[Comment]) -> str:
    """The comments that the summary carries, behind a line of their own; "" without any."""
    if not carried:
        return ""
    texts = [f"{wording.place(one.path, one.span.line, change.links)}\n\n{one.body}" for one in carried]
    return f"\n\n{CARRIED}\n\n" + shorten(safe("\n\n".join(texts), change), BODY_LIMIT // 2, wording.CUT)


def recarried(change: Change, body: str, carried: Sequence[Comment]) -> str:
    """A standing summary with these comments in place of those that it carried."""
    appendix = carried_part(change, carried)
    text = body.replace("\r\n", "\n").rsplit(f"\n\n{CARRIED}\n\n", 1)[0]
    return shorten(text, BODY_LIMIT - len(appendix), wording.CUT) + appendix


def safe(markdown: str, change: Change) -> str:
    """Inert markdown whose links lead to this forge only; what no comment could hold anyway is left out first."""
    forge = urlsplit(change.url)
    return inert(markdown[: 2 * BODY_LIMIT], (f"{forge.scheme}://{forge.netloc}/",) if forge.netloc else ())


def in_path(*parts: object) -> str:
    """A path of the REST interface, every part quoted; a part may hold slashes."""
    return "".join(f"/{quote(str(part))}" for part in parts)


def variables(ref: ChangeRef, cursors: Mapping[str, str | None]) -> Json:
    """The variables of STANDING."""
    owner, _, name = ref.project.partition("/")
    return {"owner": owner, "name": name, "number": ref.number, **cursors}
