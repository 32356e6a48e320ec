"""Real workers that are stopped, frozen, ended and killed while they run flows, and what that leaves behind."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.processes import ROOT, Stack, commands, new_stack
from tests.stopping_worker import NOWHERE

ACCOUNTS = {name: f"{name}@acme.example" for name in ("ada", "ben", "cleo", "dora", "emil", "fay")} | {
    "gus": "gus@other.example"
}
WAIT_SECONDS = 60


@dataclass
class Workers:
    """Starts workers, and whatever else needs the console's code, as processes of their own."""

    stack: Stack
    source: Path = ROOT
    started: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.stack.log.open("ab") as log:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "tests.stopping_worker"],
                cwd=self.source,
                env=self.stack.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def start(self, name: str, folder: Path, point: str = NOWHERE, **settings: Any) -> int:
        """A worker of that name, whose cards stop at the point. Its process id."""
        folder.mkdir(exist_ok=True)
        return self._begin(do="work", name=name, point=point, folder=str(folder), settings=settings)

    def ask(self, job: str, **values: Any) -> Any:
        """Do a job of :mod:`tests.stopping_worker` and return its result."""
        answer = self.stack.folder / f"{job}-{len(self.started)}.json"
        self._begin(do=job, answer=str(answer), **values)
        self.until(answer.exists, f"{job} gave no answer")
        return json.loads(answer.read_text())

    def _begin(self, **job: Any) -> int:
        assert self.launcher.stdin
        assert self.launcher.stdout
        self.launcher.stdin.write(json.dumps(job) + "\n")
        self.launcher.stdin.flush()
        process = int(self.launcher.stdout.readline() or self._fail("no job can be begun"))
        self.started.append(process)
        return process

    def kill(self, process: int) -> None:
        """``kill -9``, and wait until it is gone."""
        os.kill(process, signal.SIGKILL)
        self.until(partial(is_gone, process), "it can't be killed")

    def stop(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.launcher.kill()
        self.launcher.communicate()

    def until(self, told: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not told():
            if time.monotonic() > deadline:
                self._fail(what)
            time.sleep(0.05)

    def _fail(self, what: str) -> int:
        raise AssertionError(f"{what}\n{self.stack.log.read_text(errors='replace')[-6000:]}")

    # -------------------------------------------------------------- what there is

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(Path(self.stack.environment["DATA_DIR"]) / "console.sqlite3", timeout=20)) as file:
            return file.execute(query).fetchall()

    def states(self, runs: list[str]) -> Counter[str]:
        """How many of the runs are how; those that wait for a decision are ``unknown``."""
        ids = ", ".join(f"'{run.replace('-', '')}'" for run in runs)
        undecided = (
            "SELECT 1 FROM flows_steprun WHERE run_id = flows_run.id AND state = 'waiting' AND phase = 'unknown'"
        )
        found = self.rows(
            f"SELECT CASE WHEN EXISTS ({undecided}) THEN 'unknown' ELSE state END FROM flows_run WHERE id IN ({ids})"
        )
        return Counter(state for (state,) in found)

    def is_unknown(self, run: str) -> bool:
        return bool(self.states([run])["unknown"])

    def sent(self, subject: str) -> int:
        """How many mails of that subject lie in Ben's inbox."""
        asked = {"subject": subject}
        found = self.stack.sandbox("GET", "accounts/ben@acme.example/messages", params=asked)["messages"]
        return sum(each["subject"] == subject and "INBOX" in each["labels"] for each in found)


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@contextmanager
def quiet_stack(folder: Path, **environment: str) -> Iterator[Stack]:
    """A sandbox whose accounts all can send, and a database. No console, and no worker."""
    stack = new_stack(folder, **environment)
    try:
        stack.start(commands()["sandbox"])
        stack.wait_for(f"{stack.sandbox_url}/_sandbox/api/healthz")
        stack.sandbox("POST", "accounts/emil@acme.example", json={"suspended": False})
        stack.sandbox("POST", "accounts/fay@acme.example", json={"has_gmail": True})
        yield stack
    finally:
        stack.stop()
