"""What became of a message after a lost answer: each place that is looked in, and what is never taken for it."""

import pytest

from flows.cards import AnswerLost, Sent, StillThere, Unknown
from gmail_connector.addresses import Mailbox
from gmail_connector.client import GmailClient, open_client
from gmail_connector.mime import Letter, build
from gmail_connector.scopes import COMPOSE, METADATA, READONLY, SEND
from gmail_connector.sending import Draft, can_stage, dispatch, find, stage
from google_sandbox.server import RunningSandbox
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import received, stored
from tests.staged_google import gmail_calls
from tests.staged_google import stage as stage_fault

pytestmark = pytest.mark.django_db

ADA, BEN = "ada@acme.example", "ben@acme.example"
MINE, ANOTHERS = "0193a8f0c1d24b6f9a7e5d3c2b1a0f9e", "ffffffffffffffffffffffffffffffff"


def mime(marker: str = MINE, subject: str = "Once") -> bytes:
    return build(Letter(sender=None, to=(Mailbox(address=BEN),), subject=subject), marker)


@pytest.mark.parametrize("scopes", [(), (COMPOSE,), (COMPOSE, METADATA)], ids=["default", "compose", "with metadata"])
def test_a_draft_whose_answer_was_lost_is_found_by_its_mark(
    google: RunningSandbox, connect: Connect, scopes: tuple[str, ...]
) -> None:
    client = open_client(connect(ADA, *scopes))
    stage(client, mime(ANOTHERS))
    stage_fault(google, "close_after", path="*/drafts", method="POST", count=1)
    with pytest.raises(AnswerLost):
        stage(client, mime())
    found = find(client, None, MINE)
    assert isinstance(found, StillThere)
    sent = dispatch(client, found.draft_id, b"")
    assert [each.id for each in stored(google, ADA, "Once", "SENT")] == [sent.message_id]
    assert len(received(google, BEN, "Once")) == 1


@pytest.mark.parametrize("scopes", [(), (COMPOSE, METADATA)], ids=["default", "with metadata"])
def test_a_sent_draft_is_found_in_its_thread(google: RunningSandbox, connect: Connect, scopes: tuple[str, ...]) -> None:
    client = open_client(connect(ADA, *scopes))
    draft = stage(client, mime())
    sent = dispatch(client, draft, b"")
    assert find(client, draft, MINE) == Sent(outputs=sent)
    # A message of another step in the same thread proves nothing
    assert isinstance(find(client, draft, ANOTHERS), Unknown)


@pytest.mark.parametrize("reading", [READONLY, METADATA])
def test_a_message_sent_without_a_draft_is_found_in_sent(connect: Connect, reading: str) -> None:
    client = open_client(connect(ADA, SEND, reading))
    assert not can_stage(client)
    dispatch(client, None, mime(ANOTHERS))
    assert isinstance(find(client, None, MINE), Unknown)
    sent = dispatch(client, None, mime())
    assert find(client, None, MINE) == Sent(outputs=sent)


def test_a_received_copy_of_the_message_is_no_proof(google: RunningSandbox, connect: Connect) -> None:
    """The mark leaves with the mail: only what lies in Sent was sent from here."""
    dispatch(open_client(connect(BEN, SEND)), None, mime())
    receiver = open_client(connect(BEN, SEND, READONLY))
    google.sandbox.journal.clear()
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE messages SET labels = replace(labels, 'SENT', 'UNREAD')")
    assert isinstance(find(receiver, None, MINE), Unknown)


def test_without_a_scope_to_read_nothing_is_asked_and_nothing_known(google: RunningSandbox, connect: Connect) -> None:
    client = open_client(connect(ADA, SEND))
    found = find(client, None, MINE)
    assert isinstance(found, Unknown)
    assert "can't read the mailbox" in found.reason
    assert gmail_calls(google) == []


def test_what_is_recorded_of_a_draft_fits_its_column_and_comes_back(client: GmailClient) -> None:
    recorded = stage(client, mime())
    assert len(recorded) <= 80
    assert str(Draft.recorded(recorded)) == recorded


@pytest.mark.parametrize("resource", [{}, {"id": "r1"}, {"id": "r1", "message": {}}, {"message": {"threadId": "19e1"}}])
def test_an_answer_that_names_no_draft_is_lost(resource: dict[str, object]) -> None:
    with pytest.raises(AnswerLost):
        Draft.of(resource)
