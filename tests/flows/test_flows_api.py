"""Flows and their runs over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from access.actor import Actor
from access.models import AuditEntry
from connections.models import Connection, Status
from flows.engine.flow_secrets import open_secret
from flows.models import Flow, FlowSecret, Run, RunState
from kernel.clock import now
from tests.api_callers import Caller
from tests.factories import UserFactory
from tests.flow_runs import Queue, asks_for, build_flow, run_now, start
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import READ_KEY, FakeMail, gone, lost

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {"cards": [{"id": "c1", "card": "function.compose", "inputs": {"text": "Hello"}}]}


@pytest.fixture
def caller(actor: Actor) -> Caller:
    return Caller(actor.person)


def made(caller: Caller, **more: Any) -> dict[str, Any]:
    status, flow = caller.post("flows", {"name": "Offboarding", "definition": HELLO, **more})
    assert status == 201
    return dict(flow)


# ------------------------------------------------------------------ flows


def test_a_flow_is_made_published_turned_on_and_off(caller: Caller) -> None:
    flow = made(caller, description="For leavers")
    assert (flow["version"], flow["published"], flow["is_on"], flow["findings"]) == (1, None, False, [])
    assert caller.post(f"flows/{flow['id']}/on")[1]["code"] == "flow.not_saved"
    status, published = caller.post(f"flows/{flow['id']}/publish", {"version": 1, "saves_data": True})
    assert (status, published["published"], published["saves_data"], published["unsaved_changes"]) == (200, 1, True, 0)
    assert caller.post(f"flows/{flow['id']}/on")[1]["is_on"] is True
    assert caller.post(f"flows/{flow['id']}/off")[1]["is_on"] is False
    assert caller.get(f"flows/{flow['id']}")[1]["description"] == "For leavers"


def test_a_flow_without_a_definition_has_no_cards(caller: Caller) -> None:
    status, flow = caller.post("flows", {"name": "Empty"})
    assert (status, flow["definition"]["cards"], flow["definition"]["trigger"]["kind"]) == (201, [], "now")


def test_a_definition_that_is_none_is_refused_by_its_places_and_changes_nothing(caller: Caller) -> None:
    bad = {"cards": [{"id": "x", "card": "function.compose", "colour": "red"}]}
    status, problem = caller.post("flows", {"name": "Bad", "definition": bad})
    assert (status, problem["code"]) == (422, "input.rejected")
    assert all(place.startswith("cards[0]") for place in problem["fields"])
    flow = made(caller)
    edit = {"version": 1, "name": "Renamed", "definition": bad}
    assert caller.put(f"flows/{flow['id']}", edit)[0] == 422
    assert caller.get(f"flows/{flow['id']}")[1]["name"] == "Offboarding"
    assert Flow.objects.count() == 1


def test_what_stops_a_flow_is_told_with_card_and_field(mail: FakeMail, caller: Caller) -> None:
    cards = [{"id": "c1", "card": READ_KEY, "inputs": {"subject": "{{c7.text}}"}}]
    flow = made(caller, definition={"cards": cards})
    found = [(each["card"], each["number"], each["field"], each["problem"]["code"]) for each in flow["findings"]]
    assert found == [
        ("c1", 2, "connection", "flow.connection_not_chosen"),
        ("c1", 2, "to", "flow.field_invalid"),
        ("c1", 2, "subject", "flow.field_invalid"),
    ]
    caller.post(f"flows/{flow['id']}/publish", {"version": 1})
    for action in ("on", "runs"):
        status, problem = caller.post(f"flows/{flow['id']}/{action}")
        assert (status, problem["code"]) == (422, "flow.has_findings")
    assert not Run.objects.exists()


def test_what_a_connection_lacks_is_told_and_stops_nothing(
    mail: FakeMail, actor: Actor, caller: Caller, connection: Connection
) -> None:
    Connection.objects.update(granted_scopes=[])
    flow = build_flow(actor, read("c1", connection))
    answer = caller.get(f"flows/{flow.pk}")[1]
    assert [each["problem"]["code"] for each in answer["readiness"]] == ["scope.missing"]
    assert answer["findings"] == []
    assert caller.post(f"flows/{flow.pk}/on")[0] == 200


def test_an_edit_carries_the_version_that_was_read(caller: Caller) -> None:
    flow = made(caller)
    path = f"flows/{flow['id']}"
    status, changed = caller.put(path, {"version": 1, "name": "Leavers", "definition": {"cards": []}})
    assert (status, changed["name"], changed["version"], changed["definition"]["cards"]) == (200, "Leavers", 2, [])
    for late in ({"version": 1, "definition": HELLO}, {"version": 1, "name": "Late"}):
        status, problem = caller.put(path, late)
        assert (status, problem["code"]) == (409, "edit.stale")
    assert caller.post(f"{path}/publish", {"version": 1})[1]["code"] == "edit.stale"
    assert caller.get(path)[1]["name"] == "Leavers"


def test_a_definition_that_was_read_is_taken_back_with_its_secret_values(caller: Caller) -> None:
    alias = {"id": "c1", "card": "gmail.add_send_as_alias", "inputs": {"password": "not-for-anybody", "port": None}}
    flow = made(caller, definition={"cards": [alias], "time_zone": "Europe/Berlin"})
    kept = FlowSecret.objects.get()
    sent = caller.put(f"flows/{flow['id']}", {"version": flow["version"], "definition": flow["definition"]})[1]
    assert sent["definition"] == flow["definition"]
    assert str(kept.pk) in str(sent["definition"])
    assert "not-for-anybody" not in str(sent)
    assert open_secret(UUID(flow["id"]), kept.pk) == "not-for-anybody"


def test_flows_are_listed_a_page_at_a_time(caller: Caller) -> None:
    names = [f"Flow {number}" for number in range(5)]
    for name in names:
        made(caller, name=name)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page = caller.get("flows", limit="2", cursor=cursor)
        assert (status, page["total"], page["total_at_least"]) == (200, 5, None)
        seen += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == names
    assert [each["name"] for each in caller.get("flows", search="flow 3")[1]["items"]] == ["Flow 3"]
    assert caller.get("flows", state="on")[1]["total"] == 0
    assert caller.get("flows", cursor="nonsense")[0] == 422


def test_a_deleted_flow_is_gone_and_its_runs_stay(actor: Actor, caller: Caller, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"))
    ended, under_way = run_now(actor, queue, flow), start(actor, flow)
    assert caller.delete(f"flows/{flow.pk}") == (200, {"runs_canceled": 1})
    assert caller.get(f"flows/{flow.pk}")[0] == 404
    states = {str(each.pk): caller.get(f"runs/{each.pk}")[1]["state"] for each in (ended, under_way)}
    assert states == {str(ended.pk): "completed", str(under_way.pk): "canceled"}
    assert AuditEntry.objects.filter(event="flow.deleted").exists()


# ------------------------------------------------------------------ runs


def test_a_run_is_started_and_followed_card_by_card(actor: Actor, caller: Caller, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1", "Hello {{trigger.name}}"), trigger=asks_for("name"), saves_data=True)
    status, started = caller.post(f"flows/{flow.pk}/runs", {"inputs": {"name": "Ben"}})
    assert status == 202
    run = caller.get(f"runs/{started['id']}")[1]
    assert (run["state"], run["trigger"], run["flow"], run["version"]) == ("queued", "now", str(flow.pk), 1)
    assert [(each["path"], each["state"]) for each in run["steps"]] == [("trigger", "completed"), ("c1", "not_run")]
    queue.drain()
    run = caller.get(f"runs/{started['id']}")[1]
    assert (run["state"], run["problem"]) == ("completed", None)
    assert run["steps"][1]["outputs"] == {"text": "Hello Ben"}
    assert run["steps"][0]["outputs"]["name"] == "Ben"


def test_the_same_key_is_the_same_run(actor: Actor, caller: Caller, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"))
    first, second = (caller.post(f"flows/{flow.pk}/runs", {}, **{"Idempotency-Key": "7"}) for _ in range(2))
    assert first == second
    assert caller.post(f"flows/{flow.pk}/runs")[1] != first[1]
    assert Run.objects.count() == 2


def test_what_the_trigger_cannot_take_is_told_by_field(actor: Actor, caller: Caller, queue: Queue) -> None:
    flow = build_flow(actor, trigger=asks_for("name"))
    status, problem = caller.post(f"flows/{flow.pk}/runs", {"inputs": {"nam": "Ben"}})
    assert (status, list(problem["fields"])) == (422, ["nam"])
    assert caller.post(f"flows/{flow.pk}/runs")[1]["fields"] == {"name": ["Enter Name."]}


def test_nothing_of_what_passed_through_is_given_unless_the_flow_saves_it(
    mail: FakeMail, actor: Actor, caller: Caller, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    flow = build_flow(actor, compose("c1", "private words"), read("c2", connection))
    run = caller.get(f"runs/{run_now(actor, queue, flow).pk}")[1]
    assert run["problem"]["code"] == "gmail.not_found"
    assert all(each["inputs"] is each["outputs"] is each["options"] is None for each in run["steps"])


def test_others_see_a_run_as_their_roles_reach_and_never_what_passed_through(
    actor: Actor, caller: Caller, queue: Queue
) -> None:
    run = run_now(actor, queue, build_flow(actor, compose("c1", "private words"), saves_data=True))
    assert caller.get(f"runs/{run.pk}")[1]["steps"][1]["outputs"] == {"text": "private words"}
    for role in ("operator", "administrator"):
        other = Caller(UserFactory(**{role: True}))
        shown = other.get(f"runs/{run.pk}")[1]
        assert (shown["state"], len(shown["steps"])) == ("completed", 2)
        assert all(each["inputs"] is each["outputs"] is None for each in shown["steps"])
        assert [each["id"] for each in other.get("runs")[1]["items"]] == [str(run.pk)]
    for role in ("flow_builder", "connection_manager"):
        other = Caller(UserFactory(**{role: True}))
        assert other.get(f"runs/{run.pk}")[0] == 404
        assert other.get("runs")[1]["items"] == []
    assert Caller(UserFactory(auditor=True)).get("runs")[0] == 403


def test_runs_are_listed_newest_first_and_filtered(
    mail: FakeMail, actor: Actor, caller: Caller, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    failed = run_now(actor, queue, build_flow(actor, read("c1", connection), name="Offboarding"))
    done = run_now(actor, queue, build_flow(actor, compose("c1"), name="Digest"))
    assert [each["id"] for each in caller.get("runs")[1]["items"]] == [str(done.pk), str(failed.pk)]
    assert [each["title"] for each in caller.get("runs", limit="1")[1]["items"]] == ["Digest"]
    for filters in (
        {"state": "failed"},
        {"flow": str(failed.flow_id)},
        {"card": READ_KEY},
        {"connection": str(connection.pk)},
        {"search": "OFFBOARD"},
        {"search": str(failed.pk)},
    ):
        (only,) = caller.get("runs", **filters)[1]["items"]
        found = (only["id"], only["at_card"], only["problem"]["code"])
        assert found == (str(failed.pk), "Fake Read", "gmail.not_found")
    assert caller.get("runs", trigger="schedule")[1]["items"] == []
    assert caller.get("runs", state="lost")[0] == 422


def test_every_run_is_on_one_page_of_the_list(actor: Actor, caller: Caller, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"))
    runs = [str(start(actor, flow).pk) for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = caller.get("runs", limit="2", cursor=cursor)[1]
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, page["total"]) == (runs[::-1], 5)


def test_a_failed_run_is_resumed_at_the_card_that_is_named(
    mail: FakeMail, actor: Actor, caller: Caller, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    run = run_now(actor, queue, build_flow(actor, send("c1", connection), read("c2", connection)))
    status, problem = caller.post(f"runs/{run.pk}/resume", {"from_step": "c1"})
    assert (status, problem["code"]) == (409, "run.nothing_to_resume")
    status, resumed = caller.post(f"runs/{run.pk}/resume", {"from_step": "c2"})
    assert (status, resumed["state"]) == (200, "queued")
    queue.drain()
    assert caller.get(f"runs/{run.pk}")[1]["state"] == "completed"
    assert len(mail.sent) == 1
    assert caller.post(f"runs/{run.pk}/resume")[1]["code"] == "run.nothing_to_resume"


def test_a_run_that_waits_says_what_for_and_is_released_or_canceled(
    mail: FakeMail, actor: Actor, caller: Caller, connection: Connection, queue: Queue
) -> None:
    flow = build_flow(actor, read("c1", connection))
    Connection.objects.update(paused_at=now(), status=Status.PAUSED)
    runs = [run_now(actor, queue, flow) for _ in range(2)]
    shown = caller.get(f"runs/{runs[0].pk}")[1]
    assert (shown["state"], shown["status"]) == ("waiting", "Waiting for connection")
    assert (shown["waits_for"], shown["problem"]["code"]) == (str(connection.pk), "connection.paused")
    assert shown["waiting_since"]
    Connection.objects.update(paused_at=None, status=Status.ACTIVE)
    assert caller.post(f"runs/{runs[0].pk}/release")[1]["state"] == "queued"
    assert caller.post(f"runs/{runs[1].pk}/cancel")[1]["state"] == "canceled"
    queue.drain()
    assert [Run.objects.get(pk=each.pk).state for each in runs] == [RunState.COMPLETED, RunState.CANCELED]
    for action, code in (("release", "run.nothing_to_release"), ("cancel", "run.nothing_to_cancel")):
        status, problem = caller.post(f"runs/{runs[0].pk}/{action}")
        assert (status, problem["code"]) == (409, code)


@pytest.mark.parametrize(("decision", "sent"), [("sent", 1), ("send_again", 2)])
def test_an_unknown_outcome_is_decided_and_the_flow_goes_on(
    *, decision: str, sent: int, mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    caller = Caller(actor.person)
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = run_now(actor, queue, build_flow(actor, send("c1", connection), compose("c2")))
    shown = caller.get(f"runs/{run.pk}")[1]
    assert (shown["state"], shown["decisions"]) == ("waiting", ["sent", "send_again"])
    assert [each["state"] for each in shown["steps"]] == ["completed", "outcome_unknown", "not_run"]
    assert caller.post(f"runs/{run.pk}/release")[1]["code"] == "run.nothing_to_release"
    assert Caller(UserFactory(operator=True)).get(f"runs/{run.pk}")[1]["decisions"] == ["sent", "send_again"]
    assert caller.post(f"runs/{run.pk}/resume", {"decision": decision})[0] == 200
    queue.drain()
    shown = caller.get(f"runs/{run.pk}")[1]
    assert (shown["state"], shown["decisions"], len(mail.sent)) == ("completed", [], sent)
    assert shown["steps"][2]["state"] == "completed"


def test_a_key_does_no_more_than_it_lists(actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"))
    viewer = Caller(actor.person, "flow.view", "run.view")
    assert viewer.get(f"flows/{flow.pk}")[0] == 200
    assert viewer.put(f"flows/{flow.pk}", {"version": 1, "name": "Mine"})[0] == 403
    assert viewer.post(f"flows/{flow.pk}/runs")[0] == 403
    runner = Caller(actor.person, "flow.view", "flow.run", "run.view")
    run = runner.post(f"flows/{flow.pk}/runs")[1]
    assert runner.post(f"runs/{run['id']}/cancel")[0] == 403
    starter = runner.get(f"runs/{run['id']}")[1]["started_by"]
    assert starter == f"{actor.person}, API key test"


def test_nothing_is_answered_without_a_session_or_a_key(actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"))
    run = start(actor, flow)
    for path in ("flows", f"flows/{flow.pk}", "runs", f"runs/{run.pk}"):
        assert Client().get(f"/api/v1/{path}").status_code == 401
    for path in (f"flows/{flow.pk}/runs", f"flows/{flow.pk}/on", f"runs/{run.pk}/cancel"):
        assert Client().post(f"/api/v1/{path}", {}, content_type="application/json").status_code == 401
