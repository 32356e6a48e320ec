"""Flows that somebody changes: a step of it each, and what is kept of them."""

from typing import Any

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.models import Connection
from flows.definition import Definition, PlacedCard, read_definition
from flows.models import Flow, PlacedConnection
from flows.operations.edit_flow import edit_flow
from tests.factories import UserFactory
from tests.flow_runs import card

PASSWORD = "not-for-anybody"


def somebody(**roles: bool) -> Actor:
    return Actor(user=UserFactory(**roles), via=Via.PAGE)


def change(actor: Actor, flow: Flow, definition: Definition, what: str = "Changed") -> Flow:
    flow.refresh_from_db()
    return edit_flow(actor, flow.pk, edit=flow.edit, definition=definition, what=what)


def draft(flow: Flow) -> Definition:
    flow.refresh_from_db()
    return read_definition(flow.draft)


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("event", flat=True))


def alias(card_id: str, connection: Connection, password: Any) -> PlacedCard:
    inputs = {
        "user_email": "ada@acme.example",
        "send_as_email": "info@acme.example",
        "smtp_host": "smtp.acme.example",
        "port": 465,
        "password": password,
    }
    return card(card_id, "gmail.add_send_as_alias", connection, options={"alias_type": "custom"}, inputs=inputs)


def password_of(flow: Flow, card_id: str) -> Any:
    found = draft(flow).find(card_id)
    assert found is not None
    return found.inputs.get("password")


def placed(flow: Flow) -> list[tuple[str, bool]]:
    """Where the connections are: the card's id, and whether in the published version."""
    rows = PlacedConnection.objects.filter(flow=flow).values_list("card_id", "version_id")
    return sorted((card_id, version is not None) for card_id, version in rows)
