"""The engine in this process: a schedule's turn does its chore, its tables keep no secret, old turns are forgotten."""

import logging
import subprocess
import sys
from asyncio import events
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from dbos import DBOS
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from connections.models import ConsentAttempt, Outcome
from flows.models import RunState
from flows.operations.start_flow_run import start_flow_run
from kernel.clock import now
from kernel.ids import new_id
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import asks_for, build_flow, card
from tests.workflows_console.empty_engine import empty_engine
from workflows_console.logging import RedactingFormatter
from workflows_console.worker import engine as module
from workflows_console.worker.chores import CHORES
from workflows_console.worker.client import engine_client, enqueue_leg
from workflows_console.worker.engine import schedule_name, start_engine, stop_engine
from workflows_console.worker.engine_database import (
    TooFewConnections,
    engine_address,
    require_connections,
    sqlite_engine,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def _no_event_loop() -> Iterator[None]:
    """Playwright leaves its event loop running in the thread of the tests, in which DBOS wants none."""
    loop = events._get_running_loop()
    events._set_running_loop(None)
    yield
    events._set_running_loop(loop)


@pytest.fixture
def engine(
    _no_event_loop: None, transactional_db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    settings.DATA_DIR = tmp_path / "with space?"
    settings.DATA_DIR.mkdir()
    settings.HOUSEKEEPING = dict.fromkeys(settings.HOUSEKEEPING, "0 0 1 1 *")  # only what a test starts
    settings.HOUSEKEEPING_POLL_SECONDS = 0.01
    settings.WORKER_STOP_SECONDS = 0
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)  # or the engine's threads hold the database
    empty_engine()
    start_engine("tests")
    yield
    stop_engine()


def turn(chore: str) -> str:
    """One turn of the chore now, and how it went."""
    handle = DBOS.trigger_schedule(schedule_name(chore))
    handle.get_result(polling_interval_sec=0.005)
    steps = DBOS.list_workflow_steps(handle.workflow_id)
    return str(steps[0]["output"])


def stored() -> str:
    """Everything that the engine's tables hold, as text."""
    database = sqlalchemy.create_engine(engine_address())
    schema = None if database.dialect.name == "sqlite" else "engine"
    tables = sqlalchemy.MetaData()
    tables.reflect(database, schema=schema)
    with database.connect() as reading:
        text = "\n".join(str(row) for table in tables.sorted_tables for row in reading.execute(table.select()))
    database.dispose()
    return text


def test_a_turn_does_its_chore_and_records_only_how_it_went(engine: None) -> None:
    ada = Browser(UserFactory(administrator=True))
    attempt = ada.ask("Canary inbox")
    ConsentAttempt.objects.update(expires_at=now() - timedelta(seconds=1))
    assert turn("expire_attempts") == "done: 1"
    attempt.refresh_from_db()
    assert attempt.outcome == Outcome.EXPIRED
    text = stored()
    assert "done: 1" in text
    assert "Canary" not in text
    assert str(attempt.pk) not in text


def test_a_run_of_a_flow_is_taken_up_and_nothing_that_passes_through_it_is_stored(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.engine.dispatch._queue", [enqueue_leg])
    ada = Browser(UserFactory(administrator=True))
    flow = build_flow(
        ada.actor, card("c1", "function.compose", inputs={"text": "Canary {{trigger.name}}"}), trigger=asks_for("name")
    )
    run = start_flow_run(ada.actor, flow.pk, fields={"name": "canary"})
    DBOS.retrieve_workflow(f"{run.pk}.1").get_result(polling_interval_sec=0.005)
    run.refresh_from_db()
    assert (run.state, run.leg) == (RunState.COMPLETED, 1)
    enqueue_leg(run.pk, 1)
    text = stored()
    assert str(run.pk) in text
    assert "canary" not in text.casefold()
    assert len(DBOS.list_workflows(name="run_leg")) == 1


def test_turns_of_long_ago_are_forgotten(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    turn("follow_runs")
    assert turn("forget_housekeeping") == "done: 0"
    there = len(DBOS.list_workflows())
    assert there >= 2
    monkeypatch.setattr(module, "KEPT", timedelta(minutes=-1))
    monkeypatch.setattr(module, "BATCH", 1)
    assert module.forget_housekeeping() == there
    assert DBOS.list_workflows() == []


def test_legs_of_long_ago_are_forgotten_but_not_those_under_way(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    over, queued = new_id(), new_id()
    enqueue_leg(over, 1)  # there is no such run: it is over at once
    DBOS.retrieve_workflow(f"{over}.1").get_result(polling_interval_sec=0.005)
    engine_client().enqueue(
        {"queue_name": "runs", "workflow_name": "run_leg", "workflow_id": f"{queued}.1", "delay_seconds": 3600},
        str(queued),
        1,
    )
    assert module.forget_housekeeping() == 0
    monkeypatch.setattr(module, "LEGS_KEPT", timedelta(minutes=-1))
    assert module.forget_housekeeping() == 1
    assert [each.workflow_id for each in DBOS.list_workflows()] == [f"{queued}.1"]


def test_every_chore_has_its_schedule_and_no_other_is_left(engine: None) -> None:
    names = {chore.name for chore in CHORES} | {"forget_housekeeping"}
    assert names == set(django_settings.HOUSEKEEPING)
    DBOS.create_schedule(schedule_name="housekeeping-gone", workflow_fn=module.housekeeping, schedule="0 0 1 1 *")
    module._set_schedules()
    assert {each["schedule_name"] for each in DBOS.list_schedules()} == {schedule_name(name) for name in names}


def test_its_log_is_ours(engine: None) -> None:
    logger = logging.getLogger("dbos")
    handlers = [handler for handler in logger.handlers if not type(handler).__module__.startswith("_pytest")]
    assert [type(handler.formatter) for handler in handlers] == [RedactingFormatter]
    assert (logger.propagate, logger.level) == (False, logging.WARNING)


def test_its_tables_lie_apart_from_the_consoles(engine: None, settings: Settings) -> None:
    assert not [name for name in connection.introspection.table_names() if "workflow_status" in name]
    if connection.vendor == "sqlite":
        database = sqlite_engine(engine_address())
        assert database is not None
        with database.connect() as reading:
            said = [reading.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        database.dispose()
        assert said == ["wal", 1]
        assert (Path(settings.DATA_DIR) / "engine.sqlite3").stat().st_mode & 0o777 == 0o600
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM engine.workflow_schedules")
            assert cursor.fetchone() == (len(CHORES) + 1,)


@pytest.mark.django_db
def test_whoever_is_frozen_within_a_transaction_gives_its_locks_back() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("30s",)


@pytest.mark.django_db
def test_it_starts_only_where_postgresql_has_connections_for_it() -> None:
    require_connections(1)
    if connection.vendor == "postgresql":
        with pytest.raises(TooFewConnections, match=r"connections left, and a worker takes up to 1010"):
            require_connections(1000)


def test_the_web_never_loads_the_engine() -> None:
    code = "import workflows_console.wsgi, sys; print({'dbos', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.django_db
def test_without_its_tables_the_worker_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows_console.management.commands.run_worker.database_state", lambda: "migrations wait")
    with pytest.raises(CommandError, match=r"migrations wait. Run manage.py migrate first"):
        call_command("run_worker")
