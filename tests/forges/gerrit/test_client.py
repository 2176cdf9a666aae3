"""What a server may answer, and whose fault it is then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.errors import Refused, TouchlineError, Unavailable
from bot.forges.gerrit.client import Gerrit, address
from config.settings import GerritSettings, Secret

JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str]) -> Iterator[Gerrit]:
    """A client of a server that gives everybody this one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Gerrit(settings(server.server_address[1]))
        finally:
            server.shutdown()
            thread.join()


def settings(port: int) -> GerritSettings:
    """Of a server on loopback."""
    return GerritSettings(f"http://127.0.0.1:{port}/", "touchline", Secret("hush"), timeout_seconds=5)


def asked(status: int, body: bytes, headers: dict[str, str]) -> TouchlineError:
    """The error that an answer becomes."""
    with answering(status, body, headers) as gerrit, pytest.raises(TouchlineError) as caught:
        gerrit.get("changes", "a/b~1")
    assert "hush" not in str(caught.value)
    return caught.value


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    error = asked(503, b"Lock failure", {**TEXT, "Retry-After": "7"})
    assert isinstance(error, Unavailable)
    assert error.retry_after == 7.0
    assert "Lock failure" in str(error)


@pytest.mark.parametrize("status", [429, 500, 502, 504])
def test_the_servers_troubles_pass(status: int) -> None:
    assert isinstance(asked(status, b"trouble", TEXT), Unavailable)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_no_is_kept_with_its_reason(status: int) -> None:
    error = asked(status, b"file app.py not found in revision 1,1\n\x1b[31m", TEXT)
    assert isinstance(error, Refused)
    assert error.status == status
    assert "file app.py not found in revision 1,1" in str(error)
    assert "\x1b" not in str(error)


def test_a_redirect_is_not_followed_with_the_password_in_hand() -> None:
    error = asked(302, b"", {**TEXT, "Location": "http://elsewhere.example.com/"})
    assert isinstance(error, Refused)
    assert "gerrit.url" in str(error)


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b")]}'\n{", b")]}'\n" + b"[" * 200_000])
def test_what_is_no_json_is_the_worlds_fault(body: bytes) -> None:
    assert isinstance(asked(200, body, JSON), Unavailable)


def test_an_endless_answer_is_given_up() -> None:
    with answering(200, b")]}'\n" + b'"' + b"x" * 300_000 + b'"', TEXT) as gerrit, pytest.raises(Refused):
        gerrit.content("changes", "a~1", limit=100_000)


def test_a_server_that_is_not_there_may_come_back() -> None:
    with pytest.raises(Unavailable):
        Gerrit(settings(1)).get("changes", "a~1")


def test_every_part_of_an_address_is_quoted() -> None:
    parts = ("changes", "team/web~12", "revisions", "current", "files", "f\u00e9e + co/(1)?.py", "diff")
    assert address(*parts) == "/changes/team%2Fweb~12/revisions/current/files/f%C3%A9e%20%2B%20co%2F%281%29%3F.py/diff"
    assert address("changes", "", query={"q": 'is:open after:"x"', "o": ["A", "B"]}).endswith("&o=A&o=B")
