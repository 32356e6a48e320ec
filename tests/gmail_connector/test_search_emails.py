"""Search Emails: what matches is found whole, as far as the limit, and it is said where there is more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections.models import Connection
from flows.engine.claims import LEASE
from flows.models import Run
from gmail_connector import pace
from gmail_connector.cards import search_emails
from gmail_connector.cards.search_emails import HIGHEST_LIMIT
from gmail_connector.reading import Message, Reader
from gmail_connector.scopes import METADATA, READONLY
from google_sandbox.gmail.content import Content
from google_sandbox.gmail.mailbox import Mailbox, store_content
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import message_id
from tests.gmail_connector.runs import SEARCH, failure, outputs, paths, run
from tests.staged_google import gmail_calls

pytestmark = pytest.mark.django_db

ADA = "ada@acme.example"
FIRST, ALL = "first_matching_email", "all_matching_emails"

Search = Callable[..., Run]


@pytest.fixture
def search(person: Browser) -> Search:
    def act(connection: Connection, result_set: str = ALL, **inputs: Any) -> Run:
        given = {"with_labels": [], **inputs}
        return run(person, connection, SEARCH, result_set=result_set, **given)

    return act


def fill(google: RunningSandbox, count: int, subject: str = "Alarm", text: str = "Disk {} is full") -> None:
    """So many messages of one subject in ada's inbox, a second apart."""
    with google.sandbox.store.transaction() as db:
        sub = db.execute("SELECT sub FROM mailboxes WHERE email = ?", (ADA,)).fetchone()["sub"]
        moment = google.sandbox.clock.timestamp()
        for number in range(count):
            raw = f"From: it@acme.example\r\nTo: {ADA}\r\nSubject: {subject}\r\n\r\n{text.format(number)}"
            mailbox = Mailbox(db, sub, moment - count + number)
            mailbox.add(store_content(db, Content.parse(raw.encode())), ["INBOX"])


def subjects(found: dict[str, Any]) -> list[str]:
    return [each["subject"] for each in found["emails"]]


# ------------------------------------------------------------------ what is found


def test_the_first_message_that_matches_is_the_newest_and_read_whole(
    google: RunningSandbox, connect: Connect, search: Search
) -> None:
    found = outputs(search(connect(), FIRST, query='subject:"Invoice 2041"'))
    wanted = message_id(google, ADA, "Invoice 2041 – 請求書")
    (file,) = found.pop("attachment_ids")
    assert (file["filename"], file["message_id"]) == ("Invoice-2041.pdf", wanted)
    assert found.pop("text_body").startswith("Dear Ben,\n\nplease find invoice 2041")
    assert found.pop("thread_id")
    assert found == {
        "message_id": wanted,
        "subject": "Invoice 2041 – 請求書",
        "html_body": "",
        "to": "Ben Okafor <ben@acme.example>",
        "from": "Mina Farrow <mina@printworks.example>",
        "cc": ["Ada Lindqvist <ada@acme.example>"],
        "labels": ["UNREAD", "Invoices", "CATEGORY_PERSONAL", "INBOX"],
    }
    assert paths(google)[:2] == ["GET messages", f"GET messages/{wanted}"]


def test_where_nothing_matches_the_first_is_empty_and_all_are_none(connect: Connect, search: Search) -> None:
    connection = connect()
    first = search(connection, FIRST, query="subject:nowhere")
    assert not any(outputs(first).values())
    assert first.steps.get().note == "No message matches."
    every = search(connection, query="subject:nowhere")
    assert outputs(every) == {"emails": [], "limit_reached": False}


def test_labels_are_taken_by_name_in_any_case_or_by_id_and_all_of_them_count(
    google: RunningSandbox, connect: Connect, search: Search
) -> None:
    connection = connect()
    by_name = outputs(search(connection, query="", with_labels=["invoices", "INBOX"]))
    by_id = outputs(search(connection, query="", with_labels=["Label_2", "inbox"]))
    assert subjects(by_name) == subjects(by_id)
    assert by_name["emails"]
    assert all({"Invoices", "INBOX"} <= set(each["labels"]) for each in by_name["emails"])
    assert paths(google).count("GET labels") == 2


@pytest.mark.parametrize(
    ("label", "says"),
    [("Invoces", "Did you mean Invoices?"), ("promotions", "Did you mean CATEGORY_PROMOTIONS?"), ("Zzz", "“Zzz”.")],
)
def test_a_label_that_the_mailbox_lacks_is_named_with_the_nearest(
    google: RunningSandbox, connect: Connect, search: Search, label: str, says: str
) -> None:
    error = failure(search(connect(), with_labels=["INBOX", label]))
    assert isinstance(error, InputRejected)
    assert error.fields["with_labels"][0].startswith(f"{ADA} has no label “{label}”.")
    assert error.fields["with_labels"][0].endswith(says)
    assert paths(google) == ["GET labels"]


