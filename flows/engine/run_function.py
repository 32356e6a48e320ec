"""Run a function card. What lies in its blocks is the walk's."""

from collections.abc import Callable, Mapping
from typing import Any

from flows.engine.claims import complete
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values
from flows.functions import compose, continue_if, for_each, if_else, if_error
from flows.functions.compare import holds
from flows.functions.comparison import Comparison
from flows.models import StepRun

Values = Mapping[str, Any]


def run_function(step: StepRun) -> None:
    """Record what the function gives. It asks nobody, so it can't fail but for this console. :raises ClaimLost:"""
    options, inputs = open_values(step, OPTIONS), open_values(step, INPUTS)
    complete(step, _GIVES[step.card_key](options, inputs))


def _compared(options: Values, inputs: Values) -> dict[str, Any]:
    comparison = Comparison(options.get("comparison", Comparison.EQUALS.value))
    return {"result": holds(comparison, inputs.get("value"), inputs.get("compared_with"))}


_GIVES: dict[str, Callable[[Values, Values], dict[str, Any]]] = {
    compose.card.key: lambda _options, inputs: {"text": inputs.get("text", "")},
    continue_if.card.key: _compared,
    if_else.card.key: _compared,
    for_each.card.key: lambda _options, _inputs: {},
    if_error.card.key: lambda _options, _inputs: {},
}
"""For Each and If Error have their outputs from what their blocks recorded."""
