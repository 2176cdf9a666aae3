"""Verification that a comment announces to be off is told in the summary alone."""

import pytest

from analyzers.catalog import all_rules
from analyzers.model import Confidence
from tests.rules.running import PATH, report

CALL = """import requests


def read(url):
    # {above}
    return requests.get(url, verify=False, timeout=5)  # {beside}
"""


def sureness(code: str) -> list[Confidence]:
    found = report(all_rules(), {PATH: code}).findings
    return [one.confidence for one in found if one.rule == "tls-verification-off"]


@pytest.mark.parametrize(
    "words",
    [
        "Disable SSL verification",
        "self-signed",
        "insecure on purpose",
        "no cert check",
        "don't verify",
        "TODO: support certificates",
        "TLS verification is off",
    ],
)
def test_a_comment_that_says_so_is_meant(words: str) -> None:
    assert sureness(CALL.format(above=words, beside="")) == [Confidence.MEDIUM]
    assert sureness(CALL.format(above="", beside=words)) == [Confidence.MEDIUM]


@pytest.mark.parametrize("words", ["noqa: S501", "nosec"])
def test_an_answer_to_another_tool_is_one_here(words: str) -> None:
    assert sureness(CALL.format(above="", beside=words)) == []


@pytest.mark.parametrize("words", ["the shop's own certificate", "read it over https", "not cached", "skip the cache"])
def test_a_comment_about_something_else_announces_nothing(words: str) -> None:
    assert sureness(CALL.format(above=words, beside="")) == [Confidence.HIGH]


def test_a_comment_further_above_announces_nothing() -> None:
    code = CALL.format(above="insecure", beside="").replace("    return", "    url = url.strip()\n    return")
    assert sureness(code) == [Confidence.HIGH]
