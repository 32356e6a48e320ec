"""New Email and Label Added or Removed: each thing that happens starts one run, whatever comes between."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from connections.models import Connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from flows.definition import PlacedTrigger, TriggerKind
from flows.engine.begin_run import begin_run
from flows.models import Flow, Run, RunState, TriggerState
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.triggers import poll_events
from flows.triggers.poll_events import poll_due_events
from google_sandbox.server import RunningSandbox
from kernel.errors import from_stored
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, card, gave
from tests.google_sandbox.calling import Caller, caller
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db(transaction=True)

BEN = "ben@acme.example"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def connection(google: RunningSandbox, clock: time_machine.Traveller, ada: Browser) -> Connection:
    return ada.connect(account=BEN)


@pytest.fixture
def sender(google: RunningSandbox, clock: time_machine.Traveller) -> Caller:
    return caller(google)


def watching(ada: Browser, connection: Connection, event: str = "gmail.new_email", **options: Any) -> Flow:
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card=event, connection=connection.pk, options=options)
    flow = build_flow(
        ada.actor,
        card("c1", "function.compose", inputs={"text": "{{trigger.subject}}, {{trigger.context.weekday}}"}),
        trigger=trigger,
        saves_data=True,
    )
    switch_flow(ada.actor, flow.pk, on=True)
    assert poll_due_events() == 0
    return flow


def later(clock: time_machine.Traveller, minutes: int = 5) -> int:
    """The next look: how many runs it starts."""
    clock.shift(timedelta(minutes=minutes))
    return poll_due_events()


def subjects(flow: Flow) -> list[str]:
    return [gave(run, "c1")["text"].partition(",")[0] for run in flow.runs.order_by("created_at", "pk")]


def test_what_arrives_starts_a_run_and_what_was_there_before_does_not(
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    queue: Queue,
) -> None:
    sender.send_mail(to=BEN, subject="Before")
    flow = watching(ada, connection)
    sender.send_mail(to=BEN, subject="After")
    assert later(clock, minutes=1) == 0, "it isn't due yet"
    assert later(clock, minutes=4) == 1
    assert later(clock) == 0
    queue.drain()
    assert subjects(flow) == ["After"]
    assert gave(flow.runs.get(), "c1")["text"] == "After, Wednesday"
    assert flow.runs.get().state == RunState.COMPLETED


def test_100_messages_with_a_worker_restart_and_a_lost_history_are_100_runs(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[[str], None],
) -> None:
    flow = watching(ada, connection)

    def arrive(first: int, last: int) -> None:
        for number in range(first, last):
            sender.send_mail(to=BEN, subject=f"Message {number}")

    arrive(0, 30)
    started: list[int] = []
    begin = begin_run

    def killed(*values: Any, **more: Any) -> Any:
        if len(started) == 12:
            raise SystemExit  # the worker is stopped in the middle of its turn
        started.append(1)
        return begin(*values, **more)

    with monkeypatch.context() as patched:
        patched.setattr(poll_events, "begin_run", killed)
        clock.shift(timedelta(minutes=5))
        with pytest.raises(SystemExit):
            poll_due_events()
    assert Run.objects.filter(flow=flow).count() == 12
    arrive(30, 60)
    assert later(clock) == 48
    arrive(60, 80)
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE mailboxes SET history_floor = history_id + 1000 WHERE email = ?", (BEN,))
        db.execute("UPDATE mailboxes SET history_id = history_id + 1000 WHERE email = ?", (BEN,))
    arrive(80, 100)
    while later(clock):
        pass
    queue.drain()
    assert sorted(subjects(flow), key=lambda each: int(each.split()[-1])) == [f"Message {each}" for each in range(100)]
    figure(f"New Email | 100 messages, a worker restart and a lost history id: {flow.runs.count()} runs")


def test_only_what_the_options_name_counts(
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    queue: Queue,
) -> None:
    flow = watching(ada, connection, query="subject:invoice")
    sender.send_mail(to=BEN, subject="Lunch")
    sender.send_mail(to=BEN, subject="Your invoice")
    assert later(clock) == 1
    queue.drain()
    assert subjects(flow) == ["Your invoice"]


def test_mail_that_the_mailbox_sends_is_no_news(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    queue: Queue,
) -> None:
    watching(ada, connection)
    caller(google, BEN).send_mail(to="cleo@acme.example", subject="Out")
    assert later(clock) == 0


def test_a_connection_that_is_not_usable_is_asked_nothing_and_nothing_is_lost(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
) -> None:
    flow = watching(ada, connection)
    pause_connection(ada.actor, connection.pk)
    sender.send_mail(to=BEN, subject="While paused")
    asked = len(gmail_calls(google))
    assert later(clock) == 0
    assert len(gmail_calls(google)) == asked
    cause = TriggerState.objects.get(flow=flow).cause
    assert cause is not None
    assert from_stored(cause).code == "connection.paused"
    resume_connection(ada.actor, connection.pk)
    assert later(clock) == 1
    assert TriggerState.objects.get(flow=flow).cause is None


@pytest.mark.parametrize("fault", ["503_before", "429", "close_after"])
def test_a_look_that_fails_is_made_again_from_the_same_place(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    fault: str,
) -> None:
    watching(ada, connection)
    sender.send_mail(to=BEN, subject="Patience")
    stage(google, fault, path="*/history", count=1)
    assert later(clock) == 0
    assert later(clock) == 1


def test_a_label_that_comes_and_goes_starts_a_run_each(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
) -> None:
    sender.send_mail(to=BEN, subject="Marked")
    ben = caller(google, BEN)
    (message,) = ben.find("subject:Marked")
    flow = watching(ada, connection, event="gmail.label_added_or_removed", labels=["STARRED"])
    ben.post(f"messages/{message['id']}/modify", {"addLabelIds": ["STARRED", "IMPORTANT"]})
    ben.post(f"messages/{message['id']}/modify", {"removeLabelIds": ["STARRED"]})
    ben.post(f"messages/{message['id']}/modify", {"removeLabelIds": ["IMPORTANT"]})
    assert later(clock) == 2
    queue.drain()
    runs = flow.runs.order_by("created_at", "pk")
    changes = {
        (*gave(run, "trigger")["label_added"], *(f"-{x}" for x in gave(run, "trigger")["label_removed"]))
        for run in runs
    }
    assert changes == {("STARRED",), ("-STARRED",)}


def test_run_now_takes_one_message_by_its_id(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
) -> None:
    flow = watching(ada, connection)
    sender.send_mail(to=BEN, subject="This one")
    (message,) = caller(google, BEN).find("subject:This")
    start_flow_run(ada.actor, flow.pk, fields={"message_id": message["id"]})
    queue.drain()
    assert subjects(flow) == ["This one"]
