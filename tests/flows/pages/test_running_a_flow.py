"""Save, the switch, Run with its form, and Test this card."""

from typing import Any

import pytest
from django.urls import reverse

from access.actor import Actor
from access.models import User
from connections.models import Connection
from flows.definition import Definition, InputKind, PlacedTrigger, TriggerField, TriggerKind
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.models import Flow, Run, StepRun
from flows.operations.edit_flow import edit_flow
from tests.factories import UserFactory
from tests.flow_runs import Queue, build_flow, card, run_now
from tests.flows.fake_mail import FakeMail
from tests.flows.pages.conftest import Builder
from tests.read_pages import open_page, signed_in, words_of

pytestmark = pytest.mark.django_db(transaction=True)

COMPOSE = card("c1", "function.compose", inputs={"text": "Hello"})
FIELDS = (
    TriggerField(name="leaver", label="Leaver"),
    TriggerField(name="days", label="Days", kind=InputKind.NUMBER, is_required=False),
    TriggerField(name="names", label="Names", kind=InputKind.LIST, is_required=False),
    TriggerField(name="loud", label="Loud", kind=InputKind.BOOLEAN, is_required=False),
)


def change(actor: Actor, flow: Flow, definition: Definition) -> None:
    flow.refresh_from_db()
    edit_flow(actor, flow.pk, edit=flow.edit, definition=definition, what="Changed")
    flow.refresh_from_db()


def outputs() -> dict[str, Any]:
    return open_values(StepRun.objects.get(path="trigger"), OUTPUTS)


# ------------------------------------------------------------------ Save and the switch


def test_save_publishes_the_draft_and_keeps_whether_data_is_saved(builder: Builder) -> None:
    builder.add("function.compose")
    builder.press("save_flow", saves_data="yes")
    builder.flow.refresh_from_db()
    assert builder.flow.published is not None
    assert (builder.flow.published.number, builder.flow.saves_data) == (1, True)
    page = builder.words()
    assert "Saved as version 1." in page
    assert "Version 1 is published owner Ben Okafor" in page
    builder.keep("c1", text="Hello")
    assert "Version 1 is published 1 change not saved" in builder.words()
    builder.press("save_flow")
    builder.flow.refresh_from_db()
    assert (builder.flow.unsaved_changes, builder.flow.saves_data) == (0, False)


def test_a_flow_is_turned_on_and_off(builder: Builder) -> None:
    refused = builder.press("switch_flow", on="yes")
    assert (refused.status_code, "The flow was never saved" in words_of(refused)) == (422, True)
    builder.add("function.compose")
    builder.press("save_flow")
    refused = builder.press("switch_flow", on="yes")
    assert (refused.status_code, "The flow can't run as it is saved" in words_of(refused)) == (422, True)
    builder.keep("c1", text="Hello")
    builder.press("save_flow")
    builder.press("switch_flow", on="yes")
    assert "Flow is ON" in builder.words()
    builder.keep("c1", text="")
    refused = builder.press("save_flow")
    assert (refused.status_code, "Card 2, Compose, Text: Enter Text." in words_of(refused)) == (422, True)
    builder.press("switch_flow", on="no")
    assert "Flow is OFF" in builder.words()


# ------------------------------------------------------------------ Run


def test_a_flow_that_asks_for_nothing_runs_at_once(actor: Actor, person: User, queue: Queue) -> None:
    flow = build_flow(actor, COMPOSE)
    response = signed_in(person).post(reverse("flow_run", args=[flow.pk]), {"ask": "yes"})
    assert response.headers["Location"] == reverse("run", args=[Run.objects.get().pk])


def test_a_form_asks_for_the_fields_and_says_all_that_is_wrong(actor: Actor, person: User, queue: Queue) -> None:
    flow = build_flow(actor, COMPOSE, trigger=PlacedTrigger(fields=FIELDS))
    client, address = signed_in(person), reverse("flow_run", args=[flow.pk])
    page = client.post(address, {"ask": "yes"})
    assert page.status_code == 200
    assert "Leaver Days optional Names optional" in words_of(page)
    refused = client.post(address, {"leaver": " ", "days": "many", "names": "Ada\r\nBen"})
    assert refused.status_code == 422
    assert "Correct 2 entries Enter Leaver. Enter a whole number." in words_of(refused)
    assert ">\nAda\nBen</textarea>" in refused.text.replace("\r\n", "\n")
    assert not Run.objects.exists()
    client.post(address, {"leaver": "ben", "days": "3", "names": "Ada\r\nBen", "loud": "yes"})
    given = outputs()
    assert {name: given[name] for name in ("leaver", "days", "names", "loud")} == {
        "leaver": "ben",
        "days": 3,
        "names": ["Ada", "Ben"],
        "loud": True,
    }


