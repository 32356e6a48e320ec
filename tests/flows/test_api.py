"""Cards and runs over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from access.actor import Actor
from connections.models import Connection
from flows.models import Run
from kernel.clock import now
from tests.api_callers import Caller
from tests.factories import UserFactory
from tests.flows.fake_mail import READ_KEY, SEND_KEY, FakeMail, gone, lost

pytestmark = pytest.mark.django_db

GONE = "Draft: ada@acme.example has no such message. It may have been deleted for good."


def send(caller: Caller, connection: Connection, **headers: str) -> tuple[int, Any]:
    body = {"connection": str(connection.pk), "options": {}, "inputs": {"to": "ben@acme.example"}}
    return caller.post(f"cards/{SEND_KEY}/runs", body, **headers)


@pytest.fixture
def caller(actor: Actor) -> Caller:
    return Caller(actor.person)


def test_cards_are_listed_with_what_they_need(mail: FakeMail, caller: Caller) -> None:
    status, cards = caller.get("cards")
    assert (status, [each["key"] for each in cards]) == (200, [SEND_KEY, READ_KEY])
    assert cards[0]["effect"] == "send"
    assert cards[0]["needs"]["scopes"] == [["https://www.googleapis.com/auth/gmail.send"]]


def test_a_card_shows_its_schemas(mail: FakeMail, caller: Caller) -> None:
    status, card = caller.get(f"cards/{SEND_KEY}")
    assert status == 200
    assert card["inputs"]["required"] == ["to"]
    assert card["options"]["properties"]["loud"]["type"] == "boolean"
    assert list(card["outputs"]["properties"]) == ["message_id"]
    assert caller.get("cards/fake.nothing")[0] == 404


def test_a_run_answers_with_outputs(mail: FakeMail, caller: Caller, connection: Connection) -> None:
    status, answer = send(caller, connection)
    assert (status, answer["outputs"], answer["note"]) == (200, {"message_id": "message-1"}, "")
    status, run = caller.get(f"runs/{answer['run']}")
    assert (status, run["state"], run["card"], run["outputs"]) == (200, "completed", SEND_KEY, answer["outputs"])
    assert (run["problem"], run["decisions"]) == (None, [])


def test_what_the_card_meets_is_a_problem_that_names_the_run(
    mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    mail.before["stage"] = [gone()]
    status, problem = send(caller, connection)
    assert (status, problem["code"], problem["detail"]) == (422, "gmail.not_found", GONE)
    assert problem["run"] == str(Run.objects.get().pk)
    assert caller.get(f"runs/{problem['run']}")[1]["problem"]["code"] == "gmail.not_found"


def test_bad_input_is_a_problem_with_fields_and_without_a_run(
    mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    status, problem = caller.post(f"cards/{SEND_KEY}/runs", {"connection": str(connection.pk), "inputs": {"cc": "x"}})
    assert (status, problem["code"], set(problem["fields"])) == (422, "input.rejected", {"to", "cc"})
    assert "run" not in problem


def test_while_a_lost_answer_is_checked_the_answer_is_202(
    mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    mail.before["dispatch"] = [lost()]
    with time_machine.travel(now(), tick=False) as clock:
        status, answer = send(caller, connection, **{"Idempotency-Key": "delivery-7"})
        assert (status, set(answer)) == (202, {"run", "checked_at"})
        assert caller.get(f"runs/{answer['run']}")[1]["state"] == "waiting"
        assert send(caller, connection, **{"Idempotency-Key": "delivery-7"}) == (202, answer)
        clock.shift(timedelta(seconds=61))
        assert caller.get(f"runs/{answer['run']}")[1]["state"] == "completed"
        status, again = send(caller, connection, **{"Idempotency-Key": "delivery-7"})
    assert (status, again["run"], len(mail.sent)) == (200, answer["run"], 1)


def test_an_idempotency_key_of_another_request_is_refused(
    mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    send(caller, connection, **{"Idempotency-Key": "7"})
    body = {"connection": str(connection.pk), "inputs": {"to": "cleo@acme.example"}}
    status, problem = caller.post(f"cards/{SEND_KEY}/runs", body, **{"Idempotency-Key": "7"})
    assert (status, problem["code"]) == (422, "run.idempotency_key_reused")
    assert send(caller, connection, **{"Idempotency-Key": "7" * 256})[0] == 422


@pytest.mark.parametrize("decision", ["sent", "send_again"])
def test_an_unknown_outcome_is_a_problem_until_it_is_decided(
    decision: str, mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [lost()]
    status, problem = send(caller, connection)
    assert (status, problem["code"]) == (502, "send.outcome_unknown")
    assert caller.get(f"runs/{problem['run']}")[1]["decisions"] == ["sent", "send_again"]
    status, run = caller.post(f"runs/{problem['run']}/resume", {"decision": decision})
    assert (status, run["state"], len(mail.sent)) == (200, "completed", int(decision == "send_again"))
    status, late = caller.post(f"runs/{problem['run']}/resume", {"decision": decision})
    assert (status, late["code"]) == (409, "run.nothing_to_decide")
    assert caller.post(f"runs/{problem['run']}/resume", {"decision": "never"})[0] == 422


def test_an_operator_sees_a_run_without_what_passed_through_it(
    mail: FakeMail, caller: Caller, connection: Connection
) -> None:
    _status, answer = send(caller, connection)
    status, run = Caller(UserFactory(operator=True)).get(f"runs/{answer['run']}")
    assert (status, run["state"], run["outputs"]) == (200, "completed", None)
    assert Caller(UserFactory(flow_builder=True)).get(f"runs/{answer['run']}")[0] == 404


def test_a_key_does_no_more_than_it_lists(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    assert send(Caller(actor.person, "connection.view"), connection)[0] == 403
    status, answer = send(Caller(actor.person, "card.run", "connection.use"), connection)
    assert (status, answer["outputs"]) == (200, {"message_id": "message-1"})
    assert Caller(actor.person, "card.run").get(f"runs/{answer['run']}")[0] == 404


def test_nothing_is_answered_without_a_session_or_a_key(mail: FakeMail, connection: Connection) -> None:
    for path in ("cards", f"cards/{SEND_KEY}", f"runs/{connection.pk}"):
        assert Client().get(f"/api/v1/{path}").status_code == 401
    assert Client().post(f"/api/v1/cards/{SEND_KEY}/runs", {}, content_type="application/json").status_code == 401
    assert mail.calls == []


def test_every_endpoint_documents_its_problems(caller: Caller) -> None:
    status, schema = caller.get("openapi.json")
    assert status == 200
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
