"""The demo of a local console: thirteen connections, each status that can be reached, made once whatever happens."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Stack, commands, new_stack

pytestmark = pytest.mark.xdist_group("processes")

STATUSES = {"active", "limited", "unsupported_account", "needs_reauthorization", "blocked", "paused"}

# As an interrupted start leaves them: there, and nothing that should happen afterwards has happened.
UNTOUCH = """
from connections.models import Connection
Connection.objects.filter(nickname__in=["Payroll notices", "Press office"]).update(
    status="active", status_cause=None, failure=None, last_used_at=None
)
"""
RENAME = """
from connections.models import Connection
for connection in Connection.objects.filter(nickname="{before}"):
    connection.nickname = "{after}"
    connection.save()
"""


def connections(stack: Stack) -> dict[str, dict[str, Any]]:
    demo = json.loads(stack.manage("connections", "list", "--json").stdout)
    return {each["nickname"]: each for each in demo}


def nicknames(stack: Stack) -> set[str]:
    seed = (Path(__file__).parents[2] / "workflows_console" / "demo" / "connections.py").read_text()
    return {name for name in connections(stack) if f'nickname="{name}"' in seed}


def test_every_status_is_there_and_nothing_belongs_to_the_flow_builder(stack: Stack) -> None:
    demo = [connections(stack)[name] for name in nicknames(stack)]
    assert len(demo) == 13
    assert {each["status"] for each in demo} == STATUSES
    assert {each["owner"] for each in demo} == {"ada@console.example", "cleo@console.example"}


def test_a_second_start_makes_nothing_and_asks_google_nothing(stack: Stack, figure: Callable[[str], None]) -> None:
    before = connections(stack)
    stack.sandbox("DELETE", "journal")
    began = time.monotonic()
    again = stack.manage("seed_demo")
    figure(f"seed_demo at a second start: {time.monotonic() - began:.1f} s")
    assert "made by consent" not in again.stdout
    assert connections(stack) == before
    assert stack.journal("") == []


def test_what_an_interrupted_start_left_half_done_is_taken_up(stack: Stack) -> None:
    stack.manage("shell", "-c", UNTOUCH)
    stack.manage("seed_demo")
    after = connections(stack)
    assert after["Payroll notices"]["status"] == "needs_reauthorization"
    assert after["Press office"]["status"] == "blocked"


def test_a_connection_that_somebody_resumed_stays_so(stack: Stack) -> None:
    stack.manage("connections", "resume", "Supplier invoices")
    stack.manage("seed_demo")
    assert connections(stack)["Supplier invoices"]["status"] == "active"
    stack.manage("connections", "pause", "Supplier invoices")


def saved(stack: Stack) -> int:
    """How many connections stand in the database at this moment."""
    with closing(sqlite3.connect(f"file:{stack.folder}/data/console.sqlite3?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM connections_connection").fetchone()[0])


def test_a_start_killed_in_the_middle_is_finished_by_the_next(tmp_path: Path, figure: Callable[[str], None]) -> None:
    stack = new_stack(tmp_path)
    try:
        stack.start(commands()["sandbox"])
        seeding = stack.start("exec .venv/bin/python manage.py seed_demo")
        while saved(stack) < 4:
            assert seeding.poll() is None, stack.log.read_text()
        os.killpg(seeding.pid, signal.SIGKILL)
        seeding.wait()
        left = saved(stack)
        stack.manage("seed_demo")
        after = connections(stack)
    finally:
        stack.stop()
    figure(f"seed_demo killed with {left} connections made: {len(after)} after the next start")
    assert left < 13
    assert len(after) == 13
    assert {each["status"] for each in after.values()} == STATUSES
    with_service_account = {name for name, each in after.items() if each["default_service_account"]}
    assert with_service_account == {"Support inbox", "Joiner mailboxes"}


def test_a_renamed_connection_is_not_made_again(stack: Stack) -> None:
    stack.manage("shell", "-c", RENAME.format(before="Travel desk", after="Journeys"))
    stack.manage("seed_demo")
    names = set(connections(stack))
    stack.manage("shell", "-c", RENAME.format(before="Journeys", after="Travel desk"))
    assert "Journeys" in names
    assert "Travel desk" not in names


def test_only_a_local_console_with_the_sandbox_has_a_demo(stack: Stack) -> None:
    refused = stack.manage("seed_demo", "--settings", "workflows_console.settings.test", check=False)
    assert refused.returncode == 1
    assert "Start it with: make run" in refused.stderr


@pytest.mark.parametrize(
    ("flow", "fields"),
    [
        ("Answer support mail outside office hours", {"message_id": ""}),
        ("Offboarding", {"leaver": "ben@acme.example", "manager": "cleo@acme.example"}),
        ("Weekly digest of unread mail", {}),
    ],
)
def test_each_example_flow_runs_green_from_a_fresh_start(stack: Stack, flow: str, fields: dict[str, str]) -> None:
    if "message_id" in fields:
        fields = {"message_id": stack.newest_message("ada@acme.example")["id"]}
    given = [part for name, value in fields.items() for part in ("--input", f"{name}={value}")]
    done = stack.manage("run_flow", flow, "--as", "ada@console.example", *given, "--follow")
    assert "completed" in (done.stdout + done.stderr).casefold()
