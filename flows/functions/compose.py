"""Compose: a text made of literal words and what earlier cards gave."""

from flows.cards import Fields, Function, field


class Inputs(Fields):
    text: str = field("Text", help="A list is printed one item a line.", multiline=True, prints_lists=True)


class Outputs(Fields):
    text: str = field("Text", multiline=True)


card = Function(
    key="function.compose",
    title="Compose",
    summary="Makes a text of words and outputs.",
    inputs=Inputs,
    outputs=Outputs,
)
