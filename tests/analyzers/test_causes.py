"""What a change causes: not what it only moves, indents anew or breaks at other places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.catalog import all_rules
from analyzers.engine import analyze
from analyzers.model import Confidence, FilePair
from analyzers.workspace import workspace
from tests.rules.running import PATH, models, report

WAITS = (
    "import requests\n\ndef load(name):\n    return requests.get('https://shop.example/' + name, headers={'a': 'b'})\n"
)
BROKEN = """import requests


def load(name):
    return requests.get(
        "https://shop.example/" + name,
        headers={"a": "b"},
    )
"""


def found(base: str, head: str) -> list[str]:
    return [finding.rule for finding in report(all_rules(), {PATH: head}, {PATH: base}).findings]


@pytest.mark.parametrize(
    "head",
    [BROKEN, WAITS.replace("'", '"'), WAITS.replace("    return", "    if name:\n        return"), "\n" + WAITS],
)
def test_what_a_formatter_did_is_not_new(head: str) -> None:
    assert found("", WAITS) == ["request-without-timeout"]
    assert found(WAITS, head) == []


def test_what_is_left_out_while_lines_are_broken_is_new() -> None:
    base = WAITS.replace("})", "}, timeout=9)")
    assert found(base, BROKEN) == ["request-without-timeout"]


@pytest.mark.parametrize(
    ("old", "new"), [('"https://shop.example/"', '"https://mall.example/"'), ("requests.get", "requests.head")]
)
def test_what_is_put_in_while_lines_are_broken_is_touched(old: str, new: str) -> None:
    assert found(WAITS, BROKEN.replace(old, new)) == ["request-without-timeout"]


@pytest.mark.parametrize("head", [WAITS.replace("load(name", "fetch(item").replace("+ name", "+ item")])
def test_what_changed_while_it_moved_to_another_definition_is_not_new(head: str) -> None:
    assert found(WAITS, head) == []
    assert found(WAITS, head + "\ndef load(name):\n    return fetch(name)\n") == []


def test_each_that_went_explains_one_that_came() -> None:
    head = WAITS.replace("load(", "fetch(") + "\ndef ask():\n    return requests.get('https://ask.example')\n"
    assert found(WAITS, head) == ["request-without-timeout"]


WAITED = WAITS.replace("})", "}, timeout=9)")


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (WAITED, WAITS),
        (WAITED, "import os\n" + WAITS.replace("+ name", "+ os.fspath(name)")),
        (BROKEN.replace("    )", "        timeout=9,\n    )"), "\n\n" + BROKEN),
    ],
)
def test_what_somebody_had_guarded_is_surely_missed(base: str, head: str) -> None:
    (missing,) = report(all_rules(), {PATH: head}, {PATH: base}).findings
    assert missing.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "base",
    [
        "",
        WAITED.replace("load", "read") + "\ndef other():\n    return 1\n",
        "def load(name):\n    return name\n\n" + WAITED.replace("load", "other"),
    ],
)
def test_what_nobody_had_guarded_is_not_sure(base: str) -> None:
    missing = report(all_rules(), {PATH: base + WAITS}, {PATH: base}).findings
    assert {one.confidence for one in missing} == {Confidence.MEDIUM}


TWICE = "    requests.head(name)\n    return "


@pytest.mark.parametrize(
    ("head", "sure"),
    [
        (WAITS.replace("    return ", TWICE), [Confidence.HIGH, Confidence.MEDIUM]),
        (WAITED.replace("    return ", TWICE).replace("'a'", "'c'"), [Confidence.MEDIUM]),
    ],
)
def test_one_guard_that_went_makes_one_finding_sure(head: str, sure: list[Confidence]) -> None:
    missing = report(all_rules(), {PATH: head}, {PATH: WAITED}).findings
    assert sorted(one.confidence for one in missing) == sure


def test_what_another_tool_was_told_to_pass_over_was_there() -> None:
    assert found(WAITS.replace("})", "})  # nosec"), WAITS) == []
    ours = WAITS.replace("})", "})  # touchline: ignore[request-without-timeout] because the shop answers")
    assert found(ours, WAITS) == ["request-without-timeout"]


def test_one_that_stays_explains_none_that_came() -> None:
    assert found(WAITS, WAITS + WAITS.partition("\n\n")[2].replace("load", "again")) == ["request-without-timeout"]


def test_a_line_that_somebody_calls_touched_is_enough() -> None:
    assert [one.rule for one in report(all_rules(), {PATH: WAITS}, {PATH: WAITS}, {PATH: frozenset({4})}).findings]


@pytest.mark.parametrize("left", ["", "import requests\n", None])
def test_what_came_from_another_file_is_not_new(left: str | None) -> None:
    moved = WAITS.replace("name", "kind")
    pairs = [
        FilePair("new.py", moved.encode(), None, None),
        FilePair("old.py", None if left is None else left.encode(), WAITS.encode(), None),
    ]
    assert not analyze(pairs, all_rules(), models()).findings
    assert analyze(pairs[:1], all_rules(), models()).findings


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.lists(st.sampled_from("abcdef"), max_size=12))
def test_a_line_that_stayed_is_known_by_where_it_was(old: list[str], new: list[str]) -> None:
    base, head = ("".join(f"{name}\n" for name in names) for names in (old, new))
    (side,) = workspace([FilePair(PATH, head.encode(), base.encode(), None)]).sides.values()
    for line in range(1, len(new) + 1):
        at = side.change_at(line)
        assert at.head_start < line <= at.head_end
        if line not in side.touched.added:
            assert old[at.base_start : at.base_end] == [new[line - 1]]


METER = """import threading

