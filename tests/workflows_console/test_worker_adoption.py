"""What a worker that ended had under way goes back into the queue, once, and a living one's stays its own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy
from django.db import connection
from pytest_django.fixtures import Settings

from kernel.clock import now
from kernel.ids import new_id
from tests.workflows_console.empty_engine import empty_engine
from workflows_console.models import WorkerHeartbeat
from workflows_console.worker.adoption import adopt_runs
from workflows_console.worker.client import RUNS, enqueue_leg
from workflows_console.worker.engine_database import engine_address, sqlite_engine

pytestmark = pytest.mark.django_db(transaction=True)
ALIVE, SILENT = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[sqlalchemy.Connection]:
    """The engine's tables, and nobody at work on them."""
    settings.DATA_DIR = tmp_path
    settings.WORKER_NAME = "me"
    empty_engine()
    address = engine_address()
    engine = sqlite_engine(address) or sqlalchemy.create_engine(address)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as reading:
        yield reading
    engine.dispose()


def table() -> str:
    return "workflow_status" if connection.vendor == "sqlite" else "engine.workflow_status"


def had(engine: sqlalchemy.Connection, name: str, status: str = "PENDING") -> UUID:
    """A run whose leg the worker of that name took up."""
    run = new_id()
    enqueue_leg(run, 1)
    taken = f"UPDATE {table()} SET status = :status, executor_id = :name WHERE workflow_uuid = :id"
    engine.execute(sqlalchemy.text(taken), {"status": status, "name": name, "id": f"{run}.1"})
    return run


def stands(engine: sqlalchemy.Connection, run: UUID) -> tuple[str, str]:
    """The leg's status and queue."""
    asked = f"SELECT status, queue_name FROM {table()} WHERE workflow_uuid = :id"
    row = engine.execute(sqlalchemy.text(asked), {"id": f"{run}.1"}).one()
    return str(row[0]), str(row[1])


def last_heard_from(name: str, ago: timedelta, *, stopped: bool = False) -> WorkerHeartbeat:
    moment = now() - ago
    stopped_at = moment if stopped else None
    return WorkerHeartbeat.objects.create(name=name, instance=new_id(), beaten_at=moment, stopped_at=stopped_at)


def test_what_a_silent_worker_had_goes_back_into_the_queue_of_runs_once(engine: sqlalchemy.Connection) -> None:
    last_heard_from("silent", SILENT)
    runs = [had(engine, "silent"), had(engine, "silent")]
    over = had(engine, "silent", "SUCCESS")
    assert adopt_runs() == 2
    assert [stands(engine, run) for run in runs] == [("ENQUEUED", RUNS)] * 2
    assert stands(engine, over)[0] == "SUCCESS"
    assert adopt_runs() == 0


def test_what_a_worker_left_that_was_told_to_stop_goes_on_at_once(engine: sqlalchemy.Connection) -> None:
    last_heard_from("stopped", ALIVE, stopped=True)
    run = had(engine, "stopped")
    assert adopt_runs() == 1
    assert stands(engine, run)[0] == "ENQUEUED"


def test_a_living_worker_and_oneself_are_left_alone(engine: sqlalchemy.Connection) -> None:
    last_heard_from("alive", ALIVE)
    last_heard_from("me", SILENT)
    runs = [had(engine, "alive"), had(engine, "me")]
    assert adopt_runs() == 0
    assert {stands(engine, run)[0] for run in runs} == {"PENDING"}


def test_of_several_that_see_a_dead_worker_one_adopts(engine: sqlalchemy.Connection) -> None:
    row = last_heard_from("silent", SILENT)
    row.adopted_until = now() + timedelta(seconds=30)
    row.save()
    run = had(engine, "silent")
    assert adopt_runs() == 0
    assert stands(engine, run)[0] == "PENDING"


def test_one_that_adopted_and_ended_itself_is_no_reason_to_leave_them(engine: sqlalchemy.Connection) -> None:
    row = last_heard_from("silent", SILENT)
    row.adopted_until = now() - timedelta(seconds=1)
    row.save()
    had(engine, "silent")
    assert adopt_runs() == 1
