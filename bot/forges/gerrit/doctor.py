"""Is Gerrit set up (io)? Every check tells what it looked at, whether it is right, and the road when it is not."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import Refused, TouchlineError
from bot.forges.gerrit.client import Gerrit
from bot.forges.gerrit.stream import ssh_command
from bot.forges.gerrit.threads import is_robot
from bot.forges.gerrit.wire import person
from bot.forges.gerrit.writing import may_vote
from config.settings import GerritSettings

SSH_SECONDS = 60
CHAPTER = "docs/gerrit.md"

# What was looked at, whether it is right, and what was found or the road when it is not.
Found = tuple[str, bool, str]


class Missing(TouchlineError):
    """Something is not set up; the message is the road."""


def diagnose(settings: GerritSettings) -> list[Found]:
    """All checks that these settings ask for; none of them writes, none raises."""
    gerrit = Gerrit(settings)
    account = _checked("account", lambda: _account(gerrit, settings))
    if not account[1]:
        return [account]
    return [account, *(_checked(what, check) for what, check in _checks(gerrit, settings))]


def _checks(gerrit: Gerrit, settings: GerritSettings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "group", lambda: _group(gerrit)
    yield "projects", lambda: _projects(gerrit)
    if settings.vote_label:
        yield "label", lambda: _label(gerrit, settings)
    for group in settings.command_groups:
        yield f"group {group}", lambda group=group: _visible(gerrit, group)  # type: ignore[misc]
    if settings.recheck_patterns:
        yield "recheck patterns", lambda: _patterns(settings)
    if settings.events == "webhook":
        yield "webhook", lambda: _webhook(settings)
    else:
        yield "stream right", lambda: _right(gerrit)
        yield "stream", lambda: _stream(settings)


def _checked(what: str, check: Callable[[], str]) -> Found:
    try:
        return (what, True, check())
    except TouchlineError as road:
        return (what, False, str(road))


def _account(gerrit: Gerrit, settings: GerritSettings) -> str:
    try:
        account = gerrit.get("accounts", "self", "detail")
    except Refused as refused:
        road = f"check gerrit.url, gerrit.user and gerrit.password ({CHAPTER}, step 1)"
        raise Missing(f"{refused}; {road}") from refused
    if person(account) != settings.user:
        raise Missing(f"the password is that of {person(account)!r}, but gerrit.user is {settings.user!r}")
    return f"{settings.url} knows {settings.user}"


def _group(gerrit: Gerrit) -> str:
    if not is_robot(gerrit.get("accounts", "self", "detail")):
        raise Missing(f'the account is not in the group "Service Users": add it ({CHAPTER}, step 1)')
    return "the account is a service user"


def _projects(gerrit: Gerrit) -> str:
    found = [name for name in gerrit.get("projects", "", query={"n": 3}) if name not in {"All-Projects", "All-Users"}]
    if not found:
        raise Missing(f"the account sees no project: give it Read on refs/* ({CHAPTER}, step 2)")
    return f"the account sees {', '.join(found)}"


def _label(gerrit: Gerrit, settings: GerritSettings) -> str:
    changes = gerrit.get("changes", "", query={"q": "is:open", "n": 1, "o": ["DETAILED_LABELS"]})
    if not changes:
        return f"{settings.vote_label}: no open change to see the right on"
    votes = (settings.vote_clean, settings.vote_findings, settings.vote_partial)
    permitted = changes[0].get("permitted_labels", {})
    refused = [f"{vote:+d}" for vote in votes if vote and not may_vote(settings.vote_label, vote, permitted)]
    if refused:
        road = f"give the account the right to it ({CHAPTER}, step 5)"
        raise Missing(f"the account may not vote {settings.vote_label} {', '.join(refused)}: {road}")
    return f"the account may vote on {settings.vote_label}"


def _visible(gerrit: Gerrit, group: str) -> str:
    try:
        members = gerrit.get("groups", group, "members", "", query={"recursive": "true"})
    except Refused as refused:
        road = "make it visible to all, or add the account to it"
        raise Missing(f"the account does not see the group {group!r}: {road}") from refused
    return f"{len(members)} members may command"


def _patterns(settings: GerritSettings) -> str:
    for pattern in settings.recheck_patterns:
        try:
            re.compile(pattern)
        except re.error as problem:
            raise Missing(f"gerrit.recheck_patterns: {pattern!r} is no regular expression: {problem}") from problem
    return f"{len(settings.recheck_patterns)} patterns"


def _webhook(settings: GerritSettings) -> str:
    if not any(secret.reveal() for secret in settings.webhook_secrets):
        raise Missing(f"no secret: set gerrit.webhook_secrets, or no delivery is believed ({CHAPTER}, step 3)")
    shortest = min(len(secret.reveal()) for secret in settings.webhook_secrets)
    if shortest < 16:
        raise Missing("gerrit.webhook_secrets: a secret of fewer than 16 characters can be guessed")
    return "deliveries to /webhooks/gerrit/<secret> are believed"


def _right(gerrit: Gerrit) -> str:
    if not gerrit.get("accounts", "self", "capabilities").get("streamEvents"):
        raise Missing(f"the account lacks the capability Stream Events: give it to its group ({CHAPTER}, step 4)")
    return "the account may read the event stream"


def _stream(settings: GerritSettings) -> str:
    if settings.ssh_key_file and not Path(settings.ssh_key_file).is_file():
        raise Missing(f"gerrit.ssh_key_file: there is no file {settings.ssh_key_file}")
    command = ssh_command(settings)
    command = [*command[: command.index("gerrit")], "gerrit", "version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SSH_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Missing(f"ssh cannot be run: {type(problem).__name__}") from problem
    if done.returncode:
        said = " ".join(done.stderr.split())[-200:]
        raise Missing(f"ssh to port {settings.ssh_port} fails: {said} ({CHAPTER}, step 4)")
    return "ssh lets the account in"
