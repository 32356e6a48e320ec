"""For Each: a block of cards runs once for each item of a list."""

from flows.cards import Block, Fields, Function, field

MOST_ITEMS = 500


class Options(Fields):
    result: str = field("Result", help="An output of a card in the block, collected from every turn.", default="")


class Inputs(Fields):
    list_: tuple[str, ...] = field(
        "List", help=f"At most {MOST_ITEMS} items. Any list that a card gives will do.", takes_any=True
    )


class Item(Fields):
    """``item`` has the type of the list's items, whatever that is."""

    item: str = field("Item")
    number: int = field("Number", help="1 for the first one.")


class Outputs(Fields):
    results: tuple[str, ...] = field("Results")


card = Function(
    key="function.for_each",
    title="For Each",
    summary="Runs a block of cards once for each item of a list.",
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    blocks=(Block(name="each", title="For each item", outputs=Item),),
)
