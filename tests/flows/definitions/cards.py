"""Definitions made of placed cards, as they are without a database."""

from typing import Any
from uuid import UUID

from flows.definition import Definition, PlacedCard, PlacedTrigger
from tests.flow_runs import card

CONNECTION = UUID("018f6f0e-6c5e-7a64-b3b7-1f6d2c9a7e11")
"""Of a connection that nobody has: what a definition says of itself doesn't look it up."""
FIRST, ALL = {"result_set": "first_matching_email"}, {"result_set": "all_matching_emails"}


def flow(*cards: PlacedCard, **trigger: Any) -> Definition:
    return Definition(trigger=PlacedTrigger(**trigger), cards=cards)


def gmail(card_id: str, key: str, **more: Any) -> PlacedCard:
    return PlacedCard(id=card_id, card=f"gmail.{key}", connection=CONNECTION, **more)


def search(card_id: str, options: Any = None) -> PlacedCard:
    return gmail(card_id, "search_emails", options=ALL if options is None else options)


def compose(card_id: str, text: Any = "Hello") -> PlacedCard:
    return card(card_id, "function.compose", inputs={"text": text})


def for_each(card_id: str, of: Any, *cards: PlacedCard, result: Any = "") -> PlacedCard:
    return card(card_id, "function.for_each", inputs={"list": of}, options={"result": result}, blocks={"each": cards})


def if_else(card_id: str, then: tuple[PlacedCard, ...] = (), other: tuple[PlacedCard, ...] = ()) -> PlacedCard:
    return card(card_id, "function.if_else", blocks={"then": then, "else": other})


def if_error(card_id: str, tried: tuple[PlacedCard, ...] = (), error: tuple[PlacedCard, ...] = ()) -> PlacedCard:
    return card(card_id, "function.if_error", blocks={"try": tried, "error": error})
