"""If Error: when a card in the first block fails, the second block runs, and the flow goes on."""

from flows.cards import Block, Fields, Function, NoFields, field


class Error(Fields):
    message: str = field("Message", help="The cause, in a sentence.")
    code: str = field("Code")
    card: str = field("Card", help="The title of the card that failed.")
    run: str = field("Run", help="The id of this run.")


class Outputs(Fields):
    failed: bool = field("Failed", help="Whether a card of the first block failed.")


card = Function(
    key="function.if_error",
    title="If Error",
    summary="Runs a second block of cards when a card of the first one fails.",
    inputs=NoFields,
    outputs=Outputs,
    blocks=(Block(name="try", title="Try"), Block(name="error", title="If Error", outputs=Error)),
    notes="A card that waits for its connection, or whose outcome is unknown, waits within Try as anywhere else.",
)
