"""What the bot remembers: deliveries, reviews, and which workers live. The same code on SQLite and PostgreSQL.

Every method is one transaction. A delivery goes `new -> queued -> done | failed`; a failed one may come again.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from bot.database import address, open_engine
from bot.errors import Broken, Unavailable
from bot.model import Event
from bot.storable import from_json, to_json

SCHEMA_VERSION = 1
SCHEMA_LOCK = 7_265_319  # any number, the same for every process: pg_advisory_xact_lock

TABLES = sa.MetaData()
SCHEMA = sa.Table("touchline_schema", TABLES, sa.Column("version", sa.Integer, primary_key=True))
INBOX = sa.Table(
    "touchline_inbox",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("forge", sa.String(20), nullable=False),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("run", sa.Integer, nullable=False),
    sa.UniqueConstraint("forge", "delivery"),
)
REVIEWS = sa.Table(
    "touchline_reviews",
    TABLES,
    sa.Column("job", sa.String(100), primary_key=True),
    sa.Column("ref", sa.Text, nullable=False, index=True),
    sa.Column("patchset", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("finished_at", sa.Double, nullable=False, index=True),
)
WORKERS = sa.Table(
    "touchline_workers",
    TABLES,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("beat", sa.BigInteger, nullable=False),
)

log = logging.getLogger("touchline.store")


class State(StrEnum):
    """How far a delivery has come."""

    NEW = "new"
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is to become a job. `run` counts from 1 how often its job was begun anew."""

    id: int
    event: Event
    received_at: float
    run: int


@dataclass(frozen=True, slots=True)
class Done:
    """How a job ended. `receipt` is JSON, "" when nothing was published; `finished_at` is in seconds since 1970."""

    job: str
    ref: str
    patchset: str
    outcome: str
    reason: str
    receipt: str
    finished_at: float


