"""Real processes for journeys, races and the browser: the Procfile of ``make run``, and a second console."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "rehearsal-only-2026"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """A sandbox and two consoles on one database. ``url`` is the public one."""

    folder: Path
    port: int
    second_port: int
    sandbox_port: int
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def second_url(self) -> str:
        """The second console. Requests to it need :attr:`host` as their Host, as behind a balancer."""
        return f"http://127.0.0.1:{self.second_port}"

    def at(self, index: int) -> str:
        """One of the two consoles, in turn."""
        return self.url if index % 2 else self.second_url

    @property
    def host(self) -> str:
        """The public host name, for requests that go to either console."""
        return f"127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://localhost:{self.sandbox_port}"

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    def start(self, command: str, **environment: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=ROOT,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command against the stack's database."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            input=stdin,
        )
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}: {done.returncode}\n{done.stderr}"
        return done

    def sandbox(self, method: str, path: str, **options: Any) -> Any:
        """One call to the sandbox's control API; its JSON, None where the answer is empty."""
        response = requests.request(method, f"{self.sandbox_url}/_sandbox/api/{path}", timeout=30, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def journal(self, path: str, **query: str) -> list[dict[str, Any]]:
        """What was asked of Google since the journal was last cleared, at paths that begin so."""
        entries: list[dict[str, Any]] = self.sandbox("GET", "journal", params={"path": path, **query})["entries"]
        return entries

    def newest_message(self, account: str) -> dict[str, Any]:
        """What came last into a sandbox mailbox: id, subject, snippet and so on."""
        newest: dict[str, Any] = self.sandbox("GET", f"accounts/{account}/messages")["messages"][0]
        return newest

    def wait_for(self, url: str, seconds: float = 60) -> None:
        """Until the address answers 200, or fail with the processes' own words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if requests.get(url, timeout=5).status_code == requests.codes.ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{url} did not come up:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def new_stack(folder: Path, **environment: str) -> Stack:
    """Ports, data folder and environment of a stack, with its database made. Nothing runs yet."""
    port, second_port, sandbox_port = free_port(), free_port(), free_port()
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    stack = Stack(
        folder=folder,
        port=port,
        second_port=second_port,
        sandbox_port=sandbox_port,
        environment=inherited
        | {
            "WORKFLOWS_ENV": "local",
            "GOOGLE": "sandbox",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SANDBOX_PORT": str(sandbox_port),
            "DATA_DIR": str(folder / "data"),
            "LOG_LEVEL": "DEBUG",
        }
        | environment,
    )
    stack.manage("migrate", "--verbosity", "0")
    return stack


def commands() -> dict[str, str]:
    """What ``make run`` starts, by name."""
    processes: dict[str, str] = parse_procfile((ROOT / "Procfile.sandbox").read_text()).processes
    return processes


@contextmanager
def running_stack(folder: Path, **environment: str) -> Iterator[Stack]:
    """Everything that ``make run`` starts, on ports of its own, in a folder of its own."""
    stack = new_stack(folder, **environment)
    try:
        for command in commands().values():
            stack.start(command)
        stack.wait_for(f"{stack.url}/readyz")
        granian = commands()["console"].partition("&&")[2]
        stack.start(granian.replace("$PORT", str(stack.second_port)))
        stack.wait_for(f"{stack.second_url}/healthz")
        yield stack
    finally:
        stack.stop()
