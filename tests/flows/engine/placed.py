"""Cards of the mailbox in memory, placed in flows."""

from typing import Any

from connections.models import Connection
from flows.definition import PlacedCard
from tests.flow_runs import card
from tests.flows.fake_mail import READ_KEY, SEND_KEY


def compose(card_id: str, text: str = "Hello") -> PlacedCard:
    return card(card_id, "function.compose", inputs={"text": text})


def read(card_id: str, connection: Connection, subject: str = "Hello") -> PlacedCard:
    return card(card_id, READ_KEY, connection, inputs={"to": ["ben@acme.example"], "subject": subject})


def send(card_id: str, connection: Connection, subject: str = "Hello", **more: Any) -> PlacedCard:
    return card(card_id, SEND_KEY, connection, inputs={"to": ["ben@acme.example"], "subject": subject}, **more)


def each(card_id: str, items: str, *cards: PlacedCard, result: str = "") -> PlacedCard:
    return card(
        card_id, "function.for_each", inputs={"list": items}, options={"result": result}, blocks={"each": cards}
    )


def catch(card_id: str, tried: tuple[PlacedCard, ...], error: tuple[PlacedCard, ...] = ()) -> PlacedCard:
    return card(card_id, "function.if_error", blocks={"try": tried, "error": error})
