"""Send Email with Attachment: the file arrives byte by byte, 10 MB of it and no more, from page, API and command."""

import base64
import io
import json
import random
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from connections.models import Connection
from flows.models import Run
from gmail_connector.cards.send_email_with_attachment import MAX_FILE_BYTES
from gmail_connector.scopes import READONLY, SEND
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import drafts, message_id, received
from tests.gmail_connector.runs import FILE, MAIL, SEND_WITH_FILE, failure, outputs, paths, run
from tests.staged_google import gmail_calls, requests_to

pytestmark = pytest.mark.django_db

ADA, BEN = "ada@acme.example", "ben@acme.example"
SUBJECT = "Lunch on Friday"
LARGEST = random.Random(1).randbytes(MAX_FILE_BYTES)
ONE_MORE = LARGEST + b"."


@pytest.fixture
def connection(connect: Connect) -> Connection:
    return connect()


def enclosed(google: RunningSandbox) -> tuple[str, str, bytes]:
    """The one file of the one message that ben got: name, type and content."""
    (message,) = received(google, BEN, SUBJECT)
    (file,) = message.iter_attachments()
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return file.get_filename() or "", file.get_content_type(), content


# ------------------------------------------------------------------ by the upload path


def test_a_file_arrives_once_by_an_uploaded_draft(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    sent = outputs(run(person, connection, SEND_WITH_FILE))
    assert [entry["path"] for entry in gmail_calls(google)] == [
        "/upload/gmail/v1/users/me/drafts",
        "/gmail/v1/users/me/drafts/send",
    ]
    assert sent["message_id"] == message_id(google, ADA, SUBJECT, "SENT")
    assert drafts(google, ADA, SUBJECT) == 0
    (arrived,) = received(google, BEN, SUBJECT)
    body = arrived.get_body()
    assert body is not None
    assert body.get_content().strip() == "Paella?"
    assert enclosed(google) == ("menu.csv", "text/csv", b"dish,price\npaella,14\n")


def test_a_file_arrives_once_without_a_draft(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    sent = outputs(run(person, connect(ADA, SEND), SEND_WITH_FILE))
    assert [entry["path"] for entry in gmail_calls(google)] == ["/upload/gmail/v1/users/me/messages/send"]
    assert sent["message_id"] == message_id(google, ADA, SUBJECT, "SENT")
    assert enclosed(google)[0] == "menu.csv"


def test_an_expired_token_in_the_middle_costs_one_refresh_and_the_file_arrives(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")
    content = b"x" * 200_000  # longer than what is written in one piece
    file = {"file_name": "x.bin", "file_content": base64.b64encode(content).decode()}
    outputs(run(person, connection, SEND_WITH_FILE, file=file))
    assert len(requests_to(google, "/token")) == 1
    assert enclosed(google)[2] == content


def test_a_text_becomes_the_file(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    outputs(run(person, connection, SEND_WITH_FILE, file={"file_name": "ü.txt", "file_content": {"text": "Grüße"}}))
    assert enclosed(google) == ("ü.txt", "text/plain", "Grüße".encode())


# ------------------------------------------------------------------ 10 MB, and one byte more


def by_page(person: Browser, connection: Connection, content: bytes, **entries: str) -> Any:
    sent = {
        "connection": str(connection.pk),
        "body_is_html": "no",
        "to": BEN,
        "subject": SUBJECT,
        "body": "Paella?",
        "file.file_name": "",
        "file.file_content": SimpleUploadedFile("plan.pdf", content, "application/pdf"),
        **entries,
    }
    return person.client.post(reverse("test_card", args=[SEND_WITH_FILE]), sent)


def by_api(person: Browser, connection: Connection, content: bytes) -> Any:
    file = {"file_name": "plan.pdf", "file_content": base64.b64encode(content).decode()}
    body = {"connection": str(connection.pk), "options": {"body_is_html": False}, "inputs": {**MAIL, "file": file}}
    return person.client.post(f"/api/v1/cards/{SEND_WITH_FILE}/runs", json.dumps(body), "application/json")


def by_command(person: Browser, connection: Connection, content: bytes, folder: Path) -> str:
    path = folder / "plan.pdf"
    path.write_bytes(content)
    out = io.StringIO()
    call_command(
        "run_card", SEND_WITH_FILE, "--connection", str(connection.pk), "--as", person.user.email, "--option",
        "body_is_html=no", "--input", f"to={BEN}", "--input", f"subject={SUBJECT}", "--file",
        f"file.file_content={path}", stdout=out,
    )  # fmt: skip
    return out.getvalue()


def test_10_mb_go_out_from_the_page(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    response = by_page(person, connection, LARGEST)
    assert response.status_code == 302, response.content.decode()
    outputs(Run.objects.get())
    assert enclosed(google) == ("plan.pdf", "application/pdf", LARGEST)


def test_10_mb_go_out_from_the_api(
    google: RunningSandbox, person: Browser, connection: Connection, figure: Callable[[str], None]
) -> None:
    tracemalloc.start()
    response = by_api(person, connection, LARGEST)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    figure(f"Send Email with Attachment | 10 MB from the API, with the sandbox in one process: {peak >> 20} MiB more")
    assert response.status_code == 200, response.content
    assert enclosed(google) == ("plan.pdf", "application/pdf", LARGEST)


def test_10_mb_go_out_from_the_command(
    google: RunningSandbox, person: Browser, connection: Connection, tmp_path: Path
) -> None:
    by_command(person, connection, LARGEST, tmp_path)
    assert enclosed(google) == ("plan.pdf", "application/pdf", LARGEST)


def test_10_mb_go_out_without_a_draft(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    assert by_api(person, connect(ADA, SEND), LARGEST).status_code == 200
    assert paths(google) == ["POST messages/send"]
    assert enclosed(google)[2] == LARGEST


def test_one_byte_more_is_refused_on_the_page(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    for size in (1, 3 * MAX_FILE_BYTES):
        response = by_page(person, connection, LARGEST + b"." * size)
        assert response.status_code == 422
        assert "The file is larger than 10 MB. At most 10,485,760 bytes are taken." in text(response)
    assert gmail_calls(google) == []
    assert not Run.objects.exists()


def test_one_byte_more_is_refused_by_the_api(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    response = by_api(person, connection, ONE_MORE)
    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["file.file_content"]
    far_more = by_api(person, connection, LARGEST * 2)
    assert far_more.status_code == 413
    assert far_more.json()["detail"] == "It is larger than 20 MB."
    assert gmail_calls(google) == []
    assert not Run.objects.exists()


def test_one_byte_more_is_refused_by_the_command(
    google: RunningSandbox, person: Browser, connection: Connection, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="larger than 10\xa0MB") as refused:
        by_command(person, connection, ONE_MORE, tmp_path)
    assert refused.value.returncode == 2
    assert gmail_calls(google) == []
    assert not Run.objects.exists()


# ------------------------------------------------------------------ the form


def text(response: Any) -> str:
    page = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").replace("&#x27;", "'")
    return " ".join(page.split())


def test_a_wrong_entry_keeps_the_rest_and_asks_for_the_file_again(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    response = by_page(person, connection, b"%PDF", to="ben")
    assert response.status_code == 422
    assert "Correct 2 entries" in text(response)
    assert "Choose the file again: a page can't keep it." in text(response)
    assert f'value="{SUBJECT}"' in response.content.decode()
    assert gmail_calls(google) == []


def test_choosing_another_connection_asks_for_the_file_again(
    person: Browser, connection: Connection, connect: Connect
) -> None:
    other = connect(BEN)
    response = by_page(person, connection, b"%PDF", choose="yes", another=str(other.pk))
    assert response.status_code == 200
    assert "Choose the file again" in text(response)
    assert "Correct" not in text(response)


def test_a_name_that_is_typed_goes_before_the_files_own(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    by_page(person, connection, b"%PDF", **{"file.file_name": "offer.pdf"})
    assert enclosed(google)[0] == "offer.pdf"


def test_without_a_file_the_page_asks_for_one(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    entries = {"connection": str(connection.pk), "body_is_html": "no", "to": BEN, "file.file_name": ""}
    missing = person.client.post(reverse("test_card", args=[SEND_WITH_FILE]), entries)
    empty = by_page(person, connection, b"")
    for response in (missing, empty):
        assert response.status_code == 422
        assert 'href="#f-file.file_content">Choose a file that isn' in response.content.decode()
    assert 'href="#f-file.file_name"' not in empty.content.decode()
    assert gmail_calls(google) == []


def test_running_again_asks_for_the_file_and_keeps_its_name(person: Browser, connection: Connection) -> None:
    ended = run(person, connection, SEND_WITH_FILE)
    page = person.client.get(reverse("test_card", args=[SEND_WITH_FILE], query={"again": ended.pk}))
    assert 'value="menu.csv"' in page.content.decode()
    assert "Choose the file again" in text(page)
    assert FILE["file_content"] not in page.content.decode()


def test_the_runs_page_says_how_large_the_file_was_and_shows_none_of_it(
    person: Browser, connection: Connection
) -> None:
    ended = run(person, connection, SEND_WITH_FILE)
    page = person.client.get(reverse("run", args=[ended.pk]))
    assert "File Content 21 bytes, not shown" in text(page)
    assert FILE["file_content"] not in page.content.decode()


# ------------------------------------------------------------------ what is no file


@pytest.mark.parametrize(
    "content", ["not base64!", "data:text/plain;base64,YQ==", ["YQ=="], {"url": "x"}, 5, "YQ==YQ=="]
)
def test_what_is_neither_base64_nor_a_text_is_refused_before_any_call(
    google: RunningSandbox, person: Browser, connection: Connection, content: object
) -> None:
    with pytest.raises(InputRejected, match="as base64, or"):
        run(person, connection, SEND_WITH_FILE, file={"file_name": "a.txt", "file_content": content})
    assert gmail_calls(google) == []


@pytest.mark.parametrize("name", ["..", "/", "reports/", "ä" * 128, "\r\n"])
def test_what_is_no_name_of_a_file_is_refused_before_any_call(
    google: RunningSandbox, person: Browser, connection: Connection, name: str
) -> None:
    try:
        error = failure(run(person, connection, SEND_WITH_FILE, file=FILE | {"file_name": name}, to=["ben"]))
    except InputRejected as refused:
        error = refused
    assert isinstance(error, InputRejected)
    assert "file.file_name" in error.fields
    assert gmail_calls(google) == []


def test_a_from_address_is_checked_as_for_every_message(
    google: RunningSandbox, person: Browser, connect: Connect
) -> None:
    error = failure(run(person, connect(ADA, SEND, READONLY), SEND_WITH_FILE, **{"from": BEN}))
    assert error.code == "gmail.sender_not_verified"
    assert paths(google) == ["GET settings/sendAs"]
