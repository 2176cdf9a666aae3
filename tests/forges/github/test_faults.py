"""Whose fault an answer is, how long to wait, and what is repeated of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused, Unavailable
from bot.forges.github.faults import clean, fault, graphql_fault

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_no_is_final(status: int) -> None:
    found = fault(status, {}, {"message": "No."}, "show it", NOW)
    assert isinstance(found, Refused)
    assert (found.status, str(found)) == (status, f"GitHub would not show it: {status} No.")


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (403, {"retry-after": "30"}, {}, 30),
        (429, {"retry-after": "7"}, {}, 7),
        (429, {}, None, 60),
        (403, SPENT, {"message": "API rate limit exceeded"}, 91),
        (403, {}, SECONDARY, 60),
        (422, {}, {"message": "was submitted too quickly"}, 60),
        (403, {"retry-after": "99999999"}, {}, 3600),
        (403, {"retry-after": "0"}, {}, 1),
        (503, {"retry-after": "20"}, {}, 20),
        (503, {}, {}, None),
        (502, {"retry-after": "soon"}, "<html>", None),
    ],
)
def test_a_later_says_how_much_later(status: int, headers: dict[str, str], body: Any, seconds: float | None) -> None:
    found = fault(status, headers, body, "show it", NOW)
    assert isinstance(found, Unavailable)
    assert found.retry_after == seconds


def test_what_github_said_of_each_field_is_kept() -> None:
    body = {"message": "Unprocessable Entity", "errors": ["Line could not be resolved", {"message": "and more"}, 3]}
    assert str(fault(422, {}, body, "post", NOW)).endswith("Unprocessable Entity; Line could not be resolved; and more")


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        ({"type": "NOT_FOUND", "message": "gone"}, Refused, 404),
        ({"type": "FORBIDDEN", "message": "no"}, Refused, 403),
        ({"message": "Resource not accessible by integration"}, Refused, 403),
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, Unavailable, None),
        ({"message": "Something went wrong while executing your query"}, Unavailable, None),
        ({}, Unavailable, None),
    ],
)
def test_graphql_errors_have_an_owner_too(error: dict[str, str], kind: type[Exception], status: int | None) -> None:
    found = graphql_fault({"errors": [error]}, "resolve a thread")
    assert isinstance(found, kind)
    assert getattr(found, "status", None) == status


@given(st.text(max_size=600))
def test_what_is_repeated_is_one_short_printable_line(text: str) -> None:
    line = clean(f"{text} token-1 {text}", "token-1")
    assert len(line) <= 300
    assert line.isprintable()
    assert "token-1" not in line


@given(st.integers(400, 599), st.dictionaries(st.sampled_from(["retry-after", *SPENT]), st.text(max_size=9)), st.text())
def test_any_answer_has_an_owner(status: int, headers: dict[str, str], body: str) -> None:
    for told in (body, [body], {"message": body}, {"errors": body}, {"message": 3, "errors": [[]]}, None):
        assert isinstance(fault(status, headers, told, "show it", NOW), Refused | Unavailable)
