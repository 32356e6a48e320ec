"""Forward Emails on the sandbox: gmail.forward_emails."""

from collections.abc import Callable

import pytest

from flows.cards import AnswerLost, Noted
from gmail_connector.cards import forward_emails
from gmail_connector.cards.forward_emails import Outputs
from gmail_connector.client import GmailClient
from gmail_connector.scopes import SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.settings_changes import Change, Disposition
from gmail_connector.settings_errors import ForwardingNotAccepted, ForwardingNotAllowed, ForwardingPending
from google_sandbox.server import RunningSandbox
from kernel.errors import Fixer, InputRejected
from tests.consents import Browser
from tests.gmail_connector.conftest import ActOn, Connect
from tests.gmail_connector.mailboxes import received, stored
from tests.gmail_connector.runs import SEND, outputs, paths, run
from tests.gmail_connector.test_cards import SUBJECT
from tests.staged_google import accept_forwarding, reject_forwarding, settings_of, stage

BEN, CLEO, GUS = "ben@acme.example", "cleo@acme.example", "gus@other.example"
SETTINGS, LIST, ADDED = (
    "GET settings/autoForwarding",
    "GET settings/forwardingAddresses",
    "POST settings/forwardingAddresses",
)
TURNED_ON = "PUT settings/autoForwarding"


def forward(
    client: GmailClient, to: str = CLEO, disposition: Disposition = Disposition.LEAVE_IN_INBOX
) -> Outputs | Noted[Outputs]:
    inputs = forward_emails.Inputs(forward_from_email=client.email, forward_to_email=to, disposition=disposition)
    return forward_emails.run(client, forward_emails.Options(), inputs)


@pytest.fixture
def arrive(person: Browser, connect: Connect) -> Callable[[], object]:
    """A message comes into ben's mailbox."""
    connection = connect()
    return lambda: outputs(run(person, connection, SEND))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("disposition", "labels"),
    [
        ("leave_in_inbox", {"INBOX", "UNREAD"}),
        ("archive", {"UNREAD"}),
        ("mark_read", {"INBOX"}),
        ("trash", {"TRASH", "UNREAD"}),
    ],
)
def test_mail_that_comes_in_goes_on(
    google: RunningSandbox, arrive: Callable[[], object], act_on: ActOn, disposition: str, labels: set[str]
) -> None:
    done = forward(act_on(), disposition=Disposition(disposition))
    assert isinstance(done, Outputs)
    assert (done.forwarding_email, done.enabled, done.disposition) == (CLEO, True, disposition)
    arrive()
    assert len(received(google, CLEO, SUBJECT)) == 1
    assert {label for label in ("INBOX", "UNREAD", "TRASH") if stored(google, BEN, SUBJECT, label)} == labels


def test_before_and_after_are_in_the_outputs(google: RunningSandbox, act_on: ActOn) -> None:
    done = forward(act_on())
    assert isinstance(done, Outputs)
    assert done.changes == (
        Change(setting="Enabled", before="no", after="yes"),
        Change(setting="Forwarding Email", before="", after=CLEO),
        Change(setting="Disposition", before="", after="leave_in_inbox"),
    )
    assert paths(google) == [SETTINGS, LIST, ADDED, TURNED_ON]


def test_a_mailbox_that_forwards_like_this_is_left_alone(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    forward(client)
    again = forward(client, CLEO.upper())
    assert isinstance(again, Noted)
    assert (again.outputs.enabled, again.outputs.changes) == (True, ())
    assert again.note == f"{BEN} was forwarding like this already."
    assert paths(google)[4:] == [SETTINGS]


def test_only_what_differs_is_written(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    forward(client)
    done = forward(client, disposition=Disposition.ARCHIVE)
    assert isinstance(done, Outputs)
    assert done.changes == (Change(setting="Disposition", before="leave_in_inbox", after="archive"),)
    assert paths(google)[4:] == [SETTINGS, TURNED_ON]


def test_an_address_that_must_agree_is_a_finding_of_its_own(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    for _again in range(2):
        with pytest.raises(ForwardingPending) as raised:
            forward(client, GUS)
        assert (raised.value.code, raised.value.fixer) == ("forwarding.pending", Fixer.MAILBOX_OWNER)
        assert f"Google has sent a confirmation to {GUS}" in raised.value.cause
    assert settings_of(google, BEN)["autoForwarding"]["enabled"] is False
    assert paths(google) == [SETTINGS, LIST, ADDED, SETTINGS, LIST]
    accept_forwarding(google, BEN, GUS)
    assert isinstance(forward(client, GUS), Outputs)
    assert settings_of(google, BEN)["autoForwarding"]["emailAddress"] == GUS


def test_it_may_have_to_agree_inside_the_organization_too(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "gmail:forwarding_pending")
    with pytest.raises(ForwardingPending):
        forward(client)


def test_an_earlier_forwarding_stays_while_the_new_address_is_asked(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    forward(client)
    with pytest.raises(ForwardingPending):
        forward(client, GUS)
    assert settings_of(google, BEN)["autoForwarding"]["emailAddress"] == CLEO


def test_who_was_turned_down_is_asked_again(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    with pytest.raises(ForwardingPending):
        forward(client, GUS)
    reject_forwarding(google, BEN, GUS)
    with pytest.raises(ForwardingPending):
        forward(client, GUS)
    assert paths(google)[3:] == [SETTINGS, LIST, ADDED]


@pytest.mark.parametrize("to", ["", "cleo", BEN.upper()])
def test_what_is_no_other_address_is_refused_before_any_call(google: RunningSandbox, act_on: ActOn, to: str) -> None:
    with pytest.raises(InputRejected) as raised:
        forward(act_on(), to)
    assert list(raised.value.fields) == ["forward_to_email"]
    assert paths(google) == []


def test_an_alias_of_the_mailbox_itself_is_not_allowed(google: RunningSandbox, act_on: ActOn) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE accounts SET aliases = '[\"b.weiss@acme.example\"]' WHERE email = ?", (BEN,))
    with pytest.raises(ForwardingNotAllowed) as raised:
        forward(act_on(), "b.weiss@acme.example")
    assert raised.value.code == "forwarding.not_allowed"
    assert settings_of(google, BEN)["forwardingAddresses"] == []


def test_an_address_that_is_taken_away_meanwhile_is_named(act_on: ActOn) -> None:
    client = act_on()
    body = {"enabled": True, "emailAddress": CLEO, "disposition": "archive"}
    request = client.users("settings").updateAutoForwarding(userId="me", body=body)
    with pytest.raises(ForwardingNotAccepted) as raised:
        client.call("Turning forwarding on", request, needs=(SETTINGS_SHARING,), about=CLEO)
    assert raised.value.code == "forwarding.not_accepted"


def test_after_a_lost_answer_it_is_safe_to_run_again(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "503_after", count=1, path="/gmail/v1/users/me/settings/forwardingAddresses", method="POST")
    with pytest.raises(AnswerLost):
        forward(client)
    assert isinstance(forward(client), Outputs)
    assert paths(google) == [SETTINGS, LIST, ADDED, SETTINGS, LIST, TURNED_ON]


def test_the_scopes_that_delegation_must_list_are_those_it_uses(google: RunningSandbox, act_on: ActOn) -> None:
    role = forward_emails.card.needs.role
    assert role is not None
    assert role.delegated_scopes == (SETTINGS_BASIC, SETTINGS_SHARING)
    assert isinstance(forward(act_on(BEN, *role.delegated_scopes)), Outputs)
