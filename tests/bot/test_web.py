"""The door for webhooks, over a real socket: who may speak, what is kept, and what is answered."""

import hashlib
import hmac
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.forges.github.forge import GitHubForge
from bot.serving import server
from bot.store import State, Store
from config.settings import GerritSettings, GitHubSettings, LimitSettings, Secret, Settings

SECRET = "the webhook's secret"
HEAD = "a" * 40
SETTINGS = Settings(
    github=GitHubSettings(token=Secret("t0ken"), webhook_secrets=(Secret("old"), Secret(SECRET))),
    gerrit=GerritSettings(url="https://gerrit.example", user="bot", webhook_secrets=(Secret("p4th"),)),
    limits=LimitSettings(body_bytes=100_000),
)


class Door:
    """The listener on a port of its own, and a client that says what it wants."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._server = server(settings, store)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))

    def __enter__(self) -> "Door":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def github(self, body: bytes, event: str = "pull_request", secret: str = SECRET, **more: str) -> tuple[int, str]:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": event, "X-GitHub-Delivery": "d-1", **more}
        return self.send("POST", "/webhooks/github", body, headers)


@pytest.fixture
def door(store: Store) -> Iterator[Door]:
    with Door(SETTINGS, store) as door:
        yield door


def pull_request(**changes: Any) -> bytes:
    pull = {"number": 7, "draft": False, "head": {"sha": HEAD}, "user": {"login": "somebody"}, **changes}
    sender = {"login": "somebody", "type": "User"}
    repository = {"full_name": "owner/name"}
    return json.dumps(
        {"action": "opened", "number": 7, "pull_request": pull, "repository": repository, "sender": sender}
    ).encode()


def gerrit(number: int = 5) -> bytes:
    change = {"project": "a/b", "number": number, "branch": "main"}
    patchset = {"number": 1, "revision": HEAD}
    told = {"type": "patchset-created", "change": change, "patchSet": patchset, "eventCreatedOn": 1_700_000_000}
    return json.dumps({**told, "uploader": {"username": "somebody"}}).encode()


def test_a_signed_delivery_is_queued_and_kept(door: Door, store: Store) -> None:
    assert door.github(pull_request()) == (202, "queued\n")
    (waiting,) = store.waiting()
    assert str(waiting.event.ref) == "github:owner/name#7"


def test_a_second_secret_works_while_one_replaces_the_other(door: Door) -> None:
    assert door.github(pull_request(), secret="old")[0] == 202


def test_the_same_delivery_again_is_known_and_kept_once(door: Door, store: Store) -> None:
    door.github(pull_request())
    assert door.github(pull_request()) == (200, "already known\n")
    assert len(store.waiting()) == 1


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_wrong_signature_is_turned_away_and_nothing_is_kept(door: Door, store: Store, secret: str) -> None:
    status, text = door.github(pull_request(), secret=secret)
    assert status == 401
    assert "X-Hub-Signature-256" in text
    assert store.counts()[State.NEW] == 0


def test_no_signature_at_all_is_turned_away(door: Door, store: Store) -> None:
    assert door.send("POST", "/webhooks/github", pull_request())[0] == 401
    assert store.waiting() == ()


def test_a_signature_of_odd_bytes_is_turned_away(door: Door) -> None:
    status, _ = door.github(pull_request(), **{"X-Hub-Signature-256": "sha256=\u00e9\u00ff"})
    assert status == 401


def test_an_event_that_is_not_our_business_is_ignored_in_words(door: Door, store: Store) -> None:
    status, text = door.github(b'{"zen": "Keep it logically awesome."}', event="ping")
    assert status == 202
    assert text.startswith("ignored: ")
    assert store.waiting() == ()


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"[" * 50_000, b"\xff\xfe", b"[]", b"{}", b'"x"'])
def test_a_signed_body_that_is_no_event_is_refused_with_a_reason(door: Door, store: Store, body: bytes) -> None:
    status, text = door.github(body)
    assert status == 400
    assert text.startswith("refused: ")
    assert store.waiting() == ()


def test_a_body_over_the_cap_is_refused_by_its_announced_length(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port)) as client:
        client.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_over_the_cap_is_cut_off_while_it_streams(door: Door, store: Store) -> None:
    with socket.create_connection(("127.0.0.1", door.port)) as client:
        client.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        client.sendall(chunk * 4)  # no end: the answer comes before it
        answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert store.waiting() == ()


def test_a_client_that_goes_away_harms_nobody(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port)) as client:
        client.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
    assert door.github(pull_request())[0] == 202


def test_gerrit_comes_in_by_its_secret_path(door: Door, store: Store) -> None:
    assert door.send("POST", "/webhooks/gerrit/p4th", gerrit()) == (202, "queued\n")
    assert str(store.waiting()[0].event.ref) == "gerrit:a/b#5"
    assert door.send("POST", "/webhooks/gerrit/p4th", gerrit()) == (200, "already known\n")


@pytest.mark.parametrize("secret", ["wrong", "p4t", "p4th%00", "%E2%82%AC"])
def test_a_wrong_secret_path_is_turned_away(door: Door, store: Store, secret: str) -> None:
    assert door.send("POST", f"/webhooks/gerrit/{secret}", gerrit())[0] == 401
    assert store.waiting() == ()


@pytest.mark.parametrize(("networks", "status"), [(("127.0.0.0/8",), 202), (("10.0.0.0/8", "::1"), 403)])
def test_gerrit_may_have_to_come_from_a_known_address(store: Store, networks: tuple[str, ...], status: int) -> None:
    settings = replace(SETTINGS, gerrit=replace(SETTINGS.gerrit, webhook_addresses=networks))
    with Door(settings, store) as door:
        assert door.send("POST", "/webhooks/gerrit/p4th", gerrit())[0] == status


def test_a_forge_that_is_switched_off_has_no_door(store: Store) -> None:
    with Door(Settings(), store) as door:
        assert door.github(pull_request())[0] == 404
        assert door.send("POST", "/webhooks/gerrit/p4th", gerrit())[0] == 404


def test_a_door_without_any_secret_lets_nobody_in(store: Store) -> None:
    settings = Settings(github=GitHubSettings(token=Secret("t0ken")), gerrit=GerritSettings(url="https://g.example"))
    with Door(settings, store) as door:
        assert door.github(pull_request(), secret="")[0] == 401
        assert door.send("POST", "/webhooks/gerrit/x", gerrit())[0] == 401


def test_health_and_readiness_say_what_they_see(door: Door) -> None:
    door.github(pull_request())
    assert door.send("GET", "/healthz") == (200, "alive\n")
    assert door.send("GET", "/readyz") == (200, "ready: 1 new, 0 queued, 0 done, 0 failed\n")


def test_a_database_that_fails_asks_for_the_delivery_again(door: Door, store: Store) -> None:
    with store._engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE touchline_inbox RENAME TO elsewhere"))
    status, text = door.github(pull_request())
    assert status == 503
    assert "send it again" in text
    assert "touchline_inbox" not in text
    assert door.send("GET", "/readyz")[0] == 503


def test_a_mistake_of_ours_is_told_without_its_insides(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(GitHubForge, "read_event", lambda *_: 1 // 0)
    status, text = door.github(pull_request())
    assert status == 500
    assert "ZeroDivision" not in text
    assert "ZeroDivisionError" in caplog.text


def test_neither_answers_nor_log_repeat_what_came_in(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    probe = "<script>zq7</script>"
    told = [
        door.github(pull_request(number=probe)),
        door.github(f'{{"{probe}": '.encode()),
        door.github(pull_request(), event=probe),
        door.github(pull_request(), **{"X-GitHub-Delivery": probe}),
        door.send("POST", "/webhooks/gerrit/zq7", gerrit()),
        door.send("POST", "/webhooks/gerrit/p4th", gerrit().replace(b'"number": 5', f'"number": "{probe}"'.encode())),
        door.send("GET", "/zq7"),
    ]
    assert [text for _, text in told if "zq7" in text] == []
    assert "zq7" not in caplog.text
    assert "p4th" not in caplog.text


def test_the_database_that_is_busy_only_delays_an_answer(door: Door, store: Store) -> None:
    release = threading.Event()

    def hold() -> None:
        with store._engine.begin() as connection:
            connection.execute(sa.text("UPDATE touchline_schema SET version = version"))
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    threading.Timer(0.3, release.set).start()
    assert door.github(pull_request())[0] == 202
    holder.join()
