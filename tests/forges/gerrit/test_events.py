"""Real events of the real server, through our reading: who speaks, what is asked, what was missed."""

import threading
import time
from dataclasses import replace

import pytest

from bot import commands
from bot.errors import BadSettings, Refused
from bot.forges.gerrit import stream, webhook
from bot.model import ChangeRef, Event, Happened
from config.settings import GerritSettings, Settings
from tests.fakes.gerrit.server import PASSWORD, REVIEWER
from tests.forges.contract.plans import comment, plan
from tests.forges.gerrit.world import GerritWorld

ROBOT = {"name": "Zuul", "email": "zuul@example.com", "http_password": PASSWORD, "groups": ["Service Users"]}


def opened(world: GerritWorld) -> ChangeRef:
    """A change with one file."""
    return world.new_change({"app.py": b"a = 1\nb = 2\n"})


def read(world: GerritWorld, ref: ChangeRef, kind: str, by: str = "") -> Event | None:
    """The newest real event of a kind (by one author) about the change, as we read it."""
    told = world.delivery(
        ref, lambda event: event["type"] == kind and by in ("", event.get("author", {}).get("username"))
    )
    return webhook.read_event(told.body, world.settings)


def test_work_in_progress_is_silent_and_ready_is_an_event(world: GerritWorld) -> None:
    ref = opened(world)
    world.call(ref, "wip", body={})
    assert read(world, ref, "wip-state-changed") is None
    world.call(ref, "ready", body={})
    told = world.delivery(ref, lambda event: event["type"] == "wip-state-changed" and not event["change"].get("wip"))
    event = webhook.read_event(told.body, world.settings)
    assert event is not None
    assert (event.ref, event.what, event.patchset) == (ref, Happened.READY, world.head_id(ref))


def test_private_made_public_is_an_event(world: GerritWorld) -> None:
    ref = opened(world)
    world.review(ref, world.maintainer, reviewers=[{"reviewer": world.bot}])
    world.call(ref, "private", body={}, user=world.maintainer)
    assert read(world, ref, "private-state-changed") is None
    world.call(ref, "private.delete", body={}, user=world.maintainer)
    wanted = "private-state-changed"
    told = world.delivery(ref, lambda event: event["type"] == wanted and not event["change"].get("private"))
    event = webhook.read_event(told.body, world.settings)
    assert event is not None
    assert event.what is Happened.READY


def test_closing_and_opening_again_are_events(world: GerritWorld) -> None:
    ref = opened(world)
    world.close(ref)
    closed = read(world, ref, "change-abandoned")
    world.call(ref, "restore", body={})
    restored = read(world, ref, "change-restored")
    assert closed is not None
    assert restored is not None
    assert (closed.what, restored.what) == (Happened.CLOSED, Happened.READY)


def test_our_own_review_triggers_nothing(world: GerritWorld) -> None:
    ref = opened(world)
    change = world.forge().change(ref)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2, "/touchline review")))
    assert read(world, ref, "comment-added") is None


def test_another_robot_gets_no_answer(world: GerritWorld) -> None:
    ref = opened(world)
    if not world.server.has_account("zuul"):
        world.server.call("PUT", "/accounts/zuul", ROBOT)
    told = world.delivery_of_comment(ref, "zuul", "/touchline help")
    event = webhook.read_event(told.body, world.settings)
    if event is not None:
        commands.respond(event, world.forge().change(ref), world.forge(), Settings(gerrit=world.settings))
    assert world.messages(ref, world.bot) == ()


