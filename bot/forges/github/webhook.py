"""GitHub's webhook deliveries -> Event. Pure: bytes and headers in, an event or a refusal out.

The signature is checked over the raw body before anything is parsed:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
Many of GitHub's own example payloads do not hold to GitHub's own schemas, so only the few fields that matter are read.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import Refused
from bot.forges.github.fields import Odd, maybe, maybe_text, number, text
from bot.model import ChangeRef, Event, Happened
from config.settings import Secret

# https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
PAYLOAD_LIMIT = 26_214_400
COMMAND_LIMIT = 1000
NUMBER_LIMIT = 2**31

PULL_REQUEST_ACTIONS = {
    "opened": Happened.PATCHSET,
    "synchronize": Happened.PATCHSET,
    "reopened": Happened.PATCHSET,
    "ready_for_review": Happened.READY,
    "closed": Happened.CLOSED,
}
NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(\[bot\])?")
DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
COMMAND = re.compile(r"/touchline(?:[ \t]+(?P<words>\S.*))?[ \t]*")
FENCE = re.compile(r" {0,3}(```+|~~~+)")


def read_event(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], login: str = "") -> Event | None:
    """The event that a delivery tells of; None when it is genuine and not our business. Header names in lower case.

    `login` is the bot's own account, whose comments are no commands; other bots' are none either.
    Raises Refused: 401 for a wrong signature, 413 for a body over GitHub's own cap, 400 for one that cannot be read.
    """
    if len(body) > PAYLOAD_LIMIT:
        raise Refused(f"the body has more than {PAYLOAD_LIMIT:,} bytes", 413)
    if not signed(headers.get("x-hub-signature-256", ""), body, secrets):
        raise Refused("X-Hub-Signature-256 does not fit the body and the webhook's secret", 401)
    reader = READERS.get(headers.get("x-github-event", ""))
    if reader is None:
        return None
    try:
        return reader(parse(body), matching(DELIVERY, headers.get("x-github-delivery", ""), "X-GitHub-Delivery"), login)
    except Odd as odd:
        raise Refused(f"the payload {odd}") from odd


def signed(signature: str, body: bytes, secrets: Sequence[Secret]) -> bool:
    """Whether one of the secrets made this `sha256=...` over the body. An empty secret never did."""
    given = signature.encode("utf-8", "replace")
    made = [f"sha256={_digest(secret.reveal(), body)}".encode() for secret in secrets if secret.reveal()]
    return any(hmac.compare_digest(given, one) for one in made)


def _digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def parse(body: bytes) -> object:
    """The JSON of the body. Raises Odd."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Odd("is not JSON; set the webhook's content type to application/json") from error
    if not isinstance(data, dict):
        raise Odd("is no JSON object")
    return data


def matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    """The value if it looks as it must. Raises Odd."""
    if not pattern.fullmatch(value):
        raise Odd(f"has an odd {name}")
    return value


def _pull_request(data: object, delivery: str, login: str) -> Event | None:
    del login
    happened = PULL_REQUEST_ACTIONS.get(text(data, "action"))
    if happened is None:
        return None
    head = matching(COMMIT, text(data, "pull_request", "head", "sha"), "pull_request.head.sha")
    return Event(_ref(data, "pull_request"), delivery, happened, patchset=head)


def _issue_comment(data: object, delivery: str, login: str) -> Event | None:
    on_pull_request = isinstance(maybe(data, "issue", "pull_request"), dict)
    return _command(data, delivery, login, "issue") if on_pull_request else None


def _review_comment(data: object, delivery: str, login: str) -> Event | None:
    """A thread is named by its first comment, and every answer in it names that one."""
    event = _command(data, delivery, login, "pull_request")
    thread = maybe(data, "comment", "in_reply_to_id")
    if event is None or thread is None:
        return event
    return replace(event, thread=str(_counting(data, "comment", "in_reply_to_id", limit=2**63)))


def _command(data: object, delivery: str, login: str, kind: str) -> Event | None:
    if text(data, "action") != "created":
        return None
    words = command_in(maybe_text(data, "comment", "body"))
    if words is None or _is_bot(data, login):
        return None
    actor = matching(LOGIN, text(data, "comment", "user", "login"), "comment.user.login")
    identity = str(_counting(data, "comment", "id", limit=2**63))
    return Event(_ref(data, kind), delivery, Happened.COMMAND, actor, "", words, identity)


def _is_bot(data: object, login: str) -> bool:
    actor = maybe_text(data, "comment", "user", "login")
    by_app = maybe_text(data, "comment", "user", "type") == "Bot" or actor.endswith("[bot]")
    return by_app or actor.casefold() == login.casefold()


def _ref(data: object, kind: str) -> ChangeRef:
    project = matching(NAME, text(data, "repository", "full_name"), "repository.full_name")
    return ChangeRef("github", project, _counting(data, kind, "number", limit=NUMBER_LIMIT))


def _counting(data: object, *road: str, limit: int) -> int:
    value = number(data, *road)
    if not 0 < value < limit:
        raise Odd(f"has an odd {'.'.join(road)}")
    return value


def command_in(body: str) -> str | None:
    """What follows `/touchline` on the first line that begins with it, outside of fenced code; None without one."""
    fence = ""
    for line in re.split(r"\r\n|\r|\n", body):
        if mark := FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and (found := COMMAND.fullmatch(line)):
            return _clean(found["words"] or "")
    return None


def _clean(words: str) -> str:
    return "".join(letter for letter in words if letter.isprintable())[:COMMAND_LIMIT].strip()


READERS = {
    "pull_request": _pull_request,
    "issue_comment": _issue_comment,
    "pull_request_review_comment": _review_comment,
}
