"""What stands on a page."""

from bot.formats import markdown
from bot.model import Fold, Summary
from tests.bot.formats.samples import REQUEST, SQL, reviewed


def test_the_summary_comes_first_then_every_comment_with_its_place() -> None:
    page = markdown.render(reviewed(SQL, REQUEST))
    assert page.startswith("**This change causes 2 defects")
    assert page.index("### `shop/db.py:41`") < page.index("### `shop/net.py:9`")


def test_a_fold_title_cannot_become_markup() -> None:
    page = markdown.whole_summary(Summary("text", (Fold("<b>x</b>", "inside"),)))
    assert "<summary>&lt;b&gt;x&lt;/b&gt;</summary>" in page
