"""The example flows do what they say, imported as a first start imports them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from connections.models import Connection
from connections.operations.set_default_service_account import set_default_service_account
from flows.definition import read_definition
from flows.findings import definition_findings, readiness_findings
from flows.models import Flow, Run, RunState
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.triggers.poll_events import poll_due_events
from flows.triggers.schedule_tick import fire_due_schedules
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import Queue, gave, queued_runs
from tests.gmail_connector.mailboxes import stored
from tests.google_sandbox.calling import caller
from tests.staged_google import settings_of, withdraw_role
from workflows_console.demo.connections import ADA
from workflows_console.demo.flows import make_flows

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER, OFFBOARDING, DIGEST = (
    "Answer support mail outside office hours",
    "Offboarding",
    "Weekly digest of unread mail",
)
BEN, CLEO = "ben@acme.example", "cleo@acme.example"


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as made:
        yield made


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A Wednesday evening in Berlin, later than whatever the sandbox was seeded with."""
    with time_machine.travel(datetime(2037, 11, 25, 19, 30, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(google: RunningSandbox, clock: time_machine.Traveller, db: None) -> Browser:
    person = Browser(UserFactory(email=ADA, administrator=True))
    connection = person.connect(nickname="Support inbox")
    chosen = {"project": "acme-automation", "service_account": SERVICE_ACCOUNT}
    set_default_service_account(person.actor, connection.pk, **chosen, version=connection.version)
    assert make_flows() == 3
    assert make_flows() == 0
    return person


def flow(name: str) -> Flow:
    found: Flow = Flow.objects.get(name=name)
    return found


def completed(run: Run) -> Run:
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED, run.cause
    return run


def test_they_have_their_connection_and_nothing_stands_in_their_way(ada: Browser) -> None:
    for each in Flow.objects.all():
        definition = read_definition(each.draft)
        assert definition_findings(definition) == ()
        assert readiness_findings(ada.actor, definition) == ()
        assert (each.is_on, each.unsaved_changes, each.saves_data) == (False, 0, True)


def test_mail_in_the_evening_is_answered_and_mail_at_noon_is_not(
    google: RunningSandbox, clock: time_machine.Traveller, ada: Browser, queue: Queue
) -> None:
    switch_flow(ada.actor, flow(ANSWER).pk, on=True)
    poll_due_events()
    caller(google, BEN).send_mail(to="ada@acme.example", subject="Printer on fire")
    clock.shift(timedelta(minutes=5))
    assert poll_due_events() == 1
    queue.drain()
    completed(flow(ANSWER).runs.get())
    (answer,) = stored(google, BEN, "Re: Printer on fire", "INBOX")
    body = answer.message.get_body()
    assert body is not None
    assert "on the next working day from 09:00" in body.get_content()
    clock.move_to(datetime(2037, 11, 26, 11, tzinfo=UTC))
    caller(google, BEN).send_mail(to="ada@acme.example", subject="Still on fire")
    assert poll_due_events() == 1
    queue.drain()
    assert all(completed(run) for run in flow(ANSWER).runs.all())
    assert stored(google, BEN, "Re: Still on fire", "INBOX") == []


def test_an_offboarding_hands_the_mailbox_over_and_tells_the_manager(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    fields = {"leaver": BEN, "manager": CLEO, "words": "So long."}
    run = start_flow_run(ada.actor, flow(OFFBOARDING).pk, fields=fields)
    queue.drain()
    completed(run)
    now: dict[str, Any] = settings_of(google, BEN)
    assert now["vacation"]["enableAutoReply"]
    assert now["autoForwarding"]["emailAddress"] == CLEO
    assert len(stored(google, CLEO, f"Mailbox of {BEN}", "INBOX")) == 1
    assert gave(run, "c7")["message_id"]


def test_an_offboarding_that_stops_says_where_and_why(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    withdraw_role(google, "ada@acme.example", "roles/iam.serviceAccountTokenCreator")
    run = start_flow_run(ada.actor, flow(OFFBOARDING).pk, fields={"leaver": BEN, "manager": CLEO})
    queue.drain()
    completed(run)
    assert "stopped at Set Auto Reply" in gave(run, "c1.error/c6")["text"]
    assert len(stored(google, CLEO, f"Mailbox of {BEN}", "INBOX")) == 1


def test_the_digest_comes_on_monday_with_a_line_for_each_mail(
    google: RunningSandbox, clock: time_machine.Traveller, ada: Browser, queue: Queue
) -> None:
    switch_flow(ada.actor, flow(DIGEST).pk, on=True)
    caller(google, BEN).send_mail(to="ada@acme.example", subject="Unread one")
    clock.move_to(datetime(2037, 11, 30, 7, 0, tzinfo=UTC))
    assert fire_due_schedules() == 1
    queue.drain()
    run = completed(flow(DIGEST).runs.get())
    lines = gave(run, "c4")["text"].splitlines()
    assert any("Unread one" in line for line in lines)
    assert len(lines) == len(gave(run, "c1")["emails"])
    assert len(stored(google, "ada@acme.example", "Unread mail, Monday", "INBOX")) == 1


def test_somebody_without_the_connection_is_asked_for_one(db: None) -> None:
    UserFactory(email=ADA, administrator=True)
    make_flows()
    assert not Connection.objects.exists()
    found = definition_findings(read_definition(flow(DIGEST).draft))
    assert {each.error.code for each in found} == {"flow.connection_not_chosen"}
