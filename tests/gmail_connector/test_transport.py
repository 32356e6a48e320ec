"""The way to Gmail: once, bounded, with the token for Gmail alone; and whether a lost request may have been done."""

import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings

from connections.errors import GoogleUnavailable, GrantEnded
from connections.models import Connection
from connections.operations.get_access_token import get_access_token
from flows.cards import AnswerLost
from gmail_connector import transport
from gmail_connector.client import GmailClient, open_client
from gmail_connector.scopes import READ_MAIL, SEND_MAIL
from gmail_connector.transport import LONG_BODY, NoAnswer, NotSent, Transport
from google_sandbox.server import RunningSandbox
from tests.factories import ConnectionFactory
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.scripted_gmail import answer, scripted_gmail
from tests.staged_google import gmail_calls, requests_to, stage
from workflows_console.logging import TALKATIVE
from workflows_console.settings.google import sandbox_addresses

pytestmark = pytest.mark.django_db

RAW = "VG86IGJlbkBhY21lLmV4YW1wbGUNClN1YmplY3Q6IEhpDQoNCkhp"  # To: ben@acme.example, Subject: Hi
MESSAGE = b'{"id": "19e1acd465710c93", "threadId": "19e1acd465710c93"}'
UNAUTHORIZED = answer("401 Unauthorized", b'{"error": {"code": 401, "message": "Invalid Credentials"}}')


def read(client: GmailClient) -> object:
    request = client.users("messages").get(userId="me", id="19e1acd465710c93", format="minimal")
    return client.call("Reading the message", request, needs=READ_MAIL, field="Message ID")


def write(client: GmailClient) -> object:
    request = client.users("messages").send(userId="me", body={"raw": RAW})
    return client.call("Sending the message", request, needs=SEND_MAIL)


@pytest.fixture
def made() -> Connection:
    connection: Connection = ConnectionFactory()
    return connection


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("close_after", "the connection ended before an answer came"),
        ("reset_after", "the connection ended before an answer came"),
        ("hang_after", "no answer came within 0.2 seconds"),
        ("half_answer", "the answer broke off"),
        ("503_after", "Google answered 503"),
        ("503_before", "Google answered 503"),
        ("500_before", "Google answered 500"),
    ],
)
def test_after_each_fault_a_write_is_lost_and_a_read_failed_and_neither_is_repeated(
    google: RunningSandbox, client: GmailClient, settings: Settings, fault: str, says: str
) -> None:
    settings.GMAIL_READ_SECONDS = 0.2 if fault == "hang_after" else 10
    stage(google, fault, path="/gmail/*")
    with pytest.raises(AnswerLost, match=says):
        write(client)
    with pytest.raises(GoogleUnavailable, match=says):
        read(client)
    assert [entry["method"] for entry in gmail_calls(google)] == ["POST", "GET"]


def test_a_closed_port_proves_that_nothing_left(settings: Settings, made: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings.GOOGLE_ADDRESSES = sandbox_addresses(f"http://localhost:{port}")
    settings.OUTBOUND_ORIGINS = settings.GOOGLE_ADDRESSES.origins
    with pytest.raises(GoogleUnavailable, match="could not be reached"):
        write(open_client(made))


def test_a_name_that_nobody_knows_proves_that_nothing_left(settings: Settings, made: Connection) -> None:
    settings.GOOGLE_ADDRESSES = sandbox_addresses("http://gmail.invalid")
    settings.OUTBOUND_ORIGINS = settings.GOOGLE_ADDRESSES.origins
    with pytest.raises(GoogleUnavailable, match="could not be reached"):
        write(open_client(made))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (requests.ConnectTimeout(), NotSent),
        (requests.exceptions.SSLError(), NoAnswer),
        (requests.ConnectionError("broken pipe"), NoAnswer),
        (requests.ReadTimeout(), NoAnswer),
        (requests.exceptions.ContentDecodingError(), NoAnswer),
        (OSError(9, "Bad file descriptor"), NoAnswer),
    ],
)
def test_only_what_is_proven_not_to_have_left_counts_as_not_sent(
    monkeypatch: pytest.MonkeyPatch, made: Connection, error: Exception, meaning: type[Exception]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "send", fail)
    with pytest.raises(meaning) as raised:
        Transport(made).request("http://localhost:1/gmail/v1/users/me/messages/send", "POST", b"{}")
    # The library's error holds the request, and with it the token
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "given",
    [
        answer("200 OK", b"<html>Welcome to the hotel's network</html>"),
        answer("200 OK", b'{"id": "19e1'),
        answer("200 OK", b"[]"),
        answer("200 OK", b"\xff\xfe"),
        answer("200 OK", b"not gzip", "Content-Encoding: gzip"),
        answer("302 Found", b"", "Location: http://localhost:1/elsewhere"),
        answer("200 OK", MESSAGE, length=500) + b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["page", "cut", "list", "bytes", "encoding", "redirect", "short", "protocol"],
)
def test_an_answer_that_is_not_gmails_leaves_a_write_unknown(
    settings: Settings, made: Connection, given: bytes
) -> None:
    settings.GMAIL_READ_SECONDS = 0.5
    with scripted_gmail(settings, given) as gmail:
        with pytest.raises(AnswerLost):
            write(open_client(made))
        assert len(gmail.asked) == 1


def test_a_huge_answer_is_dropped(settings: Settings, made: Connection) -> None:
    head = answer("200 OK", b"", length=80 * 1024 * 1024)
    with (
        scripted_gmail(settings, head + b" " * (65 * 1024 * 1024)),
        pytest.raises(GoogleUnavailable, match="longer than this console reads"),
    ):
        read(open_client(made))


