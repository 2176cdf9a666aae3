"""Opens SQLite or PostgreSQL, for our own tables and for the job engine alike.

The job engine needs SQLite 3.42 (`unixepoch('subsec')`, https://sqlite.org/changes.html): where Python's own is older,
the wheel of pysqlite3 brings a newer one. Only the engines made here use it; nothing is swapped for anybody else.
"""

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from bot.errors import BadSettings, Broken

NEEDED_SQLITE = (3, 42, 0)
BUSY_MILLISECONDS = 30_000
AGAIN_SECONDS = 0.02


def address(url: str) -> sa.URL:
    """The address of a database, with the driver that we install. Raises BadSettings, without the password."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise BadSettings(f"database.url is no address; {_WOULD_DO}") from None
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise BadSettings(f"database.url names a database of kind {parsed.drivername[:40]!r}; {_WOULD_DO}")


def engine_options(url: sa.URL) -> dict[str, Any]:
    """What `create_engine` must be told for this address. Raises Broken when no SQLite here is new enough."""
    if url.get_backend_name() != "sqlite":
        return {}
    return {"module": sqlite_module()}


def sqlite_module() -> Any:
    """Python's sqlite3 if it is new enough, else pysqlite3's."""
    if sqlite3.sqlite_version_info >= NEEDED_SQLITE:
        return sqlite3
    try:
        from pysqlite3 import dbapi2  # its wheel exists for Linux only
    except ImportError:
        raise Broken(f"SQLite {sqlite3.sqlite_version} is too old and the package pysqlite3 is missing") from None
    return dbapi2


def open_engine(url: sa.URL) -> sa.Engine:
    """An engine for our own tables.

    On SQLite a transaction takes the write lock at its start, so that it never fails half-way; one that only reads
    takes none: give it the execution option `reads`.
    """
    engine = sa.create_engine(url, pool_pre_ping=True, **engine_options(url))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # what begins a transaction is _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")  # a delivery that was answered with 202 survives a power cut


def _write_ahead(connection: Any) -> None:
    """Keep a write-ahead log.

    Where two connections turn to it at once, SQLite says that it is busy and waits for neither: that might be for ever
    (https://sqlite.org/c3ref/busy_handler.html). So one of them asks again.
    """
    last = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite_module().OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() > last:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


_WOULD_DO = "sqlite:///touchline.sqlite or postgresql://user:password@host/name would do"
