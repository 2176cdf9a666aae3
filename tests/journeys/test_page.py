"""The page shows what stands, and nothing on it can act."""

from tests.fakes.github.server import Shown, Standing
from tests.fakes.github.state import Comment
from tests.journeys.comments import as_html, as_plain_markdown
from tests.journeys.page import Story, draw
from tests.journeys.patch import around, hunk_of, rows

PATCH = """\
@@ -1,3 +1,3 @@
 a = 1
-b = '<script>alert(1)</script>'
+b = '<script>alert(2)</script>'
 c = 3
@@ -9 +9,2 @@
 x = 1
+y = 2"""
BODY = """<!-- touchline:comment abc def -->
**Request without a timeout** <img src=x onerror=alert(1)> <script>alert(3)</script>

```suggestion
b = get(timeout=10)
```

<details>
<summary>Every &#60;file&#62;</summary>

| file | outcome |
|---|---|
| `a` | fine |

</details>
"""


def page(**changes: str) -> str:
    words = {"title": "T", "repository": "o/n", "author": "ann", "bot": "bot", "base": "1", "head": "2"} | changes
    standing = Standing((Shown("a.py", 2, None, "bot", BODY, False, ("<b>reply</b>",)),), (Comment(1, "bot", BODY),))
    file = {"filename": "a.py", "status": "modified", "additions": 2, "deletions": 1, "patch": PATCH}
    other = {"filename": "<i>.py", "status": "added", "additions": 1, "deletions": 0}
    story = Story(
        **words, number=1, files=[file, other], standing=standing, seconds=1.5, second_delivery="nothing changed"
    )
    return draw(story)


def test_nothing_that_a_change_or_a_comment_brings_becomes_markup() -> None:
    drawn = page(title="<script>1</script>", head="<u>2</u>")
    for tag in ("<script", "<img", "<b>reply", "<u>", "<i>.py"):
        assert tag not in drawn


def test_a_thread_stands_below_its_line_in_both_views() -> None:
    drawn = page()
    assert drawn.count("Request without a timeout") == 3
    view = drawn[drawn.index("Files changed") :]
    assert view.index("alert(2)") < view.index("Request without a timeout") < view.index("c</span>")


def test_the_page_says_that_it_is_a_demonstration() -> None:
    assert "drawn by a local stand-in" in page()


def test_markers_are_hidden_folds_fold_and_suggestions_show_both_lines() -> None:
    html = as_html(BODY, ("b = get()",))
    assert "touchline:comment" not in html
    assert "<details><summary>Every &lt;file&gt;</summary>" in html
    assert '<div class="row old"><i>-</i><code>b = get()</code></div>' in html
    assert '<div class="row new"><i>+</i><code>b = get(timeout=10)</code></div>' in html
    assert "<table>" in html


def test_a_terminal_shows_the_titles_of_folds_only() -> None:
    plain = as_plain_markdown(BODY)
    assert "▸ Every" in plain
    assert "outcome" not in plain


def test_rows_know_their_lines_on_both_sides() -> None:
    every = list(rows(PATCH))
    assert [(row.sign, row.old, row.new) for row in every] == [
        ("@", None, None),
        (" ", 1, 1),
        ("-", 2, None),
        ("+", None, 2),
        (" ", 3, 3),
        ("@", None, None),
        (" ", 9, 9),
        ("+", None, 10),
    ]
    assert [row.new for row in around(every, 10, 5)] == [9, 10]
    assert hunk_of(every, 2) == (0, 5)
    assert around(every, 77, 5) == []
