"""New Email and Label Added or Removed: each thing that happens starts one run, whatever comes between."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from access.permissions import Role
from connections.models import Connection, Status
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from flows.catalog import open_client
from flows.definition import PlacedTrigger, TriggerKind
from flows.engine.begin_run import begin_run
from flows.models import Flow, Run, RunState, TriggerState
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.triggers import poll_events
from flows.triggers.poll_events import poll_due_events
from gmail_connector.events import history, new_email
from google_sandbox.server import RunningSandbox
from kernel.errors import from_stored
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import Queue, build_flow, card, gave
from tests.google_sandbox.calling import Caller, caller
from tests.staged_google import gmail_calls, remove_access, stage

pytestmark = pytest.mark.django_db(transaction=True)

BEN = "ben@acme.example"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Later than whatever the sandbox was seeded with: that is no news."""
    with time_machine.travel(datetime(2037, 11, 25, 9, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def connection(google: RunningSandbox, clock: time_machine.Traveller, ada: Browser) -> Connection:
    return ada.connect(account=BEN)


@pytest.fixture
def sender(google: RunningSandbox, clock: time_machine.Traveller) -> Caller:
    return caller(google)


def watching(
    ada: Browser, connection: Connection, event: str = "gmail.new_email", *, look: bool = True, **options: Any
) -> Flow:
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card=event, connection=connection.pk, options=options)
    flow = build_flow(
        ada.actor,
        card("c1", "function.compose", inputs={"text": "{{trigger.subject}}, {{trigger.context.weekday}}"}),
        trigger=trigger,
        saves_data=True,
    )
    switch_flow(ada.actor, flow.pk, on=True)
    assert not look or poll_due_events() == 0
    return flow


def later(clock: time_machine.Traveller, minutes: int = 5) -> int:
    """The next look: how many runs it starts."""
    clock.shift(timedelta(minutes=minutes))
    return poll_due_events()


def lose_history(google: RunningSandbox) -> None:
    """Gmail answers 404 for every history id that it gave so far."""
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE mailboxes SET history_floor = history_id + 1000 WHERE email = ?", (BEN,))
        db.execute("UPDATE mailboxes SET history_id = history_id + 1000 WHERE email = ?", (BEN,))


def cause_of(flow: Flow) -> str:
    cause = TriggerState.objects.get(flow=flow).cause
    return from_stored(cause).code if cause else ""


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
    clock.shift(timedelta(seconds=1))
    sender.send_mail(to=BEN, subject="After")
    assert later(clock, minutes=1) == 0, "it isn't due yet"
    assert later(clock, minutes=4) == 1
    assert later(clock) == 0
    queue.drain()
    assert subjects(flow) == ["After"]
    assert gave(flow.runs.get(), "c1")["text"] == "After, Wednesday"
    assert flow.runs.get().state == RunState.COMPLETED


def test_what_arrives_before_the_first_look_starts_a_run(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
) -> None:
    """The worker rested, or Google was away, when the flow was turned on."""
    sender.send_mail(to=BEN, subject="Before")
    flow = watching(ada, connection, look=False)
    stage(google, "503_before", path="*/profile", count=1)
    clock.shift(timedelta(seconds=30))
    assert poll_due_events() == 0
    sender.send_mail(to=BEN, subject="Soon after")
    assert [later(clock), later(clock)] == [1, 0]
    queue.drain()
    assert subjects(flow) == ["Soon after"]


def test_what_arrives_while_the_flow_is_off_is_no_news(
    clock: time_machine.Traveller, ada: Browser, connection: Connection, sender: Caller, queue: Queue
) -> None:
    flow = watching(ada, connection)
    switch_flow(ada.actor, flow.pk, on=False)
    clock.shift(timedelta(minutes=1))
    sender.send_mail(to=BEN, subject="While off")
    clock.shift(timedelta(minutes=1))
    switch_flow(ada.actor, flow.pk, on=True)
    assert [later(clock), later(clock)] == [0, 0]


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
    lose_history(google)
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


def test_what_the_index_has_late_is_found_at_the_next_look(
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = watching(ada, connection, query="subject:invoice")
    clock.shift(timedelta(minutes=4))
    sender.send_mail(to=BEN, subject="Your invoice")
    sender.send_mail(to=BEN, subject="Lunch")
    with monkeypatch.context() as patched:
        patched.setattr(new_email, "search", lambda *_values, **_more: iter(()))
        assert later(clock, minutes=1) == 0
    assert [later(clock), later(clock)] == [1, 0]
    queue.drain()
    assert subjects(flow) == ["Your invoice"]


@pytest.mark.parametrize("query", ["OR", "in:anywhere OR", "OR in:anywhere", '"', "((", "x) OR (in:anywhere", "{"])
def test_no_query_brings_mail_from_before_the_flow_was_on(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    query: str,
) -> None:
    sender.send_mail(to=BEN, subject="Old x")
    caller(google, BEN).send_mail(to="cleo@acme.example", subject="Sent x")
    flow = watching(ada, connection, query=query)
    clock.shift(timedelta(minutes=1))
    caller(google, BEN).send_mail(to="cleo@acme.example", subject="Sent x, later")
    lose_history(google)
    assert later(clock) == 0
    assert cause_of(flow) == ""


def test_every_page_of_a_long_history_counts(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    flow = watching(ada, connection)
    clock.shift(timedelta(seconds=1))
    for number in range(7):
        sender.send_mail(to=BEN, subject=f"{number}")
    assert [later(clock), later(clock)] == [7, 0]
    for number in range(7, 14):
        sender.send_mail(to=BEN, subject=f"{number}")
    lose_history(google)
    assert [later(clock), later(clock)] == [7, 0]
    queue.drain()
    assert sorted(subjects(flow), key=int) == [str(number) for number in range(14)]


def test_mail_that_the_mailbox_sends_is_no_news(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    queue: Queue,
) -> None:
    watching(ada, connection)
    caller(google, BEN).send_mail(to="cleo@acme.example", subject="Out")
    caller(google, BEN).send_mail(to=BEN, subject="To itself")
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
    assert cause_of(flow) == "connection.paused"
    resume_connection(ada.actor, connection.pk)
    assert later(clock) == 1
    assert cause_of(flow) == ""


def test_a_mailbox_is_looked_at_with_the_rights_of_the_flows_owner(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
) -> None:
    connection.sharing = "everyone"
    connection.save()
    flow = watching(Browser(UserFactory(roles=[Role.FLOW_BUILDER])), connection)
    sender.send_mail(to=BEN, subject="Shared")
    assert later(clock) == 1
    connection.sharing = "private"
    connection.save()
    sender.send_mail(to=BEN, subject="No longer shared")
    asked = len(gmail_calls(google))
    assert later(clock) == 0
    assert len(gmail_calls(google)) == asked
    assert cause_of(flow) == "flow.connection_not_shared"


def test_a_grant_that_ended_is_said_at_the_connection_and_asked_no_more(
    google: RunningSandbox, clock: time_machine.Traveller, ada: Browser, connection: Connection, queue: Queue
) -> None:
    flow = watching(ada, connection)
    remove_access(google, BEN)
    clock.shift(timedelta(hours=2))  # the access token is over
    assert poll_due_events() == 0
    connection.refresh_from_db()
    assert connection.status == Status.NEEDS_REAUTHORIZATION
    asked = len(gmail_calls(google))
    assert later(clock) == 0
    assert len(gmail_calls(google)) == asked
    assert cause_of(flow) == "connection.needs_reauthorization"


def test_a_mistake_of_the_events_own_is_said_and_the_next_look_is_made(
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = watching(ada, connection)
    sender.send_mail(to=BEN, subject="Patience")
    with monkeypatch.context() as patched:
        patched.setattr(poll_events, "open_client", lambda _connection: None)
        assert later(clock) == 0
    assert cause_of(flow) == "event.broke"
    assert later(clock) == 1
    assert cause_of(flow) == ""


def test_of_two_workers_one_looks(
    google: RunningSandbox,
    clock: time_machine.Traveller,
    ada: Browser,
    connection: Connection,
    sender: Caller,
    *,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watching(ada, connection)
    sender.send_mail(to=BEN, subject="Once")
    asked = len(gmail_calls(google))

    def meanwhile(connection: Connection) -> Any:
        assert poll_due_events() == 0, "the other worker"
        return open_client(connection)

    monkeypatch.setattr(poll_events, "open_client", meanwhile)
    assert later(clock) == 1
    assert len(gmail_calls(google)) == asked + 1


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
