"""From a signed webhook to comments on GitHub, through every process and the real database."""

from pathlib import Path

import requests

from bot.serving import serve
from bot.store import State, Store
from tests.fakes.github.server import Fault
from tests.journeys.town import CHANGED, Town, process, town, until


def answers(town: Town) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{town.settings.server.port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_a_webhook_becomes_comments_and_a_new_patchset_repeats_none(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'touchline.sqlite'}"
    with town(tmp_path, database) as place, process(serve, place.settings):
        until(lambda: answers(place))
        pull = place.open_pull()
        assert place.deliver(pull) == 202
        until(lambda: place.shown(pull)[1] == 1)
        assert place.shown(pull) == ([("settings.py", 11), ("settings.py", 15)], 1)

        pull.head = place.hosted.git.commit({"settings.py": b"# moved down\n" + CHANGED}, pull.head)
        store = Store(database)
        assert place.deliver(pull, "synchronize") == 202
        until(lambda: store.counts()[State.DONE] == 2)
        store.close()
        assert place.shown(pull) == ([("settings.py", 12), ("settings.py", 16)], 1)


def test_a_review_that_was_refused_comes_when_the_webhook_is_delivered_again(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'touchline.sqlite'}"
    with town(tmp_path, database) as place, process(serve, place.settings):
        until(lambda: answers(place))
        pull = place.open_pull()
        place.github.faults.append(Fault(f"GET /api/v3/repos/owner/project/pulls/{pull.number}", 403, times=1))
        assert place.deliver(pull) == 202
        store = Store(database)
        until(lambda: store.counts()[State.FAILED] == 1)
        (done,) = store.reviews()
        assert done.outcome == "refused"
        assert done.reason
        assert place.deliver(pull) == 202
        until(lambda: place.shown(pull)[1] == 1)
        store.close()
