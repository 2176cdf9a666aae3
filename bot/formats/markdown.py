"""The review as markdown: the summary as a forge shows it, then every inline comment with its place."""

from collections.abc import Iterator

from bot.formats.outcome import Outcome
from bot.model import Comment, Summary
from bot.wording import code


def render(outcome: Outcome) -> str:
    """The whole page, ending with a line end."""
    return "\n\n".join([whole_summary(outcome.review.summary), *_comments(outcome)]) + "\n"


def whole_summary(summary: Summary) -> str:
    """The text, then the folds."""
    folds = (f"<details><summary>{fold.title}</summary>\n\n{fold.text}\n\n</details>" for fold in summary.folds)
    return "\n\n".join([summary.text, *folds])


def _comments(outcome: Outcome) -> Iterator[str]:
    for comment in outcome.review.comments:
        yield "---"
        yield f"### {_place(comment)}"
        yield comment.body


def _place(comment: Comment) -> str:
    return code(f"{comment.path}:{comment.span.line}")
