"""`python -m bot.alive`: does the listener of this host answer? For a container's health check; exit code 0 or 1."""

import http.client
import os
import sys
from pathlib import Path

from config.loading import load
from config.settings import ServerSettings

PATIENCE_SECONDS = 5


def alive(server: ServerSettings) -> bool:
    """Whether `/healthz` says so."""
    host = "127.0.0.1" if server.host in ("", "0.0.0.0", "::") else server.host  # noqa: S104 - asked, not bound
    connection = http.client.HTTPConnection(host, server.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else None
    sys.exit(0 if alive(load(Path(named) if named else None, os.environ).server) else 1)
