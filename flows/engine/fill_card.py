"""Make what a card of a run is given: references filled in, secrets opened, all of it checked."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from connections.models import Connection
from flows.cards import Card, Function
from flows.catalog import declared_of
from flows.definition import PlacedCard
from flows.derive.parse_fields import parse_fields, parse_options
from flows.derive.plain_values import plain_values
from flows.engine.flow_secrets import with_open_secrets
from flows.errors import CardUnknown, ConnectionNotChosen, TooManyItems
from flows.functions import for_each
from flows.mapping import Lookup, fill
from flows.models import Run
from kernel.errors import ConsoleError, InputRejected


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Plain options and inputs, as they are sealed; or why they can't be made."""

    options: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    connection: UUID | None = None
    error: ConsoleError | None = None


def fill_card(run: Run, card: PlacedCard, lookup: Lookup) -> Filled:
    """What the card is given. :raises ConsoleError: something of it can't be made, or the card can't be run at all."""
    declared = declared_of(card.card)
    if isinstance(declared, Function):
        return _function(declared, card, lookup)
    if not isinstance(declared, Card):
        raise CardUnknown(card=card.card)
    if card.connection is None or not Connection.objects.filter(pk=card.connection).exists():
        raise ConnectionNotChosen(card=declared.title)
    options = fill(declared.options, card.options, lookup)
    inputs = with_open_secrets(run.flow_id, declared.inputs, fill(declared.inputs, card.inputs, lookup))
    parsed_options, parsed_inputs = parse_fields(declared, options, inputs)
    return Filled(options=plain_values(parsed_options), inputs=plain_values(parsed_inputs), connection=card.connection)


def _function(declared: Function, card: PlacedCard, lookup: Lookup) -> Filled:
    """A function takes values of any type as they are; For Each's Result is no value, but names one."""
    inputs = fill(declared.inputs, card.inputs, lookup)
    if declared is for_each.card:
        return Filled(options=dict(card.options), inputs={"list": _items(inputs.get("list"))})
    return Filled(options=plain_values(parse_options(declared, card.options)), inputs=inputs)


def _items(value: Any) -> list[Any]:
    """:raises InputRejected: this is no list. :raises TooManyItems:"""
    items = [] if value in (None, "") else value
    if not isinstance(items, list):
        raise InputRejected(fields={"list": ["For Each goes through a list, and this is none."]})
    if len(items) > for_each.MOST_ITEMS:
        raise TooManyItems(items=len(items), most=for_each.MOST_ITEMS)
    return items
