"""Writing a plan to GitHub (io): looked for before, written once, read back afterwards.

Any request can be the last before a crash, so each step asks what stands and writes only what is missing:
a comment by its mark and patchset, a last word by its thread, the summary by its text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.errors import Refused, Superseded
from bot.forges.github import wire
from bot.forges.github.anchors import RANGE_LIMIT, Anchor, Hunks, ladder
from bot.forges.github.api import PAGES_LIMIT, Api, unreadable
from bot.forges.github.fields import Odd, at, flag, maybe_text
from bot.forges.github.wire import OurThread, Standing, in_path
from bot.model import Change, ChangeRef, Comment, Placement, Plan, Receipt, Resolution, Thread
from bot.model import Standing as Stands

Placed = tuple[Comment, Anchor]


def standing(api: Api, ref: ChangeRef) -> Standing:
    """What of ours stands on a pull request, all pages."""
    pages: list[object] = []
    cursors: dict[str, str | None] = {"threads": None, "comments": None}
    road = ("data", "repository", "pullRequest")
    try:
        while len(pages) < PAGES_LIMIT:
            page = api.graphql(wire.STANDING, f"tell what stands on {ref}", wire.variables(ref, cursors))
            pages.append(page)
            infos = {name: at(page, *road, of, "pageInfo") for name, of in LISTS.items()}
            if not any(flag(info, "hasNextPage") for info in infos.values()):
                return wire.standing_of(pages)
            cursors = {name: maybe_text(info, "endCursor") or cursors[name] for name, info in infos.items()}
    except Odd as odd:
        raise unreadable(odd) from odd
    raise Refused(f"more stands on {ref} than {PAGES_LIMIT * 100:,} threads or comments")


LISTS = {"threads": "reviewThreads", "comments": "comments"}


@dataclass(slots=True)
class Publication:
    """One plan on its way to one pull request. `hunks` gives those of the whole change, asked for only when needed."""

    api: Api
    change: Change
    plan: Plan
    hunks: Callable[[], Hunks]
    placed: dict[str, Placement] = field(default_factory=dict)
    carried: list[Comment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Receipt:
        """Comments first, then last words, then the summary, which may have to carry what found no line."""
        before = self._now()
        self._comment(before)
        for resolution in self.plan.resolve:
            self._close(resolution, before)
        self._summarize(before)
        return self._receipt(self._now())

    def _now(self) -> Standing:
        """What stands, as long as the head is the one that was reviewed."""
        now = standing(self.api, self.change.ref)
        if now.head != self.plan.patchset.id:
            raise Superseded(f"{self.change.ref} moved on to {now.head} while {self.plan.patchset.id} was reviewed")
        return now

    # --- comments

    def _comment(self, before: Standing) -> None:
        there = {ours.thread.mark for ours in before.threads if ours.thread.patchset == self.plan.patchset.id}
        missing = [comment for comment in self.plan.add if comment.mark not in there]
        if not missing:
            return
        rungs = [(comment, ladder(comment, self.hunks())) for comment in missing]
        inline = [(comment, anchors[0]) for comment, anchors in rungs if anchors[0].first]
        refused = {comment.mark for comment in self._review(inline)}
        for comment, anchors in rungs:
            if not anchors[0].first or comment.mark in refused:
                self._below(comment, anchors[1:] if anchors[0].first else anchors)

    def _review(self, placed: Sequence[Placed]) -> list[Comment]:
        """Post as one review; what GitHub refuses is narrowed down by halves. Returns the comments with bad anchors."""
        if not placed:
            return []
        try:
            body = wire.review_request(self.change, placed, self.hunks())
            self.api.write("POST", f"{self._pull}/reviews", "post a review", body)
        except Refused as refused:
            if refused.status != 422:
                raise
            self._now()
            if len(placed) == 1:
                self.notes.append(str(refused))
                return [placed[0][0]]
            middle = len(placed) // 2
            return self._review(placed[:middle]) + self._review(placed[middle:])
        self.placed |= {comment.mark: anchor.placement for comment, anchor in placed}
        return []

    def _below(self, comment: Comment, anchors: Sequence[Anchor]) -> None:
        """The rungs under a line: the file, then the summary."""
        if anchors[0].placement is Placement.FILE:
            try:
                body = wire.file_comment(self.change, comment, anchors[0])
                self.api.write("POST", f"{self._pull}/comments", "post a comment on a file", body)
            except Refused as refused:
                if refused.status != 422:
                    raise
                self.notes.append(str(refused))
            else:
                self.placed[comment.mark] = Placement.FILE
                return
        self.placed[comment.mark] = Placement.SUMMARY
        self.carried.append(comment)

    # --- last words

    def _close(self, resolution: Resolution, before: Standing) -> None:
        """Resolve first and say "gone" after, so that it is never said of a thread that stayed open for a fault."""
        ours = next((ours for ours in before.threads if ours.thread.id == resolution.thread.id), None)
        if ours is None or ours.fixed:
            return
        if not ours.closed:
            self._resolve(ours)
        body = wire.fixed_body(ours.thread.mark, self.plan.patchset.id, resolution.reply)
        self.api.write("POST", f"{self._pull}/comments/{ours.thread.id}/replies", "post a reply", {"body": body})

    def _resolve(self, ours: OurThread) -> None:
        """Resolve a thread; where that is not granted, the reply alone has to say it."""
        try:
            self.api.mutate(wire.RESOLVE, "resolve a thread", {"thread": ours.node})
        except Refused as refused:
            self.notes.append(str(refused))

    # --- summary

    def _summarize(self, before: Standing) -> None:
        found = before.summary
        if (body := self._summary_text(before)) is None or (found and found.body == body):
            return
        repository = in_path("repos", self.change.ref.project)
        if found:
            self.api.write("PATCH", f"{repository}/issues/comments/{found.id}", "edit the summary", {"body": body})
        else:
            road = f"{repository}/issues/{self.change.ref.number}/comments"
            self.api.write("POST", road, "post the summary", {"body": body})

    def _summary_text(self, before: Standing) -> str | None:
        if self.plan.summary is not None:
            return wire.summary_body(self.change, self.plan.summary, self.plan.digest, self.carried)
        if self.carried and before.summary:
            return wire.recarried(self.change, before.summary.body, self.carried)
        return None

    # --- what stands now

    def _receipt(self, now: Standing) -> Receipt:
        threads = {ours.thread.mark: ours.thread for ours in now.threads if ours.thread.patchset == now.head}
        ids = {mark: thread.id for mark, thread in threads.items()}
        summary_id = str(now.summary.id) if now.summary else ""
        ids |= {comment.mark: summary_id for comment in self.carried}
        lost = [comment.mark for comment in self.plan.add if comment.mark not in ids]
        notes = [*self.notes, *(f"GitHub took comment {mark} and does not show it" for mark in lost)]
        posted = tuple(
            Stands(
                comment.mark, ids[comment.mark], self.placed.get(comment.mark) or _seen(threads[comment.mark], comment)
            )
            for comment in self.plan.add
            if comment.mark in ids
        )
        said = {ours.thread.id for ours in now.threads if ours.fixed}
        resolved = tuple(one.thread.id for one in self.plan.resolve if one.thread.id in said)
        return Receipt(now.head, posted, resolved, summary_id, self.change.url, tuple(notes))

    @property
    def _pull(self) -> str:
        return in_path("repos", self.change.ref.project, "pulls", self.change.ref.number)


def _seen(thread: Thread, comment: Comment) -> Placement:
    """How near to its line a comment stands that an earlier try posted."""
    if thread.line is None:
        return Placement.FILE
    near = comment.span.line <= thread.line <= comment.span.line + RANGE_LIMIT
    return Placement.LINE if near else Placement.NEARBY
