"""``manage.py run_flow`` and ``runs``: what they print, and with which exit code they end."""

import io
import json
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from access.actor import Actor
from connections.models import Connection
from flows.definition import InputKind
from flows.models import Flow, Run, RunState
from kernel.clock import now
from tests.factories import UserFactory
from tests.flow_runs import Queue, asks_for, build_flow, gave, run_now, start
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import FakeMail, gone, lost

pytestmark = pytest.mark.django_db(transaction=True)


def command(name: str, *arguments: str) -> tuple[str, str]:
    """What stands on standard output and on standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def ends_with(code: int, match: str | None, name: str, *arguments: str) -> None:
    with pytest.raises(CommandError, match=match) as error:
        command(name, *arguments)
    assert error.value.returncode == code


@pytest.fixture
def flow(actor: Actor) -> Flow:
    return build_flow(actor, compose("c1", "Hello {{trigger.name}}"), trigger=asks_for("name"), saves_data=True)


# ------------------------------------------------------------------ run_flow


def test_a_flow_is_run_by_name_with_the_fields_of_its_trigger(flow: Flow, queue: Queue) -> None:
    out, _err = command("run_flow", "TEST", "--input", "name=Ben")
    run = Run.objects.get()
    assert (out, run.via, run.started_by, run.owner) == (str(run.pk), "command", None, flow.owner)
    queue.drain()
    assert gave(run, "c1") == {"text": "Hello Ben"}


def test_a_value_given_twice_is_a_list_and_a_file_gives_others(actor: Actor, queue: Queue, tmp_path: Path) -> None:
    flow = build_flow(actor, trigger=asks_for("names", "note", kind=InputKind.LIST), saves_data=True)
    (tmp_path / "given.json").write_text(json.dumps({"inputs": {"note": ["a"]}}))
    more = ("--input", "names=b", "--input", "names=c", "--json", str(tmp_path / "given.json"))
    command("run_flow", str(flow.pk), *more)
    outputs = gave(Run.objects.get(), "trigger")
    assert (outputs["names"], outputs["note"]) == (["b", "c"], ["a"])


def test_the_person_who_starts_it_is_named_and_their_rights_count(flow: Flow, queue: Queue) -> None:
    operator, stranger = UserFactory(operator=True), UserFactory(flow_builder=True)
    command("run_flow", "Test", "--as", operator.email, "--input", "name=Ben")
    assert Run.objects.get().started_by == operator
    ends_with(1, "There is no flow 'Test'", "run_flow", "Test", "--as", stranger.email, "--input", "name=Ben")


def test_a_key_that_was_used_gives_the_same_run(flow: Flow, queue: Queue) -> None:
    once = ("run_flow", "Test", "--input", "name=Ben", "--idempotency-key", "delivery-7")
    assert command(*once) == command(*once)
    assert Run.objects.count() == 1


@pytest.mark.parametrize("more", [["--input", "name"], ["--input", "nam=x"], [], ["--json", "/nowhere"]])
def test_what_cannot_be_taken_ends_with_2(more: list[str], flow: Flow, queue: Queue) -> None:
    ends_with(2, None, "run_flow", "Test", *more)
    assert not Run.objects.exists()


def test_a_flow_is_named_exactly(actor: Actor, flow: Flow, queue: Queue) -> None:
    ends_with(1, "There is no flow 'Tes'", "run_flow", "Tes")
    build_flow(actor)
    ends_with(1, "More than one flow is called 'Test'", "run_flow", "Test")


def follow(monkeypatch: pytest.MonkeyPatch, queue: Queue) -> None:
    """A worker that works while the command waits."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: queue.drain() or None)


