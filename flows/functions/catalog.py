"""The function cards, in the order in which the builder offers them."""

from flows.cards import Function
from flows.functions import compose, continue_if, for_each, if_else, if_error

FUNCTIONS: tuple[Function, ...] = (compose.card, continue_if.card, if_else.card, for_each.card, if_error.card)


def find_function(key: str) -> Function | None:
    return next((each for each in FUNCTIONS if each.key == key), None)