def test_a_command_in_a_reply_to_our_comment_is_heard(world: GerritWorld) -> None:
    ref = opened(world)
    change = world.forge().change(ref)
    world.forge().publish(change, plan(change, comment(1, "app.py", 2)))
    (thread,) = world.forge().posted(change).threads
    world.answer_as(ref, REVIEWER, thread, "/touchline ignore because the value is ours")
    event = read(world, ref, "comment-added", REVIEWER)
    assert event is not None
    assert (event.what, event.actor) == (Happened.TALK, REVIEWER)
    heard = world.forge().hear(event)
    assert heard is not None
    assert (heard.what, heard.command) == (Happened.COMMAND, "ignore because the value is ours")
    assert heard.thread == thread.id
    world.forge().reply(change, heard, "Done.")
    world.forge().reply(change, heard, "Done.")
    (seen,) = world.comments(ref)
    assert sum("Done." in reply for reply in seen.replies) == 1


def test_a_command_for_the_patchset_as_a_whole_is_heard(world: GerritWorld) -> None:
    ref = opened(world)
    whole = {"/PATCHSET_LEVEL": [{"message": "/touchline explain sql-from-user-input"}]}
    world.review(ref, REVIEWER, comments=whole)
    event = read(world, ref, "comment-added", REVIEWER)
    assert event is not None
    heard = world.forge().hear(event)
    assert heard is not None
    assert (heard.what, heard.command) == (Happened.COMMAND, "explain sql-from-user-input")


def test_talk_without_a_command_is_nothing(world: GerritWorld) -> None:
    ref = opened(world)
    world.comment_inline_as(ref, REVIEWER, "app.py", 1, "Why not two?")
    event = read(world, ref, "comment-added", REVIEWER)
    assert event is not None
    assert world.forge().hear(event) is None


def test_a_recheck_pattern_asks_for_a_review(world: GerritWorld) -> None:
    ref = opened(world)
    told = world.delivery_of_comment(ref, REVIEWER, "recheck")
    assert webhook.read_event(told.body, world.settings) is None
    event = webhook.read_event(told.body, replace(world.settings, recheck_patterns=("^recheck$",)))
    assert event is not None
    assert (event.what, event.command) == (Happened.COMMAND, "review")


def test_a_wrong_pattern_names_its_setting(world: GerritWorld) -> None:
    told = world.delivery_of_comment(opened(world), REVIEWER, "recheck")
    with pytest.raises(BadSettings, match=r"gerrit\.recheck_patterns"):
        webhook.read_event(told.body, replace(world.settings, recheck_patterns=("(",)))


def test_the_stream_brings_events_and_what_was_missed(world: GerritWorld) -> None:
    missed = opened(world)
    world.comment_as(missed, REVIEWER, "/touchline full")
    settings = world.streaming()
    events: list[Event] = []
    stop = threading.Event()
    follower = threading.Thread(target=stream.follow, args=(settings, events.append, stop, time.time() - 600))
    follower.start()
    try:
        wait_for(lambda: ("full", missed) in {(event.command, event.ref) for event in events})
        fresh = opened(world)
        wait_for(lambda: fresh in {event.ref for event in events})
    finally:
        stop.set()
        follower.join(20)
    assert not follower.is_alive()
    assert (Happened.PATCHSET, missed) in {(event.what, event.ref) for event in events}


def wait_for(condition: object) -> None:
    """Until it holds; fails when it does not in time."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_an_answered_command_is_not_brought_again(world: GerritWorld) -> None:
    ref = opened(world)
    world.comment_as(ref, REVIEWER, "/touchline help")
    time.sleep(1.1)  # the server's clock of messages counts whole seconds
    event = Event(ref, "d-1", Happened.COMMAND, REVIEWER, "", "help")
    world.forge().reply(world.forge().change(ref), event, "This is how.")
    mine = [event for event in stream.catch_up(world.settings, time.time() - 600) if event.ref == ref]
    assert [event.what for event in mine] == [Happened.PATCHSET]


NO_EVENTS = [b"", b"[]", b"\xff", b"{" * 100_000, b'{"type":"patchset-created"}', b'{"type":"comment-added"}']


@pytest.mark.parametrize("body", NO_EVENTS)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        webhook.read_event(body, GerritSettings())
