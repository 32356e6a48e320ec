"""A worker is killed at each point of a send, under each fault of engine.md: nothing is lost, nothing is sent twice."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, Stack, commands, new_stack
from tests.stopping_worker import POINTS

pytestmark = pytest.mark.xdist_group("killed workers")

FAULTS = ("none", "close_after", "reset_after", "hang_after", "503_before", "503_after", "half_answer")
ACCOUNTS = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus")
"""One for each fault, so that none meets another's."""
PATHS = {"gmail.compose": "*/drafts/send", "gmail.send": "*/messages/send"}
HEARTBEATS = {"WORKER_HEARTBEAT_SECONDS": "0.1", "WORKER_SILENT_SECONDS": "0.5", "WORKER_CONCURRENCY": "16"}
WAIT_SECONDS = 40

SETUP = """
import json
from access.actor import Actor, Via
from access.operations.create_person import create_person
from access.permissions import Role
from flows.definition import Definition, PlacedCard, PlacedTrigger, TriggerField
from flows.operations.create_flow import create_flow
from flows.operations.save_flow import save_flow
from workflows_console.demo.connections import DemoConnection, _connect
person = create_person(email="kim@console.example", name="Kim", password="a-long-password", roles=[Role.ADMINISTRATOR])
actor = Actor(user=person, via=Via.COMMAND)
made = {{}}
for account in {accounts}:
    for grant in {grants}:
        domain = "other" if account == "gus" else "acme"
        connection = _connect(actor, DemoConnection(nickname=f"{{account}} {{grant}}", owner=person.email,
            account=f"{{account}}@{{domain}}.example", scopes=(grant,)))
        mail = {{"to": ["ben@acme.example"], "subject": "{{{{trigger.subject}}}}", "body": "Once."}}
        send = PlacedCard(id="c1", card="gmail.send_email", connection=connection.pk,
            options={{"body_is_html": False}}, inputs=mail)
        after = PlacedCard(id="c2", card="function.compose", inputs={{"text": "{{{{c1.message_id}}}}"}})
        trigger = PlacedTrigger(fields=(TriggerField(name="subject", label="Subject"),))
        flow = create_flow(actor, name=f"{{account}} {{grant}}",
            definition=Definition(trigger=trigger, cards=(send, after)))
        save_flow(actor, flow.pk, edit=flow.edit)
        made[f"{{account}} {{grant}}"] = str(flow.pk)
print("MADE", json.dumps(made))
"""
START = """
import json
from access.actor import Actor, Via
from access.models import User
from flows.operations.start_flow_run import start_flow_run
actor = Actor(user=User.objects.get(email="kim@console.example"), via=Via.COMMAND)
runs = [start_flow_run(actor, flow, fields={{"subject": subject}}) for subject, flow in {runs}]
print("MADE", json.dumps([str(run.pk) for run in runs]))
"""


@pytest.fixture(scope="module")
def quiet_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A sandbox and a database, and no worker."""
    stack = new_stack(tmp_path_factory.mktemp("killed"), **HEARTBEATS)
    try:
        stack.start(commands()["sandbox"])
        stack.wait_for(f"{stack.sandbox_url}/_sandbox/api/healthz")
        stack.sandbox("POST", "accounts/emil@acme.example", json={"suspended": False})
        stack.sandbox("POST", "accounts/fay@acme.example", json={"has_gmail": True})
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def flows(quiet_stack: Stack) -> dict[str, str]:
    found: dict[str, str] = made(quiet_stack, SETUP.format(accounts=ACCOUNTS, grants=tuple(PATHS)))
    return found


def made(stack: Stack, code: str) -> Any:
    output = stack.manage("shell", "-c", code).stdout
    return json.loads(next(line for line in output.splitlines() if line.startswith("MADE")).removeprefix("MADE"))


def rows(stack: Stack, query: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(Path(stack.environment["DATA_DIR"]) / "console.sqlite3", timeout=20)) as database:
        return database.execute(query, values).fetchall()


def states(stack: Stack, runs: list[str]) -> Counter[str]:
    ids = ", ".join(f"'{run.replace('-', '')}'" for run in runs)
    return Counter(str(state) for (state,) in rows(stack, f"SELECT state FROM flows_run WHERE id IN ({ids})"))


def worker(stack: Stack, point: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return stack.start(f"exec .venv/bin/python -m tests.stopping_worker {point} {folder}", **environment)


def until(told: Callable[[], bool], what: str, stack: Stack, seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < deadline, f"{what}\n{stack.log.read_text(errors='replace')[-6000:]}"
        time.sleep(0.05)


def arrived_all(stack: Stack, runs: list[str], folder: Path) -> Callable[[], bool]:
    """Every run has stopped at the point, or has ended or waits because it never comes there."""
    settled: list[float] = []

    def told() -> bool:
        counted = states(stack, runs)
        there = len(list(folder.iterdir())) + counted["completed"] + counted["failed"]
        if there + counted["waiting"] < len(runs):
            settled.clear()
            return False
        settled.append(time.monotonic())
        return settled[-1] - settled[0] > 0.5  # what waits for its time may come there yet

    return told


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def sent(stack: Stack, subject: str) -> int:
    """How many mails of that subject lie in Ben's inbox."""
    found = stack.sandbox("GET", "accounts/ben@acme.example/messages", params={"subject": subject})["messages"]
    return sum(each["subject"] == subject and "INBOX" in each["labels"] for each in found)