class Meter:
    def __init__(self):
        self._lock = threading.Lock()

    def add(self, n):
        with self._lock:
            self.total += n

    def take(self, n):
        with self._lock:
            self.total -= n

    def reset(self):
        self.total = 0
"""
TWICE = """
    def double(self):
        with self._lock:
            self.total *= 2
"""


@pytest.mark.parametrize("head", [METER + TWICE, METER.replace("\n    def take", TWICE + "\n    def take")])
def test_what_one_more_place_bears_witness_to_was_there_before(head: str) -> None:
    assert found("", METER) == ["attribute-written-without-its-lock"]
    assert found(METER, head) == []


def test_what_the_second_place_makes_a_defect_is_new() -> None:
    base = METER.replace("    def take(self, n):\n        with self._lock:\n            self.total -= n\n\n", "")
    assert found(base, METER) == ["attribute-written-without-its-lock"]


@pytest.mark.parametrize(
    ("base", "used"),
    [
        ("def total(price):\n    return price * rate\n", "rate"),
        (
            "def load(at):\n    try:\n        row = at()\n    except OSError:\n        print(at)\n    return row\n",
            "row",
        ),
    ],
)
def test_one_more_use_above_does_not_make_a_name_newly_undefined(base: str, used: str) -> None:
    assert found("", base)
    assert found(base, base.replace("    return", f"    print({used})\n    return")) == []


def test_what_stayed_explains_what_stayed_first() -> None:
    """All functions get another name, and one of the lines that use an unknown one is written anew."""
    base = "".join(f"def {name}(key):\n    return shown({name!r})\n\n" for name in ("one", "two", "three"))
    head = base.replace("def ", "def new_").replace("shown('two')", "shown('two', key)")
    assert found("", base)
    assert found(base, head) == []


def test_an_unknown_name_that_base_used_is_not_new_at_one_more_place() -> None:
    """Another file may give it to `builtins`; a name that only head uses is a slip."""
    base = "def one(key):\n    return T(key)\n\n\ndef two(key):\n    return key\n"
    assert found("", base)
    assert found(base, base.replace("T(key)", "T(key, 1)").replace("return key", "return T('two') % key")) == []
    assert found(base, base.replace("return key", "return U('two') % key")) == ["name-not-defined"]


ASKED = """import sqlite3
def price(cursor: sqlite3.Cursor, name, kind):
    cursor.execute("select price from items where name = '%s' and kind = '%s'" % (name, kind))
"""
SPELLED = (
    """cursor.execute(f"select price from items where name = '{name}' and kind = '{kind}'")""",
    """cursor.execute("select price from items where name = '{}' and kind = '{}'".format(name, kind))""",
    """cursor.execute(
        'select price from items where name = "%s" '
        'and kind = "%s"' % (name, kind))""",
)
CHANGED = (
    """cursor.execute(f"select price from items where name = '{kind}' and kind = '{kind}'")""",
    """cursor.execute(f"select price from wares where name = '{name}' and kind = '{kind}'")""",
)


def asked(call: str) -> str:
    first, second, _ = ASKED.split("\n", 2)
    return f"{first}\n{second}\n    {call}\n"


@pytest.mark.parametrize("call", SPELLED)
def test_a_text_that_is_only_formatted_in_another_way_is_not_new(call: str) -> None:
    assert found("", asked(call)) == ["sql-from-text"]
    assert found(ASKED, asked(call)) == []


@pytest.mark.parametrize("call", CHANGED)
def test_a_text_that_says_something_else_is_new(call: str) -> None:
    assert found(ASKED, asked(call)) == ["sql-from-text"]


def test_an_old_defect_on_a_line_that_is_written_anew_is_no_longer_sure() -> None:
    code = "def price(item, kind):\n    return item\n\n\ndef total(item):\n    return price(item)\n"
    edited = code.replace("price(item)", "price(item * 9)")

    def told(base: str) -> list[tuple[str, Confidence]]:
        return [(one.rule, one.confidence) for one in report(all_rules(), {PATH: edited}, {PATH: base}).findings]

    assert told(code) == [("call-does-not-fit", Confidence.MEDIUM)]
    assert told(code.replace("price(item)", "price(item + 9)")) == [("call-does-not-fit", Confidence.MEDIUM)]
    assert told(code.replace("price(item)", "price(item, 1)")) == [("call-does-not-fit", Confidence.HIGH)]
