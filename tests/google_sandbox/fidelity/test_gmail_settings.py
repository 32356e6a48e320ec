"""Gmail's settings: who may change them, and what it says to what was asked (rows 37, 49, 51-54, 59)."""

from typing import Any

import pytest
import requests

from google_sandbox.gmail.watch import GRANTED_TOPIC
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import (
    ADA,
    BASIC,
    BEN,
    CLEO,
    FULL,
    GUS,
    SHARING,
    Caller,
    caller,
    delegated_caller,
    refusal,
)
from tests.google_sandbox.fidelity import rows
from tests.staged_google import stage

RESTRICTED = refusal(
    403,
    "Access restricted to service accounts that have been delegated domain-wide authority",
    "forbidden",
    "PERMISSION_DENIED",
)
INVALID_FORWARDING = refusal(400, "Invalid forwarding address", "failedPrecondition", "FAILED_PRECONDITION")
DELEGATED_ONLY = [
    ("GET", "settings/delegates", None),
    ("GET", f"settings/delegates/{BEN}", None),
    ("POST", "settings/delegates", {"delegateEmail": BEN}),
    ("DELETE", f"settings/delegates/{BEN}", None),
    ("POST", "settings/sendAs", {"sendAsEmail": "team@acme.example"}),
    ("PATCH", "settings/sendAs/it@acme.example", {"displayName": "IT"}),
    ("PUT", "settings/sendAs/it@acme.example", {"displayName": "IT"}),
    ("POST", "settings/sendAs/press@acme.example/verify", None),
    ("DELETE", "settings/sendAs/it@acme.example", None),
    ("POST", "settings/forwardingAddresses", {"forwardingEmail": BEN}),
    ("DELETE", f"settings/forwardingAddresses/{BEN}", None),
    ("PUT", "settings/autoForwarding", {"enabled": False}),
]
HOUR = 3_600_000
WEEK = 7 * 86_400
NOON = 1_900_000_000_000


def assert_refused(answer: requests.Response, code: int, reason: str) -> None:
    """Code and reason only: the wording is not known from a captured answer."""
    assert answer.status_code == code, answer.text
    assert answer.json()["error"]["errors"][0]["reason"] == reason


def put(who: Caller, path: str, **body: Any) -> requests.Response:
    return who.send("PUT", f"settings/{path}", json=body)


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Caller:
    """Ada's mailbox in the hands of the delegated service account."""
    return delegated_caller(sandbox)


@rows.row(37)
@pytest.mark.parametrize(("method", "path", "body"), DELEGATED_ONLY)
def test_sharing_with_a_persons_own_token(sandbox: RunningSandbox, method: str, path: str, body: Any) -> None:
    person = caller(sandbox, ADA, FULL, BASIC, SHARING)
    answer = person.send(method, path, json=body)
    assert (answer.status_code, answer.json()) == (403, RESTRICTED)


@rows.row(37)
def test_own_name_may_be_changed_with_a_persons_own_token(sandbox: RunningSandbox) -> None:
    person = caller(sandbox, ADA, BASIC)
    answer = person.send("PATCH", f"settings/sendAs/{ADA}", json={"displayName": "Ada L."})
    assert (answer.status_code, answer.json()["displayName"]) == (200, "Ada L.")


@rows.row(37)
def test_sharing_with_a_delegated_token(admin: Caller) -> None:
    for method, path, body in DELEGATED_ONLY:
        answer = admin.send(method, path, json=body)
        assert answer.status_code != 403, (method, path, answer.text)


@rows.row(49)
def test_no_delegates_is_an_empty_object(admin: Caller) -> None:
    answer = admin.send("GET", "settings/delegates")
    assert (answer.status_code, answer.json()) == (200, {})


@rows.row(49)
def test_no_delegates_is_no_content_where_that_was_staged(sandbox: RunningSandbox, admin: Caller) -> None:
    stage(sandbox, "gmail:delegates_204")
    answer = admin.send("GET", "settings/delegates")
    assert (answer.status_code, answer.content) == (204, b"")
    admin.post("settings/delegates", {"delegateEmail": BEN})
    assert len(admin.get("settings/delegates")["delegates"]) == 1


@rows.row(49)
def test_no_forwarding_addresses_is_an_empty_object(admin: Caller) -> None:
    assert admin.get("settings/forwardingAddresses") == {}


@rows.row(51)
@pytest.mark.parametrize("address", [CLEO, GUS, "", None])
def test_forwarding_to_an_address_that_was_not_accepted(admin: Caller, address: str | None) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": GUS})
    answer = put(admin, "autoForwarding", enabled=True, emailAddress=address, disposition="archive")
    assert (answer.status_code, answer.json()) == (400, INVALID_FORWARDING)
    assert admin.get("settings/autoForwarding") == {"enabled": False}


