"""Asking GitHub (io): PyGithub's requester for tokens, paths and connections, with our own patience and errors.

Reads are repeated here, for a few seconds. Writes never are, because GitHub may have done them: the job repeats them
after it has looked for our marker. A rate limit is not waited for here either; it goes up with its time and frees the
worker.
"""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import requests
from github import Auth, Github, GithubException
from urllib3.util import Retry

from bot.errors import BadSettings, Refused, TouchlineError, Unavailable
from bot.forges.github import faults
from bot.forges.github.fields import Odd, maybe
from config.settings import GitHubSettings

API_VERSION = "2022-11-28"
PAGE_SIZE = 100
PAGES_LIMIT = 100
# "If you are making a large number of POST, PATCH, PUT, or DELETE requests, wait at least one second between each":
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
SECONDS_BETWEEN_WRITES = 1.0
WRITES_AT_ONCE = 4
READ_RETRY = Retry(
    total=4,
    backoff_factor=0.5,
    allowed_methods={"GET", "HEAD", "OPTIONS"},
    status_forcelist=[500, 502, 503, 504],
    respect_retry_after_header=False,
    raise_on_status=False,
)
# what PyGithub lets through when an answer is not what it expects: broken JSON, a list for a dict, a foreign redirect
UNREADABLE = (ValueError, AttributeError, TypeError, RuntimeError)


class Api:
    """The REST and GraphQL interfaces for one job in one thread. Every call raises Refused or Unavailable."""

    def __init__(self, settings: GitHubSettings, seconds_between_writes: float = SECONDS_BETWEEN_WRITES) -> None:
        """Costs no request. Raises BadSettings for an address or token that cannot be one."""
        self._token = token_of(settings)
        client = Github(
            auth=Auth.Token(self._token) if self._token else None,
            base_url=address_of(settings),
            timeout=math.ceil(settings.timeout_seconds),
            user_agent="touchline",
            per_page=PAGE_SIZE,
            retry=READ_RETRY,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
        self._requester = client.requester
        self._pause, self._writes, self._last_write = seconds_between_writes, 0, 0.0

    def get(self, path: str, doing: str, **query: Any) -> Any:
        """The JSON at a path. `doing` completes "GitHub would not ..."."""
        return self._ask("GET", path, doing, query, None)

    def pages(self, path: str, doing: str) -> Iterator[Any]:
        """Every item of a list, page by page."""
        for page in range(1, PAGES_LIMIT + 1):
            rows = self.get(path, doing, per_page=PAGE_SIZE, page=page)
            if not isinstance(rows, list):
                raise Unavailable(f"GitHub's answer to {doing} is no list")
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
        raise Refused(f"GitHub has more than {PAGES_LIMIT * PAGE_SIZE:,} rows when asked to {doing}")

    def write(self, verb: str, path: str, doing: str, body: dict[str, Any]) -> Any:
        """Send JSON once; never repeated here."""
        self._pace()
        return self._ask(verb, path, doing, None, body)

    def _pace(self) -> None:
        """Let the first few writes of a job pass, and pause before each further one."""
        self._writes += 1
        if self._writes > WRITES_AT_ONCE:
            time.sleep(max(0.0, self._last_write + self._pause - time.monotonic()))
        self._last_write = time.monotonic()

    def mutate(self, mutation: str, doing: str, variables: dict[str, Any]) -> Any:
        """The answer to a mutation, which is a write."""
        self._pace()
        return self.graphql(mutation, doing, variables)

    def graphql(self, query: str, doing: str, variables: dict[str, Any]) -> Any:
        """The answer to a query, its `data` inside."""
        body = {"query": query, "variables": variables}
        answer = self._ask("POST", self._requester.graphql_url, doing, None, body)
        if maybe(answer, "errors"):
            raise self._hide(faults.graphql_fault(answer, doing))
        return answer

    def _ask(self, verb: str, path: str, doing: str, query: dict[str, Any] | None, body: dict[str, Any] | None) -> Any:
        try:
            _, answer = self._requester.requestJsonAndCheck(verb, path, parameters=query, input=body)
        except GithubException as error:
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            raise self._hide(faults.fault(error.status, headers, error.data, doing, datetime.now(UTC))) from None
        except requests.RequestException as error:
            raise Unavailable(f"GitHub could not be reached to {doing}: {self._clean(error)}") from None
        except UNREADABLE as error:
            raise Unavailable(
                f"GitHub's answer could not be read when asked to {doing}: {self._clean(error)}"
            ) from None
        return answer

    def _clean(self, error: Exception) -> str:
        return faults.clean(f"{type(error).__name__} {error}", self._token)

    def _hide(self, error: TouchlineError) -> TouchlineError:
        """The same error, should GitHub have echoed the token, without it."""
        error.args = tuple(faults.clean(str(part), self._token) for part in error.args)
        return error

    def close(self) -> None:
        """Give the connection back."""
        self._requester.close()


def token_of(settings: GitHubSettings) -> str:
    """The token as it can stand in a header: an error about any other would show it."""
    token = settings.token.reveal().strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise BadSettings(
            "github.token holds signs that no token has; copy it again, as one line of letters and digits"
        )
    return token


def address_of(settings: GitHubSettings) -> str:
    """The root of the REST interface: https://api.github.com, or https://HOST/api/v3 of an Enterprise Server."""
    if not settings.api_url.startswith(("https://", "http://")):
        raise BadSettings("github.api_url must begin with https://, like https://api.github.com or https://HOST/api/v3")
    return settings.api_url.rstrip("/")


def unreadable(odd: Odd) -> Unavailable:
    """The error for an answer that lacks what every such answer has."""
    return Unavailable(f"GitHub's answer {odd}")
