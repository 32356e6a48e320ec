"""Add, Delete and List Delegates on the sandbox: gmail.add_delegate, gmail.delete_delegate, gmail.list_delegates."""

import pytest

from connections.errors import GoogleUnavailable, UnrecognizedAnswer
from flows.cards import AnswerLost, Noted
from gmail_connector.cards import add_delegate, delete_delegate, list_delegates
from gmail_connector.client import GmailClient
from gmail_connector.delegates import Delegate
from gmail_connector.errors import MailboxUnavailable
from gmail_connector.scopes import SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.settings_changes import DONE
from gmail_connector.settings_errors import (
    AlreadyThere,
    ApiNotEnabledThere,
    DelegateNotPossible,
    DelegateNotPrimary,
    GmailAppsOff,
    NoGmailThere,
    OnlyForServiceAccounts,
)
from google_sandbox.server import RunningSandbox
from kernel.errors import ConsoleError, Fixer, InputRejected, as_problem, from_stored, to_stored
from tests.gmail_connector.conftest import ActOn
from tests.gmail_connector.runs import paths
from tests.staged_google import change_account, settings_of, stage

ADA, BEN, CLEO = "ada@acme.example", "ben@acme.example", "cleo@acme.example"
ACCEPTED = {"delegateEmail": CLEO, "verificationStatus": "accepted"}
READ, ADDED, GONE = "GET settings/delegates", "POST settings/delegates", f"DELETE settings/delegates/{CLEO}"


def add(client: GmailClient, delegate: str = CLEO) -> Delegate | Noted[Delegate]:
    inputs = add_delegate.Inputs(delegator_email=client.email, delegate_email=delegate)
    return add_delegate.run(client, add_delegate.Options(), inputs)


def delete(client: GmailClient, delegate: str = CLEO) -> object:
    inputs = delete_delegate.Inputs(delegator_email=client.email, delegate_email=delegate)
    return delete_delegate.run(client, delete_delegate.Options(), inputs)


def listed(client: GmailClient) -> object:
    inputs = list_delegates.Inputs(delegator_email=client.email)
    return list_delegates.run(client, list_delegates.Options(), inputs)


def refused(client: GmailClient, delegate: str = CLEO) -> ConsoleError:
    with pytest.raises(ConsoleError) as raised:
        add(client, delegate)
    return raised.value


# ------------------------------------------------------------------ what changes


