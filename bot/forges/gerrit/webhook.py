"""Deliveries of Gerrit's webhooks plugin, and lines of its event stream: the same JSON. Pure.

https://gerrit-review.googlesource.com/Documentation/cmd-stream-events.html#events
Nothing in a delivery is signed and it has no id; its facts are read again from the server.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.errors import BadSettings, Refused
from bot.forges.gerrit.threads import Comments, is_robot, mark_of
from bot.forges.gerrit.wire import FORGE, person
from bot.model import ChangeRef, Event, Happened
from config.settings import GerritSettings

Json = Mapping[str, Any]

LONGEST_COMMAND = 1_000
LONGEST_PATTERN_TEXT = 10_000
COMMAND = re.compile(r"^[ \t]*/touchline(?:[ \t]+(.*))?$", re.MULTILINE)
# The first line that Gerrit writes over a message, and the count of comments made with it, which are not in the event.
HEADING = re.compile(r"\APatch Set \d+:[^\n]*(?:\n\n|\Z)")
COMMENT_COUNT = re.compile(r"\A\(\d+ comments?\)(?:\n\n|\Z)")
# A message and its inline comments bear the same second; the event follows within moments.
EVENT_DELAY_SECONDS = 10.0


def read_event(body: bytes, settings: GerritSettings) -> Event | None:
    """What happened; None when it is not our business. Raises Refused for what is no event of Gerrit's."""
    told = _parsed(body)
    read = READERS.get(str(told.get("type", "")))
    if read is None:
        return None
    try:
        return read(told, settings)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise Refused(f"a Gerrit event without {str(problem)[:50]}") from problem


def _parsed(body: bytes) -> Json:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refused("the delivery is not JSON") from problem
    if not isinstance(told, dict):
        raise Refused("the delivery is not a JSON object")
    return told


def _event(told: Json, what: Happened, actor: str = "", **more: str) -> Event:
    ref = ChangeRef(FORGE, str(told["change"]["project"]), int(told["change"]["number"]))
    revision = str(told.get("patchSet", {}).get("revision", ""))
    return Event(ref, delivery_id(told), what, actor=actor, patchset=revision, **more)


def delivery_id(told: Json) -> str:
    """A name for the delivery, the same when it is sent again or comes in by the other way."""
    parts = [
        told["type"],
        told["change"]["project"],
        told["change"]["number"],
        told.get("patchSet", {}).get("number"),
        told.get("eventCreatedOn"),
        told.get("comment"),
    ]
    return "gerrit-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _patchset(told: Json, settings: GerritSettings) -> Event:
    return _event(told, Happened.PATCHSET)


def _ready(told: Json, settings: GerritSettings) -> Event | None:
    """Work in progress or private was set or lifted; of interest only when lifted."""
    change = told["change"]
    return None if change.get("wip") or change.get("private") else _event(told, Happened.READY)


def _restored(told: Json, settings: GerritSettings) -> Event:
    return _event(told, Happened.READY)


def _closed(told: Json, settings: GerritSettings) -> Event:
    return _event(told, Happened.CLOSED)


def _comment(told: Json, settings: GerritSettings) -> Event | None:
    """A command; TALK when the words may be in comments that the event leaves out."""
    author = told["author"]
    actor = person(author)
    if actor == settings.user or is_robot(author):
        return None
    text, comments = words(str(told.get("comment", "")))
    command = command_in(text, settings.recheck_patterns)
    if command is not None:
        return _event(told, Happened.COMMAND, actor, command=command)
    if not comments:
        return None
    return _event(told, Happened.TALK, actor, comment_id=str(int(told["eventCreatedOn"])))


READERS: dict[str, Callable[[Json, GerritSettings], Event | None]] = {
    "patchset-created": _patchset,
    "comment-added": _comment,
    "change-restored": _restored,
    "wip-state-changed": _ready,
    "private-state-changed": _ready,
    "change-merged": _closed,
    "change-abandoned": _closed,
}


def words(message: str) -> tuple[str, bool]:
    """What a person said, without Gerrit's own lines; and whether comments were made along with it."""
    text = HEADING.sub("", message, count=1)
    said = COMMENT_COUNT.sub("", text, count=1)
    return said, said != text


def command_in(text: str, patterns: tuple[str, ...] = ()) -> str | None:
    """What follows `/touchline` on the first line that begins with it; "review" where a recheck pattern matches."""
    found = COMMAND.search(text)
    if found:
        return (found[1] or "").strip()[:LONGEST_COMMAND]
    shown = text[:LONGEST_PATTERN_TEXT]
    return "review" if any(_matches(pattern, shown) for pattern in patterns) else None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text, re.MULTILINE) is not None
    except re.error as problem:
        raise BadSettings(f"gerrit.recheck_patterns: {pattern!r} is no regular expression: {problem}") from problem


def find_command(event: Event, comments: Comments) -> Event | None:
    """A TALK event as the command that was given in a comment of that moment, or None."""
    for path in sorted(comments):
        for comment in comments[path]:
            command = command_in(comment["message"]) if _of_that_moment(comment, event) else None
            if command is not None:
                thread = _thread_of(comment, comments[path])
                return replace(
                    event, what=Happened.COMMAND, command=command, comment_id=str(comment["id"]), thread=thread
                )
    return None


def _of_that_moment(comment: Json, event: Event) -> bool:
    if person(comment["author"]) != event.actor or mark_of(comment["message"]):
        return False
    written = datetime.fromisoformat(comment["updated"][:19]).replace(tzinfo=UTC).timestamp()
    return -1.0 <= float(event.comment_id) - written <= EVENT_DELAY_SECONDS


def _thread_of(comment: Json, comments: list[Json]) -> str:
    """The id of the comment that opened the thread."""
    known = {one["id"]: one for one in comments}
    for _ in comments:
        parent = known.get(comment.get("in_reply_to", ""))
        if parent is None:
            break
        comment = parent
    return str(comment["id"])
