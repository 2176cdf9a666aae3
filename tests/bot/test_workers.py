"""Names of workers, and who is dead."""

import subprocess
import sys
from pathlib import Path

from bot.store import Store
from bot.workers import Watch, take_seat

HOLD = "import sys, time; from pathlib import Path; from bot.workers import take_seat; "
HOLD += "print(take_seat('db', Path(sys.argv[1])).name, flush=True); time.sleep(600)"


def test_no_two_living_workers_have_a_name_and_a_dead_ones_is_free_at_once(tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert first.stdout
    name = first.stdout.readline().strip()
    second = take_seat("db", tmp_path)
    first.kill()
    first.communicate()
    third = take_seat("db", tmp_path)
    assert name.endswith("-0")
    assert second.name.endswith("-1")
    assert third.name == name
    second.leave()
    third.leave()


def test_workers_of_another_database_have_names_of_their_own(tmp_path: Path) -> None:
    one, other = take_seat("db", tmp_path), take_seat("other", tmp_path)
    assert one.name == other.name
    one.leave()
    other.leave()


def test_a_heart_that_stands_still_long_enough_is_dead_and_buried_by_one(store: Store) -> None:
    store.beat("other", 1)
    mine, theirs = Watch(store, "me", 10), Watch(store, "them", 10)
    assert mine.bury_the_dead(now=100) == theirs.bury_the_dead(now=100) == []
    assert mine.bury_the_dead(now=109) == []
    assert mine.bury_the_dead(now=110) == ["other"]
    assert theirs.bury_the_dead(now=110) == []


def test_a_heart_that_beats_is_never_dead_however_slow_our_own_clock(store: Store) -> None:
    watch = Watch(store, "me", 10)
    for second in range(0, 50, 9):
        store.beat("other", second)
        assert watch.bury_the_dead(now=second) == []


def test_a_worker_never_buries_itself(store: Store) -> None:
    watch = Watch(store, "me", 10)
    watch.beat()
    watch.bury_the_dead(now=0)
    assert watch.bury_the_dead(now=1_000) == []
