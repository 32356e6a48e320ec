"""Values of a definition on the builder's page: words and chips, a chip for each output that is put into one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.cards import Fields
from flows.derive.field_types import Declared, FieldType, Kind, field_types, inputs_of, unlisted_choices, words
from flows.derive.parse_fields import NO, YES
from flows.functions import for_each
from flows.outputs import CardOutputs, Output
from flows.references import Ref, parse_text, sole_ref

LONGEST = 90
"""Of a text in a closed card so many characters are shown."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """An output that is put into a field. ``number`` is its card's; ``is_unknown`` where no card gives it."""

    reference: str
    number: str
    label: str
    is_unknown: bool = False


ShownPart = str | Chip


@dataclass(frozen=True, kw_only=True)
class Line:
    """A field of a closed card, with its value."""

    label: str
    parts: tuple[ShownPart, ...]


class Known:
    """What references mean at one place of a flow."""

    def __init__(self, before: Iterable[CardOutputs]) -> None:
        self.chips = {chip.reference: chip for giver in before for chip in _chips(giver)}

    def chip(self, ref: Ref) -> Chip:
        """Inside an object whose fields aren't known it is the object's chip with the rest of the path."""
        for end in range(len(ref.path), 0, -1):
            found = self.chips.get(str(Ref(card=ref.card, path=ref.path[:end])))
            if found:
                label = " ".join((found.label, *ref.path[end:]))
                return Chip(reference=str(ref), number=found.number, label=label)
        return Chip(reference=str(ref), number="?", label=".".join((ref.card, *ref.path)), is_unknown=True)

    def parts(self, text: str) -> tuple[ShownPart, ...]:
        return tuple(self.chip(part) if isinstance(part, Ref) else _short(part) for part in parse_text(text))


def _chips(giver: CardOutputs) -> Iterator[Chip]:
    def down(outputs: Iterable[Output], before: str) -> Iterator[Chip]:
        for each in outputs:
            label = f"{before}{each.label}"
            yield Chip(reference=each.reference, number=str(giver.number), label=label)
            yield from down(each.inner, f"{label}, ")

    yield from down(giver.outputs, "")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"


def lines_of(declared: Declared, options: Mapping[str, Any], inputs: Mapping[str, Any], known: Known) -> list[Line]:
    """The fields that have a value, options first, in the order of the declaration."""
    unlisted = unlisted_choices(declared)
    return [
        *_lines(declared.options, {**options, **_in_words(unlisted, options)}, known),
        *_lines(inputs_of(declared), inputs, known),
    ]


def _in_words(unlisted: Mapping[str, Mapping[str, str]], options: Mapping[str, Any]) -> dict[str, str]:
    return {name: choices[options[name]] for name, choices in unlisted.items() if options.get(name) in choices}


def _lines(cls: type[Fields], values: Mapping[str, Any], known: Known) -> Iterator[Line]:
    for declared in field_types(cls):
        value = values.get(declared.name)
        if value in (None, "", [], {}):
            continue
        if declared.kind is Kind.OBJECT and isinstance(value, Mapping):
            yield from _lines(declared.inner, value, known)
        else:
            yield Line(label=declared.spec.label.removesuffix("?"), parts=_parts(declared, value, known))


def _parts(declared: FieldType, value: Any, known: Known) -> tuple[ShownPart, ...]:
    if declared.spec.secret:
        return ("Not shown",)
    if declared.kind is Kind.FILE:
        text = value.get("text") if isinstance(value, Mapping) else value if sole_ref(value) else None
        return known.parts(str(text)) if text is not None else ("A file",)
    if isinstance(value, list):
        items = [_parts(declared, each, known) for each in value]
        return tuple(part for at, parts in enumerate(items) for part in ((", ", *parts) if at else parts))
    if isinstance(value, str):
        return known.parts(_choice_words(declared, value))
    return (_short(_plain(value)),)


def _choice_words(declared: FieldType, value: str) -> str:
    if declared.kind is Kind.BOOLEAN and value.lower() in YES | NO:
        return _plain(value.lower() in YES)
    if declared.kind is Kind.CHOICE:
        return next((words(each) for each in declared.inner if each.value == value), value)
    return value


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


RESULT = (for_each.card.key, "result")
"""The option that names an output of the block."""
