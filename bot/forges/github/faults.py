"""Whose fault an answer of GitHub is: status, headers and body -> an error of ours. Pure.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Mapping
from datetime import datetime

from bot.errors import Refused, TouchlineError, Unavailable
from bot.forges.github.fields import items, maybe, maybe_text

SAID_LIMIT = 300
# "wait at least one minute", when GitHub names no time itself
LEAST_WAIT_SECONDS = 60.0
MOST_WAIT_SECONDS = 3600.0
LIMITED = ("rate limit", "abuse detection", "please wait a few minutes", "submitted too quickly")


def fault(status: int, headers: Mapping[str, str], body: object, doing: str, now: datetime) -> TouchlineError:
    """The error for an answer of status 400 or more. Header names in lower case; `doing` says what was asked."""
    message = said(body)
    reason = f"GitHub would not {doing}: {status}" + (f" {message}" if message else "")
    if limited(status, headers, message):
        return Unavailable(reason, wait(headers, now))
    if status >= 500 or status == 408:
        return Unavailable(reason, asked_wait(headers))
    return Refused(reason, status)


def graphql_fault(body: object, doing: str) -> TouchlineError:
    """The error for a GraphQL answer with errors, which comes with status 200."""
    first = maybe(body, "errors", 0)
    kind, message = maybe_text(first, "type"), clean(maybe_text(first, "message"))
    reason = f"GitHub would not {doing}: {message or kind or 'it named no reason'}"
    if kind == "RATE_LIMITED" or limited(403, {}, message):
        return Unavailable(reason, LEAST_WAIT_SECONDS)
    if kind in STATUS_OF_KIND:
        return Refused(reason, STATUS_OF_KIND[kind])
    denied = "not accessible" in message or "permission" in message
    return Refused(reason, 403) if denied else Unavailable(reason)


STATUS_OF_KIND = {"NOT_FOUND": 404, "FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403, "UNPROCESSABLE": 422}


def limited(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether it was a rate limit, primary or secondary: both come as 403 or 429, secondary ones sometimes as 422."""
    by_header = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    by_words = any(words in message.casefold() for words in LIMITED)
    return status == 429 or (status == 403 and by_header) or (status in (403, 422) and by_words)


def wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait after a limit: what retry-after says, else until the reset, else a minute."""
    if (asked := asked_wait(headers)) is not None:
        return asked
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return _bounded(int(reset[:12]) - now.timestamp() + 1)
    return LEAST_WAIT_SECONDS


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds of a retry-after header, if it has any."""
    value = headers.get("retry-after", "")
    return _bounded(int(value[:9])) if value.isascii() and value.isdigit() else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), MOST_WAIT_SECONDS)


def said(body: object) -> str:
    """What GitHub says went wrong, on one line."""
    try:
        details = items(body, "errors")
    except ValueError:
        details = []
    words = [
        maybe_text(body, "message"),
        *(one if isinstance(one, str) else maybe_text(one, "message") for one in details),
    ]
    return clean("; ".join(word for word in words if word))


def clean(text: str, *secrets: str) -> str:
    """One printable line of at most 300 characters, without the secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= SAID_LIMIT else line[: SAID_LIMIT - 1] + "…"
