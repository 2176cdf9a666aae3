"""The pipeline on the job engine. The only file that knows which engine it is.

A delivery of the inbox becomes a job in the queue of its change: one change is reviewed one at a time, many at once.
A job is three steps, each kept when it is done: examine, publish, record. After a crash it goes on behind the last
step that was kept; a step may run twice, so publishing looks first for what stands. Waiting for a forge is a new try
with a delay, so that it holds neither a worker nor the change's turn.
https://docs.dbos.dev/python/tutorials/workflow-tutorial
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus

from bot.database import engine_options
from bot.errors import Unavailable
from bot.model import Event, Receipt
from bot.outcome import Kind, Outcome, outcome_of, retry_in, state_after
from bot.pipeline import Examination, Skipped
from bot.storable import from_json, to_json
from bot.store import Delivery, Done, Store
from bot.workers import Seat, Watch, take_seat
from config.settings import JobSettings

# Jobs of another version are never taken: change it only when new code could not go on with jobs under way.
STEPS_VERSION = "touchline-1"
WORKFLOW = "review"
QUEUE = "reviews"
DAY_SECONDS = 86_400.0
CLEAN_EVERY_SECONDS = 3_600.0
ALARM_EVERY_SECONDS = 60.0
CLEAN_BATCH = 500
MOST_LIVES = 20  # a job that has killed its worker this often is not begun again
LEAVE_SECONDS = 20
UNDER_WAY = ["ENQUEUED", "PENDING", "DELAYED"]
GIVEN_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
ENDED = ["SUCCESS", "ERROR", "CANCELLED", GIVEN_UP]

log = logging.getLogger("touchline.jobs")


class Steps(Protocol):
    """What a job does. Each step makes its own forge, and raises only errors of `bot.errors`."""

    def examine(self, event: Event) -> Examination | Skipped:
        """Read and analyse. Writes nothing."""
        ...

    def publish(self, examination: Examination) -> Receipt:
        """Make the forge show the review; repeated, it writes nothing."""
        ...


def job_id(event: Event, run: int, attempt: int = 1) -> str:
    """The name of a job: the same delivery always gives the same, so that it is begun once."""
    key = f"{event.ref.forge}\n{event.delivery}\n{run}"
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.{attempt}"


@dataclass(slots=True)
class Round:
    """Something to be done every so often."""

    go: Callable[[], None]
    every_seconds: float
    due: float = 0.0

    def go_if_due(self, now: float) -> None:
        """Do it when its time has come."""
        if now >= self.due:
            self.due = now + self.every_seconds
            self.go()


class Jobs:
    """A worker: moves deliveries into the queue, runs jobs, and looks after those of dead workers.

    The engine is one a process, so there is one Jobs a process.
    """

    def __init__(self, store: Store, steps: Steps, settings: JobSettings, seat: Seat | None = None) -> None:
        self._store, self._steps, self._settings = store, steps, settings
        self._seat = seat or take_seat(store.address.render_as_string(hide_password=True))
        self._watch = Watch(store, self._seat.name, settings.dead_after_seconds)
        self._alarmed: set[str] = set()

    def start(self) -> None:
        """Begin to run jobs, first of all those that this worker's last life left."""
        self._watch.beat()
        DBOS(config=self._config())
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_LIVES)(self._workflow())
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._settings.concurrency,
            polling_interval_sec=self._settings.poll_seconds,
            on_conflict="always_update",
        )

    def run(self, stop: threading.Event) -> None:
        """Move deliveries, look after the others and clean up, until told to stop."""
        rounds = [
            Round(self.move, 0.0),
            Round(self.tend, self._settings.dead_after_seconds / 5),
            Round(self.alarm, ALARM_EVERY_SECONDS),
            Round(self.clean, CLEAN_EVERY_SECONDS),
        ]
        while not stop.wait(self._settings.poll_seconds):
            try:
                for each in rounds:
                    each.go_if_due(time.monotonic())
            except Unavailable as problem:
                log.warning("%s; trying again", problem)

    def close(self) -> None:
        """Take no more jobs, let those under way end for a while, and leave the rest to the next life."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=LEAVE_SECONDS)
        self._seat.leave()

    def move(self) -> None:
        """Begin the jobs of new deliveries. A crash half-way is repaired by the next call."""
        for delivery in self._store.waiting():
            self._enqueue(delivery, attempt=1)
            self._store.mark_queued(delivery)

    def tend(self) -> None:
        """Show that we live, and take over the jobs of the dead."""
        self._watch.beat()
        if dead := self._watch.bury_the_dead():
            log.warning("taking over the jobs of %s", ", ".join(dead))
            DBOS._recover_pending_workflows(dead)

    def alarm(self) -> None:
        """Log each job that nobody will run, once."""
        alarms = self.alarms()
        for job in set(alarms) - self._alarmed:
            log.error("%s", alarms[job])
        self._alarmed = set(alarms)

    def alarms(self) -> dict[str, str]:
        """Jobs that no worker of this version will ever run, and why: job -> words."""
        found = DBOS.list_workflows(status=[*UNDER_WAY, GIVEN_UP], load_input=False, load_output=False)
        return {one.workflow_id: why for one in found if (why := _stuck(one))}

    def clean(self) -> None:
        """Forget what ended longer ago than `jobs.keep_days`."""
        before = time.time() - self._settings.keep_days * DAY_SECONDS
        self._store.forget(before)
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))
        while old := DBOS.list_workflows(
            status=ENDED, completed_before=text, limit=CLEAN_BATCH, load_input=False, load_output=False
        ):
            DBOS.delete_workflows([one.workflow_id for one in old])

    def _config(self) -> DBOSConfig:
        address = self._store.address
        return {
            "name": "touchline",
            "system_database_url": address.render_as_string(hide_password=False),
            "db_engine_kwargs": engine_options(address),
            "application_version": STEPS_VERSION,
            "executor_id": self._seat.name,
            "serializer": DBOSPortableJSONSerializer(),
            "use_listen_notify": False,
            "log_level": "WARNING",
        }

    def _enqueue(self, delivery: Delivery, attempt: int, delay: float | None = None) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": job_id(delivery.event, delivery.run, attempt),
            "queue_partition_key": str(delivery.event.ref),
            "app_version": STEPS_VERSION,
        }
        if delay is not None:
            options["delay_seconds"] = delay
        DBOS.enqueue_workflow_with_options(options, to_json(delivery), attempt)

    def _workflow(self) -> Callable[[str, int], str]:
        def review(delivery: str, attempt: int) -> str:
            return self._job(from_json(delivery, Delivery), attempt)

        return review

    def _job(self, delivery: Delivery, attempt: int) -> str:
        """One try of a job. Whatever could differ in a second life is inside of a step."""
        outcome = _kept("examine", lambda: self._examine(delivery.event))
        if outcome.kind is Kind.EXAMINED:
            examined = outcome.value
            outcome = _kept("publish", lambda: self._publish(examined))
        again = DBOS.run_step(
            {"name": "record", "retries_allowed": True, "max_attempts": 10}, self._record, delivery, attempt, outcome
        )
        if again is not None:
            self._enqueue(delivery, attempt + 1, again)
        return outcome.kind.value

    def _examine(self, event: Event) -> Outcome:
        examined = self._steps.examine(event)
        if isinstance(examined, Skipped):
            return Outcome(Kind.SKIPPED, reason=examined.reason)
        return Outcome(Kind.EXAMINED, examined.change.head.id, to_json(examined))

    def _publish(self, examined: str) -> Outcome:
        receipt = self._steps.publish(from_json(examined, Examination))
        return Outcome(Kind.PUBLISHED, receipt.patchset, to_json(receipt))

    def _record(self, delivery: Delivery, attempt: int, outcome: Outcome) -> float | None:
        now = time.time()
        age, give_up = now - delivery.received_at, self._settings.give_up_days * DAY_SECONDS
        again = retry_in(outcome, attempt, age, give_up)
        job, ref = job_id(delivery.event, delivery.run, attempt), str(delivery.event.ref)
        receipt = outcome.value if outcome.kind is Kind.PUBLISHED else ""
        done = Done(job, ref, outcome.patchset, outcome.kind, outcome.reason, receipt, now)
        self._store.record(done, delivery.id, state_after(outcome, again))
        log.info("%s: %s %s", ref, outcome.kind, outcome.reason)
        return again


def _kept(name: str, step: Callable[[], Outcome]) -> Outcome:
    """Run a step of which the engine keeps the outcome."""
    return from_json(DBOS.run_step({"name": name}, lambda: to_json(outcome_of(step))), Outcome)


def _stuck(one: WorkflowStatus) -> str:
    if one.status == GIVEN_UP:
        return f"job {one.workflow_id} has ended its worker {MOST_LIVES} times; it is not begun again"
    if one.name != WORKFLOW or one.app_version not in (None, STEPS_VERSION):
        return f"job {one.workflow_id} is of {one.name[:60]!r} {one.app_version!r:.60}, which no worker here can run"
    return ""
