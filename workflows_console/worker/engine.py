"""DBOS as this console uses it: a queue for runs, one for housekeeping, and one schedule for each chore.

Its tables hold names of chores and how they went, never what passed through the console. It talks to its database
and to nobody else: neither its Conductor nor OTLP is configured, and it opens no port.
"""

from datetime import datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from django.conf import settings

from kernel.clock import now
from workflows_console.worker import run_legs  # noqa: F401  (DBOS has to know the workflow before it starts)
from workflows_console.worker.chores import CHORES, Chore, do
from workflows_console.worker.client import APPLICATION, RUN_LEG, RUNS, VERSION
from workflows_console.worker.engine_database import (
    POOL,
    SCHEMA,
    engine_address,
    require_connections,
    sqlite_engine,
)

QUEUE = "housekeeping"
KEPT = timedelta(days=1)
LEGS_KEPT = timedelta(days=7)
OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
BATCH = 200


def prepare_engine(using: str = "default") -> None:
    """Make or renew DBOS's tables and the queue: before any worker starts, so that none meets half a schema."""
    address = engine_address(using)
    DBOS.migrate(address, schema=SCHEMA)
    client = DBOSClient(
        system_database_url=address,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        system_database_pool_size=1,
    )
    try:
        client.register_queue(
            QUEUE,
            worker_concurrency=len(_chores()),
            polling_interval_sec=settings.HOUSEKEEPING_POLL_SECONDS,
            on_conflict="always_update",
        )
        client.register_queue(
            RUNS,
            worker_concurrency=settings.WORKER_CONCURRENCY,
            polling_interval_sec=settings.RUNS_POLL_SECONDS,
            on_conflict="always_update",
        )
    finally:
        client.destroy()


def start_engine(worker_name: str) -> None:
    """Begin to work. What this name had under way when it ended goes on. :raises TooFewConnections:"""
    require_connections(len(_chores()) + settings.WORKER_CONCURRENCY + 1)
    address = engine_address()
    DBOS(
        config={
            "name": APPLICATION,
            "executor_id": worker_name,
            "application_version": VERSION,
            "system_database_url": address,
            "system_database_engine": sqlite_engine(address),
            "dbos_system_schema": SCHEMA,
            "sys_db_pool_size": POOL,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "scheduler_polling_interval_sec": 5,
            "notification_listener_polling_interval_sec": settings.HOUSEKEEPING_POLL_SECONDS,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
    )
    DBOS.launch()
    _set_schedules()


def stop_engine() -> None:
    """Take nothing up any more and give what is under way some seconds; what isn't ready then goes on elsewhere."""
    DBOS.destroy(workflow_completion_timeout_sec=settings.WORKER_STOP_SECONDS)


def _set_schedules() -> None:
    chores = _chores()
    wanted = {schedule_name(name) for name in chores}
    for schedule in DBOS.list_schedules():
        if schedule["schedule_name"] not in wanted:
            DBOS.delete_schedule(schedule["schedule_name"])
    DBOS.apply_schedules(
        [
            {
                "schedule_name": schedule_name(name),
                "workflow_fn": housekeeping,
                "schedule": settings.HOUSEKEEPING[name],
                "context": name,
                "queue_name": QUEUE,
            }
            for name in chores
        ]
    )


def schedule_name(chore: str) -> str:
    return f"housekeeping-{chore}"


@DBOS.workflow(name="housekeeping")
def housekeeping(_scheduled_at: datetime, chore: str) -> None:
    """One turn of one chore. How it went is the step's result."""
    _turn(chore)


@DBOS.step(name="turn")
def _turn(chore: str) -> str:
    known = _chores().get(chore)
    return do(known) if known else "no such chore"


def _chores() -> dict[str, Chore]:
    own = Chore(name="forget_housekeeping", work=forget_housekeeping)
    return {chore.name: chore for chore in (*CHORES, own)}


def forget_housekeeping() -> int:
    """Delete DBOS's own records: of turns that are over for a day, with those that a vanished worker left, and of legs
    that are over for a week.
    """
    turns = {"name": "housekeeping", "end_time": (now() - KEPT).isoformat()}
    legs = {"name": RUN_LEG, "status": OVER, "completed_before": (now() - LEGS_KEPT).isoformat()}
    return _forget(turns) + _forget(legs)


def _forget(which: dict[str, Any]) -> int:
    done = 0
    while old := DBOS.list_workflows(**which, limit=BATCH, load_input=False, load_output=False):
        DBOS.delete_workflows([each.workflow_id for each in old])
        done += len(old)
    return done
