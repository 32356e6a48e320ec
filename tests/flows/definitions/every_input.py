"""A card with an input of every kind, none of them required, and what it is given once outputs are put into them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from flows.cards import Fields, Function, field
from flows.derive.field_types import FieldType, Kind, field_types
from flows.derive.parse_fields import parse_fields
from flows.derive.plain_values import plain_values
from flows.mapping import Given, fill
from flows.references import Ref


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Fields):
    name: str = field("Name")


class Inputs(Fields):
    text: str | None = field("Text", default=None)
    number: int | None = field("Number", default=None)
    boolean: bool | None = field("Boolean", default=None)
    datetime_: datetime | None = field("Date", default=None)
    file: bytes | None = field("File", default=None)
    choice: Color | None = field("Choice", default=None)
    list_: tuple[str, ...] = field("List", default=())
    object_: Inner | None = field("Object", default=None)
    objects: tuple[Inner, ...] = field("Objects", default=())
    json: Mapping[str, Any] | None = field("JSON", default=None)
    anything: str | None = field("Anything", takes_any=True, default=None)
    printed: str | None = field("Printed", prints_lists=True, default=None)


CARD = Function(key="test.every_input", title="Every Input", summary="Takes every kind.", inputs=Inputs)
FIELDS: Mapping[str, FieldType] = {each.name: each for each in field_types(Inputs)}
REF = "{{c1.x}}"


def field_of(kind: Kind) -> FieldType:
    return FIELDS[kind.value]


def filled(name: str, value: Any, given: Given) -> Any:
    """What is put into the field, not yet read as a value of its kind: functions take it so."""
    asked: list[Ref] = []

    def lookup(ref: Ref) -> Given:
        asked.append(ref)
        return given

    values = fill(Inputs, {name: value}, lookup)
    assert asked, "no reference was looked up"
    return values[name]


def becomes(name: str, value: Any, given: Given) -> Any:
    """What the card gets, as plain JSON. :raises InputRejected: it can't be that."""
    _options, inputs = parse_fields(CARD, {}, {name: filled(name, value, given)})
    return plain_values(inputs)[name]
