"""The demo of a local console: twelve connections, each status that can be reached, made once whatever happens."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")

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
    assert len(demo) == 12
    assert set(Counter(each["status"] for each in demo)) == {
        "active", "limited", "unsupported_account", "needs_reauthorization", "blocked",
    }  # fmt: skip
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
