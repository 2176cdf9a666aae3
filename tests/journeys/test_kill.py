"""A worker that is killed at any moment of publishing loses no review and posts nothing twice."""

import os
import signal
from contextlib import ExitStack as Exits
from pathlib import Path

import pytest

from bot.app import work
from bot.model import ChangeRef, Event, Happened
from bot.store import State, Store
from bot.workers import take_seat
from tests.journeys.town import process, town, until

COMMENTS = [("settings.py", 11), ("settings.py", 15)]


@pytest.mark.parametrize("taken_over", [False, True], ids=["by its next life", "by another worker"])
@pytest.mark.parametrize("write", [1, 2])
def test_a_kill_after_any_write_leaves_exactly_one_set_of_comments(
    database: str, tmp_path: Path, write: int, taken_over: bool
) -> None:
    with town(tmp_path, database) as place, process(work, place.settings) as first, Exits() as leaving:
        killed: list[int] = []

        def kill(number: int) -> None:
            if number == write and not killed:
                os.kill(first.pid or 0, signal.SIGKILL)
                first.join()
                killed.append(number)

        place.github.on_write = kill
        store = Store(database)
        leaving.callback(store.close)
        pull = place.open_pull()
        store.accept(Event(ChangeRef("github", place.hosted.name, pull.number), "d1", Happened.PATCHSET))
        until(lambda: bool(killed))
        if taken_over:  # its name is not free, so the next worker has another one
            seat = take_seat(store.address.render_as_string(hide_password=True))
            leaving.callback(seat.leave)
        with process(work, place.settings):
            until(lambda: store.counts()[State.DONE] == 1)
        assert place.shown(pull) == (COMMENTS, 1)
        assert [done.outcome for done in store.reviews()] == ["published"]


def test_a_worker_that_is_told_to_end_leaves_no_review_half_done(database: str, tmp_path: Path) -> None:
    with town(tmp_path, database) as place, Exits() as leaving:
        store = Store(database)
        leaving.callback(store.close)
        pull = place.open_pull()
        store.accept(Event(ChangeRef("github", place.hosted.name, pull.number), "d1", Happened.PATCHSET))
        with process(work, place.settings) as first:
            place.github.on_write = lambda _: first.terminate()
            first.join(60)
            assert first.exitcode == 0
        with process(work, place.settings):
            until(lambda: store.counts()[State.DONE] == 1)
        assert place.shown(pull) == (COMMENTS, 1)
        assert [done.outcome for done in store.reviews()] == ["published"]