def test_a_run_is_followed_to_its_end(flow: Flow, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    follow(monkeypatch, queue)
    out, err = command("run_flow", "Test", "--input", "name=Ben", "--follow")
    assert (out, err.split()) == (str(Run.objects.get().pk), ["Queued", "Completed"])


def test_a_run_that_fails_ends_with_its_cause_and_address(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(monkeypatch, queue)
    mail.before["read"] = [gone()]
    build_flow(actor, read("c1", connection))
    ends_with(1, r"The mailbox holds nothing(.|\n)*Run: http.*/runs/", "run_flow", "Test", "--follow")


def test_a_run_that_needs_a_person_is_not_followed_for_ever(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(monkeypatch, queue)
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    build_flow(actor, send("c1", connection))
    ends_with(1, r"not known whether(.|\n)*Run: http.*/runs/", "run_flow", "Test", "--follow")


# ------------------------------------------------------------------ runs


def failed(mail: FakeMail, actor: Actor, connection: Connection, queue: Queue) -> Run:
    mail.before["read"] = [gone()]
    flow = build_flow(actor, compose("c1", "private words"), read("c2", connection), compose("c3"), saves_data=True)
    return run_now(actor, queue, flow)


def test_runs_are_listed_with_where_they_stand(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    run = failed(mail, actor, connection, queue)
    waiting = start(actor, build_flow(actor, compose("c1"), name="Later"))
    first, second = command("runs", "list")[0].splitlines()
    assert first.startswith(str(waiting.pk))
    assert second.startswith(str(run.pk))
    assert f"Failed                  Test  at Fake Read  by {actor.person}" in second


def test_the_list_is_filtered_limited_and_given_as_json(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    run = failed(mail, actor, connection, queue)
    later = build_flow(actor, compose("c1"), name="Later")
    for _ in range(3):
        run_now(actor, queue, later)
    for filters in (("--state", "failed"), ("--flow", "test"), ("--card", "fake.read"), ("--search", "fake read")):
        (only,) = json.loads(command("runs", "list", *filters, "--json")[0])
        assert (only["id"], only["state"], only["problem"]["code"]) == (str(run.pk), "failed", "gmail.not_found")
    assert json.loads(command("runs", "list", "--trigger", "schedule", "--json")[0]) == []
    out, err = command("runs", "list", "--limit", "2")
    assert (len(out.splitlines()), err) == (2, "The newest 2 of 4. More with --limit.\n")
    ends_with(2, "--limit takes 1 to 1000", "runs", "list", "--limit", "0")


def test_one_is_shown_card_by_card_and_nothing_that_passed_through_it(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    run = failed(mail, actor, connection, queue)
    out, _err = command("runs", "show", str(run.pk))
    assert out.startswith("Test  (Failed)")
    lines = [line.split() for line in out.splitlines()]
    assert ["trigger", "Run", "now", "completed"] in lines
    assert ["c2", "Fake", "Read", "failed"] in lines
    assert ["c3", "Compose", "not_run"] in lines
    assert "has no such message" in out
    shown = json.loads(command("runs", "show", str(run.pk), "--json")[0])
    assert [step["state"] for step in shown["steps"]] == ["completed", "completed", "failed", "not_run"]
    assert "private words" not in out + json.dumps(shown)


def test_a_failed_run_is_resumed_and_one_that_is_not_under_way_is_not_canceled(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    run = failed(mail, actor, connection, queue)
    assert command("runs", "resume", str(run.pk))[0] == "The run is queued."
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    for action in ("resume", "release", "cancel"):
        ends_with(1, None, "runs", action, str(run.pk))


def test_a_queued_run_is_canceled(actor: Actor, queue: Queue) -> None:
    run = start(actor, build_flow(actor, compose("c1")))
    assert command("runs", "cancel", str(run.pk))[0] == "The run is canceled."


def test_a_run_that_waits_is_released(mail: FakeMail, actor: Actor, connection: Connection, queue: Queue) -> None:
    Connection.objects.update(paused_at=now(), status="paused")
    run = run_now(actor, queue, build_flow(actor, read("c1", connection)))
    assert run.state == RunState.WAITING
    Connection.objects.update(paused_at=None, status="active")
    assert command("runs", "release", str(run.pk))[0] == "The run is queued."
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED


@pytest.mark.parametrize(("decision", "sent"), [("sent", 1), ("send_again", 2)])
def test_an_unknown_outcome_is_decided(
    *, decision: str, sent: int, mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = run_now(actor, queue, build_flow(actor, send("c1", connection), compose("c2")))
    assert "--decision sent|send_again" in command("runs", "show", str(run.pk))[0]
    command("runs", "resume", str(run.pk), "--decision", decision)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, sent)


@pytest.mark.parametrize("name", ["Test", "5b6f1e0c-9f0e-4a53-8c0e-0f5a5b9b8f11"])
@pytest.mark.parametrize("action", ["show", "resume", "release", "cancel"])
def test_a_run_that_is_not_there_is_named(action: str, name: str) -> None:
    ends_with(1, f"There is no run '{name}'", "runs", action, name)
