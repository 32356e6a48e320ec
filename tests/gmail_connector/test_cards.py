"""Read Email and Send Email, run as people run them, against the sandbox."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections.models import Connection, Status
from flows.models import Run
from gmail_connector.scopes import COMPOSE, METADATA, READONLY, SEND
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.factories import ConnectionFactory
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import drafts, message_id, received
from tests.gmail_connector.runs import READ, failure, outputs, paths, run
from tests.gmail_connector.runs import SEND as SENDING
from tests.gmail_connector.scripted_gmail import answer, scripted_gmail
from tests.staged_google import gmail_calls, requests_to, stage

pytestmark = pytest.mark.django_db

ADA, BEN, CLEO = "ada@acme.example", "ben@acme.example", "cleo@acme.example"
SUBJECT = "Lunch on Friday"

Act = Callable[..., Run]


@pytest.fixture
def send(person: Browser) -> Act:
    """Send Email to ben; ``inputs`` replace what is sent."""

    def act(connection: Connection, **inputs: Any) -> Run:
        return run(person, connection, SENDING, **inputs)

    return act


@pytest.fixture
def read(person: Browser) -> Act:
    def act(connection: Connection, wanted: str) -> Run:
        return run(person, connection, READ, message_id=wanted)

    return act


def expire_tokens(google: RunningSandbox) -> None:
    """At Google only: the console believes in them."""
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")


# ------------------------------------------------------------------ Send Email


def test_a_message_arrives_once_by_a_draft(google: RunningSandbox, connect: Connect, send: Act) -> None:
    sent = outputs(send(connect()))
    assert paths(google) == ["POST drafts", "POST drafts/send"]
    (arrived,) = received(google, BEN, SUBJECT)
    assert (arrived["From"], arrived["To"]) == ("Ada Lindqvist <ada@acme.example>", BEN)
    assert arrived.get_content().strip() == "Paella?"
    assert sent["message_id"] == message_id(google, ADA, SUBJECT, "SENT")
    assert drafts(google, ADA, SUBJECT) == 0


def test_a_message_arrives_once_without_one(google: RunningSandbox, connect: Connect, send: Act) -> None:
    sent = outputs(send(connect(ADA, SEND)))
    assert paths(google) == ["POST messages/send"]
    assert len(received(google, BEN, SUBJECT)) == 1
    assert sent["message_id"] == message_id(google, ADA, SUBJECT, "SENT")


def test_html_names_and_hidden_recipients(google: RunningSandbox, connect: Connect, send: Act) -> None:
    body = "<p>Паэлья <b>🍲</b></p>"
    outputs(
        send(
            connect(),
            body_is_html="yes",
            to=['"Okafor, Bén" <ben@acme.example>'],
            cc=["Dora <dora@acme.example>"],
            bcc=[CLEO],
            body=body,
        )
    )
    for account in (BEN, "dora@acme.example", CLEO):
        (arrived,) = received(google, account, SUBJECT)
        assert arrived.get_content_type() == "text/html"
        assert arrived.get_content().strip() == body
        assert arrived["Bcc"] is None
        assert [each.display_name for each in arrived["To"].addresses] == ["Okafor, Bén"]


def test_a_subject_cannot_add_a_recipient(google: RunningSandbox, connect: Connect, send: Act) -> None:
    outputs(send(connect(), subject="Hello\r\nBcc: cleo@acme.example\r\n\r\nHi"))
    assert len(received(google, BEN, "Hello Bcc: cleo@acme.example Hi")) == 1
    assert received(google, CLEO, "Hello Bcc: cleo@acme.example Hi") == []


def test_wrong_addresses_are_named_by_field_before_any_call(
    google: RunningSandbox, connect: Connect, send: Act
) -> None:
    error = failure(send(connect(), to=["ben", CLEO], cc=["dora@"], bcc=["ü@x.example"], **{"from": "it"}))
    assert isinstance(error, InputRejected)
    assert sorted(error.fields) == ["bcc", "cc", "from", "to"]
    assert gmail_calls(google) == []


def test_recipients_beyond_the_limit_are_refused_before_any_call(
    google: RunningSandbox, connect: Connect, send: Act
) -> None:
    connection = connect()
    many = [f"person{number}@elsewhere.invalid" for number in range(101)]
    error = failure(send(connection, to=many[:50], cc=many[50:]))
    assert isinstance(error, InputRejected)
    assert "at most 100 recipients" in error.cause
    assert gmail_calls(google) == []
    outputs(send(connection, to=many[:50], cc=many[50:100]))


# ------------------------------------------------------------------ From


@pytest.mark.parametrize("sender", ["it@acme.example", "Acme IT <IT@acme.example>", ADA])
def test_a_message_leaves_from_a_verified_address(
    google: RunningSandbox, connect: Connect, send: Act, sender: str
) -> None:
    outputs(send(connect(), **{"from": sender}))
    (arrived,) = received(google, BEN, SUBJECT)
    assert arrived["From"].addresses[0].addr_spec.lower() in {"it@acme.example", ADA}
    assert arrived["From"].addresses[0].addr_spec.lower() in sender.lower()


@pytest.mark.parametrize("sender", ["ben@acme.example", "press@acme.example"], ids=["another's", "pending"])
def test_an_address_that_is_not_verified_is_refused_and_nothing_leaves(
    google: RunningSandbox, connect: Connect, send: Act, sender: str
) -> None:
    error = failure(send(connect(), **{"from": sender}))
    assert error.code == "gmail.sender_not_verified"
    assert "ada@acme.example, ada.lindqvist@acme.example, it@acme.example" in error.cause
    assert paths(google) == ["GET settings/sendAs"]


def test_without_a_scope_to_check_it_only_the_own_address_will_do(
    google: RunningSandbox, connect: Connect, send: Act
) -> None:
    connection = connect(ADA, COMPOSE)
    error = failure(send(connection, **{"from": "it@acme.example"}))
    assert error.code == "scope.missing"
    assert "gmail.readonly or gmail.settings.basic" in error.cause
    assert gmail_calls(google) == []
    outputs(send(connection, **{"from": "Ada <ada@acme.example>"}))


# ------------------------------------------------------------------ Read Email


def test_a_message_is_read_whole(google: RunningSandbox, connect: Connect, read: Act) -> None:
    wanted = message_id(google, ADA, "Invoice 2041 – 請求書")
    found = outputs(read(connect(), wanted))
    (file,) = found.pop("attachment_ids")
    assert file.pop("attachment_id").startswith("ANGjdJ")
    assert file == {"filename": "Invoice-2041.pdf", "message_id": wanted, "type": "application/pdf"}
    assert found.pop("text_body").startswith("Dear Ben,\n\nplease find invoice 2041")
    assert found.pop("date").endswith("Z")
    assert found.pop("thread_id")
    assert found == {
        "message_id": wanted,
        "subject": "Invoice 2041 – 請求書",
        "html_body": "",
        "to": "Ben Okafor <ben@acme.example>",
        "from": "Mina Farrow <mina@printworks.example>",
        "cc": ["Ada Lindqvist <ada@acme.example>"],
        "bcc": [],
        "labels": ["UNREAD", "Invoices", "CATEGORY_PERSONAL", "INBOX"],
    }


def test_both_texts_of_a_message_are_read(google: RunningSandbox, connect: Connect, read: Act) -> None:
    found = outputs(read(connect(), message_id(google, ADA, "Contract draft, second round")))
    assert found["text_body"] or found["html_body"]
    first = outputs(read(connect(BEN), _first_with_a_page(google)))
    assert "<b>Point 4</b>" in first["html_body"]
    assert "point 4 (notice period)" in first["text_body"]


def _first_with_a_page(google: RunningSandbox) -> str:
    with google.sandbox.store.read() as db:
        row = db.execute(
            "SELECT m.id FROM messages m JOIN contents c ON c.id = m.content_id JOIN mailboxes b ON b.sub = m.sub"
            " WHERE b.email = ? AND instr(c.raw, 'Point 4')",
            (BEN,),
        ).fetchone()
    return str(row["id"])


def test_labels_are_asked_for_only_where_one_is_somebodys_own(
    google: RunningSandbox, connect: Connect, read: Act
) -> None:
    connection = connect()
    outputs(read(connection, message_id(google, ADA, "Onboarding of Nils on Monday")))
    outputs(read(connection, message_id(google, ADA, "Nightly report flow fails")))
    assert [path.partition("/")[0] for path in paths(google)].count("GET labels") == 1


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("19e1acd465710c93", "gmail.not_found"), ("not-an-id", "gmail.invalid_id")],
)
def test_a_wrong_id_is_refused_with_its_field(
    google: RunningSandbox, connect: Connect, read: Act, wanted: str, code: str
) -> None:
    error = failure(read(connect(), wanted))
    assert error.code == code
    assert error.cause.startswith("Message ID: ")
    assert len(gmail_calls(google)) == 1


@pytest.mark.parametrize("wanted", ["../labels", "<CAF1x@mail.gmail.com>", "19e1/attachments", "..", "19e1?format=raw"])
def test_what_cannot_be_an_id_is_never_part_of_an_address(
    google: RunningSandbox, connect: Connect, read: Act, wanted: str
) -> None:
    error = failure(read(connect(), wanted))
    assert isinstance(error, InputRejected)
    assert list(error.fields) == ["message_id"]
    assert gmail_calls(google) == []


def test_a_grant_with_metadata_beside_reading_says_what_is_in_the_way(
    google: RunningSandbox, connect: Connect, read: Act
) -> None:
    connection = connect(ADA, READONLY, METADATA)
    error = failure(read(connection, message_id(google, ADA, "Q3 expenses")))
    assert error.code == "scope.metadata_in_the_way"
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE


# ------------------------------------------------------------------ stopped before the call


def test_a_withheld_scope_stops_its_card_and_no_other(
    google: RunningSandbox, connect: Connect, read: Act, send: Act
) -> None:
    connection = connect(ADA, withhold=(READONLY,))
    assert connection.status == Status.LIMITED
    error = failure(read(connection, "19e1acd465710c93"))
    assert "gmail.readonly, which was asked for, but isn't granted." in error.cause
    assert gmail_calls(google) == []
    outputs(send(connection))
    assert len(received(google, BEN, SUBJECT)) == 1


# ------------------------------------------------------------------ what Google says meanwhile


def test_an_account_without_gmail_blocks_its_connection(google: RunningSandbox, connect: Connect, read: Act) -> None:
    connection = connect("fay@acme.example")
    assert failure(read(connection, "19e1acd465710c93")).code == "mailbox.gmail_not_enabled"
    connection.refresh_from_db()
    assert connection.status == Status.BLOCKED
    assert len(gmail_calls(google)) == 1
    assert failure(read(connection, "19e1acd465710c93")).code == "mailbox.gmail_not_enabled"
    assert len(gmail_calls(google)) == 1


def test_an_expired_token_in_the_middle_costs_one_refresh_and_the_card_works(
    google: RunningSandbox, connect: Connect, send: Act, read: Act
) -> None:
    connection = connect()
    expire_tokens(google)
    sent = outputs(send(connection))
    assert len(requests_to(google, "/token")) == 1
    expire_tokens(google)
    outputs(read(connection, sent["message_id"]))
    assert len(requests_to(google, "/token")) == 2
    assert len(received(google, BEN, SUBJECT)) == 1


def test_a_scope_taken_back_meanwhile_is_named(google: RunningSandbox, connect: Connect, read: Act) -> None:
    connection = connect()
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET scopes = 'openid'")
    error = failure(read(connection, "19e1acd465710c93"))
    assert error.code == "scope.missing"
    assert "Reading the message needs gmail.readonly" in error.cause


@pytest.mark.parametrize("fault", ["429", "503_before", "close_after"])
def test_a_passing_failure_of_a_read_changes_nothing(
    google: RunningSandbox, connect: Connect, read: Act, fault: str
) -> None:
    connection = connect()
    stage(google, fault, path="/gmail/*", count=1)
    wanted = message_id(google, ADA, "Q3 expenses")
    error = failure(read(connection, wanted))
    assert error.code == ("google.rate_limited" if fault == "429" else "google.unavailable")
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE
    outputs(read(connection, wanted))


def test_until_when_google_asks_to_wait_stands_with_the_run(settings: Settings, person: Browser, send: Act) -> None:
    body = {
        "error": {
            "code": 429,
            "message": "User-rate limit exceeded.  Retry after 2026-11-25T18:18:23.688Z (Mail sending)",
            "errors": [{"domain": "global", "reason": "rateLimitExceeded"}],
        }
    }
    with scripted_gmail(settings, answer("429 Too Many Requests", json.dumps(body).encode())) as gmail:
        ended = send(ConnectionFactory(owner=person.user))
        assert len(gmail.asked) == 1
    assert failure(ended).data["retry_at"].isoformat() == "2026-11-25T18:18:23.688000+00:00"
