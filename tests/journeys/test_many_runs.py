"""A hundred runs on PostgreSQL, and one of two workers killed among them."""

import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.killed_workers import ACCOUNTS, Workers, quiet_stack
from tests.postgres import running_postgres

RUNS, GRANT = 100, "gmail.compose"


@pytest.mark.long
@pytest.mark.xdist_group("killed workers")
def test_of_two_workers_one_is_killed_and_the_other_finishes_all_runs(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with running_postgres() as address, quiet_stack(tmp_path, DATABASE_URL=address) as stack:
        workers = Workers(stack)
        try:
            flows = workers.ask("make_flows", accounts=ACCOUNTS, grants=[GRANT])
            asked = [(f"run {number}", flows[f"{account} {GRANT}"]) for number, account in _numbered(RUNS)]
            workers.ask("start_runs", runs=asked)
            killed = workers.start("killed", tmp_path / "killed")
            workers.start("left", tmp_path / "left")
            with closing(psycopg.connect(address, autocommit=True)) as database:
                workers.until(lambda: _at_work(database, "killed") > 1 and _completed(database) > 1, "none began")
                under_way, before = _at_work(database, "killed"), _completed(database)
                workers.kill(killed)
                began = time.monotonic()
                workers.until(lambda: _completed(database) == RUNS, "not all were finished")
                took = time.monotonic() - began
                repeated = _number(database, "SELECT count(*) FROM flows_steprun WHERE deaths > 0")
            mails = [workers.sent(subject) for subject, _flow in asked]
            adopted = sum(map(int, re.findall(r'"legs": (\d+), "event": "worker.adopted"', stack.log.read_text())))
        finally:
            workers.stop()
    figure(
        f"kill -9 of one of two workers, PostgreSQL: {RUNS} runs, {before} completed before,"
        f" {under_way} under way there, {adopted} adopted, {repeated} cards taken over,"
        f" all completed after {took:.1f} s, {sum(mails)} mails sent, at most {max(mails)} each"
    )
    assert mails == [1] * RUNS
    assert adopted >= 1


def _numbered(count: int) -> list[tuple[int, str]]:
    accounts = list(ACCOUNTS)
    return [(number, accounts[number % len(accounts)]) for number in range(count)]


def _number(database: psycopg.Connection, query: str) -> int:
    row = database.execute(query.encode()).fetchone()
    assert row
    return int(row[0])


def _completed(database: psycopg.Connection) -> int:
    return _number(database, "SELECT count(*) FROM flows_run WHERE state = 'completed'")


def _at_work(database: psycopg.Connection, name: str) -> int:
    """How many legs the worker of that name has under way."""
    return _number(
        database,
        "SELECT count(*) FROM engine.workflow_status"
        f" WHERE name = 'run_leg' AND status = 'PENDING' AND executor_id = '{name}'",
    )
