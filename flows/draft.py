"""Changes to a definition, one to a function. Each gives a new definition; none checks whether it can run."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from flows.cards import Function
from flows.catalog import declared_of
from flows.definition import CARD_ID, MOST_ID, Definition, PlacedCard, PlacedTrigger, walk
from flows.references import refs_in, replace_cards

Cards = tuple[PlacedCard, ...]


def new_card_id(definition: Definition) -> str:
    return next(_new_ids(definition))


def _new_ids(definition: Definition) -> Iterator[str]:
    """Ids that no card has, and none had that is still referred to: a reference never leads to another card."""
    cards = [place.card for place in walk(definition)]
    named = {each.id for each in cards} | {ref.card for each in cards for ref in refs_in([each.options, each.inputs])}
    taken = {int(each[1:]) for each in named if CARD_ID.fullmatch(each)}
    numbers = chain(range(max(taken, default=0) + 1, MOST_ID), range(1, MOST_ID))
    return (f"c{number}" for number in numbers if number not in taken)


def placed(definition: Definition, key: str, **values: object) -> PlacedCard:
    """A new card of that key, with the blocks it has."""
    declared = declared_of(key)
    blocks = {each.name: () for each in declared.blocks} if isinstance(declared, Function) else {}
    return replace(PlacedCard(id=new_card_id(definition), card=key, blocks=blocks), **values)  # type: ignore[arg-type]


def add_card(
    definition: Definition, card: PlacedCard, *, after: str = "", block: tuple[str, str] | None = None
) -> Definition:
    """With the card after another one, first in a block of one, or first of all."""
    if after:
        return _everywhere(definition, lambda cards: _insert(cards, _index(cards, after) + 1, card, after))
    if block:
        owner, name = block

        def into(each: PlacedCard) -> PlacedCard:
            if each.id != owner:
                return each
            return replace(each, blocks={**each.blocks, name: (card, *each.blocks.get(name, ()))})

        return _each(definition, into)
    return replace(definition, cards=(card, *definition.cards))


def remove_card(definition: Definition, card_id: str) -> Definition:
    """Without the card and what lies in its blocks. References to it stay, and are findings."""
    return _everywhere(definition, lambda cards: tuple(each for each in cards if each.id != card_id))


def move_card(definition: Definition, card_id: str, *, up: bool) -> Definition:
    """With the card one place further, within the cards it lies among."""

    def moved(cards: Cards) -> Cards:
        at = _index(cards, card_id)
        to = at - 1 if up else at + 1
        if at < 0 or not 0 <= to < len(cards):
            return cards
        order = list(cards)
        order[at], order[to] = order[to], order[at]
        return tuple(order)

    return _everywhere(definition, moved)


def replace_card(definition: Definition, card: PlacedCard) -> Definition:
    """With that card in the place of the one of its id."""
    return _each(definition, lambda each: card if each.id == card.id else each)


def copy_card(definition: Definition, card_id: str) -> Definition:
    """With a copy right after the card. References within what is copied lead to the copy."""
    card = definition.find(card_id)
    if card is None:
        return definition
    copied = [place.card.id for place in walk(replace(definition, cards=(card,)))]
    ids = dict(zip(copied, _new_ids(definition), strict=False))

    def renamed(each: PlacedCard) -> PlacedCard:
        return replace(
            each,
            id=ids[each.id],
            options=replace_cards(each.options, ids),
            inputs=replace_cards(each.inputs, ids),
            blocks={name: tuple(renamed(inner) for inner in cards) for name, cards in each.blocks.items()},
        )

    return add_card(definition, renamed(card), after=card_id)


def with_trigger(definition: Definition, trigger: PlacedTrigger) -> Definition:
    return replace(definition, trigger=trigger)


# ------------------------------------------------------------------ within blocks


def _each(definition: Definition, change: Callable[[PlacedCard], PlacedCard]) -> Definition:
    """Every card changed, those in blocks first."""

    def down(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(down(each) for each in cards) for name, cards in card.blocks.items()}
        return change(replace(card, blocks=blocks))

    return replace(definition, cards=tuple(down(each) for each in definition.cards))


def _everywhere(definition: Definition, change: Callable[[Cards], Cards]) -> Definition:
    """Every row of cards changed: the flow's own and each block's."""

    def inside(card: PlacedCard) -> PlacedCard:
        return replace(card, blocks={name: change(cards) for name, cards in card.blocks.items()})

    within = _each(definition, inside)
    return replace(within, cards=change(within.cards))


def _index(cards: Cards, card_id: str) -> int:
    return next((at for at, each in enumerate(cards) if each.id == card_id), -1)


def _insert(cards: Cards, at: int, card: PlacedCard, after: str) -> Cards:
    return (*cards[:at], card, *cards[at:]) if _index(cards, after) >= 0 else cards