def unknown(stack: Stack, run: str) -> bool:
    phases = rows(stack, "SELECT phase, state FROM flows_steprun WHERE run_id = ?", run.replace("-", ""))
    return ("unknown", "waiting") in phases


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_point_loses_nothing_and_sends_nothing_twice(
    quiet_stack: Stack, flows: dict[str, str], tmp_path: Path, point: str, figure: Callable[[str], None]
) -> None:
    stack = quiet_stack
    stack.sandbox("DELETE", "scenarios")
    wanted: dict[tuple[str, str], str] = {}
    for account, fault in zip(ACCOUNTS, FAULTS, strict=True):
        for grant, path in PATHS.items():
            domain = "other" if account == "gus" else "acme"
            staged = {"name": fault, "account": f"{account}@{domain}.example", "path": path, "count": 1}
            if fault != "none":
                stack.sandbox("POST", "scenarios", json=staged)
            wanted[fault, grant] = flows[f"{account} {grant}"]
    subjects = {key: f"{point}, {key[0]}, {key[1]}" for key in wanted}
    asked = [(subjects[key], flow) for key, flow in wanted.items()]
    runs: list[str] = made(stack, START.format(runs=asked))

    folder = tmp_path / "arrived"
    first = worker(stack, point, folder)
    until(arrived_all(stack, runs, folder), f"not all arrived at {point}", stack)
    arrived = len(list(folder.iterdir()))
    kill(first)
    second = worker(stack, "nowhere", tmp_path / "second")

    def over() -> bool:
        counted = states(stack, runs)
        waiting = sum(unknown(stack, run) for run in runs)
        return counted["completed"] + waiting == len(runs)

    until(over, f"not all came to an end after {point}: {states(stack, runs)}", stack)
    kill(second)
    assert arrived
    by_grant: dict[str, list[str]] = {grant: [] for grant in PATHS}
    for (key, subject), run in zip(subjects.items(), runs, strict=True):
        fault, grant = key
        mails, is_unknown = sent(stack, subject), unknown(stack, run)
        by_grant[grant].append(f"{fault} {mails} sent{' outcome unknown' if is_unknown else ''}")
        if grant == "gmail.compose":
            assert (mails, is_unknown) == (1, False), subject
        else:
            assert mails <= 1, subject
            assert is_unknown or mails == 1, subject
    for grant, told in by_grant.items():
        figure(f"Worker killed | {grant}, at {point}, {arrived} stopped there | {' | '.join(told)}")


PACKAGES = ("kernel", "vault", "access", "connections", "flows", "gmail_connector", "workflows_console", "tests")


def changed_copy(folder: Path) -> Path:
    """The source with another way through a leg, as a later release may have."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "templates").symlink_to(ROOT / "templates")
    module = folder / "workflows_console" / "worker" / "run_legs.py"
    source = module.read_text()
    changed = source.replace("        pass\n", '        log.info("run.card_done", run=run_id, leg=leg)\n')
    assert changed != source
    module.write_text(changed)
    return folder


def test_a_worker_restarted_with_changed_source_finishes_the_runs_of_the_killed_one(
    quiet_stack: Stack, flows: dict[str, str], tmp_path: Path
) -> None:
    stack = quiet_stack
    stack.sandbox("DELETE", "scenarios")
    asked = [(f"changed source, {account}", flows[f"{account} gmail.compose"]) for account in ACCOUNTS]
    runs: list[str] = made(stack, START.format(runs=asked))
    folder = tmp_path / "arrived"
    first = worker(stack, "dispatching", folder)
    until(arrived_all(stack, runs, folder), "not all arrived", stack)
    kill(first)
    copy = changed_copy(tmp_path / "copy")
    nowhere = tmp_path / "second"
    nowhere.mkdir()
    second = stack.start(f"cd {copy} && exec {sys.executable} -m tests.stopping_worker nowhere {nowhere}")
    until(lambda: states(stack, runs)["completed"] == len(runs), "not all were finished", stack)
    kill(second)
    assert [sent(stack, subject) for subject, _flow in asked] == [1] * len(asked)
    assert "run.card_done" in stack.log.read_text()
