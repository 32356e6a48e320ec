"""The worker as a process of its own: it settles what nobody watches, and comes and goes without leaving a trace."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from dbos import DBOSClient, DBOSPortableJSONSerializer

from tests.console_visitor import ConsoleVisitor
from tests.processes import ROOT, Stack

pytestmark = pytest.mark.xdist_group("processes")

RUN_WORKER = "exec .venv/bin/python manage.py run_worker"
BEN = "ben@acme.example"


def until(tell: Callable[[], Any], seconds: float = 60) -> Any:
    """The first answer that isn't empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := tell():
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not come to it")


def rows(stack: Stack, query: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(Path(stack.environment["DATA_DIR"]) / "console.sqlite3", timeout=20)) as database:
        return database.execute(query, values).fetchall()


def turn(stack: Stack, chore: str) -> None:
    """One turn of a chore now, instead of when its time comes."""
    client = DBOSClient(
        system_database_url=f"sqlite:///{stack.environment['DATA_DIR']}/engine.sqlite3",
        dbos_system_schema="engine",
        serializer=DBOSPortableJSONSerializer(),
        application_name="console",
    )
    try:
        until(lambda: client.get_schedule(f"housekeeping-{chore}"))
        client.trigger_schedule(f"housekeeping-{chore}").get_result(polling_interval_sec=0.05)
    finally:
        client.destroy()


def test_the_stack_has_a_worker_and_says_so(stack: Stack) -> None:
    checks = until(lambda: requests.get(f"{stack.url}/readyz", timeout=5).json()["checks"]["worker"] == "ok")
    assert checks


def test_a_lost_answer_is_settled_though_nobody_watches(stack: Stack) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Unwatched sender", "ada@acme.example")
    stack.sandbox("DELETE", "journal")
    fault = {"name": "503_before", "path": "/gmail/v1/users/me/drafts/send", "method": "POST", "count": 1}
    stack.sandbox("POST", "scenarios", json=fault)
    subject = "Sent by the worker"
    answer = visitor.run_card(
        "gmail.send_email", connection, {"to": [BEN], "subject": subject, "body": "Once."}, body_is_html=False
    )
    run = answer.json()["run"]
    assert state(stack, run) == "waiting"

    stack.manage("shell", "-c", TIME_HAS_COME.format(run=run))
    turn(stack, "follow_runs")

    assert state(stack, run) == "completed"
    assert stack.newest_message(BEN)["subject"] == subject
    sends = stack.journal("/gmail/v1/users/me/drafts/send")
    assert [entry["status"] for entry in sends] == [503, 200]


TIME_HAS_COME = """
from flows.models import StepRun
from kernel.clock import now
StepRun.objects.filter(run="{run}").update(settles_at=now())
"""


def state(stack: Stack, run: str) -> str:
    """As the database has it: to ask the console would move the run on."""
    ((found,),) = rows(stack, "SELECT state FROM flows_run WHERE id = ?", run.replace("-", ""))
    return str(found)


# ------------------------------------------------------------------ its own coming and going

NAME = "second"
Process = subprocess.Popen[bytes]


@pytest.fixture
def start(stack: Stack) -> Iterator[Callable[[], Process]]:
    """Starts workers of one name. Their signs of life are close together, so that nobody waits for long."""
    started: list[Process] = []

    def begin() -> Process:
        before = last_start(stack)
        process = stack.start(RUN_WORKER, WORKER_NAME=NAME, WORKER_HEARTBEAT_SECONDS="0.2", WORKER_SILENT_SECONDS="1.5")
        started.append(process)
        until(lambda: last_start(stack) != before or process.poll() is not None)
        return process

    yield begin
    for process in started:
        process.kill()


def last_start(stack: Stack) -> str:
    found = rows(stack, "SELECT started_at FROM workflows_console_workerheartbeat WHERE name = ?", NAME)
    return str(found[0][0]) if found else ""


def stopped_at(stack: Stack) -> str | None:
    ((found,),) = rows(stack, "SELECT stopped_at FROM workflows_console_workerheartbeat WHERE name = ?", NAME)
    return None if found is None else str(found)


def test_a_twin_is_refused_a_killed_worker_is_replaced_and_one_told_to_stop_ends_in_order(
    stack: Stack, start: Callable[[], Process]
) -> None:
    worker = start()
    twin = subprocess.run(
        [sys.executable, "manage.py", "run_worker"],
        cwd=ROOT,
        env=stack.environment | {"WORKER_NAME": NAME, "WORKER_HEARTBEAT_SECONDS": "0.2"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (twin.returncode, worker.poll()) == (1, None)
    assert "A worker named second is at work. Give this one another name: WORKER_NAME=second-2" in twin.stderr
    worker.kill()
    worker.wait(10)
    worker = start()
    assert (worker.poll(), stopped_at(stack)) == (None, None)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0
    assert stopped_at(stack) is not None
