"""What passed through a card, made into labels and texts for a page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.cards import AnyCard, Fields
from flows.derive.field_types import FieldType, Kind, counts, field_types, size_words, unlisted_choices, words

LONG = 400
"""A text of more characters is folded away."""
LONGEST = 20_000
"""Of a text of more characters just the beginning is on a page."""
MOST_OBJECTS = 50
"""So many objects of a list are on a page."""
FEW_OBJECTS = 3
"""So many objects of a list lie open; of more, each is folded."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One field. Either ``text`` or ``items`` says something; both empty means that the field was empty.

    ``items`` are the texts of a list, ``objects`` the objects of one. ``left_out`` counts the characters, or the
    objects, that are too many for a page.
    """

    label: str
    text: str = ""
    is_block: bool = False
    items: tuple[str, ...] = ()
    objects: tuple["ShownObject", ...] = field(default=())
    left_out: int = 0

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG

    @property
    def length(self) -> int:
        return len(self.text) + self.left_out

    @property
    def is_folded(self) -> bool:
        return len(self.objects) > FEW_OBJECTS


@dataclass(frozen=True, kw_only=True)
class ShownObject:
    """One object, and the text that stands for it while it is folded."""

    heading: str
    fields: tuple[Shown, ...]


def shown_inputs(card: AnyCard, options: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Shown, ...]:
    """Options, then inputs: those that counted. A secret is never shown back."""
    in_words = {name: choices.get(options.get(name, "")) for name, choices in unlisted_choices(card).items()}
    said = {**options, **{name: words for name, words in in_words.items() if words}}
    return (*_shown(card.options, said, options), *_shown(card.inputs, inputs, options))


def shown_outputs(card: AnyCard, options: Mapping[str, Any], outputs: Mapping[str, Any]) -> tuple[Shown, ...]:
    """Outputs in the order of the card's declaration."""
    declared = card.outputs[str(options[card.outputs_by])] if isinstance(card.outputs, Mapping) else card.outputs
    return tuple(_shown(declared, outputs, options))


def shown_any(values: Mapping[str, Any], cls: type[Fields] | None = None) -> tuple[Shown, ...]:
    """What passed through a function, an event or a trigger: values of any type. ``cls`` has the labels of some."""
    labels = {each.name: each.spec.label for each in field_types(cls)} if cls else {}
    return tuple(_any(labels.get(name) or name.replace("_", " ").capitalize(), value) for name, value in values.items())


def _any(label: str, value: Any) -> Shown:
    if isinstance(value, Mapping):
        return Shown(label=label, objects=(ShownObject(heading="", fields=shown_any(value)),))
    if isinstance(value, list) and all(isinstance(each, Mapping) for each in value) and value:
        objects = tuple(
            ShownObject(heading=f"Item {number}", fields=shown_any(each))
            for number, each in enumerate(value[:MOST_OBJECTS], 1)
        )
        return Shown(label=label, objects=objects, left_out=len(value) - len(objects))
    if isinstance(value, list):
        return Shown(label=label, items=tuple(str(each) for each in value))
    text = "" if value is None else ("Yes" if value else "No") if isinstance(value, bool) else str(value)
    return Shown(label=label, text=text[:LONGEST], left_out=max(0, len(text) - LONGEST), is_block="\n" in text)


def _shown(cls: type[Fields], values: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[Shown]:
    for declared in field_types(cls):
        if counts(declared.spec, options):
            yield _field(declared, values.get(declared.name), options)


def _field(declared: FieldType, value: Any, options: Mapping[str, Any]) -> Shown:
    label = declared.spec.label
    if declared.spec.secret and value:
        return Shown(label=label, text="Not shown")
    if declared.kind is Kind.LIST:
        return Shown(label=label, items=tuple(value or ()))
    if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
        each = value if isinstance(value, list) else [value] if value else []
        objects = tuple(_object(declared, one, options) for one in each[:MOST_OBJECTS])
        return Shown(label=label, objects=objects, left_out=len(each) - len(objects))
    text = _text(declared, value)
    left_out = max(0, len(text) - LONGEST)
    is_block = declared.spec.multiline or declared.kind is Kind.JSON
    return Shown(label=label, text=text[:LONGEST], left_out=left_out, is_block=is_block)


def _object(declared: FieldType, value: Mapping[str, Any], options: Mapping[str, Any]) -> ShownObject:
    headings = (
        str(value.get(each.name) or f"No {each.spec.label.lower()}")
        for each in field_types(declared.inner)
        if each.spec.heading
    )
    return ShownObject(heading=", ".join(headings), fields=tuple(_shown(declared.inner, value, options)))


def _text(declared: FieldType, value: Any) -> str:
    if value is None or value == "":
        return ""
    match declared.kind:
        case Kind.FILE:
            text = f"{size_words(len(value) // 4 * 3 - value.count('=', -2))}, not shown"
        case Kind.JSON:
            text = json.dumps(value, indent=2, ensure_ascii=False)
        case Kind.BOOLEAN:
            text = "Yes" if value else "No"
        case Kind.CHOICE:
            text = words(declared.inner(value))
        case Kind.DATETIME:
            text = f"{datetime.fromisoformat(value).astimezone(UTC):%a %-d %b %Y, %H:%M:%S} UTC"
        case _:
            text = str(value)
    return text