class Store:
    """Our tables in one database. Every method raises Unavailable when the database does not answer."""

    def __init__(self, url: str) -> None:
        """Opens or creates the tables. Raises BadSettings for a wrong address, Broken for a newer schema."""
        self.address = address(url)
        self._engine = open_engine(self.address)
        with self._begin() as connection:
            _upgrade(connection)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def accept(self, event: Event, now: float | None = None) -> bool:
        """Keep an event. False: it is known already, and its job neither failed nor was forgotten."""
        row = {
            "forge": event.ref.forge,
            "delivery": event.delivery,
            "ref": str(event.ref),
            "event": to_json(event),
            "received_at": time.time() if now is None else now,
            "state": State.NEW,
            "run": 1,
        }
        again = {"state": State.NEW, "run": INBOX.c.run + 1, "received_at": row["received_at"]}
        with self._begin() as connection:
            insert = _insert(connection, INBOX).values(row)
            known = [INBOX.c.forge, INBOX.c.delivery]
            failed = INBOX.c.state == State.FAILED
            upsert = insert.on_conflict_do_update(index_elements=known, set_=again, where=failed)
            return connection.execute(upsert.returning(INBOX.c.id)).first() is not None

    def waiting(self, limit: int = 100) -> tuple[Delivery, ...]:
        """The oldest deliveries without a job. One that can no longer be read fails, and holds up no other."""
        query = sa.select(INBOX).where(INBOX.c.state == State.NEW).order_by(INBOX.c.id).limit(limit)
        with self._begin(reads=True) as connection:
            rows = connection.execute(query).all()
        read = {row.id: _delivery(row) for row in rows}
        if unreadable := [key for key, delivery in read.items() if delivery is None]:
            log.error("deliveries %s of the inbox cannot be read", unreadable)
            with self._begin() as connection:
                connection.execute(sa.update(INBOX).where(INBOX.c.id.in_(unreadable)).values(state=State.FAILED))
        return tuple(delivery for delivery in read.values() if delivery)

    def mark_queued(self, delivery: Delivery) -> None:
        """Its job is with the job engine now."""
        this = (INBOX.c.id == delivery.id) & (INBOX.c.run == delivery.run) & (INBOX.c.state == State.NEW)
        with self._begin() as connection:
            connection.execute(sa.update(INBOX).where(this).values(state=State.QUEUED))

    def record(self, done: Done, delivery: int, state: State) -> None:
        """Keep how a job went, and how far that brings its delivery. Repeated, it changes nothing."""
        row = {column.name: getattr(done, column.name) for column in REVIEWS.columns}
        with self._begin() as connection:
            insert = _insert(connection, REVIEWS).values(row)
            connection.execute(insert.on_conflict_do_nothing(index_elements=[REVIEWS.c.job]))
            connection.execute(sa.update(INBOX).where(INBOX.c.id == delivery).values(state=state))

    def reviews(self, ref: str = "", limit: int = 100) -> tuple[Done, ...]:
        """The latest jobs, of one change or of all, newest first."""
        query = sa.select(REVIEWS).order_by(REVIEWS.c.finished_at.desc()).limit(limit)
        with self._begin(reads=True) as connection:
            rows = connection.execute(query.where(REVIEWS.c.ref == ref) if ref else query).all()
        return tuple(Done(**row._mapping) for row in rows)

    def counts(self) -> dict[State, int]:
        """How many deliveries are in each state."""
        query = sa.select(INBOX.c.state, sa.func.count().label("number")).group_by(INBOX.c.state)
        with self._begin(reads=True) as connection:
            found = {row.state: row.number for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in State}

    def beat(self, worker: str, beat: int) -> None:
        """Say that a worker lives: `beat` differs each time."""
        with self._begin() as connection:
            insert = _insert(connection, WORKERS).values(id=worker, beat=beat)
            connection.execute(insert.on_conflict_do_update(index_elements=[WORKERS.c.id], set_={"beat": beat}))

    def beats(self) -> dict[str, int]:
        """The last beat of each worker."""
        with self._begin(reads=True) as connection:
            return {row.id: row.beat for row in connection.execute(sa.select(WORKERS))}

    def bury(self, worker: str, beat: int) -> bool:
        """Strike a dead worker off. False: it lives after all, or another worker was first."""
        with self._begin() as connection:
            gone = (WORKERS.c.id == worker) & (WORKERS.c.beat == beat)
            return connection.execute(sa.delete(WORKERS).where(gone)).rowcount > 0

    def forget(self, before: float) -> int:
        """Drop finished deliveries and reviews from before that time (seconds since 1970); how many rows."""
        ended = INBOX.c.state.in_([State.DONE, State.FAILED]) & (INBOX.c.received_at < before)
        with self._begin() as connection:
            rows = connection.execute(sa.delete(INBOX).where(ended)).rowcount
            return rows + connection.execute(sa.delete(REVIEWS).where(REVIEWS.c.finished_at < before)).rowcount

    @contextmanager
    def _begin(self, *, reads: bool = False) -> Iterator[sa.Connection]:
        try:
            with self._engine.execution_options(reads=reads).begin() as connection:
                yield connection
        except DBAPIError as problem:
            # The driver's words hold statement and values: only its kind is told.
            raise Unavailable(f"the database failed: {type(problem.orig).__name__}") from problem


def _delivery(row: sa.Row[Any]) -> Delivery | None:
    try:
        return Delivery(row.id, from_json(row.event, Event), row.received_at, row.run)
    except Broken:
        return None


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _upgrade(connection: sa.Connection) -> None:
    """Bring the schema to SCHEMA_VERSION, one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
    SCHEMA.create(connection, checkfirst=True)
    version = connection.scalar(sa.select(sa.func.max(SCHEMA.c.version))) or 0
    if version > SCHEMA_VERSION:
        raise Broken(f"the database has schema {version}, this Touchline knows {SCHEMA_VERSION}: run the newer one")
    if version < SCHEMA_VERSION:
        TABLES.create_all(connection)
        connection.execute(sa.insert(SCHEMA).values(version=SCHEMA_VERSION))
