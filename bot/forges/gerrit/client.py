"""Requests to a Gerrit server: python-gerrit-api, with what it lacks put right.

The library drops the body and the Retry-After of an error, reads answers of any length and follows redirects with the
password in hand. `Requester` here replaces its requester; addresses, sessions and calls stay the library's.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import requests
from gerrit import GerritClient
from gerrit.utils.requester import Requester as LibraryRequester

from bot.errors import Broken, Refused, Unavailable
from config.settings import GerritSettings

Query = Mapping[str, object]

LONGEST_ANSWER = 100_000_000
LONGEST_REASON = 300
PIECE = 65_536
# Gerrit answers 429 to a client over its quota: https://gerrit-review.googlesource.com/Documentation/quota.html
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class ServerFault(Unavailable):
    """The server answered 5xx; `status` tells which."""

    def __init__(self, reason: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(reason, retry_after)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, in the shape that the library's decoder reads."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str = "utf-8"


class Requester(LibraryRequester):  # type: ignore[misc]
    """Sends a request, bounded in time and size; raises our errors with what the server said."""

    def get(self, url: str, **options: Any) -> Answer:
        """GET; `longest` bounds the answer in bytes."""
        return self._send("GET", url, **options)

    def post(self, url: str, **options: Any) -> Answer:
        """POST; never repeated here."""
        return self._send("POST", url, **options)

    def _send(self, method: str, url: str, longest: int = LONGEST_ANSWER, **options: Any) -> Answer:
        request = {"timeout": self.timeout, "stream": True, "allow_redirects": False, **options}
        try:
            with self.session.request(method, url, **request) as response:
                answer = Answer(response.status_code, response.headers, _body(response, longest))
        except requests.RequestException as problem:
            raise Unavailable(f"Gerrit cannot be reached: {type(problem).__name__}") from problem
        if answer.status_code >= 300:
            raise error_of(answer)
        return answer


def _body(response: requests.Response, longest: int) -> bytes:
    body = bytearray()
    for piece in response.iter_content(PIECE):
        body += piece
        if len(body) > longest:
            raise Refused(f"Gerrit's answer is longer than {longest} bytes", 413)
    return bytes(body)


def error_of(answer: Answer) -> Refused | Unavailable:
    """The error that a status from 300 on means, with the server's own words, cut and on one line."""
    said = " ".join(answer.content[: 4 * LONGEST_REASON].decode("utf-8", "replace").split())
    words = "".join(letter for letter in said if letter.isprintable())[:LONGEST_REASON]
    reason = f"Gerrit answered {answer.status_code}: {words}"
    if answer.status_code in LATER:
        return ServerFault(reason, answer.status_code, _seconds(answer.headers.get("Retry-After", "")))
    if answer.status_code < 400:
        return Refused(f"{reason}; gerrit.url should be the address it redirects to", answer.status_code)
    return Refused(reason, answer.status_code)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


class Gerrit:
    """One server, as one account, for one job in one thread. Making it costs no request."""

    def __init__(self, settings: GerritSettings) -> None:
        session = requests.Session()
        if settings.ca_file:
            session.verify = settings.ca_file
        self.library = GerritClient(
            base_url=settings.url,
            username=settings.user,
            password=settings.password.reveal(),
            ssl_verify=settings.ca_file or True,
            session=session,
        )
        self.library.requester = Requester(base_url=settings.url, session=session, timeout=settings.timeout_seconds)

    def get(self, *parts: str | int, query: Query | None = None) -> Any:
        """GET an address made of quoted parts; the decoded JSON."""
        return self._decoded(self.library.get, address(*parts, query=query or {}))

    def post(self, *parts: str | int, body: Mapping[str, object]) -> Any:
        """POST a JSON body; the decoded answer."""
        return self._decoded(self.library.post, address(*parts), json=dict(body))

    def content(self, *parts: str | int, limit: int, query: Query | None = None) -> bytes:
        """The bytes behind a base64 answer. Refused when they are more than `limit`."""
        url = self.library.get_endpoint_url(address(*parts, query=query or {}))
        encoded = self.library.requester.get(url, longest=4 * (limit // 3 + 1) + 4)
        try:
            decoded = base64.b64decode(encoded.content, validate=False)
        except binascii.Error as problem:
            raise Broken("Gerrit's file content is not base64") from problem
        if len(decoded) > limit:
            raise Refused(f"the file is longer than {limit} bytes", 413)
        return decoded

    @staticmethod
    def _decoded(call: Any, endpoint: str, **options: Any) -> Any:
        try:
            return call(endpoint, **options)
        except (ValueError, RecursionError) as problem:
            raise Unavailable("Gerrit's answer is not JSON: is something between us and it?") from problem


def address(*parts: str | int, query: Query | None = None) -> str:
    """`/changes/a%2Fb~1/comments`: every part is quoted, slashes too, as Gerrit wants its ids and file names."""
    path = "".join("/" + quote(str(part), safe="~") for part in parts)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