@rows.row(51)
def test_forwarding_to_an_address_that_was_accepted(admin: Caller) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": BEN})
    forwarding = {"enabled": True, "emailAddress": BEN, "disposition": "trash"}
    answer = put(admin, "autoForwarding", **forwarding)
    assert (answer.status_code, answer.json()) == (200, forwarding)
    assert admin.get("settings/autoForwarding") == forwarding


@rows.row(52)
@pytest.mark.parametrize(("address", "status"), [(BEN, "accepted"), (GUS, "pending"), ("x@elsewhere.org", "pending")])
def test_new_forwarding_address(admin: Caller, address: str, status: str) -> None:
    resource = {"forwardingEmail": address, "verificationStatus": status}
    assert admin.post("settings/forwardingAddresses", {"forwardingEmail": address}) == resource
    assert admin.get("settings/forwardingAddresses") == {"forwardingAddresses": [resource]}
    answer = admin.send("DELETE", f"settings/forwardingAddresses/{address}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.get("settings/forwardingAddresses") == {}


@rows.row(52)
@pytest.mark.parametrize(
    ("address", "status"), [("team@acme.example", "accepted"), (GUS, "pending"), ("x@elsewhere.org", "pending")]
)
def test_new_address_to_send_as(admin: Caller, address: str, status: str) -> None:
    made = admin.post("settings/sendAs", {"sendAsEmail": address, "displayName": "Team", "treatAsAlias": True})
    assert made == {
        "sendAsEmail": address,
        "displayName": "Team",
        "replyToAddress": "",
        "signature": "",
        "treatAsAlias": True,
        "verificationStatus": status,
    }
    assert admin.get(f"settings/sendAs/{address}") == made
    answer = admin.send("DELETE", f"settings/sendAs/{address}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.send("GET", f"settings/sendAs/{address}").status_code == 404


@rows.row(53)
@pytest.mark.parametrize(
    "vacation",
    [
        {},
        {"responseSubject": "", "responseBodyPlainText": " "},
        {"responseSubject": "Away", "startTime": NOON, "endTime": NOON},
        {"responseSubject": "Away", "startTime": str(NOON + HOUR), "endTime": str(NOON)},
    ],
)
def test_vacation_that_makes_no_sense(admin: Caller, vacation: dict[str, Any]) -> None:
    before = admin.get("settings/vacation")
    assert_refused(put(admin, "vacation", enableAutoReply=True, **vacation), 400, "invalidArgument")
    assert admin.get("settings/vacation") == before


@rows.row(53)
@pytest.mark.parametrize("as_text", [True, False])
def test_vacation_comes_back_with_its_times_as_text(admin: Caller, *, as_text: bool) -> None:
    times = {"startTime": NOON, "endTime": NOON + HOUR}
    given = {"enableAutoReply": True, "responseSubject": "Away", "restrictToDomain": True}
    shown = {name: str(value) for name, value in times.items()}
    answer = put(admin, "vacation", **given, **(shown if as_text else times))
    assert (answer.status_code, answer.json()) == (200, given | shown)
    assert admin.get("settings/vacation") == given | shown


@rows.row(54)
@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"), ("PT-br", "pt-BR"), ("en-US", "en"), ("de-AT", "de"), ("pt", "pt-PT"), ("zh-Hant-TW", "zh-TW"),
        ("es-MX", "es-419"), ("nb-NO", "no"), ("tlh", "en"),
    ],
)  # fmt: skip
def test_language_is_the_nearest_that_gmail_has(admin: Caller, tag: str, language: str) -> None:
    answer = put(admin, "language", displayLanguage=tag)
    assert (answer.status_code, answer.json()) == (200, {"displayLanguage": language})
    assert admin.get("settings/language") == {"displayLanguage": language}


@rows.row(59)
def test_watch_without_a_topic(ada: Caller) -> None:
    answer = ada.send("POST", "watch", json={"labelIds": ["INBOX"]})
    missing = refusal(400, "topicName required", "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()) == (400, missing)


@rows.row(59)
def test_watch_with_a_topic_on_which_gmail_may_not_publish(ada: Caller) -> None:
    topic = "projects/acme-automation/topics/nobody-granted"
    answer = ada.send("POST", "watch", json={"topicName": topic})
    message = f"Error sending test message to Cloud PubSub {topic} : User not authorized to perform this action."
    assert (answer.status_code, answer.json()) == (403, refusal(403, message, "forbidden", "PERMISSION_DENIED"))


@rows.row(59)
def test_watch_with_a_topic_that_was_granted(sandbox: RunningSandbox, ada: Caller) -> None:
    earliest = sandbox.sandbox.clock.timestamp() + WEEK
    watched = ada.post("watch", {"topicName": GRANTED_TOPIC, "labelIds": ["INBOX"], "labelFilterBehavior": "include"})
    latest = sandbox.sandbox.clock.timestamp() + WEEK
    assert watched.keys() == {"historyId", "expiration"}
    assert watched["historyId"] == ada.get("profile")["historyId"]
    assert int(earliest * 1000) <= int(watched["expiration"]) <= int(latest * 1000)
    assert ada.send("POST", "stop").status_code == 204
