"""Continue If: the flow goes on only when the comparison holds."""

from flows.cards import Fields, Function, field
from flows.functions.comparison import Inputs, Options


class Outputs(Fields):
    result: bool = field("Result")


card = Function(
    key="function.continue_if",
    title="Continue If",
    summary="Ends the run, completed, unless the comparison holds.",
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    notes="Within For Each it ends the turn for one item, and the next one begins.",
)
