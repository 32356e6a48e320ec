"""What a client may do on one connection, and what it may not bring about."""

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, Caller
from tests.google_sandbox.consenting import TIMEOUT
from tests.staged_google import gmail_calls

RAW = b"To: ben@acme.example\r\nSubject: zeppelin\r\n\r\ntext"
UPLOAD = "/upload/gmail/v1/users/me/messages/send"
HEALTH = "/_sandbox/api/healthz"


@pytest.fixture
def connection(origin: str) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT)
    connection.connect()
    yield connection
    connection.close()


def status(connection: http.client.HTTPConnection, method: str, path: str) -> tuple[int, bytes]:
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_answers_with_and_without_a_body_follow_each_other(connection: http.client.HTTPConnection) -> None:
    kept = connection.sock
    assert status(connection, "HEAD", HEALTH) == (200, b"")
    assert status(connection, "GET", HEALTH)[1].startswith(b"{")
    assert status(connection, "POST", "/_sandbox/api/reset") == (204, b"")
    assert status(connection, "GET", "/nowhere")[0] == 404
    assert status(connection, "GET", HEALTH)[0] == 200
    assert connection.sock is kept


def test_client_that_wants_to_close_is_closed(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", HEALTH, headers={"Connection": "close"})
    answer = connection.getresponse()
    assert answer.headers["Connection"] == "close"
    assert answer.read()


def test_body_in_chunks_arrives_whole(
    connection: http.client.HTTPConnection, sandbox: RunningSandbox, ada: Caller, ben: Caller
) -> None:
    headers = {"Authorization": f"Bearer {ada.token}", "Content-Type": "message/rfc822"}
    connection.request("POST", UPLOAD, body=iter([RAW[:20], RAW[20:]]), headers=headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert ben.subjects("subject:zeppelin") == ["zeppelin"]


def test_client_that_waits_for_leave_to_send_its_body_gets_it(ada: Caller, ben: Caller) -> None:
    address = urlsplit(ada.origin)
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ada.token}\r\nExpect: 100-continue\r\n"
        f"Content-Type: message/rfc822\r\nContent-Length: {len(RAW)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0), TIMEOUT) as raw:
        raw.sendall(head.encode())
        assert raw.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(RAW)
        assert raw.recv(64).startswith(b"HTTP/1.1 200")
    assert ben.subjects("subject:zeppelin") == ["zeppelin"]


def test_upload_that_its_client_gives_up_halfway_sends_nothing(
    sandbox: RunningSandbox, ada: Caller, ben: Caller
) -> None:
    address = urlsplit(ada.origin)
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ada.token}\r\n"
        f"Content-Type: message/rfc822\r\nContent-Length: {len(RAW) + 1000}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0), TIMEOUT) as raw:
        raw.sendall(head.encode() + RAW)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(4096):
            pass
    assert ben.find("subject:zeppelin") == []
    assert not [entry for entry in gmail_calls(sandbox) if entry["path"] == UPLOAD and entry["status"] == 200]
    assert ada.get("profile")["emailAddress"] == ADA


def test_head_that_is_too_large_ends_the_connection_and_no_more(origin: str, ada: Caller) -> None:
    address = urlsplit(origin)
    with socket.create_connection((address.hostname or "", address.port or 0), TIMEOUT) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nX: ")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            raw.sendall(b"a" * 16_000_000)
    assert ada.send("GET", "profile").status_code == 200
