"""Flows as uses of a connection: what is told before a change, and another connection put in its place."""

from collections.abc import Iterator

import pytest
from django.urls import reverse

from connections.errors import ConnectionInUse
from connections.extensions import flow_counts, uses_of
from connections.models import Connection
from connections.operations.delete_connection import delete_connection
from flows.definition import PlacedTrigger, TriggerKind, read_definition
from flows.models import Flow
from flows.operations.start_flow_run import start_flow_run
from flows.operations.undo_edit import undo_edit
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import Queue, build_flow, card, queued_runs
from tests.gmail_connector.runs import READ, SEND

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as made:
        yield made


@pytest.fixture
def old(ada: Browser) -> Connection:
    return ConnectionFactory(owner=ada.user, nickname="Old inbox")


@pytest.fixture
def new(ada: Browser) -> Connection:
    return ConnectionFactory(owner=ada.user, nickname="New inbox")


def using(ada: Browser, connection: Connection, name: str = "Uses it") -> Flow:
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk)
    inner = card("c2", SEND, connection, options={"body_is_html": False}, inputs={"to": ["x@y.z"], "subject": "S"})
    return build_flow(
        ada.actor,
        card("c1", "function.if_else", inputs={"value": "1"}, blocks={"then": (inner,), "else": ()}),
        card("c3", READ, connection, inputs={"message_id": "19e1acd465710c93"}),
        trigger=trigger,
        name=name,
    )


def connections_of(flow: Flow) -> set[str]:
    """Every connection in the draft and in what is saved."""
    flow.refresh_from_db()
    assert flow.published is not None
    found = set()
    for stored in (flow.draft, flow.published.definition):
        definition = read_definition(stored)
        then = definition.cards[0].blocks["then"][0]
        found |= {
            str(each) for each in (definition.trigger.connection, then.connection, definition.cards[1].connection)
        }
    return found


def test_a_flow_is_told_once_with_its_cards(ada: Browser, old: Connection, queue: Queue) -> None:
    flow = using(ada, old)
    (use,) = uses_of(old.pk)
    assert (use.kind, use.title, use.state, use.waiting_runs) == ("flow", "Uses it", "Off", 0)
    assert use.steps == ("New Email", "Send Email", "Read Email")
    assert use.url == reverse("flow", args=[flow.pk])
    start_flow_run(ada.actor, flow.pk, fields={"message_id": "19e1acd465710c93"})
    (use,) = uses_of(old.pk)
    assert (use.waiting_runs, use.recent_runs) == (1, 1)


def test_flows_are_counted_by_connection(ada: Browser, old: Connection, new: Connection) -> None:
    using(ada, old, "One")
    using(ada, old, "Two")
    assert flow_counts([old.pk, new.pk]) == {old.pk: 2}


def test_it_takes_the_nickname_to_delete_what_flows_use(google: RunningSandbox, ada: Browser, old: Connection) -> None:
    using(ada, old)
    with pytest.raises(ConnectionInUse) as refused:
        delete_connection(ada.actor, old.pk)
    assert "Uses it" in refused.value.cause


def test_another_connection_takes_its_place_in_draft_and_in_what_is_saved(
    ada: Browser, old: Connection, new: Connection
) -> None:
    flow = using(ada, old)
    page = ada.client.get(reverse("replace_connection", args=[old.pk]))
    assert "New inbox" in page.text
    answer = ada.client.post(reverse("replace_connection", args=[old.pk]), {"instead": str(new.pk)}, follow=True)
    assert "1 flow uses New inbox now." in answer.text
    assert connections_of(flow) == {str(new.pk)}
    assert (flow.published and flow.published.number, flow.unsaved_changes) == (2, 0)
    assert uses_of(old.pk) == ()
    assert undo_edit(ada.actor, flow.pk, edit=flow.edit)[1] == "Old inbox replaced with New inbox"


def test_a_flow_whose_owner_may_not_use_the_other_one_stays(ada: Browser, new: Connection) -> None:
    builder = Browser(UserFactory(flow_builder=True))
    shared = ConnectionFactory(owner=builder.user, nickname="Builder's inbox", sharing="everyone")
    flow = using(builder, shared)
    answer = ada.client.post(reverse("replace_connection", args=[shared.pk]), {"instead": str(new.pk)}, follow=True)
    assert "No flow was changed" in answer.text
    assert connections_of(flow) == {str(shared.pk)}


@pytest.mark.parametrize("instead", ["", "nonsense", "5b6f1e0c-9f0e-4a53-8c0e-0f5a5b9b8f11", "itself"])
def test_what_cannot_take_its_place_is_named_and_changes_nothing(ada: Browser, old: Connection, instead: str) -> None:
    flow = using(ada, old)
    chosen = str(old.pk) if instead == "itself" else instead
    answer = ada.client.post(reverse("replace_connection", args=[old.pk]), {"instead": chosen})
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert connections_of(flow) == {str(old.pk)}


def test_the_list_and_usage_say_how_many_flows_and_which(ada: Browser, old: Connection) -> None:
    using(ada, old)
    assert f"1 flow using {old.nickname}" in ada.client.get(reverse("connections")).text
    usage = ada.client.get(reverse("connection_usage", args=[old.pk])).text
    assert "Uses it" in usage
    assert "New Email, Send Email, Read Email" in usage
    assert "Replace with…" in usage
