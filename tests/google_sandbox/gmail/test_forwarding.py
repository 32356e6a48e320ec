"""Forwarding: who has to agree, what arrives where, and what becomes of the original."""

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import (
    ADA,
    BEN,
    CLEO,
    GUS,
    NOT_FOUND,
    Caller,
    caller,
    decoded,
    delegated_caller,
    headers,
    refusal,
)
from tests.staged_google import accept_forwarding, reject_forwarding, settings_of, stage

OFF = {"enabled": False}


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Caller:
    """Ben's mailbox in the hands of the delegated service account."""
    return delegated_caller(sandbox, BEN)


def forward(admin: Caller, address: str, disposition: str = "leaveInInbox") -> None:
    admin.send("POST", "settings/forwardingAddresses", json={"forwardingEmail": address})
    forwarding = {"enabled": True, "emailAddress": address, "disposition": disposition}
    answer = admin.send("PUT", "settings/autoForwarding", json=forwarding)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("disposition", "labels"),
    [
        ("leaveInInbox", {"UNREAD", "CATEGORY_PERSONAL", "INBOX"}),
        ("archive", {"UNREAD", "CATEGORY_PERSONAL"}),
        ("trash", {"UNREAD", "CATEGORY_PERSONAL", "TRASH"}),
        ("markRead", {"CATEGORY_PERSONAL", "INBOX"}),
    ],
)
def test_copy_goes_on_and_the_original_is_put_where_it_was_asked(
    sandbox: RunningSandbox, admin: Caller, ada: Caller, disposition: str, labels: set[str]
) -> None:
    ben, cleo = caller(sandbox, BEN), caller(sandbox, CLEO)
    forward(admin, CLEO, disposition)
    ada.send_mail(subject="Zeppelin", text="By the morning train.\n")
    copy = cleo.only("subject:zeppelin in:inbox is:unread")
    assert headers(copy)["To"] == BEN
    raw = decoded(cleo.only("subject:zeppelin", "raw")["raw"]).decode()
    assert raw.startswith(f"Delivered-To: {CLEO}\r\n")
    assert f"X-Forwarded-To: {CLEO}\r\nX-Forwarded-For: {BEN} {CLEO}\r\n" in raw
    assert "By the morning train." in raw
    [original] = ben.find("subject:zeppelin in:anywhere")
    assert ben.labels_of(original["id"]) == labels


def test_mail_that_came_before_stays(admin: Caller, ada: Caller, cleo: Caller) -> None:
    ada.send_mail(subject="Zeppelin")
    forward(admin, CLEO)
    assert cleo.find("subject:zeppelin") == []


def test_switched_off_nothing_goes_on(admin: Caller, ada: Caller, cleo: Caller) -> None:
    forward(admin, CLEO)
    answer = admin.send("PUT", "settings/autoForwarding", json={"enabled": False, "emailAddress": CLEO})
    assert answer.json() == OFF
    ada.send_mail(subject="Zeppelin")
    assert cleo.find("subject:zeppelin") == []


def test_deleted_address_switches_forwarding_off(admin: Caller) -> None:
    forward(admin, CLEO)
    admin.send("DELETE", f"settings/forwardingAddresses/{CLEO}")
    assert admin.get("settings/autoForwarding") == OFF


def test_two_mailboxes_that_forward_to_each_other_stop(
    sandbox: RunningSandbox, admin: Caller, ada: Caller, ben: Caller, cleo: Caller
) -> None:
    forward(admin, CLEO)
    forward(delegated_caller(sandbox, CLEO), BEN)
    ada.send_mail(subject="Zeppelin")
    assert len(ben.find("subject:zeppelin")) == len(cleo.find("subject:zeppelin")) == 1


def test_mail_goes_on_along_a_chain(sandbox: RunningSandbox, admin: Caller, ada: Caller) -> None:
    forward(admin, CLEO, "archive")
    forward(delegated_caller(sandbox, CLEO), "dora@acme.example")
    ada.send_mail(subject="Zeppelin")
    assert caller(sandbox, "dora@acme.example").subjects("subject:zeppelin in:inbox") == ["Zeppelin"]


