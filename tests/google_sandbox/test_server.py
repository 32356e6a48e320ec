"""Starting and stopping: loopback only, never in production, state kept in one file, quick to end."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from google_sandbox.oauth.write_scope_catalog import CATALOG, catalog_text
from google_sandbox.scenarios import Scenario
from google_sandbox.server import NotLoopbackError, RunningSandbox, start
from google_sandbox.store import DataInUseError
from tests.google_sandbox.calling import caller
from tests.google_sandbox.consenting import COMPOSE, EMAIL, OPENID, READONLY, TIMEOUT, grant, refresh
from tests.staged_google import requests_to

ROOT = Path(__file__).parent.parent.parent
ADA = "ada@acme.example"
CROWD = """
import base64, collections, concurrent.futures, json, sys, requests
origin, token, refresh_token = sys.argv[1:]
raw = base64.urlsafe_b64encode(b"To: ben@acme.example\\r\\nSubject: crowd\\r\\n\\r\\nx").decode()

def work(_):
    gmail, headers = f"{origin}/gmail/v1/users/me", {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        session.headers.update(headers)
        made = session.post(f"{gmail}/drafts", json={"message": {"raw": raw}}, timeout=60)
        yield made.status_code
        yield session.post(f"{gmail}/drafts/send", json={"id": made.json()["id"]}, timeout=60).status_code
        yield session.get(f"{gmail}/messages", params={"q": "subject:crowd"}, timeout=60).status_code
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "sandbox-client",
                "client_secret": "GOCSPX-sandbox-only-secret"}
        yield requests.post(f"{origin}/token", data=form, timeout=60).status_code

with concurrent.futures.ThreadPoolExecutor(25) as pool:
    answers = list(pool.map(lambda number: list(work(number)), range(25)))
print(json.dumps(collections.Counter(sum(answers, []))))
"""


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


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKFLOWS_ENV", "production"), ("DJANGO_SETTINGS_MODULE", "workflows_console.settings.production")],
)
def test_refuses_to_start_in_production(name: str, value: str) -> None:
    ended = run("--port", "0", "--data", ":memory:", **{name: value})
    assert ended.returncode == 2
    assert ended.stderr == f"{name} says production. The sandbox runs for practice and tests only.\n"


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
def test_signal_ends_it_quietly_also_while_a_client_is_kept_waiting(number: signal.Signals) -> None:
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
    origin = found.group()
    staged = {"name": "hang_after", "path": "/oauth2/v1/certs"}
    assert requests.post(f"{origin}/_sandbox/api/scenarios", json=staged, timeout=TIMEOUT).status_code == 201
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{origin}/oauth2/v1/certs", timeout=0.2)
    with requests.Session() as idle:
        assert idle.get(f"{origin}/_sandbox/api/healthz", timeout=TIMEOUT).status_code == 200
        with ThreadPoolExecutor(1) as waiting:
            hung = waiting.submit(requests.get, f"{origin}/oauth2/v1/certs", timeout=TIMEOUT)
            wait_until_asked(idle, f"{origin}/_sandbox/api/journal", times=2)
            process.send_signal(number)
            assert isinstance(hung.exception(), requests.ConnectionError)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""


def wait_until_asked(session: requests.Session, journal: str, times: int) -> None:
    """Until so many requests were handled: each look is a request of its own, so this needs no clock."""
    for _ in range(1000):
        if len(session.get(journal, timeout=TIMEOUT).json()["entries"]) >= times:
            return
    pytest.fail("the requests were not handled")


def test_fifty_at_once_from_two_processes_all_get_their_answer(sandbox: RunningSandbox) -> None:
    """Each of 25 threads in each of two processes writes a draft, sends it and searches; refreshing in between."""
    tokens = grant(sandbox.origin, ADA, (OPENID, EMAIL, READONLY, COMPOSE))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CROWD, sandbox.origin, tokens["access_token"], tokens["refresh_token"]],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert json.loads(output) == {"200": 100}
    sent = requests_to(sandbox, "/gmail/v1/users/me/drafts/send")
    assert [entry["status"] for entry in sent] == [200] * 50


def test_state_lasts_in_its_file(tmp_path: Path) -> None:
    data = str(tmp_path / "state" / "sandbox.sqlite3")
    with start(data=data) as first:
        token = grant(first.origin, ADA, (OPENID, EMAIL))["refresh_token"]
        certificates = requests.get(f"{first.origin}/oauth2/v1/certs", timeout=TIMEOUT).json()
        sent = caller(first, ADA).send_mail()
        first.sandbox.scenarios.add(Scenario(name="cancel"))
        first.sandbox.clock.offset = 86_400
        entries = len(first.sandbox.journal.entries())
    with start(data=data) as second:
        assert len(second.sandbox.journal.entries()) == entries
        assert [each.name for each in second.sandbox.scenarios.active()] == ["cancel"]
        assert second.sandbox.clock.offset == 86_400, "what had ended stays ended"
        assert caller(second, ADA).get(f"messages/{sent['id']}")["threadId"] == sent["threadId"]
        assert refresh(second.origin, token).status_code == 200
        second.sandbox.reset()
        assert second.sandbox.clock.offset == 0
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


def test_file_of_an_older_version_is_seeded_anew(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite3")
    with sqlite3.connect(data) as older:
        older.executescript("CREATE TABLE accounts (sub TEXT); PRAGMA user_version = 7;")
    older.close()
    with start(data=data) as running:
        assert caller(running, ADA).get("profile")["emailAddress"] == ADA


def test_second_sandbox_on_the_same_file_is_refused(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite3")
    with start(data=data), pytest.raises(DataInUseError):
        start(data=data)


def test_scope_catalog_is_that_of_the_discovery_documents() -> None:
    assert CATALOG.read_text(encoding="utf-8") == catalog_text(), (
        "run python -m google_sandbox.oauth.write_scope_catalog"
    )
