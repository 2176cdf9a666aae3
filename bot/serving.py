"""`touchline serve` (io): the listener in this process, a worker in another, so that reviews never delay answers."""

import contextlib
import logging
import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess

import uvicorn

from bot.app import forges_on, work
from bot.errors import BadSettings
from bot.forges.gerrit.stream import attend
from bot.log import log_to_stderr
from bot.store import Store
from bot.web import listener
from config.settings import Settings

LEAVE_SECONDS = 40
RESTART_SECONDS = 2.0
STOP_SECONDS = 10
MOST_CONNECTIONS = 64

log = logging.getLogger("touchline.serve")


def serve(settings: Settings) -> None:
    """Receive webhooks and work on them until told to end. Raises BadSettings when no forge is switched on."""
    if not forges_on(settings):
        raise BadSettings("no forge is switched on: set github.token or gerrit.url")
    with (
        contextlib.closing(Store(settings.database.url.reveal())) as store,
        _worker_kept_alive(settings),
        _gerrit_attended(settings, store),
    ):
        listen(settings, store)


def listen(settings: Settings, store: Store) -> None:
    """Receive webhooks only; some other process works."""
    server(settings, store).run()


def server(settings: Settings, store: Store) -> uvicorn.Server:
    """The listener on its address, not yet running."""
    logging.getLogger("uvicorn.access").disabled = True  # it would write Gerrit's secret
    config = uvicorn.Config(
        listener(settings, store),
        host=settings.server.host,
        port=settings.server.port,
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,  # each may hold a body that nobody has vouched for yet
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def _gerrit_attended(settings: Settings, store: Store) -> Iterator[None]:
    """Gerrit repeats nothing: what was missed is asked for, and its event stream read where the settings want it."""
    if not settings.gerrit.url:
        yield
        return
    stop = threading.Event()
    follower = threading.Thread(target=attend, args=(settings.gerrit, store.accept, stop))
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()


@contextlib.contextmanager
def _worker_kept_alive(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(settings, stop))
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep_alive(settings: Settings, stop: threading.Event) -> None:
    """Start the worker again whenever it dies; the jobs it left go on behind their last kept step."""
    while not stop.is_set():
        process = _start(settings)
        while process.is_alive() and not stop.wait(RESTART_SECONDS):
            pass
        if not stop.is_set():
            log.error("the worker died (exit %s); starting it again", process.exitcode)
    process.terminate()
    process.join(LEAVE_SECONDS)
    process.kill()


def _start(settings: Settings) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(settings,), name="worker")
    process.start()
    return process


def _work(settings: Settings) -> None:
    log_to_stderr()
    work(settings)
