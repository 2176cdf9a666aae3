"""Events without a webhook (io): Gerrit's stream over the system's ssh, and what was missed while nobody listened.

https://gerrit-review.googlesource.com/Documentation/cmd-stream-events.html
The stream keeps nothing for a listener that is away, and the webhooks plugin gives up after five tries: so after every
beginning and every gap the server is asked which changes moved meanwhile.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any
from urllib.parse import urlsplit

from bot.errors import Refused, TouchlineError, Unavailable
from bot.forges.gerrit.client import Gerrit
from bot.forges.gerrit.threads import is_robot
from bot.forges.gerrit.webhook import READERS, command_in, read_event, words
from bot.forges.gerrit.wire import FORGE, person
from bot.model import ChangeRef, Event, Happened
from config.settings import GerritSettings

Json = Mapping[str, Any]
Accept = Callable[[Event], object]

FIRST_LOOK_BACK_SECONDS = 86_400.0
# From the start of ssh until the server surely sends: only then can nothing fall between question and stream.
SETTLING_SECONDS = 5.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# The webhooks plugin gives up after five tries within seconds and says nothing: so ask by ourselves, now and then.
ASK_AGAIN_SECONDS = 1_800.0
PAUSES_SECONDS = (0.0, 10.0, 60.0, 300.0, 900.0)
LONGEST_LINE = 1_000_000
PAGE = 100
MOST_CHANGES = 5_000
MISSED_OPTIONS = ["CURRENT_REVISION", "MESSAGES", "DETAILED_ACCOUNTS"]

log = logging.getLogger("touchline.gerrit")


def attend(settings: GerritSettings, accept: Accept, stop: threading.Event) -> None:
    """Hand over every event until told to stop: the stream where `events` says so, and what was missed in both ways."""
    since = time.time() - FIRST_LOOK_BACK_SECONDS
    if settings.events == "stream":
        follow(settings, accept, stop, since)
        return
    while not stop.is_set():
        asked = time.time()
        catch_up_patiently(settings, accept, since, stop)
        since = asked
        stop.wait(ASK_AGAIN_SECONDS)


def follow(settings: GerritSettings, accept: Accept, stop: threading.Event, since: float) -> None:
    """Read the stream, again and again with growing pauses; `since` is when somebody listened last (seconds, UTC)."""
    pause = SHORTEST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            with _stream(settings, stop) as lines, _catching_up(settings, accept, since, stop):
                for line in lines:
                    take_line(line, settings, accept)
                    since, pause = time.time(), SHORTEST_PAUSE_SECONDS
        except Unavailable as problem:
            log.warning("an event could not be kept, and will be asked for again: %s", problem)
        except OSError as problem:
            log.error("ssh cannot be run: %s", problem)
        if not stop.wait(pause):
            log.warning("the event stream ended; connecting again")
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def take_line(line: bytes, settings: GerritSettings, accept: Accept) -> None:
    """One line of the stream; one that cannot be read is logged and costs nothing else.

    Raises Unavailable when the event could not be kept.
    """
    try:
        event = read_event(line, settings)
        if event is not None:
            accept(event)
    except Refused as problem:
        log.warning("an event could not be read: %s", problem)


def ssh_command(settings: GerritSettings) -> list[str]:
    """The system's ssh, without questions, noticing a dead connection within two minutes."""
    options = ["BatchMode=yes", "ConnectTimeout=30", "ServerAliveInterval=30", "ServerAliveCountMax=3"]
    options += ["StrictHostKeyChecking=yes"]
    if settings.ssh_known_hosts_file:
        options.append(f"UserKnownHostsFile={settings.ssh_known_hosts_file}")
    command = ["ssh", "-T", "-p", str(settings.ssh_port), "-l", settings.user]
    command += [part for option in options for part in ("-o", option)]
    if settings.ssh_key_file:
        command += ["-i", settings.ssh_key_file, "-o", "IdentitiesOnly=yes"]
    host = settings.ssh_host or urlsplit(settings.url).hostname or ""
    kinds = [part for kind in READERS for part in ("-s", kind)]
    return [*command, "--", host, "gerrit", "stream-events", *kinds]


