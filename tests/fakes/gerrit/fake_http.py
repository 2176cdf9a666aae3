"""The fake Gerrit on a real socket: addresses, authentication, the magic prefix, errors as plain text."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.gerrit.fake import Answered, FakeGerrit
from tests.fakes.gerrit.server import MAGIC, PASSWORD


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    fake: FakeGerrit

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._answer(json.loads(self.rfile.read(length) or b"{}"))

    def _answer(self, body: Any) -> None:
        address = urlsplit(self.path)
        parts = [unquote(part) for part in address.path.split("/")[2:]]
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        try:
            self._send(200, *shown(respond(self.fake, self._user(), parts, query, body)))
        except Answered as answered:
            self._send(answered.status, f"{answered}\n".encode(), "text/plain;charset=utf-8")

    def _user(self) -> str:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(token).decode().partition(":") if scheme == "Basic" else ("", "", "")
        if password != PASSWORD or user not in self.fake.names:
            raise Answered(401, "Unauthorized")
        return user

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the tests' output clean."""


def shown(answer: Any) -> tuple[bytes, str]:
    """An answer on the wire: bytes in base64, all else as JSON behind the prefix."""
    if isinstance(answer, bytes):
        return base64.b64encode(answer), "text/plain;charset=iso-8859-1"
    return f"{MAGIC}\n{json.dumps(answer)}\n".encode(), "application/json; charset=utf-8"


def respond(fake: FakeGerrit, user: str, parts: list[str], query: dict[str, str], body: Any) -> Any:
    """The answer to one address."""
    match parts:
        case ["accounts", name, "detail"]:
            return fake.account(user if name == "self" else name)
        case ["changes", identity, *rest]:
            return of_change(fake, user, fake.change(identity), rest, query, body)
    raise Answered(404, "Not found")


def of_change(fake: FakeGerrit, user: str, change: Any, parts: list[str], query: dict[str, str], body: Any) -> Any:
    """The answer to an address below a change."""
    base = int(query["base"]) if "base" in query else None
    match parts:
        case [] | [""]:
            return fake.info(change, user)
        case ["comments"]:
            return fake.comments(change)
        case ["abandon"]:
            return fake.abandon(change)
        case ["revisions", name, *rest]:
            commit = change.patchsets[-1] if name == "current" else name
            return of_revision(fake, user, change, commit, rest, query, base, body)
    raise Answered(404, "Not found")


def of_revision(
    fake: FakeGerrit,
    user: str,
    change: Any,
    commit: str,
    parts: list[str],
    query: dict[str, str],
    base: int | None,
    body: Any,
) -> Any:
    """The answer to an address below a patchset."""
    match parts:
        case ["files", ""]:
            return fake.files(change, commit, base)
        case ["files", path, "diff"]:
            return fake.diff(change, commit, path, base)
        case ["files", path, "content"]:
            return fake.content(commit, path, int(query.get("parent", 0)) or None)
        case ["ported_comments"]:
            return fake.ported(change, commit)
        case ["review"]:
            return fake.review(change, commit, user, body)
    raise Answered(404, "Not found")


@contextmanager
def serving(fake: FakeGerrit) -> Iterator[str]:
    """The fake on a free loopback port; its address."""
    handler = type("Bound", (Handler,), {"fake": fake})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
