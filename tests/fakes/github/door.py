"""The socket of the fake: HTTP/1.1 in, JSON out, one write an answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What came: header names in lower case, the path still quoted."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Door(BaseHTTPRequestHandler):
    """Hands every request to `answer` (set by a subclass); None drops the line without a word."""

    protocol_version = "HTTP/1.1"
    answer: Callable[[Request], Answer | None]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        asked = Request(self.command, split.path, query, headers, json.loads(body) if body else None)
        answer = type(self).answer(asked)
        if answer is None:
            self.close_connection = True
            return
        sent = json.dumps(answer.body).encode()
        lines = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(sent)), **answer.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.wfile.write(f"HTTP/1.1 {answer.status} -\r\n{head}\r\n".encode() + sent)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the fake counts its requests itself."""
