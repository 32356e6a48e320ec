"""Which cards there are, and how a connector opens its client for a connection."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connections.models import Connection
from connections.requirements import Impersonation
from flows.cards import AnyCard, AnyEvent, Event, Function
from flows.choices import ChoiceSource
from flows.functions.catalog import find_function
from kernel.errors import InputRejected, NotFound


@dataclass(frozen=True, kw_only=True)
class CardSet:
    """A connector's cards. ``open_client`` makes what their functions get; it makes no call by itself.

    Where a card acts through a service account, the client is that account's, on the mailbox it impersonates.
    ``choices`` are the sources that the ``choices_from`` of fields name.
    """

    connector: str
    cards: tuple[AnyCard, ...]
    open_client: Callable[[Connection, Impersonation | None], Any]
    events: tuple[AnyEvent, ...] = ()
    choices: Mapping[str, ChoiceSource] = field(default_factory=dict)


_sets: dict[str, CardSet] = {}


def register_cards(cards: CardSet) -> None:
    """Make a connector's cards available. Called once, from its package's ``AppConfig.ready``."""
    _sets[cards.connector] = cards


def card_sets() -> Iterator[CardSet]:
    yield from _sets.values()


def all_cards() -> tuple[AnyCard, ...]:
    """Every action card, in its connector's order."""
    return tuple(card for each in card_sets() for card in each.cards)


def all_events() -> tuple[AnyEvent, ...]:
    """Every event card, in its connector's order."""
    return tuple(event for each in card_sets() for event in each.events)


def all_declarations() -> tuple[AnyCard | AnyEvent, ...]:
    """Every action card, then every event card."""
    return (*all_cards(), *all_events())


def find_declaration(key: str) -> AnyCard | AnyEvent:
    """The action or event card of that key. :raises NotFound: there is none."""
    for declared in all_declarations():
        if declared.key == key:
            return declared
    raise NotFound(kind="card")


TRIGGERS = {"trigger.now": "Run now", "trigger.schedule": "Schedule", "trigger.api": "API endpoint"}
"""The triggers that are no event of a connector, by the key of their step."""


def declared_of(key: str) -> AnyCard | AnyEvent | Function | None:
    """The action, event or function of that key; None where there is none, or none any more."""
    return find_function(key) or next((each for each in all_declarations() if each.key == key), None)


def title_of(key: str) -> str:
    """The title of whatever a step runs; the key itself where that was taken away since."""
    declared = declared_of(key)
    return declared.title if declared else TRIGGERS.get(key, key)


def connector_of(key: str) -> str:
    """The key of the connector whose action or event it is; empty where it is none's."""
    for found in card_sets():
        if any(each.key == key for each in found.cards) or any(each.key == key for each in found.events):
            return found.connector
    return ""


def get_card(key: str) -> AnyCard:
    """The action card of that key. :raises NotFound: there is none. :raises InputRejected: it is an event."""
    declared = find_declaration(key)
    if isinstance(declared, Event):
        raise InputRejected(fields={"card": [f"{declared.title} is an event: an event starts a flow, and isn't run."]})
    return declared


def card_set_of(card: AnyCard) -> CardSet:
    """The set that has the card."""
    return next(each for each in card_sets() if card in each.cards)


def card_set_for(card: AnyCard, connection: Connection) -> CardSet:
    """The set that has the card. :raises InputRejected: the connection is another connector's."""
    found = card_set_of(card)
    if found.connector != connection.connector:
        raise InputRejected(fields={"connection": [f"{card.title} needs a connection of another connector."]})
    return found


def open_client(connection: Connection, impersonation: Impersonation | None = None) -> Any:
    """The client that cards of the connection's connector work with."""
    return _sets[connection.connector].open_client(connection, impersonation)
