"""List what Google offers for an option of a card: projects, service accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from access import policy
from access.actor import Actor
from connections.operations.use_connection import use_connection
from connections.readiness import require_ready, state_of
from flows.catalog import card_set_for, get_card
from flows.choices import Choices
from flows.derive.field_types import field_types
from kernel.errors import ConsoleError, NotFound


def list_choices(
    actor: Actor, *, card_key: str, option: str, connection_id: UUID, chosen: Mapping[str, Any]
) -> Choices:
    """The choices, with what is ``chosen`` in the card's other options. Why none could be listed is their finding.

    Google isn't asked where the connection isn't ready for the card.

    :raises NotFound: no such card or option, or no such connection that the actor may use.
    :raises NotPermitted: the actor runs no cards. :raises InputRejected: an event, or another connector's connection.
    """
    card = get_card(card_key)
    policy.require(actor, "card.run")
    connection = use_connection(actor, connection_id)
    source = next((each.spec.choices_from for each in field_types(card.options) if each.name == option), "")
    if not source:
        raise NotFound(kind="option")
    ask = card_set_for(card, connection).choices[source]
    try:
        require_ready(state_of(connection), card)
    except ConsoleError as finding:
        return Choices(items=(), finding=finding)
    return ask(connection, chosen)
