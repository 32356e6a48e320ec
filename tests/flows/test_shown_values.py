"""What passed through a card, as labels and texts: every kind of field, whole and empty."""

import base64
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import pytest

from connections.requirements import Requirements
from flows.cards import AnyCard, Card, Effect, Fields, field
from flows.derive.field_types import size_words
from flows.pages.shown_values import (
    FEW_OBJECTS,
    LONG,
    LONGEST,
    MOST_OBJECTS,
    Shown,
    ShownObject,
    shown_inputs,
    shown_outputs,
)


class Answer(StrEnum):
    FIRST_ONE = "first_one"
    ALL = "all"


class Options(Fields):
    answer: Answer = field("Answer")
    is_loud: bool = field("Loud?", default=False)
    place: str | None = field("Place", choices_from="places", default=None)


class Attachment(Fields):
    filename: str = field("Filename", heading=True)
    size: int = field("Size")


class Inputs(Fields):
    to: tuple[str, ...] = field("To")
    password: str = field("Password", secret=True, default="")
    limit: int = field("Limit", when={"answer": "all"}, default=0)
    at: datetime | None = field("At", default=None)
    body: str = field("Body", multiline=True, default="")
    content: bytes = field("Content", default=b"")
    headers: Mapping[str, Any] | None = field("Headers", when={"place": "enter_it"}, default=None)


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
        Shown(label="Place"),
        Shown(label="To", items=("a@x.example", "b@x.example")),
        Shown(label="Password"),
        Shown(label="At", text="Tue 24 Nov 2026, 09:30:00 UTC"),
        Shown(label="Body", text="B", is_block=True),
        Shown(label="Content"),
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
    object_ = ShownObject(heading="a.csv", fields=fields)
    shown = shown_outputs(CARD, FIRST, {"message": "", "files": [file, file], "file": file})
    assert shown == (
        Shown(label="Message"),
        Shown(label="Files", objects=(object_, object_)),
        Shown(label="File", objects=(object_,)),
    )
    assert shown_outputs(CARD, FIRST | {"answer": "all"}, {"messages": []}) == (Shown(label="Messages"),)


def test_an_object_is_laid_out() -> None:
    shown = shown_inputs(CARD, FIRST | {"place": "enter_it"}, {"headers": {"b": ["ß"], "a": {}}})
    assert Shown(label="Headers", text='{\n  "b": [\n    "ß"\n  ],\n  "a": {}\n}', is_block=True) in shown
    assert Shown(label="Headers", is_block=True) in shown_inputs(CARD, FIRST | {"place": "enter_it"}, {"headers": None})


def test_a_choice_that_is_not_listed_is_said_in_words() -> None:
    assert Shown(label="Place", text="Enter It") in shown_inputs(CARD, FIRST | {"place": "enter_it"}, {})
    assert Shown(label="Place", text="attic") in shown_inputs(CARD, FIRST | {"place": "attic"}, {})


def test_a_long_text_is_folded_away() -> None:
    assert not Shown(label="Body", text="x" * LONG).is_long
    assert Shown(label="Body", text="x" * (LONG + 1)).is_long


def test_of_a_very_long_text_the_beginning_is_shown_and_the_length_of_it_all() -> None:
    (body,) = (each for each in shown_inputs(CARD, FIRST, {"body": "x" * (LONGEST + 5)}) if each.label == "Body")
    assert (len(body.text), body.left_out, body.length) == (LONGEST, 5, LONGEST + 5)


def test_of_very_many_objects_the_first_are_shown_each_folded_under_its_heading() -> None:
    files = [{"filename": "" if number == 0 else f"{number}.csv", "size": 1} for number in range(MOST_OBJECTS + 7)]
    shown = shown_outputs(CARD, FIRST, {"message": "", "files": files})[1]
    assert [each.heading for each in shown.objects] == [
        "No filename",
        *(f"{number}.csv" for number in range(1, MOST_OBJECTS)),
    ]
    assert (shown.left_out, shown.is_folded) == (7, True)
    assert not shown_outputs(CARD, FIRST, {"message": "", "files": files[:FEW_OBJECTS]})[1].is_folded


@pytest.mark.parametrize("content", [b"a", b"ab", b"abc", b"abcd" * 1024])
def test_of_a_file_its_size_is_shown(content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    (shown,) = (each for each in shown_inputs(CARD, FIRST, {"content": encoded}) if each.label == "Content")
    assert shown.text == f"{size_words(len(content))}, not shown"
