"""Jobs: begun once, kept step by step, one change at a time, and every end is recorded with its reason."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dbos import DBOS

from bot.errors import Broken, Refused, Superseded, Unavailable
from bot.jobs import QUEUE, Jobs, job_id
from bot.model import Event, Receipt
from bot.pipeline import Examination, Skipped
from bot.storable import from_json
from bot.store import State, Store
from bot.workers import take_seat
from config.settings import JobSettings
from tests.bot.jobs_world import QUICK, Scripted, ended, event, examination, wait_for, working


@pytest.fixture
def begin(store: Store, tmp_path: Path) -> Callable[..., Jobs]:
    def begin(steps: Scripted, settings: JobSettings = QUICK) -> Jobs:
        return Jobs(store, steps, settings, take_seat("test", tmp_path))

    return begin


def test_a_delivery_is_examined_published_and_recorded(store: Store, begin: Callable[..., Jobs]) -> None:
    steps = Scripted()
    store.accept(event("d1"))
    with working(begin(steps)):
        (done,) = ended(store)
    assert (done.outcome, done.patchset, done.ref) == ("published", "head-d1", "github:owner/name#1")
    assert from_json(done.receipt, Receipt) == Receipt("head-d1", url="somewhere")
    assert (steps.examined, steps.published) == (["d1"], ["head-d1"])
    assert store.counts()[State.DONE] == 1


def test_every_kind_of_end_keeps_its_reason_and_hurts_no_other_job(store: Store, begin: Callable[..., Jobs]) -> None:
    def on_examine(event: Event) -> Examination | Skipped:
        if event.delivery == "skipped":
            return Skipped("the change is a draft")
        if error := {"refused": Refused("no right"), "broken": Broken("a promise")}.get(event.delivery):
            raise error
        if event.delivery == "bug":
            raise ZeroDivisionError
        return examination(event)

    def on_publish(examined: Examination) -> Receipt:
        if examined.change.head.id == "head-superseded":
            raise Superseded("moved on")
        return Receipt(examined.change.head.id)

    names = ["skipped", "refused", "broken", "bug", "superseded", "good"]
    for number, name in enumerate(names):
        store.accept(event(name, number))
    with working(begin(Scripted(on_examine, on_publish))):
        found = {done.ref[-1]: (done.outcome, done.reason) for done in ended(store, 6)}
    assert [found[str(number)] for number in range(6)] == [
        ("skipped", "the change is a draft"),
        ("refused", "no right"),
        ("broken", "a promise"),
        ("broken", "ZeroDivisionError"),
        ("superseded", "moved on"),
        ("published", ""),
    ]
    assert store.counts() == {State.NEW: 0, State.QUEUED: 0, State.DONE: 3, State.FAILED: 3}


def test_a_forge_that_is_away_is_asked_again_and_the_review_comes_in_the_end(
    store: Store, begin: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outcome.FIRST_DELAY_SECONDS", 0.05)
    tries = iter([Unavailable("away", retry_after=0.1), Unavailable("still away"), None])

    def on_publish(examined: Examination) -> Receipt:
        if problem := next(tries):
            raise problem
        return Receipt(examined.change.head.id)

    store.accept(event("d1"))
    with working(begin(Scripted(on_publish=on_publish))):
        found = ended(store, 3)
        wait_for(lambda: store.counts()[State.DONE] == 1)
    assert [(done.outcome, done.reason) for done in found] == [
        ("unavailable", "away"),
        ("unavailable", "still away"),
        ("published", ""),
    ]


def test_a_forge_that_stays_away_is_given_up_with_the_reason(store: Store, begin: Callable[..., Jobs]) -> None:
    def away(_event: Event) -> Examination:
        raise Unavailable("HTTP 503", retry_after=3600)

    store.accept(event("d1"))
    with working(begin(Scripted(away), replace(QUICK, give_up_days=0.001))):
        (done,) = ended(store)
        wait_for(lambda: store.counts()[State.FAILED] == 1)
    assert (done.outcome, done.reason) == ("unavailable", "HTTP 503")


def test_waiting_for_a_forge_does_not_hold_the_turn_of_its_change(store: Store, begin: Callable[..., Jobs]) -> None:
    def on_examine(event: Event) -> Examination:
        if event.delivery == "waits":
            raise Unavailable("later", retry_after=3600)
        return examination(event)

    store.accept(event("waits"))
    store.accept(event("next"))
    with working(begin(Scripted(on_examine))):
        assert {done.outcome for done in ended(store, 2)} == {"unavailable", "published"}


def test_one_change_is_reviewed_one_at_a_time_and_others_meanwhile(store: Store, begin: Callable[..., Jobs]) -> None:
    lock, running, most, others = threading.Lock(), set[str](), [0], threading.Event()

    def on_examine(event: Event) -> Examination:
        if event.ref.number == 2:
            others.set()
            return examination(event)
        with lock:
            running.add(event.delivery)
            most[0] = max(most[0], len(running))
        assert others.wait(30), "the other change had to wait"
        time.sleep(0.05)
        with lock:
            running.discard(event.delivery)
        return examination(event)

    for name in ("a", "b", "c"):
        store.accept(event(name, number=1))
    store.accept(event("other", number=2))
    with working(begin(Scripted(on_examine))):
        assert {done.outcome for done in ended(store, 4)} == {"published"}
    assert most == [1]


def test_a_failed_delivery_that_comes_again_is_a_new_job(store: Store, begin: Callable[..., Jobs]) -> None:
    answers = iter([Refused("no right yet"), None])

    def on_examine(event: Event) -> Examination:
        if problem := next(answers):
            raise problem
        return examination(event)

    store.accept(event("d1"))
    with working(begin(Scripted(on_examine))):
        wait_for(lambda: store.counts()[State.FAILED] == 1)
        assert store.accept(event("d1"))
        assert [done.outcome for done in ended(store, 2)] == ["refused", "published"]


def test_a_crash_between_queue_and_inbox_begins_a_job_once(store: Store, begin: Callable[..., Jobs]) -> None:
    steps = Scripted()
    store.accept(event("d1"))
    (delivery,) = store.waiting()
    with working(begin(steps)) as jobs:
        jobs._enqueue(delivery, attempt=1)
        ended(store)
        store.accept(event("d2"))
        ended(store, 2)
    assert sorted(steps.examined) == ["d1", "d2"]


def test_a_job_that_outlasts_the_end_of_its_worker_is_finished_by_the_next(
    store: Store, begin: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.LEAVE_SECONDS", 1)
    begun, go = threading.Event(), threading.Event()

    def on_publish(examined: Examination) -> Receipt:
        begun.set()
        go.wait(30)
        raise RuntimeError("the sandbox is closed")

    store.accept(event("d1"))
    with working(begin(Scripted(on_publish=on_publish))):
        assert begun.wait(30)
    go.set()
    time.sleep(0.5)
    assert store.reviews() == ()
    with working(begin(Scripted())):
        assert [done.outcome for done in ended(store)] == ["published"]


def test_a_job_that_no_worker_can_run_is_an_alarm(
    store: Store, begin: Callable[..., Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    with working(begin(Scripted())) as jobs:
        assert jobs.alarms() == {}
        options = {"workflow_name": "retired", "queue_name": QUEUE, "workflow_id": "x", "queue_partition_key": "p"}
        DBOS.enqueue_workflow_with_options({**options, "app_version": "touchline-0"})  # type: ignore[typeddict-item]
        assert list(jobs.alarms()) == ["x"]
        jobs.alarm()
        jobs.alarm()
    assert caplog.text.count("'retired'") == 1


def test_cleaning_forgets_ended_jobs_and_keeps_those_under_way(store: Store, begin: Callable[..., Jobs]) -> None:
    go = threading.Event()

    def on_examine(event: Event) -> Examination:
        assert event.delivery == "old" or go.wait(30)
        return examination(event)

    store.accept(event("old", 1))
    with working(begin(Scripted(on_examine), replace(QUICK, keep_days=0.00002))) as jobs:
        ended(store)
        store.accept(event("under way", 2))
        wait_for(lambda: store.counts()[State.QUEUED] == 1)
        time.sleep(3)
        jobs.clean()
        assert store.reviews() == ()
        assert [one.workflow_id for one in DBOS.list_workflows()] == [job_id(event("under way", 2), run=1)]
        go.set()
        ended(store)


def test_nothing_the_engine_keeps_is_a_pickle(store: Store, begin: Callable[..., Jobs]) -> None:
    store.accept(event("d1"))
    with working(begin(Scripted())):
        ended(store)
        wait_for(lambda: DBOS.list_workflows()[0].status == "SUCCESS")
        job = DBOS.list_workflows()[0].workflow_id
        names = [step["function_name"] for step in DBOS.list_workflow_steps(job)]
    assert names == ["examine", "publish", "record"]


def test_the_id_of_a_job_depends_on_forge_delivery_run_and_attempt_alone() -> None:
    ids = {job_id(event("a"), 1), job_id(event("b"), 1), job_id(event("a"), 2), job_id(event("a"), 1, attempt=2)}
    assert len(ids) == 4
    assert job_id(event("a", number=1), 1) == job_id(event("a", number=2), 1)
