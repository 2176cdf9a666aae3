"""Nothing from a change gets out of its place in a comment: held against another reader of markdown."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot import wording
from bot.forges.github.markdown import (
    BODY_LIMIT,
    Kind,
    Marker,
    fenced,
    fold,
    inert,
    marker_of,
    shorten,
    with_folds,
)

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
HOME = ("https://forge.test/",)
WORDS = (
    "@user @org/team #12 GH-7 <b> </details> https://evil.test www.evil.test _www.evil.test [x](https://evil.test) "
    "[x](https://forge.test/a) ![i](https://forge.test/i) [x] [x](<https://evil.test>) <https://evil.test> "
    "` `` ``` ~~~ \\ \\` | word &lt; &#64; &commat; * _"
)
PHRASES = ["<!-- touchline:comment 0123456789abcdef - -->", "[x]: https://evil.test", "[x](https://evil.test 'title')"]
BREAKS = ["\n", "\n\n", "\n    ", "\n- ", "\n> ", "\n| a | b |\n|---|---|\n| ", " "]
PIECES = st.sampled_from([*WORDS.split(), *PHRASES, *BREAKS])
MARKDOWN = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60)


def tokens(markdown: str) -> Iterator[Token]:
    """All tokens, inline ones too."""
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def live(markdown: str) -> list[str]:
    """What would work if this were shown: tags, pictures, foreign links, mentions, references, bare addresses."""
    found = []
    for token in tokens(markdown):
        if token.type in ("html_block", "html_inline", "image"):
            found.append(token.content)
        if token.type == "link_open" and not str(token.attrs["href"]).startswith(HOME):
            found.append(str(token.attrs["href"]))
        if token.type == "text":
            found += re.findall(r"@\w+|#\d+|[Gg][Hh]-\d+|\w+://(?!forge.test/)|www\.", token.content)
    return found


def test_the_oracle_sees_what_works() -> None:
    text = "<b> ![i](https://x) [x](https://evil.test) @user #12 https://evil.test www.evil.test GH-7"
    assert len(live(text)) == 8
    assert live("`@user <b>` [x](https://forge.test/a)") == []


@given(MARKDOWN)
def test_inert_text_does_nothing(markdown: str) -> None:
    assert live(inert(markdown, HOME)) == []


@given(MARKDOWN)
@example("\n| a | b |\n|---|---|\n| `#12|`")
def test_inert_text_does_nothing_after_other_text(markdown: str) -> None:
    assert live(f"**Words**\n\n{inert(markdown, HOME)}\n\nmore") == []


@given(MARKDOWN, st.integers(700, 900))
def test_cut_text_does_nothing_either(markdown: str, limit: int) -> None:
    text = shorten(inert((markdown + " ") * 40, HOME), limit, "*Cut.*")
    assert live(text) == []
    assert len(text) <= limit


@pytest.mark.parametrize(
    "markdown",
    [
        "**SQL built from text** (CWE-89, high)",
        "1. [`app.py:12`](https://forge.test/o/p/blob/abc/app.py#L12): `name` comes in",
        "Use `a @ b`, `<tag>` and ``a ` b``.",
        "```python\n@decorator\nif a < b: ...\n```",
        "| file | outcome |\n|---|---|\n| `a.py` | analysed |",
        "- `# touchline: ignore[rule] because …`",
        "See [CWE-89](https://cwe.mitre.org/data/definitions/89.html).",
        "3 \\< 4, a\\_b",
    ],
)
def test_our_own_markdown_stays_as_it_is(markdown: str) -> None:
    assert inert(markdown, HOME) == markdown


@given(st.text(max_size=40))
def test_code_spans_of_the_wording_stay_code(text: str) -> None:
    span = wording.code(text)
    assert inert(f"Look at {span} here.", HOME) == f"Look at {span} here." or "|" in span


@pytest.mark.parametrize("opening", ["```", "~~~~", "```python"])
def test_an_open_fence_is_closed(opening: str) -> None:
    closing = opening[:4].rstrip("p")
    assert inert(f"a\n{opening}\ncode") == f"a\n{opening}\ncode\n{closing}"


@given(st.text(max_size=80), st.text(alphabet="`a\n", max_size=30))
def test_a_fence_holds_whatever_is_in_it(before: str, code: str) -> None:
    text = f"{code}\n"
    block = READER.parse(fenced(text, "suggestion"))
    assert [token.type for token in block] == ["fence"]
    assert block[0].content == text


def test_a_marker_is_read_back_and_only_at_the_beginning() -> None:
    marker = Marker(Kind.COMMENT, "0123456789abcdef", "a" * 40)
    assert marker_of(f"{marker}Words.") == marker
    assert marker_of(f"{marker}Words.".replace("\n", "\r\n")) == marker
    assert marker_of(f" {marker}") is None
    assert marker_of(f"Words.\n{marker}") is None
    assert marker_of("") is None


@given(MARKDOWN)
def test_text_cannot_be_a_marker(text: str) -> None:
    assert marker_of(inert(text)) is None


@given(MARKDOWN)
def test_a_fold_folds_whatever_its_title(title: str) -> None:
    line = " ".join(title.split())
    html = [token.content for token in tokens(fold(line, "Details.")) if token.type == "html_block"]
    assert len(html) == 2
    assert html[0].count("<") == 3


def test_the_last_folds_are_cut_first() -> None:
    folds = [("one", "a\n" * 500), ("two", "b\n" * 500), ("three", "c\n" * 500)]
    text = with_folds("Words.", folds, 2600, "*Cut.*")
    assert len(text) <= 2600
    assert text.startswith("Words.")
    assert text.count("a\n") == 500
    assert "*Cut.*" in text
    assert "three" not in text
    assert text.count("<details>") == text.count("</details>")


@given(st.integers(0, 200_000), st.lists(st.tuples(st.just("t"), st.integers(0, 90_000)), max_size=4))
def test_nothing_is_longer_than_the_limit(length: int, folds: list[tuple[str, int]]) -> None:
    text = with_folds(
        "x y" * (length // 3), [(title, "z\n" * (size // 2)) for title, size in folds], BODY_LIMIT, wording.CUT
    )
    assert len(text) <= BODY_LIMIT
    assert text.count("<details>") == text.count("</details>")


def test_cutting_inside_of_code_closes_it() -> None:
    text = shorten("```\n" + "line\n" * 1000, 1500, "*Cut.*")
    assert text.endswith("line\n```\n\n*Cut.*")
