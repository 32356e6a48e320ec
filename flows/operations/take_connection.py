"""A connection was made for a card: choose it there."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from access.actor import Actor
from connections.models import Connection
from flows.catalog import connector_of
from flows.definition import TRIGGER, Definition, PlacedCard, PlacedTrigger, read_definition
from flows.flow_queries import visible_flow
from flows.models import Flow
from flows.operations.edit_flow import edit_flow


def take_connection(actor: Actor, ids: Mapping[str, str], connection: Connection) -> Flow:
    """The flow with it at the card of those ids, and at every other card that has none and could run with it.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    flow = visible_flow(actor, UUID(ids["flow_id"]))
    changed = _taken(read_definition(flow.draft), ids["card_id"], connection)
    what = f"{connection.nickname} chosen"
    return edit_flow(actor, flow.pk, edit=flow.edit, definition=changed, what=what)


def _taken(definition: Definition, card_id: str, connection: Connection) -> Definition:
    def takes(placed: PlacedCard | PlacedTrigger, own_id: str) -> bool:
        is_free = placed.connection is None or own_id == card_id
        return is_free and connector_of(placed.card) == connection.connector

    def changed(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(changed(each) for each in cards) for name, cards in card.blocks.items()}
        taken = connection.pk if takes(card, card.id) else card.connection
        return replace(card, blocks=blocks, connection=taken)

    trigger = definition.trigger
    if takes(trigger, TRIGGER):
        trigger = replace(trigger, connection=connection.pk)
    return replace(definition, trigger=trigger, cards=tuple(changed(each) for each in definition.cards))
