"""The builder's trigger card says when the trigger acts next, and why its last look at a mailbox failed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from connections.operations.pause_connection import pause_connection
from flows.definition import PlacedTrigger, TriggerKind
from flows.models import Flow
from flows.operations.switch_flow import switch_flow
from flows.triggers.poll_events import poll_due_events
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import build_flow, card
from tests.read_pages import open_page, words_of
from tests.staged_google import stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 25, 8, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(clock: time_machine.Traveller) -> Browser:
    return Browser(UserFactory(administrator=True))


def switched_on(ada: Browser, trigger: PlacedTrigger) -> Flow:
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "Now"}), trigger=trigger)
    return switch_flow(ada.actor, flow.pk, on=True)


def said(ada: Browser, flow: Flow, card_id: str = "") -> str:
    return words_of(open_page(ada.user, reverse("flow", args=[flow.pk]) + (f"?card={card_id}" if card_id else "")))


def test_a_schedule_says_when_it_is_next_while_the_flow_is_on(ada: Browser) -> None:
    schedule = {"every": "day", "at": "09:00"}
    flow = switched_on(ada, PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule=schedule))
    assert "Next today 09:00" in said(ada, flow)
    switch_flow(ada.actor, flow.pk, on=False)
    assert "Next today 09:00" not in said(ada, flow)


def test_of_another_trigger_than_the_one_that_is_on_it_says_nothing(ada: Browser) -> None:
    schedule = {"every": "day", "at": "09:00"}
    flow = switched_on(ada, PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule=schedule))
    flow.draft["trigger"] = PlacedTrigger().to_json()
    flow.save()
    assert "Next today 09:00" not in said(ada, flow)


def test_an_event_says_when_it_was_looked_for_and_what_was_in_the_way(
    google: RunningSandbox, clock: time_machine.Traveller, ada: Browser
) -> None:
    connection = ada.connect(account="ben@acme.example")
    flow = switched_on(ada, PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk))
    poll_due_events()
    assert "Last looked at just now" in said(ada, flow)
    stage(google, "503_before", path="*/history", count=1)
    clock.shift(timedelta(minutes=5))
    poll_due_events()
    for card_id in ("", "trigger"):
        assert "Google doesn't answer as it should" in said(ada, flow, card_id)
    clock.shift(timedelta(minutes=5))
    poll_due_events()
    assert "Google doesn't answer as it should" not in said(ada, flow)


def test_what_the_connection_lacks_is_said_once(
    google: RunningSandbox, clock: time_machine.Traveller, ada: Browser
) -> None:
    connection = ada.connect(account="ben@acme.example")
    flow = switched_on(ada, PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk))
    pause_connection(ada.actor, connection.pk)
    poll_due_events()
    assert said(ada, flow, "trigger").count("Resume the connection") == 1
