"""Which cards there are, and how a connector opens its client for a connection."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from connections.models import Connection
from connections.requirements import Impersonation
from flows.cards import AnyCard
from kernel.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class CardSet:
    """A connector's cards. ``open_client`` makes what their functions get; it makes no call by itself.

    Where a card acts through a service account, the client is that account's, on the mailbox it impersonates.
    """

    connector: str
    cards: tuple[AnyCard, ...]
    open_client: Callable[[Connection, Impersonation | None], Any]


_sets: dict[str, CardSet] = {}


def register_cards(cards: CardSet) -> None:
    """Make a connector's cards available. Called once, from its package's ``AppConfig.ready``."""
    _sets[cards.connector] = cards


def card_sets() -> Iterator[CardSet]:
    yield from _sets.values()


def all_cards() -> tuple[AnyCard, ...]:
    """Every card, in its connector's order."""
    return tuple(card for each in card_sets() for card in each.cards)


def get_card(key: str) -> AnyCard:
    """The card of that key. :raises NotFound: there is none."""
    for card in all_cards():
        if card.key == key:
            return card
    raise NotFound(kind="card")


def open_client(connection: Connection, impersonation: Impersonation | None = None) -> Any:
    """The client that cards of the connection's connector work with."""
    return _sets[connection.connector].open_client(connection, impersonation)