def test_a_second_press_is_the_same_run(actor: Actor, person: User, queue: Queue) -> None:
    flow = build_flow(actor, COMPOSE, trigger=PlacedTrigger(fields=FIELDS[:1]))
    client, address = signed_in(person), reverse("flow_run", args=[flow.pk])
    for _press in range(2):
        client.post(address, {"leaver": "ben", "once": "abc"})
    assert Run.objects.count() == 1


def test_what_is_not_saved_is_saved_first_and_not_where_it_cannot_run(actor: Actor, person: User, queue: Queue) -> None:
    flow = build_flow(actor, COMPOSE)
    client, address = signed_in(person), reverse("flow_run", args=[flow.pk])
    change(actor, flow, Definition(cards=(card("c1", "function.compose"),)))
    page = client.post(address, {"ask": "yes"})
    assert "1 change since version 1 isn’t saved." in words_of(page)
    assert "Save and run" in words_of(page)
    refused = client.post(address, {"edit": flow.edit})
    assert (refused.status_code, "Enter Text." in words_of(refused)) == (422, True)
    stale = client.post(address, {"edit": flow.edit - 1})
    flow.refresh_from_db()
    assert (stale.status_code, flow.unsaved_changes) == (422, 1)
    change(actor, flow, Definition(cards=(card("c1", "function.compose", inputs={"text": "Bye"}),)))
    stale = client.post(address, {"edit": flow.edit - 1})
    assert stale.status_code == 409
    client.post(address, {"edit": flow.edit})
    flow.refresh_from_db()
    assert (Run.objects.get().version, flow.unsaved_changes) == (flow.published, 0)


def test_an_operator_runs_what_is_saved_and_sees_the_flow_without_changing_it(
    actor: Actor, person: User, queue: Queue
) -> None:
    flow = build_flow(actor, COMPOSE)
    change(actor, flow, Definition(cards=(card("c1", "function.compose", inputs={"text": "Bye"}),)))
    operator = UserFactory(operator=True)
    page = open_page(operator, reverse("flow", args=[flow.pk], query={"card": "c1", "add": "c1"}))
    assert "data-autosave" not in page.text
    assert "Add a card" not in page.text
    assert "Undo" not in words_of(page)
    response = signed_in(operator).post(reverse("flow_run", args=[flow.pk]), {"ask": "yes"})
    run = Run.objects.get()
    assert response.headers["Location"] == reverse("run", args=[run.pk])
    assert (run.owner, run.started_by, run.version) == (person, operator, flow.published)


def test_a_flow_that_starts_with_a_message_runs_for_one(
    actor: Actor, person: User, connection: Connection, queue: Queue
) -> None:
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk)
    flow = build_flow(actor, COMPOSE, trigger=trigger)
    client, address = signed_in(person), reverse("flow_run", args=[flow.pk])
    assert "Message ID" in words_of(client.post(address, {"ask": "yes"}))
    assert "Enter the id of a message in the mailbox." in words_of(client.post(address, {"message_id": ""}))
    client.post(address, {"message_id": "19e1acd465710c93"})
    assert Run.objects.count() == 1


def test_a_delivery_is_entered_as_it_would_come(actor: Actor, person: User, queue: Queue) -> None:
    flow = build_flow(actor, COMPOSE, trigger=PlacedTrigger(kind=TriggerKind.API, fields=FIELDS[:1]))
    client, address = signed_in(person), reverse("flow_run", args=[flow.pk])
    refused = client.post(address, {"leaver": "ben", "body": "[1]"})
    assert (refused.status_code, "Enter a JSON object" in words_of(refused)) == (422, True)
    client.post(address, {"leaver": "ben", "body": '{"order": 7}'})
    assert outputs()["body"] == {"order": 7}


# ------------------------------------------------------------------ Test this card


