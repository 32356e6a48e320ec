"""Delegates: who can be one, and what becomes of that."""

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BEN, CLEO, GUS, NOT_FOUND, Caller, caller, delegated_caller, refusal
from tests.staged_google import settings_of

BAD_REQUEST = refusal(400, "Bad Request", "failedPrecondition", "FAILED_PRECONDITION")
INVALID = refusal(400, "Invalid delegate", "invalidArgument", "INVALID_ARGUMENT")


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Caller:
    return delegated_caller(sandbox, BEN)


def add(admin: Caller, address: str) -> None:
    admin.post("settings/delegates", {"delegateEmail": address})


def test_delegate_is_accepted_at_once_found_and_removed(admin: Caller) -> None:
    accepted = {"delegateEmail": CLEO, "verificationStatus": "accepted"}
    assert admin.post("settings/delegates", {"delegateEmail": CLEO}) == accepted
    assert admin.get(f"settings/delegates/{CLEO}") == accepted
    assert admin.get("settings/delegates") == {"delegates": [accepted]}
    answer = admin.send("DELETE", f"settings/delegates/{CLEO}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.send("GET", f"settings/delegates/{CLEO}").json() == NOT_FOUND
    assert admin.send("DELETE", f"settings/delegates/{CLEO}").json() == NOT_FOUND


def test_no_mail_is_sent(admin: Caller, cleo: Caller) -> None:
    before = cleo.get("profile")["messagesTotal"]
    add(admin, CLEO)
    assert cleo.get("profile")["messagesTotal"] == before


@pytest.mark.parametrize("address", ["", "cleo", "cleo@", "it@acme.example", "ada.lindqvist@acme.example"])
def test_delegate_is_named_by_the_whole_primary_address(admin: Caller, address: str) -> None:
    answer = admin.send("POST", "settings/delegates", json={"delegateEmail": address})
    assert (answer.status_code, answer.json()) == (400, BAD_REQUEST)


@pytest.mark.parametrize("address", ["nobody@acme.example", GUS, "hanna@gmail.com", BEN, "fay@acme.example"])
def test_delegate_is_somebody_else_of_the_organization(admin: Caller, address: str) -> None:
    answer = admin.send("POST", "settings/delegates", json={"delegateEmail": address})
    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert admin.get("settings/delegates") == {}


def test_suspended_delegate_is_a_failure_of_gmails_own(admin: Caller) -> None:
    assert admin.send("POST", "settings/delegates", json={"delegateEmail": "emil@acme.example"}).status_code == 500


def test_delegate_is_there_once_whatever_the_case(admin: Caller) -> None:
    add(admin, CLEO)
    answer = admin.send("POST", "settings/delegates", json={"delegateEmail": CLEO.upper()})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (409, "alreadyExists")
    assert len(admin.get("settings/delegates")["delegates"]) == 1


def test_delegates_belong_to_one_mailbox_and_see_it_listed(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, CLEO)
    add(delegated_caller(sandbox, ADA), CLEO)
    assert settings_of(sandbox, CLEO)["delegatedMailboxes"] == [ADA, BEN]
    assert settings_of(sandbox, BEN)["delegatedMailboxes"] == []
    admin.send("DELETE", f"settings/delegates/{CLEO}")
    assert settings_of(sandbox, CLEO)["delegatedMailboxes"] == [ADA]


def test_delegation_does_not_open_the_api(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, CLEO)
    answer = caller(sandbox, CLEO).send("GET", f"/gmail/v1/users/{BEN}/messages")
    assert answer.json() == refusal(403, f"Delegation denied for {CLEO}", "forbidden", "PERMISSION_DENIED")
