"""What a forge makes of a comment's text: markers hidden, markdown shown, folds foldable, suggestions as a change."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

HIDDEN = re.compile(r"<!--.*?-->\n?", re.DOTALL)
FOLD_BEGIN = re.compile(r"<p>&lt;details&gt;\s*&lt;summary&gt;(.*?)&lt;/summary&gt;</p>", re.DOTALL)
FOLD_END = "<p>&lt;/details&gt;</p>"
SMALL = re.compile(r"&lt;(/?)sub&gt;")
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>.*?</details>", re.DOTALL)
SUGGESTION = "suggestion"


def as_html(body: str, replaced: tuple[str, ...] = ()) -> str:
    """The comment as safe HTML: of all its tags only folds and small print count. `replaced` are the lines it is on."""
    html = str(_markdown().render(HIDDEN.sub("", body), {"replaced": replaced}))
    html = FOLD_BEGIN.sub(r"<details><summary>\1</summary>", html).replace(FOLD_END, "</details>")
    return SMALL.sub(r"<\1sub>", html)


def as_plain_markdown(body: str) -> str:
    """The comment as markdown for a terminal: of the folds only the titles."""
    return FOLD.sub(r"▸ \1", HIDDEN.sub("", body))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("fence", _fence)
    return markdown


def _fence(self: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    if tokens[index].info.strip() != SUGGESTION:
        return self.fence(tokens, index, options, env)
    old = "".join(f'<div class="row old"><i>-</i><code>{escape(line)}</code></div>' for line in env["replaced"])
    lines = tokens[index].content.splitlines()
    new = "".join(f'<div class="row new"><i>+</i><code>{escape(line)}</code></div>' for line in lines)
    return f'<div class="suggestion"><header>Suggested change</header>{old}{new}</div>'