@contextmanager
def _stream(settings: GerritSettings, stop: threading.Event) -> Iterator[Iterator[bytes]]:
    """The lines of one connection; ends with it, or when `stop` is set."""
    command = ssh_command(settings)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:  # noqa: S603
        ended = threading.Event()
        threading.Thread(target=_end_with, args=(process, stop, ended), daemon=True).start()
        try:
            yield lines_of(process.stdout) if process.stdout else iter(())
        finally:
            ended.set()
            process.terminate()


def _end_with(process: subprocess.Popen[bytes], stop: threading.Event, ended: threading.Event) -> None:
    while not ended.is_set():
        if stop.wait(0.5):
            process.terminate()
            return


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream, without those longer than LONGEST_LINE."""
    whole = True
    while line := stream.readline(LONGEST_LINE):
        ends = line.endswith(b"\n")
        if whole and ends:
            yield line
        whole = ends


@contextmanager
def _catching_up(settings: GerritSettings, accept: Accept, since: float, stop: threading.Event) -> Iterator[None]:
    timer = threading.Timer(SETTLING_SECONDS, catch_up_patiently, (settings, accept, since, stop))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def catch_up_patiently(settings: GerritSettings, accept: Accept, since: float, stop: threading.Event) -> None:
    """Hand over what happened after `since`; when that fails, again after longer and longer pauses."""
    for pause in PAUSES_SECONDS:
        if stop.wait(pause):
            return
        try:
            for event in catch_up(settings, since):
                accept(event)
        except TouchlineError as problem:
            log.warning("what was missed could not be asked for: %s", problem)
        else:
            return


def catch_up(settings: GerritSettings, since: float) -> Iterator[Event]:
    """What happened to open changes after `since` (seconds, UTC) and may not have been told."""
    gerrit, skip = Gerrit(settings), 0
    after = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M:%S")
    while skip < MOST_CHANGES:
        query = {"q": f'is:open after:"{after}"', "n": PAGE, "S": skip, "o": MISSED_OPTIONS}
        page = gerrit.get("changes", "", query=query)
        for told in page:
            yield from missed(told, since, settings)
        if not page or not page[-1].get("_more_changes"):
            return
        skip += len(page)


def missed(told: Json, since: float, settings: GerritSettings) -> Iterator[Event]:
    """The head of a change as an event, and the commands on it that came after our own last word. Pure."""
    try:
        ref = ChangeRef(FORGE, str(told["project"]), int(told["_number"]))
        head = str(told["current_revision"])
        messages = told.get("messages", ())
        commands = list(_commands(messages, since, settings))
    except (KeyError, TypeError, ValueError) as problem:
        raise Refused(f"Gerrit lists a change without {problem}") from problem
    yield Event(ref, f"gerrit-head-{ref.number}-{head}", Happened.PATCHSET, patchset=head)
    for delivery, what, actor, detail in commands:
        named = {"command": detail} if what is Happened.COMMAND else {"comment_id": detail}
        yield Event(ref, delivery, what, actor=actor, patchset=head, **named)


def _commands(
    messages: Sequence[Json], since: float, settings: GerritSettings
) -> Iterator[tuple[str, Happened, str, str]]:
    answered = max((seconds_of(one) for one in messages if _writer(one) == settings.user), default=0.0)
    for one in messages:
        if seconds_of(one) < max(since, answered) or _writer(one) == settings.user or is_robot(one.get("author", {})):
            continue
        text, comments = words(str(one["message"]))
        command = command_in(text, settings.recheck_patterns)
        if command is not None:
            yield f"gerrit-message-{one['id']}", Happened.COMMAND, _writer(one), command
        elif comments:
            yield f"gerrit-message-{one['id']}", Happened.TALK, _writer(one), str(int(seconds_of(one)))


def _writer(message: Json) -> str:
    return person(message.get("author", {}))


def seconds_of(message: Json) -> float:
    """When a message was written (seconds, UTC); Gerrit's times are UTC without saying so."""
    return datetime.fromisoformat(str(message["date"])[:19]).replace(tzinfo=UTC).timestamp()