# ------------------------------------------------------------------ tokens


def test_a_refused_token_is_refreshed_once_and_the_write_done_once(google: RunningSandbox, client: GmailClient) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")
    write(client)
    assert [entry["status"] for entry in gmail_calls(google)] == [401, 200]
    assert len(requests_to(google, "/token")) == 1
    write(client)
    assert len(requests_to(google, "/token")) == 1


def test_a_grant_that_ended_shows_itself_at_the_refresh(google: RunningSandbox, connect: Connect) -> None:
    connection = connect()
    stage(google, "revoked_at_google")
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")
    with pytest.raises(GrantEnded):
        write(open_client(connection))
    assert [entry["status"] for entry in gmail_calls(google)] == [401]


def test_a_new_token_refused_too_is_googles_trouble_and_nothing_was_done(
    google: RunningSandbox, settings: Settings, connect: Connect
) -> None:
    connection = connect()
    addresses = settings.GOOGLE_ADDRESSES
    with scripted_gmail(settings, UNAUTHORIZED) as gmail:
        settings.GOOGLE_ADDRESSES = replace(addresses, gmail_api_url=gmail.origin)
        settings.OUTBOUND_ORIGINS = settings.GOOGLE_ADDRESSES.origins
        with pytest.raises(GoogleUnavailable, match="refused an access token that it had just given"):
            write(open_client(connection))
        assert len(gmail.asked) == 2
    assert len(requests_to(google, "/token")) == 1


@pytest.mark.parametrize(("size", "is_in_pieces"), [(LONG_BODY, False), (LONG_BODY + 1, True)])
def test_a_long_body_leaves_in_pieces_each_with_its_own_time_and_with_its_length(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, made: Connection, size: int, is_in_pieces: bool
) -> None:
    bodies: list[object] = []
    send = requests.Session.send

    def note(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        bodies.append(request.body)
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", note)
    with scripted_gmail(settings, answer("200 OK", MESSAGE)) as gmail:
        Transport(made).request(f"{gmail.origin}/upload/gmail/v1/users/me/messages/send", "POST", b"x" * size)
        (asked,) = gmail.asked
    assert hasattr(bodies[0], "read") is is_in_pieces
    assert f"Content-Length: {size}\r\n" in asked
    assert asked.endswith("\r\n\r\n" + "x" * size)


def test_the_token_goes_to_gmail_and_nowhere_else(settings: Settings, made: Connection) -> None:
    with scripted_gmail(settings, answer("200 OK", MESSAGE)) as gmail:
        settings.OUTBOUND_ORIGINS = settings.OUTBOUND_ORIGINS | {"http://127.0.0.1:1"}
        token = get_access_token(made).reveal()
        read(open_client(made))
        assert f"Authorization: Bearer {token}" in gmail.asked[0]
        assert gmail.asked[0].startswith("GET /gmail/v1/users/me/messages/19e1acd465710c93?format=minimal&alt=json ")
        with pytest.raises(NotSent):
            Transport(made).request("http://127.0.0.1:1/gmail/v1/users/me/profile")


def test_nothing_of_one_account_goes_with_anothers_request(settings: Settings, made: Connection) -> None:
    with scripted_gmail(settings, answer("200 OK", MESSAGE, "Set-Cookie: account=one; Path=/")) as gmail:
        read(open_client(made))
        other = ConnectionFactory()
        read(open_client(other))
    assert "Cookie" not in gmail.asked[1]
    assert get_access_token(made).reveal() not in gmail.asked[1]
    assert get_access_token(other).reveal() in gmail.asked[1]


def test_a_connection_is_kept_for_the_next_request(settings: Settings, made: Connection) -> None:
    with scripted_gmail(settings, answer("200 OK", MESSAGE)) as gmail:
        for _time in range(3):
            read(open_client(made))
    assert (gmail.connections, len(gmail.asked)) == (1, 3)


def test_a_pool_is_never_inherited_over_a_fork() -> None:
    assert transport._session(1) is not transport._session(2)


def test_uploads_go_where_gmail_is_set_to_be(settings: Settings) -> None:
    users = open_client(ConnectionFactory()).users
    assert users("drafts").create(userId="me", body={}).uri.startswith(settings.GOOGLE_ADDRESSES.gmail_api_url)
    from googleapiclient.http import MediaInMemoryUpload

    upload = users("messages").send(userId="me", media_body=MediaInMemoryUpload(b"x", "message/rfc822"))
    assert upload.uri.startswith(f"{settings.GOOGLE_ADDRESSES.gmail_api_url}/upload/gmail/")


@pytest.mark.parametrize("act", [read, write])
def test_no_token_is_logged_whatever_happens(
    google: RunningSandbox,
    connect: Connect,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    act: Callable[[GmailClient], object],
) -> None:
    connection = connect()
    for name in (*TALKATIVE, "urllib3.connectionpool", "googleapiclient.discovery", "googleapiclient.http"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)
    tokens = [get_access_token(connection).reveal()]
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")
    for fault in (None, "close_after", "half_answer", "503_before", "429", "hang_after"):
        if fault:
            stage(google, fault, path="/gmail/*", count=1)
        settings.GMAIL_READ_SECONDS = 0.2 if fault == "hang_after" else 10
        try:
            act(open_client(connection))
        except Exception:
            logging.getLogger("test").debug("met", exc_info=True)
    tokens.append(get_access_token(connection).reveal())
    assert tokens[0] != tokens[1]
    assert "connectionpool" in caplog.text
    assert not [token for token in tokens if token in caplog.text or token[:20] in caplog.text]
    assert "Bearer ya29" not in caplog.text
