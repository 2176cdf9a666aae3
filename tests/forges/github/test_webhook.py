"""GitHub's deliveries: samples that GitHub sent, and whatever anybody may send."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.forges.github.webhook import command_in, read_event
from bot.model import ChangeRef, Event, Happened
from config.settings import Secret

SAMPLES = Path(__file__).parent.parent / "samples" / "github"
SECRETS = (Secret("yesterday's"), Secret("today's"))
REF = ChangeRef("github", "Codertocat/Hello-World", 2)
HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def sample(name: str) -> Any:
    """A payload as GitHub sent it."""
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def comment(body: str, **changes: Any) -> Any:
    """The sample of a comment, made on a pull request."""
    payload = sample("issue_comment.created")
    payload["issue"]["pull_request"] = {"url": "https://api.github.com/repos/Codertocat/Hello-World/pulls/1"}
    payload["comment"]["body"] = body
    payload["comment"]["user"].update(changes)
    return payload


def headers(event: str, body: bytes, secret: str = "today's") -> dict[str, str]:
    """The headers of a delivery."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-github-event": event, "x-github-delivery": "72d3162e-cc78", "x-hub-signature-256": f"sha256={signature}"}


def read(event: str, payload: Any, login: str = "touchline-bot") -> Event | None:
    """What a signed delivery is read as."""
    body = json.dumps(payload).encode()
    return read_event(headers(event, body), body, SECRETS, login)


@pytest.mark.parametrize(
    ("name", "happened"),
    [
        ("opened", Happened.PATCHSET),
        ("synchronize", Happened.PATCHSET),
        ("ready_for_review", Happened.READY),
        ("closed", Happened.CLOSED),
    ],
)
def test_what_github_sent_of_a_pull_request_is_read(name: str, happened: Happened) -> None:
    event = read("pull_request", sample(f"pull_request.{name}"))
    assert event == Event(REF, "72d3162e-cc78", happened, patchset=HEAD)


def test_a_reopened_pull_request_is_a_patchset() -> None:
    event = read("pull_request", sample("pull_request.opened") | {"action": "reopened"})
    assert event is not None
    assert event.what is Happened.PATCHSET


def test_other_events_and_actions_are_not_our_business() -> None:
    assert read("pull_request", sample("pull_request.labeled")) is None
    assert read("ping", sample("ping.any")) is None
    assert read("", {}) is None
    assert read("__class__", {}) is None


def test_a_comment_on_an_issue_is_no_command() -> None:
    assert read("issue_comment", sample("issue_comment.created")) is None


def test_a_command_in_an_answer_names_its_thread() -> None:
    payload = comment("/touchline ignore because it is a test") | {"pull_request": {"number": 2}}
    event = read("pull_request_review_comment", payload)
    assert event is not None
    assert (event.ref, event.command, event.thread) == (REF, "ignore because it is a test", "")
    payload["comment"]["in_reply_to_id"] = 17
    answer = read("pull_request_review_comment", payload)
    assert answer is not None
    assert answer.thread == "17"
    payload["comment"]["in_reply_to_id"] = "17; drop"
    assert outcome("pull_request_review_comment", payload) == 400


def test_a_command_is_read_with_its_author_and_comment() -> None:
    event = read("issue_comment", comment("Please.\r\n/touchline review now\r\nThanks."))
    assert event is not None
    assert (event.what, event.command, event.actor) == (Happened.COMMAND, "review now", "Codertocat")
    assert (event.ref.number, event.comment_id, event.patchset) == (1, "492700400", "")


@pytest.mark.parametrize("action", ["edited", "deleted"])
def test_only_a_new_comment_commands(action: str) -> None:
    assert read("issue_comment", comment("/touchline review") | {"action": action}) is None


def test_bots_and_our_own_account_do_not_command() -> None:
    assert read("issue_comment", comment("/touchline review", type="Bot")) is None
    assert read("issue_comment", comment("/touchline review", login="other[bot]")) is None
    assert read("issue_comment", comment("/touchline review", login="Touchline-Bot")) is None


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/touchline", ""),
        ("/touchline  review  ", "review"),
        ("/touchline ignore because it is fine", "ignore because it is fine"),
        ("/touchline review\n/touchline help", "review"),
        ("> /touchline review", None),
        (" /touchline review", None),
        ("/touchlines review", None),
        ("say /touchline review", None),
        ("```\n/touchline review\n```", None),
        ("```\n/touchline review\n```\n/touchline help", "help"),
        ("~~~~\n```\n~~~\n/touchline review\n~~~~", None),
        ("", None),
    ],
)
def test_a_command_begins_its_line_outside_of_code(body: str, command: str | None) -> None:
    assert command_in(body) == command


