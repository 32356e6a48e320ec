"""Gmail's settings on the sandbox's pages and in its API: seen by anybody, and answered for owners of addresses."""

import re
from html import unescape
from typing import Any

import pytest
import requests

from google_sandbox.gmail.watch import GRANTED_TOPIC
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BEN, CLEO, GUS, Caller, caller, delegated_caller
from tests.google_sandbox.consenting import TIMEOUT

ACCOUNTS = "/_sandbox/accounts"
API = "/_sandbox/api"
NOON = 1_900_000_000_000


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Caller:
    return delegated_caller(sandbox, BEN)


def shown(origin: str, email: str) -> str:
    """The words of an account's page."""
    answer = requests.get(f"{origin}{ACCOUNTS}/{email}/", timeout=TIMEOUT)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def answered(origin: str, path: str, address: str, answer: str) -> requests.Response:
    return requests.post(f"{origin}{ACCOUNTS}/{path}", data={"address": address, "answer": answer}, timeout=TIMEOUT)


def test_untouched_mailbox(origin: str) -> None:
    page = shown(origin, BEN)
    assert "Forwarding Off Vacation responder Off IMAP On; deleted mail is archived at once POP Off Language en" in page
    assert "Watch" not in page
    assert "Reject" not in page


def test_account_without_gmail_has_no_settings(origin: str) -> None:
    assert "Gmail settings" not in shown(origin, "fay@acme.example")


def test_everything_that_was_set(sandbox: RunningSandbox, admin: Caller) -> None:
    for address in (CLEO, GUS):
        admin.post("settings/forwardingAddresses", {"forwardingEmail": address})
    admin.send(
        "PUT", "settings/autoForwarding", json={"enabled": True, "emailAddress": CLEO, "disposition": "markRead"}
    )
    vacation = {"enableAutoReply": True, "responseSubject": "Away", "startTime": NOON, "endTime": NOON + 3_600_000}
    admin.send("PUT", "settings/vacation", json=vacation | {"restrictToDomain": True, "restrictToContacts": True})
    admin.send("PUT", "settings/imap", json={"maxFolderSize": 1000, "enabled": True})
    admin.send("PUT", "settings/pop", json={"accessWindow": "allMail", "disposition": "trash"})
    caller(sandbox, BEN).post("watch", {"topicName": GRANTED_TOPIC})
    page = shown(sandbox.origin, BEN)
    for words in (
        f"Forwarding To {CLEO}; the original stays in the inbox, read",
        "Vacation responder On, but not at this time",
        "Answers from March 17, 2030, 17:46 UTC Answers until March 17, 2030, 18:46 UTC",
        "Answers only people of the own organization this mailbox has written to",
        "Subject begins Away",
        "IMAP On; deleted mail is archived when the mail app says so; folders hold 1,000 messages at most",
        "POP For all mail; fetched mail goes to the trash",
        f"Watch Changes are told to {GRANTED_TOPIC} until",
        f"{CLEO} Accepted",
        f"{GUS} Waiting for its owner Accept Reject",
    ):
        assert words in page, words


def test_delegate_finds_the_mailbox(sandbox: RunningSandbox, admin: Caller) -> None:
    admin.post("settings/delegates", {"delegateEmail": CLEO})
    assert f"Delegates Address Status {CLEO} Accepted" in shown(sandbox.origin, BEN)
    answer = requests.get(f"{sandbox.origin}{ACCOUNTS}/{CLEO}/", timeout=TIMEOUT)
    assert f'href="{ACCOUNTS}/{BEN}/#messages"' in answer.text


@pytest.mark.parametrize(("answer", "left"), [("accept", ["accepted"]), ("reject", [])])
def test_forwarding_address_is_answered_by_a_button(
    sandbox: RunningSandbox, admin: Caller, answer: str, left: list[str]
) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": GUS})
    for _ in range(2):
        reply = answered(sandbox.origin, f"{BEN}/forwarding", GUS, answer)
        assert (reply.status_code, reply.url) == (200, f"{sandbox.origin}{ACCOUNTS}/{BEN}/#forwarding")
    found = admin.get("settings/forwardingAddresses").get("forwardingAddresses", [])
    assert [each["verificationStatus"] for each in found] == left


@pytest.mark.parametrize(("answer", "status"), [("accept", 200), ("reject", 404)])
def test_address_to_send_as_is_answered_by_a_button(
    sandbox: RunningSandbox, admin: Caller, answer: str, status: int
) -> None:
    admin.post("settings/sendAs", {"sendAsEmail": GUS})
    answered(sandbox.origin, f"{BEN}/send-as", GUS, answer)
    assert admin.send("GET", f"settings/sendAs/{GUS}").status_code == status


def test_nobodys_addresses_are_not_answered(origin: str) -> None:
    assert answered(origin, "nobody@acme.example/forwarding", GUS, "accept").status_code == 404


def test_api_shows_and_answers(sandbox: RunningSandbox, admin: Caller) -> None:
    def post(path: str, body: Any) -> requests.Response:
        return requests.post(f"{sandbox.origin}{API}/accounts/{path}", json=body, timeout=TIMEOUT)

    admin.post("settings/forwardingAddresses", {"forwardingEmail": GUS})
    answer = post(f"{BEN}/forwarding", {"address": GUS, "accepted": True})
    addresses = [{"forwardingEmail": GUS, "verificationStatus": "accepted"}]
    assert (answer.status_code, answer.json()["forwardingAddresses"]) == (200, addresses)
    settings = requests.get(f"{sandbox.origin}{API}/accounts/{BEN}/settings", timeout=TIMEOUT).json()
    assert settings == answer.json()
    everything = requests.get(f"{sandbox.origin}{API}/state", timeout=TIMEOUT).json()["settings"]
    assert everything[BEN] == settings
    assert ADA in everything
    assert "fay@acme.example" not in everything
    assert post(f"{BEN}/forwarding", {"address": GUS, "accepted": True}).status_code == 404
    assert post(f"{BEN}/send-as", {"address": GUS, "accepted": False}).status_code == 404
    assert post(f"{BEN}/send-as", {"address": GUS}).status_code == 400
    assert post("nobody@acme.example/forwarding", {"address": GUS, "accepted": True}).status_code == 404
    assert requests.get(f"{sandbox.origin}{API}/accounts/nobody@x.test/settings", timeout=TIMEOUT).status_code == 404
