"""What passed through a card, as labels and texts: every kind of field, whole and empty."""

from datetime import datetime
from enum import StrEnum

from connections.requirements import Requirements
from flows.cards import AnyCard, Card, Effect, Fields, field
from flows.pages.shown_values import LONG, Shown, shown_inputs, shown_outputs


class Answer(StrEnum):
    FIRST_ONE = "first_one"
    ALL = "all"


class Options(Fields):
    answer: Answer = field("Answer")
    is_loud: bool = field("Loud?", default=False)


class Attachment(Fields):
    filename: str = field("Filename")
    size: int = field("Size")


class Inputs(Fields):
    to: tuple[str, ...] = field("To")
    password: str = field("Password", secret=True, default="")
    limit: int = field("Limit", when={"answer": "all"}, default=0)
    at: datetime | None = field("At", default=None)
    body: str = field("Body", multiline=True, default="")


class First(Fields):
    message: str = field("Message")
    files: tuple[Attachment, ...] = field("Files")
    file: Attachment | None = field("File", default=None)


class All(Fields):
    messages: tuple[str, ...] = field("Messages")


CARD: AnyCard = Card(
    key="gmail.shown",
    title="Shown",
    summary="",
    effect=Effect.READ,
    quota_units=1,
    needs=Requirements(),
    options=Options,
    inputs=Inputs,
    outputs={"first_one": First, "all": All},
    outputs_by="answer",
    run=lambda _client, _options, _inputs: First(message="", files=()),
)
FIRST = {"answer": "first_one", "is_loud": True}


def test_options_come_first_and_say_choices_in_words() -> None:
    shown = shown_inputs(CARD, FIRST, {"to": ["a@x.example", "b@x.example"], "at": "2026-11-24T09:30:00Z", "body": "B"})
    assert shown == (
        Shown(label="Answer", text="First one"),
        Shown(label="Loud?", text="Yes"),
        Shown(label="To", items=("a@x.example", "b@x.example")),
        Shown(label="Password"),
        Shown(label="At", text="Tue 24 Nov 2026, 09:30:00 UTC"),
        Shown(label="Body", text="B", is_block=True),
    )


def test_a_secret_is_never_shown_back() -> None:
    shown = shown_inputs(CARD, FIRST, {"password": "swordfish"})
    assert Shown(label="Password", text="Not shown") in shown
    assert "swordfish" not in repr(shown)


def test_a_field_that_does_not_count_is_left_out() -> None:
    assert "Limit" not in {each.label for each in shown_inputs(CARD, FIRST, {"limit": 3})}
    assert Shown(label="Limit", text="3") in shown_inputs(CARD, FIRST | {"answer": "all"}, {"limit": 3})


def test_outputs_are_those_of_the_option_and_objects_show_their_fields() -> None:
    file = {"filename": "a.csv", "size": 0}
    fields = (Shown(label="Filename", text="a.csv"), Shown(label="Size", text="0"))
    shown = shown_outputs(CARD, FIRST, {"message": "", "files": [file, file], "file": file})
    assert shown == (
        Shown(label="Message"),
        Shown(label="Files", objects=(fields, fields)),
        Shown(label="File", objects=(fields,)),
    )
    assert shown_outputs(CARD, FIRST | {"answer": "all"}, {"messages": []}) == (Shown(label="Messages"),)


def test_a_long_text_is_folded_away() -> None:
    assert not Shown(label="Body", text="x" * LONG).is_long
    assert Shown(label="Body", text="x" * (LONG + 1)).is_long
