"""The two commands people know: what make offers, what README says, and that Ctrl-C leaves nothing behind."""

import os
import pty
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, free_port

TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
# Neither what the tests run under, nor what the make that runs the tests tells its children.
HIDDEN = {"DJANGO_SETTINGS_MODULE", "WORKFLOWS_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
OUTSIDE = {name: value for name, value in os.environ.items() if name not in HIDDEN}


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=OUTSIDE | environment, capture_output=True, text=True, timeout=60
    )


def test_make_alone_lists_every_target() -> None:
    listed = {line.split()[0] for line in make().stdout.splitlines()}
    assert listed == TARGETS
    assert listed >= {"run", "reset", "test", "test-long", "lint", "bench", "screenshots", "lock", "clean"}


@pytest.mark.parametrize(
    "path", ["README.md", *(str(each.relative_to(ROOT)) for each in sorted((ROOT / "docs").rglob("*.md")))]
)
def test_every_make_command_in_the_docs_exists(path: str) -> None:
    named = re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / path).read_text(), re.MULTILINE)
    assert set(named) <= TARGETS


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        done = make("run", f"PORT={port}", f"SANDBOX_PORT={free_port()}", f"DATA_DIR={tmp_path / 'var'}")
    assert done.returncode != 0
    assert f"Port {port} on 127.0.0.1 is in use by another program." in done.stderr
    assert not (tmp_path / "var").exists()


@contextmanager
def running(*arguments: str) -> Iterator[tuple[int, int]]:
    """``make`` in a terminal of its own: its process id, and the terminal's other end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe("make", ["make", *arguments], OUTSIDE)  # noqa: S606  (no shell is wanted)
    try:
        yield pid, terminal
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.close(terminal)


def _read(terminal: int) -> str:
    """What is shown until whoever writes there is gone."""
    shown = b""
    with suppress(OSError):  # Linux ends a terminal that nobody holds any more with an error
        while chunk := os.read(terminal, 65536):
            shown += chunk
    return shown.decode(errors="replace")


def test_one_ctrl_c_stops_all_that_make_run_started(tmp_path: Path) -> None:
    port, sandbox_port = free_port(), free_port()
    ports = (f"PORT={port}", f"SANDBOX_PORT={sandbox_port}")
    with running("run", *ports, f"DATA_DIR={tmp_path}") as (pid, terminal):
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        assert len(_processes_with(tmp_path)) > 4
        os.write(terminal, b"\x03")
        shown = _read(terminal)
        _pid, status = os.waitpid(pid, 0)
    assert _processes_with(tmp_path) == []
    assert "Traceback" not in shown
    assert "Error" not in shown
    assert "ada@console.example" in shown
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGINT}
    for each in (port, sandbox_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", each), timeout=1)


def _processes_with(folder: Path) -> list[str]:
    """The processes that have the folder in their environment, as everything that the make of this test started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"DATA_DIR={folder}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if requests.get(url, timeout=5).ok:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} did not come up")