def test_a_delegate_is_added_listed_and_deleted(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    cleo = Delegate(delegate_email=CLEO, verification_status="accepted")
    assert add(client) == cleo
    assert (settings_of(google, BEN)["delegates"], settings_of(google, CLEO)["delegatedMailboxes"]) == (
        [ACCEPTED],
        [BEN],
    )
    assert listed(client) == list_delegates.Outputs(delegates=(cleo,))
    assert delete(client) == DONE
    assert settings_of(google, BEN)["delegates"] == []
    assert paths(google) == [READ, ADDED, READ, READ, GONE]


def test_a_delegate_who_is_there_already_is_not_added_again(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client)
    again = add(client, f" {CLEO.upper()} ")
    assert isinstance(again, Noted)
    assert again.outputs.verification_status == "accepted"
    assert again.note == f"{CLEO} was a delegate of {BEN} already. Nothing was changed."
    assert paths(google) == [READ, ADDED, READ]


def test_one_who_was_invited_in_gmail_is_left_to_accept(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client)
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE delegates SET verification_status = 'pending'")
    again = add(client)
    assert isinstance(again, Noted)
    assert "not accepted yet" in again.note


def test_who_was_added_meanwhile_counts_as_added(google: RunningSandbox, act_on: ActOn) -> None:
    """Google answers 409 where a lapsed invitation is in the way, as where somebody else was quicker."""
    client = act_on()
    add(client)
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE delegates SET verification_status = 'expired'")
    again = add(client)
    assert isinstance(again, Noted)
    assert again.outputs.verification_status == "expired"
    assert paths(google) == [READ, ADDED, READ, ADDED, READ]


def test_after_a_lost_answer_it_is_safe_to_run_again(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    for act, method in ((add, "POST"), (delete, "DELETE")):
        stage(google, "503_after", count=1, path="*/settings/delegates*", method=method)
        with pytest.raises(AnswerLost):
            act(client)
        assert isinstance(act(client), Noted)
    assert paths(google) == [READ, ADDED, READ, READ, GONE, READ]


def test_a_delegate_who_is_not_there_counts_as_deleted(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    gone = delete(client)
    assert isinstance(gone, Noted)
    assert (gone.outputs, gone.note) == (DONE, f"{CLEO} was no delegate of {BEN}. Nothing was changed.")
    assert paths(google) == [READ]


@pytest.mark.parametrize("as_204", [True, False])
def test_a_mailbox_without_delegates_gives_an_empty_list(google: RunningSandbox, act_on: ActOn, as_204: bool) -> None:
    client = act_on()
    if as_204:
        stage(google, "gmail:delegates_204")
    found = listed(client)
    assert isinstance(found, Noted)
    assert found.outputs.delegates == ()


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("delegate", ["", "cleo", "cleo@acme.example, ada@acme.example", BEN.upper()])
def test_what_is_no_other_address_is_refused_before_any_call(
    google: RunningSandbox, act_on: ActOn, delegate: str
) -> None:
    error = refused(act_on(), delegate)
    assert isinstance(error, InputRejected)
    assert list(error.fields) == ["delegate_email"]
    assert paths(google) == []


@pytest.mark.parametrize(
    "delegate", ["gus@other.example", "nobody@acme.example", "fay@acme.example", "hanna@gmail.com"]
)
def test_who_cannot_be_a_delegate_is_said_with_what_it_may_be(
    google: RunningSandbox, act_on: ActOn, delegate: str
) -> None:
    error = refused(act_on(), delegate)
    assert isinstance(error, DelegateNotPossible)
    assert (error.code, error.fixer) == ("delegate.not_possible", Fixer.YOU)
    for word in (delegate, "no such account", "group", "another organization", "no Gmail"):
        assert word in error.cause
    assert settings_of(google, BEN)["delegates"] == []


def test_an_alias_is_told_from_that(google: RunningSandbox, act_on: ActOn) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE accounts SET aliases = '[\"c.santos@acme.example\"]' WHERE email = ?", (CLEO,))
    error = refused(act_on(), "c.santos@acme.example")
    assert isinstance(error, DelegateNotPrimary)
    assert error.code == "delegate.not_primary_address"
    assert settings_of(google, BEN)["delegates"] == []


def test_a_suspended_delegate_is_a_passing_failure(google: RunningSandbox, act_on: ActOn) -> None:
    """Google answers 500, which may have been carried out: the runner makes GoogleUnavailable of it."""
    with pytest.raises(AnswerLost):
        add(act_on(), "emil@acme.example")
    assert settings_of(google, BEN)["delegates"] == []


def test_adding_what_is_there_is_a_conflict_by_itself(act_on: ActOn) -> None:
    client = act_on()
    add(client)
    request = client.users("settings", "delegates").create(userId="me", body={"delegateEmail": CLEO})
    with pytest.raises(AlreadyThere):
        client.call("Adding the delegate", request, needs=(SETTINGS_SHARING,), about=CLEO)


# ------------------------------------------------------------------ the mailbox that is acted on


def test_a_mailbox_without_gmail_does_not_block_the_connection(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    change_account(google, BEN, has_gmail=False)
    error = refused(client)
    assert isinstance(error, NoGmailThere)
    assert (error.code, error.fixer) == ("mailbox.gmail_not_enabled", Fixer.WORKSPACE_ADMINISTRATOR)
    assert as_problem(from_stored(to_stored(error))) == as_problem(error)


def test_the_administrators_policy_is_named_for_the_mailbox(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "gmail:domain_policy")
    error = refused(client)
    assert isinstance(error, GmailAppsOff)
    assert BEN in error.cause


def test_the_api_is_off_in_the_service_accounts_own_project(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "gmail:api_not_enabled")
    error = refused(client)
    assert isinstance(error, ApiNotEnabledThere)
    assert "acme-automation" in error.cause


def test_a_service_account_is_no_mailbox(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET sub = (SELECT sub FROM accounts WHERE kind = 'service_account')")
    assert isinstance(refused(client), MailboxUnavailable)


def test_no_scope_that_a_consent_would_add_is_named(act_on: ActOn) -> None:
    assert isinstance(refused(act_on(BEN, SETTINGS_SHARING)), UnrecognizedAnswer)


def test_a_passing_failure_is_one(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "gmail:settings_500")
    assert isinstance(refused(client), GoogleUnavailable)


@pytest.mark.django_db
def test_a_persons_own_account_is_told_that_it_needs_a_service_account(client: GmailClient) -> None:
    request = client.users("settings", "delegates").list(userId="me")
    with pytest.raises(OnlyForServiceAccounts) as raised:
        client.call("Listing the delegates", request, needs=(SETTINGS_BASIC,))
    assert ADA in raised.value.cause
