"""Test one card of a flow by itself: what earlier cards would give is entered instead."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from access import policy
from access.actor import Actor
from flows.cards import Card
from flows.catalog import declared_of
from flows.definition import Definition, PlacedCard, read_definition
from flows.engine.flow_secrets import with_open_secrets
from flows.errors import ConnectionNotChosen
from flows.flow_queries import visible_flow
from flows.mapping import Given, fill
from flows.models import Run
from flows.operations.run_card import run_card
from flows.outputs import output_type
from flows.references import Ref
from kernel.errors import NotFound


def tests_key(flow_id: UUID, card_id: str) -> str:
    """What the idempotency keys of a card's tests begin with, by which its newest one is found."""
    return f"test-{flow_id.hex}-{card_id}-"


def run_placed_card(actor: Actor, flow_id: UUID, card_id: str, *, given: Mapping[str, Any], once: str) -> Run:
    """The card run, as ``run_card`` gives it: with the actor's own rights, whoever owns the flow.

    :param given: a plain value for each reference of the card, by its
        text, such as ``{{c2.subject}}``. :param once: the same one gives the same run.
    :raises NotFound: no such flow, card or connection. :raises NotPermitted: the actor may not edit it.
    :raises ConnectionNotChosen: :raises InputRejected: as ``run_card``.
    """
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    definition = read_definition(flow.draft)
    card, declared = placed_action(definition, card_id)
    if card.connection is None:
        raise ConnectionNotChosen(card=declared.title)

    def lookup(ref: Ref) -> Given:
        found = output_type(definition, card_id, ref)
        return Given(kind=found.kind if found else None, value=given.get(str(ref)))

    return run_card(
        actor,
        card_key=card.card,
        connection_id=card.connection,
        options=fill(declared.options, card.options, lookup),
        inputs=with_open_secrets(flow_id, declared.inputs, fill(declared.inputs, card.inputs, lookup)),
        idempotency_key=f"{tests_key(flow_id, card_id)}{flow.edit}-{once}"[:255],
    )


def placed_action(definition: Definition, card_id: str) -> tuple[PlacedCard, Card[Any, Any, Any, Any]]:
    """The action card of that id. :raises NotFound: there is none, or it isn't one that runs by itself."""
    card = definition.find(card_id)
    declared = declared_of(card.card) if card else None
    if card is None or not isinstance(declared, Card):
        raise NotFound(kind="card")
    return card, declared
