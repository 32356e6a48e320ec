"""Watches: one client's at a time, for a week, of labels the mailbox has."""

import pytest

from google_sandbox.gmail.watch import GRANTED_TOPIC, ONE_CLIENT
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, Caller, caller
from tests.staged_google import settings_of

WEEK = 7 * 86_400


def of_another_client(sandbox: RunningSandbox, person: Caller) -> Caller:
    with sandbox.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET client_id = 'other-client' WHERE token = ?", (person.token,))
    return person


def test_watch_is_renewed_and_stopped(sandbox: RunningSandbox, ada: Caller) -> None:
    first = ada.post("watch", {"topicName": GRANTED_TOPIC})
    sandbox.sandbox.clock.offset = 60
    renewed = ada.post("watch", {"topicName": GRANTED_TOPIC, "labelIds": ["INBOX"], "labelFilterBehavior": "exclude"})
    assert int(renewed["expiration"]) >= int(first["expiration"]) + 60_000
    assert settings_of(sandbox, ADA)["watch"] == {
        "topicName": GRANTED_TOPIC,
        "labelIds": ["INBOX"],
        "labelFilterBehavior": "exclude",
        "expiration": renewed["expiration"],
    }
    for _ in range(2):
        answer = ada.send("POST", "stop")
        assert (answer.status_code, answer.content) == (204, b"")
    assert settings_of(sandbox, ADA)["watch"] is None


def test_watch_ends_after_a_week(sandbox: RunningSandbox, ada: Caller) -> None:
    ada.post("watch", {"topicName": GRANTED_TOPIC})
    sandbox.sandbox.clock.offset = WEEK + 1
    assert settings_of(sandbox, ADA)["watch"] is None


def test_another_client_has_to_wait_until_the_first_stops(sandbox: RunningSandbox, ada: Caller) -> None:
    other = of_another_client(sandbox, caller(sandbox, ADA))
    ada.post("watch", {"topicName": GRANTED_TOPIC})
    answer = other.send("POST", "watch", json={"topicName": GRANTED_TOPIC})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, ONE_CLIENT)
    other.send("POST", "stop")
    assert settings_of(sandbox, ADA)["watch"] is not None, "another client's watch is not stopped"
    ada.send("POST", "stop")
    other.post("watch", {"topicName": GRANTED_TOPIC})


@pytest.mark.parametrize(
    "body", [{"topicName": "gmail-push"}, {"topicName": GRANTED_TOPIC, "labelIds": ["Label_none"]}]
)
def test_watch_of_what_is_not_there(ada: Caller, body: dict[str, object]) -> None:
    answer = ada.send("POST", "watch", json=body)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")
