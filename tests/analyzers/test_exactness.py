"""The cheap way is the exact way: cuts against whole files, on real and on torturing code."""

import ast
import os
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from analyzers.catalog import all_rules
from analyzers.source import SourceFile
from analyzers.text import Unreadable, decode
from analyzers.walk import look
from tests.analyzers.exact import Count, compare, compare_findings, examine, examples, sources, text_of, torturing
from tests.analyzers.torture import EDITS, FORGETTING, MISREAD, TORTURE, edited

# The long run compares every file: `python -m tests.analyzers.exact`.
STEP = int(os.environ.get("TOUCHLINE_EXACT_STEP", "0"))
SAMPLE = 20
TORTURING = dict(torturing())


def sample() -> list[Path]:
    """Every nth file; without a wish, about twenty, however many there are."""
    found = sources()
    return found[:: STEP or max(1, len(found) // SAMPLE)]


@pytest.mark.parametrize("name", TORTURING)
def test_cuts_give_what_the_whole_file_gives_on_torturing_code(name: str) -> None:
    count = Count()
    compare(TORTURING[name], count)
    compare_findings(TORTURING[name], count)
    assert count.files == 1


def test_cuts_give_what_the_whole_file_gives_on_real_code() -> None:
    count = Count()
    for path in sample():
        text = text_of(path, count)
        if text is not None:
            examine(str(path), text, count)
    print(f"\n{count}")
    assert count.differences == []
    assert count.nodes > 10_000


@pytest.mark.parametrize("name", MISREAD)
def test_where_libcst_reads_another_block_than_python_the_unit_is_refused_not_misread(name: str) -> None:
    file = SourceFile("x.py", MISREAD[name])
    ast.parse(MISREAD[name])
    seen = look(file, file.outline.units, all_rules(), glancing=False)
    assert len(seen.troubles) == 1
    with pytest.raises(Unreadable):
        file.scopes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "iso-8859-15", "cp1252", "shift_jis", "koi8-r"])
def test_an_encoding_changes_no_place(encoding: str) -> None:
    letters = {"shift_jis": "日本", "koi8-r": "Привет"}.get(encoding, "é")
    cookie = "" if encoding.startswith("utf") else f"# -*- coding: {encoding} -*-\n"
    text = f"{cookie}class A:\n    def f(self): return '{letters}', g(1)\n    x = '{letters}', h(2)\n"
    assert decode(text.encode(encoding)) == text
    compare(text, Count())
    file = SourceFile("x.py", text)
    calls = [file.code(node) for cut in file.scopes() for node in cut.nodes if isinstance(node, cst.Call)]
    assert sorted(calls) == ["g(1)", "h(2)"]


SMALL = [path for path in sources() if 200 < path.stat().st_size < 8_000]
REAL = [text for path in SMALL[3 :: len(SMALL) // 40] if (text := text_of(path))]
SHAPES = [*TORTURE.values(), *FORGETTING.values(), *(text for _, text in examples())]


@settings(max_examples=60)
@given(
    st.sampled_from(REAL) | st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)).map("".join),
    st.lists(st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 10_000)), min_size=1, max_size=6),
)
@example("def f():\n    pass\n\n  \n\t\n", [("line '  # \\u2028'", 3)])
@example("u\n", [("after '\\n\\n  \\n'", 0), ("no end", 0)])
def test_random_edits_of_real_files_are_read_alike_both_ways(text: str, edits: list[tuple[str, int]]) -> None:
    for edit in edits:
        changed = edited(text, [edit])
        text = changed if SourceFile("x.py", changed).readable else text
    count = Count()
    assume(readable_by_libcst(text))
    examine("x.py", text, count)
    assert count.differences == []


def readable_by_libcst(text: str) -> bool:
    """Whether the file read whole can be the measure of the cuts."""
    try:
        return bool(cst.parse_module(text) and SourceFile("x.py", text).scopes() is not None)
    except (cst.ParserSyntaxError, Unreadable):
        return False
