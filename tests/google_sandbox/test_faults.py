"""Faults on the raw connection: what a client meets, and that the request was done (after) or not (before)."""

import socket
from urllib.parse import urlsplit

import pytest
import requests

from google_sandbox.server import RunningSandbox, start
from tests.google_sandbox.consenting import EMAIL, OPENID, TIMEOUT, grant

ADA = "ada@acme.example"


def send(origin: str, request: bytes, timeout: float = TIMEOUT) -> bytes:
    """Everything that comes back on one connection."""
    address = urlsplit(origin)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout) as connection:
        connection.sendall(request)
        received = b""
        while data := connection.recv(65536):
            received += data
        return received


def revocation(token: str) -> bytes:
    body = f"token={token}".encode()
    return (
        b"POST /revoke HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )


def stage(origin: str, name: str) -> None:
    body = {"name": name, "path": "/revoke", "count": 1}
    assert requests.post(f"{origin}/_sandbox/api/scenarios", json=body, timeout=TIMEOUT).status_code == 201


def is_alive(origin: str, token: str) -> bool:
    answer = requests.get(f"{origin}/tokeninfo", params={"access_token": token}, timeout=TIMEOUT)
    return answer.status_code == 200


@pytest.fixture
def token(origin: str) -> str:
    return str(grant(origin, ADA, (OPENID, EMAIL))["access_token"])


def test_close_after_acceptance_ends_without_a_byte(origin: str, token: str) -> None:
    stage(origin, "close_after")
    assert send(origin, revocation(token)) == b""
    assert not is_alive(origin, token)


def test_reset_after_acceptance(origin: str, token: str) -> None:
    stage(origin, "reset_after")
    with pytest.raises(ConnectionResetError):
        send(origin, revocation(token))
    assert not is_alive(origin, token)


def test_hang_after_acceptance_lasts_until_the_client_gives_up(origin: str, token: str) -> None:
    stage(origin, "hang_after")
    with pytest.raises(TimeoutError):
        send(origin, revocation(token), timeout=0.3)
    assert not is_alive(origin, token)


def test_half_an_answer(origin: str, token: str) -> None:
    stage(origin, "half_answer")
    half = send(origin, revocation(token))
    head, _, body = half.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"Content-Length: 3" in head
    assert body == b"{"
    assert b"X-Sandbox-Fault" not in half
    assert not is_alive(origin, token)


def test_503_after_acceptance(origin: str, token: str) -> None:
    stage(origin, "503_after")
    assert send(origin, revocation(token)).startswith(b"HTTP/1.1 503")
    assert not is_alive(origin, token)


@pytest.mark.parametrize(("name", "status"), [("503_before", 503), ("500_before", 500), ("429", 429)])
def test_refused_before_acceptance_does_nothing(origin: str, token: str, name: str, status: int) -> None:
    stage(origin, name)
    assert send(origin, revocation(token)).startswith(b"HTTP/1.1 %d" % status)
    assert is_alive(origin, token)


def test_journal_has_each_fault_once(origin: str, token: str) -> None:
    stage(origin, "close_after")
    send(origin, revocation(token))
    journal = requests.get(f"{origin}/_sandbox/api/journal", params={"path": "/revoke"}, timeout=TIMEOUT).json()
    assert [(entry["fault"], entry["status"], entry["account"]) for entry in journal["entries"]] == [
        ("close_after", 200, ADA)
    ]


def test_large_upload_passes_whole(origin: str) -> None:
    size = 40 * 1024 * 1024
    answer = requests.post(f"{origin}/_sandbox/api/reset", data=bytes(size), timeout=TIMEOUT)
    assert answer.status_code == 204


def test_close_cuts_a_connection_that_hangs() -> None:
    with start() as running:
        stage(running.origin, "hang_after")
        address = urlsplit(running.origin)
        connection = socket.create_connection((address.hostname or "", address.port or 0), TIMEOUT)
        connection.sendall(revocation("unknown"))
        wait_for_entry(running)
    with connection:
        assert ended(connection)


def wait_for_entry(running: RunningSandbox) -> None:
    """Until the request was handled: each look is a request of its own, so this needs no clock."""
    for _ in range(1000):
        answer = requests.get(f"{running.origin}/_sandbox/api/journal", params={"path": "/revoke"}, timeout=TIMEOUT)
        if answer.json()["entries"]:
            return
    pytest.fail("the request was not handled")


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