def test_spam_and_trash_are_searched_only_where_that_is_asked(
    google: RunningSandbox, connect: Connect, search: Search
) -> None:
    fill(google, 3)
    with google.sandbox.store.transaction() as db:
        db.execute(
            "UPDATE messages SET labels = 'SPAM' WHERE content_id ="
            " (SELECT max(id) FROM contents WHERE subject = 'Alarm')"
        )
    connection = connect()
    assert len(subjects(outputs(search(connection, query="subject:alarm")))) == 2
    assert len(subjects(outputs(search(connection, query="subject:alarm", include_spam_and_trash="yes")))) == 3


def test_a_grant_with_metadata_says_what_forbids_searching(connect: Connect, search: Search) -> None:
    assert failure(search(connect(ADA, READONLY, METADATA))).code == "scope.metadata_in_the_way"


def test_a_message_that_is_deleted_while_the_rest_is_read_is_left_out(
    google: RunningSandbox, connect: Connect, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(google, 3)
    read = Reader.read

    def read_after_a_deletion(reader: Reader, wanted: str) -> Message:
        with google.sandbox.store.transaction() as db:
            db.execute("DELETE FROM messages WHERE content_id = (SELECT max(id) FROM contents WHERE subject = 'Alarm')")
        return read(reader, wanted)

    monkeypatch.setattr(Reader, "read", read_after_a_deletion)
    assert subjects(outputs(search(connect(), query="subject:alarm"))) == ["Alarm", "Alarm"]


# ------------------------------------------------------------------ the limit


@pytest.mark.parametrize(
    ("limit", "found", "is_reached", "pages"), [(1200, 1200, False, 3), (1000, 1000, True, 3), (None, 100, True, 1)]
)
def test_every_page_is_followed_up_to_the_limit_and_reaching_it_is_said(
    google: RunningSandbox,
    connect: Connect,
    search: Search,
    figure: Callable[[str], None],
    *,
    limit: int | None,
    found: int,
    is_reached: bool,
    pages: int,
) -> None:
    fill(google, 1200)
    ended = search(connect(), query="subject:alarm", **({"limit": limit} if limit else {}))
    emails = outputs(ended)
    assert [each["text_body"] for each in emails["emails"]] == [
        f"Disk {number} is full" for number in range(1199, 1199 - found, -1)
    ]
    assert emails["limit_reached"] is is_reached
    assert ("More messages match than the limit" in ended.steps.get().note) is is_reached
    assert paths(google).count("GET messages") == pages
    assert len(gmail_calls(google)) == pages + found
    assert ended.ended_at is not None
    figure(f"Search Emails | {found} of 1,200 read in {(ended.ended_at - ended.created_at).total_seconds():.1f} s")


@pytest.mark.parametrize("limit", [0, HIGHEST_LIMIT + 1, "many"])
def test_a_limit_out_of_its_range_is_refused_before_any_call(
    google: RunningSandbox, connect: Connect, search: Search, limit: object
) -> None:
    connection = connect()
    with pytest.raises(InputRejected, match="from 1 to 2,000"):
        search(connection, limit=limit)
    assert gmail_calls(google) == []
    assert not Run.objects.exists()


def test_a_limit_for_the_first_message_alone_is_refused(connect: Connect, search: Search) -> None:
    connection = connect()
    with pytest.raises(InputRejected, match="doesn't count"):
        search(connection, FIRST, limit=5)


def test_texts_too_long_to_be_kept_together_end_the_reading(
    google: RunningSandbox, connect: Connect, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(google, 5, text="x" * 1000)
    monkeypatch.setattr(search_emails, "MOST_TEXT", 2500)
    ended = search(connect(), query="subject:alarm")
    assert len(outputs(ended)["emails"]) == 3
    assert outputs(ended)["limit_reached"] is True
    assert "Reading stopped after 3" in ended.steps.get().note


# ------------------------------------------------------------------ Google's quota


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only naps move; how long they were."""
    taken: list[float] = []
    monkeypatch.setattr(pace, "_paces", {})
    monkeypatch.setattr("gmail_connector.pace.monotonic", lambda: 1000 + sum(taken))
    monkeypatch.setattr("gmail_connector.pace.sleep", taken.append)
    return taken


def test_beyond_a_minutes_quota_reading_goes_on_as_fast_as_google_gives_it(
    google: RunningSandbox, connect: Connect, search: Search, settings: Settings, naps: list[float]
) -> None:
    settings.GMAIL_UNITS_PER_MINUTE = 600
    fill(google, 60)
    assert len(outputs(search(connect(), query="subject:alarm"))["emails"]) == 60
    # 60 messages and a page cost 1,205 units, of which 600 were there and 10 come each second
    assert sum(naps) == pytest.approx(60.5)
    assert timedelta(seconds=HIGHEST_LIMIT * 20 / 100) + LEASE < search_emails.card.longest


def test_a_send_is_counted_and_never_kept_waiting(settings: Settings, naps: list[float]) -> None:
    settings.GMAIL_UNITS_PER_MINUTE = 600
    for _time in range(10):
        pace.keep_pace(ADA, "gmail.users.drafts.send", may_wait=False)
    assert naps == []
    pace.keep_pace(ADA, "gmail.users.messages.get", may_wait=True)
    assert naps == [pytest.approx(42)]
    pace.keep_pace("ben@acme.example", "gmail.users.messages.get", may_wait=True)
    assert len(naps) == 1
