"""What a change causes: not what it only moves, indents anew or breaks at other places."""

import pytest

from analyzers.catalog import all_rules
from tests.rules.running import PATH, report

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
def test_what_is_put_in_while_lines_are_broken_is_new(old: str, new: str) -> None:
    assert found(WAITS, BROKEN.replace(old, new)) == ["request-without-timeout"]
