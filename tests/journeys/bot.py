"""The real bot as a process of its own, set up by its environment alone."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.github.server import FakeGitHub

START_SECONDS = 60
STOP_SECONDS = 60


@dataclass(frozen=True)
class Bot:
    """A running `touchline serve`."""

    address: str
    secret: str

    @property
    def webhook(self) -> str:
        """Where GitHub would deliver."""
        return f"{self.address}/webhooks/github"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(fake: FakeGitHub, folder: Path) -> Iterator[Bot]:
    """Start the bot against a fake GitHub, with everything it keeps in `folder`; end it afterwards."""
    bot = Bot(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16))
    log = folder / "bot.log"
    with log.open("wb") as kept:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("touchline"), "serve"],
            cwd=folder,
            env=_settings(bot, fake, folder),
            stderr=kept,
        )
        try:
            _wait_until_ready(bot, process, log)
            yield bot
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _settings(bot: Bot, fake: FakeGitHub, folder: Path) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TOUCHLINE_")}
    return clean | {
        "TOUCHLINE_GITHUB__API_URL": fake.url,
        "TOUCHLINE_GITHUB__TOKEN": fake.token,
        "TOUCHLINE_GITHUB__WEBHOOK_SECRETS": bot.secret,
        "TOUCHLINE_DATABASE__URL": f"sqlite:///{folder / 'touchline.sqlite'}",
        "TOUCHLINE_SERVER__PORT": bot.address.rpartition(":")[2],
    }


def _wait_until_ready(bot: Bot, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{bot.address}/readyz", timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"the bot did not start:\n{log.read_text(errors='replace')[-2000:]}")