def test_foreign_address_gets_nothing_until_its_owner_accepts(
    sandbox: RunningSandbox, admin: Caller, ada: Caller
) -> None:
    gus = caller(sandbox, GUS)
    admin.post("settings/forwardingAddresses", {"forwardingEmail": GUS})
    request = gus.only(f"subject:confirmation {BEN}")
    assert headers(request)["Subject"] == f"Gmail Forwarding Confirmation - Receive Mail from {BEN}"
    assert headers(request)["From"] == "Gmail Team <forwarding-noreply@google.com>"
    text = decoded(request["payload"]["body"]["data"]).decode()
    assert f"{sandbox.origin}/_sandbox/accounts/{BEN}/#settings" in text
    accept_forwarding(sandbox, BEN, GUS)
    assert admin.get(f"settings/forwardingAddresses/{GUS}")["verificationStatus"] == "accepted"
    forward(admin, GUS)
    ada.send_mail(subject="Zeppelin")
    assert gus.subjects("subject:zeppelin") == ["Zeppelin"]


def test_rejected_address_is_gone(sandbox: RunningSandbox, admin: Caller) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": GUS})
    reject_forwarding(sandbox, BEN, GUS)
    assert admin.send("GET", f"settings/forwardingAddresses/{GUS}").json() == NOT_FOUND


def test_own_organization_has_to_agree_where_that_was_staged(
    sandbox: RunningSandbox, admin: Caller, cleo: Caller
) -> None:
    stage(sandbox, "gmail:forwarding_pending")
    made = admin.post("settings/forwardingAddresses", {"forwardingEmail": CLEO})
    assert made == {"forwardingEmail": CLEO, "verificationStatus": "pending"}
    assert len(cleo.find(f"subject:confirmation {BEN}")) == 1
    accept_forwarding(sandbox, BEN, CLEO)
    assert settings_of(sandbox, BEN)["forwardingAddresses"] == [made | {"verificationStatus": "accepted"}]


@pytest.mark.parametrize("own", [ADA, "IT@acme.example"])
def test_own_addresses_are_not_allowed(sandbox: RunningSandbox, own: str) -> None:
    answer = delegated_caller(sandbox, ADA).send("POST", "settings/forwardingAddresses", json={"forwardingEmail": own})
    message = "The requested forwarding address is not allowed."
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize("address", ["", "cleo", "cleo@acme", "cleo@acme.example, dora@acme.example"])
def test_text_that_is_no_address(admin: Caller, address: str) -> None:
    answer = admin.send("POST", "settings/forwardingAddresses", json={"forwardingEmail": address})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")


def test_address_is_there_once(admin: Caller) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": CLEO})
    answer = admin.send("POST", "settings/forwardingAddresses", json={"forwardingEmail": CLEO.upper()})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (409, "alreadyExists")


def test_bounces_go_on_too(admin: Caller, ben: Caller, cleo: Caller) -> None:
    forward(admin, CLEO, "archive")
    sent = ben.send_mail(subject="Zeppelin", to="nobody@acme.example")
    assert cleo.subjects("from:mailer-daemon newer_than:1h") == ["Delivery Status Notification (Failure)"]
    [_, bounce] = ben.get(f"threads/{sent['threadId']}")["messages"]
    assert bounce["labelIds"] == ["UNREAD"]


def test_disposition_that_is_none(admin: Caller) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": CLEO})
    forwarding = {"enabled": True, "emailAddress": CLEO, "disposition": "burn"}
    answer = admin.send("PUT", "settings/autoForwarding", json=forwarding)
    wrong = "Invalid value at 'auto_forwarding.disposition' (TYPE_ENUM), \"burn\""
    assert answer.json() == refusal(400, wrong, "invalidArgument", "INVALID_ARGUMENT")
