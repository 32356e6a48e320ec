"""Starting and stopping: loopback only, never in production, state kept in one file, quick to end."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from google_sandbox.oauth.write_scope_catalog import CATALOG, catalog_text
from google_sandbox.server import NotLoopbackError, start
from google_sandbox.store import DataInUseError
from tests.google_sandbox.consenting import EMAIL, OPENID, TIMEOUT, grant, refresh

ROOT = Path(__file__).parent.parent.parent
ADA = "ada@acme.example"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "google_sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_refuses_to_start_in_production() -> None:
    ended = run("--port", "0", "--data", ":memory:", WORKFLOWS_ENV="production")
    assert ended.returncode == 2
    assert "production" in ended.stderr


def test_refuses_an_address_that_others_can_reach() -> None:
    ended = run("--host", "0.0.0.0", "--port", "0", "--data", ":memory:")
    assert ended.returncode == 2
    assert "loopback" in ended.stderr
    for host in ("192.0.2.1", "google.example", "::"):
        with pytest.raises(NotLoopbackError):
            start(host=host)


def test_port_in_use_gets_a_clear_message() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("--port", port, "--data", ":memory:")
    assert ended.returncode == 2
    assert f"Port {port} is in use" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_quietly(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "google_sandbox", "--port", "0", "--data", ":memory:"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://localhost:\d+", process.stdout.readline())
    assert found is not None
    assert requests.get(f"{found.group()}/_sandbox/api/healthz", timeout=TIMEOUT).status_code == 200
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""


def test_state_lasts_in_its_file(tmp_path: Path) -> None:
    data = str(tmp_path / "state" / "sandbox.sqlite3")
    with start(data=data) as first:
        token = grant(first.origin, ADA, (OPENID, EMAIL))["refresh_token"]
        certificates = requests.get(f"{first.origin}/oauth2/v1/certs", timeout=TIMEOUT).json()
    with start(data=data) as second:
        assert refresh(second.origin, token).status_code == 200
        second.sandbox.reset()
        assert refresh(second.origin, token).status_code == 400
        assert requests.get(f"{second.origin}/oauth2/v1/certs", timeout=TIMEOUT).json() == certificates


def test_redirect_uris_of_the_start_win_over_the_file(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite3")
    for redirect_uri, status in (("http://127.0.0.1:1/first/", 302), ("http://127.0.0.1:2/second/", 400)):
        with start(data=data, redirect_uris=[redirect_uri]) as running:
            answer = requests.get(
                f"{running.origin}/o/oauth2/v2/auth",
                params={
                    "client_id": "sandbox-client",
                    "redirect_uri": "http://127.0.0.1:1/first/",
                    "response_type": "code",
                    "scope": "openid",
                },
                allow_redirects=False,
                timeout=TIMEOUT,
            )
            assert answer.status_code == status


def test_second_sandbox_on_the_same_file_is_refused(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite3")
    with start(data=data), pytest.raises(DataInUseError):
        start(data=data)


def test_scope_catalog_is_that_of_the_discovery_documents() -> None:
    assert CATALOG.read_text(encoding="utf-8") == catalog_text(), (
        "run python -m google_sandbox.oauth.write_scope_catalog"
    )
