"""The review as markdown: the summary as a forge shows it, then every inline comment with its place."""

from collections.abc import Iterator
from html import escape

from bot.model import Comment, Summary
from bot.reviewed import Reviewed
from bot.wording import code


def render(reviewed: Reviewed) -> str:
    """The whole page, ending with a line end."""
    return "\n\n".join([whole_summary(reviewed.review.summary), *_comments(reviewed)]) + "\n"


def whole_summary(summary: Summary) -> str:
    """The text, then the folds."""
    folds = (f"<details><summary>{escape(fold.title)}</summary>\n\n{fold.text}\n\n</details>" for fold in summary.folds)
    return "\n\n".join([summary.text, *folds])


def _comments(reviewed: Reviewed) -> Iterator[str]:
    for comment in reviewed.review.comments:
        yield "---"
        yield f"### {_place(comment)}"
        yield comment.body


def _place(comment: Comment) -> str:
    return code(f"{comment.path}:{comment.span.line}")
