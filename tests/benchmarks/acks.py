"""How soon a webhook is answered while the reviews that it asks for run: `python -m tests.benchmarks.acks [NUMBER]`.

The real listener and worker on SQLite, one signed delivery after another from a process of its own, each for a pull
request of its own, at a steady pace; first with the listener alone, then with the worker beside it.
"""

import contextlib
import http.client
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import requests

from bot.serving import listen, serve
from bot.store import Store
from config.settings import Settings
from tests.journeys.town import SECRET, Town, process, town, until

DELIVERIES = 200
A_SECOND = 10
Signed = tuple[Mapping[str, str], bytes]


def send(port: int, signed: Sequence[Signed]) -> list[float]:
    """Deliver at a steady pace; the milliseconds until each answer."""
    began, taken = time.perf_counter(), []
    for number, (headers, body) in enumerate(signed):
        time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
        sent = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/webhooks/github", body, dict(headers))
        status = connection.getresponse().status
        taken.append((time.perf_counter() - sent) * 1000)
        connection.close()
        if status != requests.codes.accepted:
            raise RuntimeError(f"a delivery is answered with {status}")
    return taken


def alone(settings: Settings) -> None:
    """The listener, and nobody who works."""
    with contextlib.closing(Store(settings.database.url.reveal())) as store:
        listen(settings, store)


def measure(what: Callable[[Settings], None], count: int) -> list[float]:
    """The answers of a bot that is started for it."""
    with tempfile.TemporaryDirectory(prefix="touchline-acks-") as name:
        folder = Path(name)
        with town(folder, f"sqlite:///{folder / 'touchline.sqlite'}") as place, process(what, place.settings):
            port = place.settings.server.port
            until(lambda: answers(port))
            signed = [delivery(place) for _ in range(count)]
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.apply(send, (port, signed))


def delivery(place: Town) -> Signed:
    """A new pull request's webhook."""
    return place.github.pull_event(place.hosted, place.open_pull(), "opened").signed(SECRET)


def answers(port: int) -> bool:
    """Whether the listener is there."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def main(arguments: Sequence[str]) -> int:
    """Print both distributions."""
    count = int(arguments[0]) if arguments else DELIVERIES
    for name, what in (("listener alone", alone), ("with its worker", serve)):
        taken = measure(what, count)
        cuts = statistics.quantiles(taken, n=100, method="inclusive")
        print(f"{name}: p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms, max {max(taken):.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
