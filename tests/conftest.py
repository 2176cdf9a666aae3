"""Real databases for the tests, a SQLite file and a PostgreSQL that is started for the session; how Hypothesis runs."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings

# no test asserts times: a busy machine is not a defect
# In CI every run draws the same examples, so that a red run is about the change; elsewhere each run draws new ones.
settings.register_profile(
    "touchline",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("touchline")


def postgres_programs() -> Path | None:
    """Where initdb and postgres are. Debian keeps them off PATH."""
    found = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(found).parent if found else (versions[-1].parent if versions else None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database."""
    programs = postgres_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing")
        pytest.skip("PostgreSQL is missing: python -m tests.system installs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Sockets have a short longest path, and PostgreSQL refuses to run as root.
    home = Path(tempfile.mkdtemp(prefix="touchline-pg-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)
    command = [programs / "initdb", "-D", home / "data", "-U", "touchline", "-A", "trust", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, user=user, cwd=home)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(home), "-c", "fsync=off"]
    log = (home / "log").open("wb")
    server = subprocess.Popen(
        [programs / "postgres", "-D", home / "data", *options], stdout=log, stderr=log, user=user, cwd=home
    )
    try:
        yield f"postgresql://touchline@127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
        log.close()
        shutil.rmtree(home, ignore_errors=True)


def new_database(server: str) -> str:
    """A fresh database on a server that may just be starting."""
    name = f"t{uuid4().hex}"
    for attempt in range(100):
        try:
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            return f"{server}/{name}"
        except psycopg.OperationalError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    raise AssertionError


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'touchline.sqlite'}"
    return new_database(request.getfixturevalue("postgres"))