def test_a_command_is_one_short_printable_line() -> None:
    assert command_in("/touchline re\x00view\x1b[2J") == "review[2J"
    assert len(command_in("/touchline " + "x" * 5000) or "") == 1000


def test_every_secret_of_a_rotation_is_good() -> None:
    body = json.dumps(sample("pull_request.opened")).encode()
    for secret in SECRETS:
        assert read_event(headers("pull_request", body, secret.reveal()), body, SECRETS)


@pytest.mark.parametrize(
    ("signature", "secrets"),
    [
        ("", SECRETS),
        ("sha256=", SECRETS),
        ("sha1=" + "0" * 40, SECRETS),
        ("sha256=" + "0" * 64, SECRETS),
        ("sha256=\u00e9\udcff", SECRETS),
        (headers("", b"{", "")["x-hub-signature-256"], (Secret(""),)),
        (headers("", b"{")["x-hub-signature-256"], ()),
    ],
)
def test_without_the_right_signature_nothing_is_even_parsed(signature: str, secrets: tuple[Secret, ...]) -> None:
    sent = headers("pull_request", b"{") | {"x-hub-signature-256": signature}
    with pytest.raises(Refused) as refused:
        read_event(sent, b"{", secrets)
    assert refused.value.status == 401
    assert "today" not in str(refused.value)


def test_one_changed_byte_breaks_the_signature() -> None:
    body = json.dumps(sample("pull_request.opened")).encode()
    with pytest.raises(Refused, match="X-Hub-Signature-256"):
        read_event(headers("pull_request", body), body + b" ", SECRETS)


@pytest.mark.parametrize("body", [b"", b"{", b"payload=%7B%7D", b"[" * 100_000, b"\xff", b"9" * 5000, b"null", b"[]"])
def test_a_signed_body_that_cannot_be_read_is_a_400(body: bytes) -> None:
    for event in ("pull_request", "issue_comment"):
        with pytest.raises(Refused) as refused:
            read_event(headers(event, body), body, SECRETS)
        assert refused.value.status == 400


def test_a_body_over_the_cap_is_a_413() -> None:
    with pytest.raises(Refused) as refused:
        read_event({}, bytes(26_214_401), SECRETS)
    assert refused.value.status == 413


ROADS = [
    ("action",),
    ("pull_request",),
    ("pull_request", "number"),
    ("pull_request", "head"),
    ("pull_request", "head", "sha"),
    ("repository",),
    ("repository", "full_name"),
    ("issue",),
    ("issue", "number"),
    ("issue", "pull_request"),
    ("comment",),
    ("comment", "id"),
    ("comment", "body"),
    ("comment", "in_reply_to_id"),
    ("comment", "user"),
    ("comment", "user", "login"),
    ("comment", "user", "type"),
]


def put(payload: Any, road: tuple[str, ...], value: Any) -> None:
    """Set a field, or remove it (value None), where the road to it is there."""
    *way, last = road
    for step in way:
        payload = payload.get(step, {}) if isinstance(payload, dict) else {}
    if isinstance(payload, dict):
        payload.update({last: value}) if value is not None else payload.pop(last, None)


@given(
    st.sampled_from(["pull_request", "issue_comment", "pull_request_review_comment"]),
    st.dictionaries(st.sampled_from(ROADS), JSON, max_size=4),
)
def test_any_field_may_be_odd_or_missing(event: str, changes: dict[tuple[str, ...], Any]) -> None:
    payload = sample("pull_request.opened") if event == "pull_request" else comment("/touchline review")
    payload["pull_request"] = sample("pull_request.opened")["pull_request"]
    for road, value in changes.items():
        put(payload, road, value)
    found = outcome(event, payload)
    if isinstance(found, Event):
        assert (found.ref.forge, found.ref.number > 0, found.ref.project.count("/")) == ("github", True, 1)
    else:
        assert found in (None, 400)


def outcome(event: str, payload: Any) -> Event | int | None:
    """The event, or the status of the refusal."""
    try:
        return read(event, payload)
    except Refused as refused:
        return refused.status


@given(st.text())
def test_any_text_may_be_a_comment(body: str) -> None:
    command = command_in(body)
    assert command is None or (len(command) <= 1000 and "\n" not in command and "/touchline" in body)
