"""If / Else: one of two blocks of cards runs."""

from flows.cards import Block, Fields, Function, field
from flows.functions.comparison import Inputs, Options


class Outputs(Fields):
    result: bool = field("Result")


card = Function(
    key="function.if_else",
    title="If / Else",
    summary="Runs one of two blocks of cards.",
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    blocks=(Block(name="then", title="If"), Block(name="else", title="Else")),
    notes="What a card in the block that didn't run would have given is empty.",
)
