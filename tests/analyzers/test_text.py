"""What is searched without patterns is found as patterns find it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from analyzers.text import line_ends, places, split_lines, words

TEXT = st.text(alphabet="ab_1é²\n\r .(", max_size=40)


@given(TEXT, st.text(alphabet="ab_é", max_size=3))
def test_a_word_is_found_where_it_stands_by_itself(text: str, word: str) -> None:
    found = [one.start() for one in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)] if word else []
    assert list(places(text, word)) == found


@given(TEXT)
def test_the_words_are_what_a_pattern_finds(text: str) -> None:
    assert words(text) == frozenset(re.findall(r"\w+", text))


@given(TEXT)
def test_every_line_end_is_counted(text: str) -> None:
    assert line_ends(text, 0, len(text)) == sum(line.endswith(("\r", "\n")) for line in split_lines(text))