def card_tested(builder: Builder, **given: str) -> Any:
    return builder.client.post(reverse("test_flow_card", args=[builder.flow.pk, "c1"]), given, follow=True)


@pytest.fixture
def reading(builder: Builder, mail: FakeMail, connection: Connection, actor: Actor) -> Builder:
    """A card that uses what the trigger and the card before it give."""
    trigger = PlacedTrigger(fields=FIELDS)
    inputs = {"to": ["{{trigger.names}}", "and {{trigger.leaver}}"], "subject": "{{c2.text}} {{trigger.leaver}}"}
    first = card("c2", "function.compose", inputs={"text": "x"})
    change(
        actor,
        builder.flow,
        Definition(trigger=trigger, cards=(first, card("c1", "fake.read", connection, inputs=inputs))),
    )
    return builder


def test_a_card_runs_with_what_is_entered_for_each_output_it_uses(reading: Builder) -> None:
    page = open_page(reading.person, reverse("test_flow_card", args=[reading.flow.pk, "c1"]))
    assert "What earlier cards would give 1 Names 1 Leaver 2 Text" in words_of(page).replace(" One a line.", "")
    shown = card_tested(
        reading, **{"{{trigger.names}}": "Ada\nBen", "{{trigger.leaver}}": "Cleo", "{{c2.text}}": "Bye"}
    )
    assert "Result Completed" in words_of(shown)
    assert "Message ID Bye Cleo" in words_of(shown)
    run = Run.objects.get()
    assert (run.trigger, run.owner) == ("card", reading.person)


def test_what_the_cards_gave_last_is_filled_in(reading: Builder, actor: Actor, queue: Queue) -> None:
    card_tested(reading, **{"{{trigger.leaver}}": "Cleo"})
    assert "Last test" in reading.words(card="c1")
    reading.press("save_flow", saves_data="yes")
    run_now(actor, queue, reading.flow, leaver="Dora", names=["Ada", "Ben"])
    page = open_page(reading.person, reverse("test_flow_card", args=[reading.flow.pk, "c1"])).text
    assert ">\nAda\nBen</textarea>" in page
    assert ">\nDora</textarea>" in page
    assert ">\nx</textarea>" in page


def test_what_the_card_cannot_take_is_said_and_what_was_entered_stays(reading: Builder, mail: FakeMail) -> None:
    reading.keep("c1", to="{{trigger.leaver}}", subject="{{trigger.names}}")
    shown = card_tested(reading, **{"{{trigger.names}}": "Ada", "{{trigger.leaver}}": "Cleo"})
    assert "A list can't become a text: use For Each or Compose." in words_of(shown)
    assert ">\nCleo</textarea>" in shown.text
    assert (Run.objects.count(), mail.calls) == (0, [])


def test_an_object_is_entered_as_json(builder: Builder, mail: FakeMail, connection: Connection, actor: Actor) -> None:
    trigger = PlacedTrigger(kind=TriggerKind.API)
    inputs = {"to": ["x"], "subject": "{{trigger.body.order}}"}
    reads = card("c1", "fake.read", connection, inputs=inputs)
    change(actor, builder.flow, Definition(trigger=trigger, cards=(reads,)))
    shown = card_tested(builder, **{"{{trigger.body.order}}": "7"})
    assert "Message ID 7" in words_of(shown)


def test_without_a_connection_nothing_is_run(builder: Builder, actor: Actor) -> None:
    change(actor, builder.flow, Definition(cards=(card("c1", "gmail.read_email", inputs={"message_id": "x"}),)))
    shown = card_tested(builder)
    assert (shown.status_code, "The card has no connection" in words_of(shown)) == (422, True)
    assert builder.client.get(reverse("test_flow_card", args=[builder.flow.pk, "trigger"])).status_code == 404


def test_the_result_of_another_card_or_person_is_not_shown(reading: Builder) -> None:
    card_tested(reading)
    run = Run.objects.get()
    ada = UserFactory(administrator=True)
    address = reverse("test_flow_card", args=[reading.flow.pk, "c1"], query={"run": run.pk})
    assert open_page(reading.person, address).status_code == 200
    assert open_page(ada, address).status_code == 404
    assert open_page(reading.person, address.replace(str(run.pk), "none")).status_code == 404
    Run.objects.update(idempotency_key="page-1")
    assert open_page(reading.person, address).status_code == 404
