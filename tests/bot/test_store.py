"""What the bot remembers, on both databases."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import database as databases
from bot.database import address, open_engine, sqlite_module
from bot.errors import BadSettings, Broken, Unavailable
from bot.model import ChangeRef, Event, Happened
from bot.store import SCHEMA, Done, State, Store

REF = ChangeRef("github", "owner/name", 7)


def event(delivery: str = "d1", number: int = 7) -> Event:
    return Event(ChangeRef("github", "owner/name", number), delivery, Happened.PATCHSET, "somebody", "abc")


def done(job: str = "j1", outcome: str = "published", finished_at: float = 10.0) -> Done:
    return Done(job, str(REF), "abc", outcome, "", "{}", finished_at)


def test_a_delivery_is_kept_once_and_comes_out_as_it_went_in(store: Store) -> None:
    assert store.accept(event(), now=5.0)
    assert not store.accept(event(), now=6.0)
    (waiting,) = store.waiting()
    assert (waiting.event, waiting.received_at, waiting.run) == (event(), 5.0, 1)


def test_the_same_delivery_id_of_another_forge_is_another_delivery(store: Store) -> None:
    other = Event(ChangeRef("gerrit", "name", 7), "d1", Happened.PATCHSET)
    assert store.accept(event())
    assert store.accept(other)


def test_deliveries_wait_in_the_order_they_came(store: Store) -> None:
    for name in ("b", "a", "c"):
        store.accept(event(name))
    assert [one.event.delivery for one in store.waiting(limit=2)] == ["b", "a"]


def test_a_queued_delivery_no_longer_waits_and_is_still_known(store: Store) -> None:
    store.accept(event())
    store.mark_queued(store.waiting()[0])
    assert store.waiting() == ()
    assert not store.accept(event())


def test_a_failed_delivery_may_come_again_and_is_another_run(store: Store) -> None:
    store.accept(event(), now=1.0)
    (first,) = store.waiting()
    store.mark_queued(first)
    store.record(done(outcome="refused"), first.id, State.FAILED)
    assert store.accept(event(), now=9.0)
    (second,) = store.waiting()
    assert (second.id, second.run, second.received_at) == (first.id, 2, 9.0)


def test_a_late_mark_does_not_hide_a_new_run(store: Store) -> None:
    store.accept(event())
    (first,) = store.waiting()
    store.record(done(), first.id, State.FAILED)
    store.accept(event())
    store.mark_queued(first)
    assert len(store.waiting()) == 1


def test_a_job_recorded_twice_stands_once(store: Store) -> None:
    store.accept(event())
    (delivery,) = store.waiting()
    store.record(done(), delivery.id, State.DONE)
    store.record(done(finished_at=99.0), delivery.id, State.DONE)
    assert store.reviews(str(REF)) == (done(),)
    assert store.counts() == {State.NEW: 0, State.QUEUED: 0, State.DONE: 1, State.FAILED: 0}


def test_reviews_come_newest_first_and_by_change(store: Store) -> None:
    store.record(done("old", finished_at=1.0), 0, State.DONE)
    store.record(done("new", finished_at=2.0), 0, State.DONE)
    assert [one.job for one in store.reviews()] == ["new", "old"]
    assert store.reviews("github:other/name#1") == ()


def test_forgetting_drops_what_ended_and_never_what_waits(store: Store) -> None:
    store.accept(event("ended"), now=1.0)
    store.record(done(finished_at=1.0), store.waiting()[0].id, State.DONE)
    store.accept(event("waits"), now=1.0)
    assert store.forget(before=2.0) == 2
    assert [one.event.delivery for one in store.waiting()] == ["waits"]
    assert store.reviews() == ()


def test_a_worker_is_buried_once_and_only_if_its_heart_stands_still(store: Store) -> None:
    store.beat("w1", 1)
    store.beat("w1", 2)
    assert store.beats() == {"w1": 2}
    assert not store.bury("w1", 1)
    assert store.bury("w1", 2)
    assert not store.bury("w1", 2)


def test_many_doors_at_once_keep_a_delivery_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda number: store.accept(event(f"d{number % 5}")), range(40)))
    assert sum(kept) == 5


def test_what_is_stored_survives_opening_it_again(store: Store, database: str) -> None:
    store.accept(event())
    again = Store(database)
    assert len(again.waiting()) == 1
    again.close()


def test_several_processes_may_create_the_tables_at_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _: Store(database), range(4)):
            opened.close()


def test_many_may_turn_a_new_file_to_its_log_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(60):
            list(pool.map(connect, [sa.make_url(f"sqlite:///{tmp_path}/{number}.sqlite")] * 8))


def connect(url: sa.URL) -> None:
    engine = open_engine(url)
    engine.connect().close()
    engine.dispose()


def test_a_file_that_cannot_be_written_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as old:
        old.execute("CREATE TABLE kept (id)")
    monkeypatch.setattr("bot.database.time.sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        connect(sa.make_url(f"sqlite:///file:{tmp_path}/old.sqlite?mode=ro&uri=true"))


def test_a_delivery_that_can_no_longer_be_read_fails_and_holds_up_no_other(store: Store) -> None:
    store.accept(event("old words"))
    store.accept(event("good"))
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE touchline_inbox SET event = '{}' WHERE delivery = 'old words'"))
    assert [one.event.delivery for one in store.waiting()] == ["good"]
    assert store.counts()[State.FAILED] == 1


def test_a_newer_schema_is_left_alone(store: Store, database: str) -> None:
    with store._engine.begin() as connection:
        connection.execute(sa.insert(SCHEMA).values(version=99))
    with pytest.raises(Broken, match="schema 99"):
        Store(database)


def test_a_hostile_delivery_id_is_data(store: Store) -> None:
    name = "'; DROP TABLE touchline_inbox; --" + "x" * 500
    assert store.accept(event(name))
    assert not store.accept(event(name))
    assert store.waiting()[0].event.delivery == name


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(Unavailable) as caught:
        Store("postgresql://u:s3cret@127.0.0.1:1/d")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:s3cret@h/d", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_work_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadSettings) as caught:
        address(url)
    assert "s3cret" not in str(caught.value)
    assert "would do" in str(caught.value)


def test_an_old_sqlite_of_python_is_passed_over_for_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    assert sqlite_module().sqlite_version_info >= databases.NEEDED_SQLITE
    engine = databases.open_engine(address(f"sqlite:///{tmp_path / 'x.sqlite'}"))
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT unixepoch('subsec')"))
    engine.dispose()
