"""What is wrong with the fields of a card as they stand in a definition, by name, each in a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.cards import Card, Event, Fields, Function
from flows.definition import Definition, PlacedCard
from flows.derive.field_types import Declared, FieldType, Kind, deciding_options, field_types, find_field
from flows.derive.parse_fields import NOT_COUNTED, parse_fields, parse_options
from flows.functions import for_each
from flows.mapping import incompatible
from flows.outputs import OutputType, output_type, result_type
from flows.references import Ref, refs_in, sole_ref
from kernel.errors import InputRejected

NO_SUCH_OUTPUT = "No card before this one gives {ref}. Choose an output again."
NO_OUTPUT = "This takes no output. Choose or enter a value."
NO_LIST = "For Each goes through a list, and this is none."
NO_RESULT = "Choose an output of a card inside this For Each, and not inside another one in it."

Problem = tuple[str, str]
"""A field's name in the form, with a dot inside an object, and the sentence."""


def rejected_fields(declared: Declared, options: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields that can't be taken as they are. What an output fills in, or a secret, is told by the run."""
    try:
        if isinstance(declared, Event):
            parse_options(declared, options)
        else:
            parse_fields(declared, options, inputs)
    except InputRejected as rejected:
        for name, texts in rejected.fields.items():
            field, value = _field(declared, name), _at({**inputs, **options}, name)
            if field is None or texts == [NOT_COUNTED] or not _is_filled(field, value):
                yield name, " ".join(texts)


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        if isinstance(found, list) and part.isdecimal():
            found = found[int(part)]
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_filled(field: FieldType, value: Any) -> bool:
    """Whether the run puts outputs into it, or opens a secret, before it is taken."""
    if isinstance(value, Mapping):
        is_secret = field.spec.secret and value.keys() == {"secret"}
        return is_secret or (field.kind in {Kind.FILE, Kind.JSON} and any(refs_in(value)))
    if isinstance(value, list):
        return field.kind in {Kind.LIST, Kind.OBJECTS} and any(
            refs_in([each for each in value if isinstance(each, str)])
        )
    return any(refs_in(value))


def label_of(declared: Declared, name: str) -> str:
    """Labels as on the page, those around a field before it: *File, File Name*."""
    labels, path, field = [], "", None
    for part in name.split("."):
        if part.isdecimal() and field and field.kind is Kind.OBJECTS:
            labels.append(str(int(part) + 1))
            continue
        path = f"{path}.{part}" if path else part
        field = _field(declared, path)
        labels.append(field.spec.label.removesuffix("?") if field else part)
    return ", ".join(labels)


def _field(declared: Declared, name: str) -> FieldType | None:
    inputs = () if isinstance(declared, Event) else (declared.inputs,)
    path = ".".join(part for part in name.split(".") if not part.isdecimal())
    return next((found for cls in (declared.options, *inputs) if (found := find_field(cls, path))), None)


# ------------------------------------------------------------------ references


def literal_options(declared: Declared) -> frozenset[str]:
    """The options that take no output: all of what is read before a run, or decides which fields count."""
    if isinstance(declared, Card):
        return deciding_options(declared)
    names = {each.name for each in field_types(declared.options)}
    return frozenset(names - {"result"}) if declared is for_each.card else frozenset(names)


def outputs_in_literals(declared: Declared, options: Mapping[str, Any]) -> Iterator[Problem]:
    """Options that hold an output and can't."""
    for name in sorted(literal_options(declared)):
        if any(refs_in(options.get(name))):
            yield name, NO_OUTPUT


def bad_references(definition: Definition, card: PlacedCard, declared: Declared) -> Iterator[Problem]:
    """Fields whose references lead nowhere, or to what can't be put there."""
    yield from outputs_in_literals(declared, card.options)
    looking = _Looking(definition=definition, card_id=card.id)
    if declared is for_each.card:
        yield from _for_each(definition, card)
    elif not isinstance(declared, Function):
        taken = {name: value for name, value in card.options.items() if name not in literal_options(declared)}
        yield from looking.fields(declared.options, taken)
    if not isinstance(declared, Event):
        yield from looking.fields(declared.inputs, card.inputs)


def _for_each(definition: Definition, card: PlacedCard) -> Iterator[Problem]:
    value = card.inputs.get("list")
    ref = sole_ref(value[0] if isinstance(value, list) and len(value) == 1 else value)
    given = output_type(definition, card.id, ref) if ref else OutputType(kind=Kind.LIST)
    is_text = isinstance(value, str) and bool(value.strip()) and ref is None
    if is_text or (given and given.kind not in {Kind.LIST, Kind.OBJECTS, None}):
        yield "list", NO_LIST
    if card.options.get("result") and result_type(card) is None:
        yield "result", NO_RESULT


@dataclass(frozen=True, kw_only=True)
class _Looking:
    """At the fields of one card."""

    definition: Definition
    card_id: str

    def fields(self, cls: type[Fields], values: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
        declared = {each.name: each for each in field_types(cls)}
        for name, value in values.items():
            field = declared.get(name)
            if field is None or (field.spec.secret and isinstance(value, Mapping)):
                continue
            if field.kind in {Kind.OBJECT, Kind.OBJECTS}:
                yield from self._objects(field, value, f"{path}{name}")
            said = next((said for ref, alone in _uses(field, value) if (said := self._bad(field, ref, alone))), "")
            if said:
                yield f"{path}{name}", said

    def _objects(self, field: FieldType, value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, Mapping):
            yield from self.fields(field.inner, value, f"{path}." if field.kind is Kind.OBJECT else f"{path}.0.")
        elif isinstance(value, list) and field.kind is Kind.OBJECTS:
            for at, each in enumerate(value):
                if isinstance(each, Mapping):
                    yield from self.fields(field.inner, each, f"{path}.{at}.")

    def _bad(self, field: FieldType, ref: Ref, alone: bool | None) -> str:
        given = output_type(self.definition, self.card_id, ref)
        if given is None:
            return NO_SUCH_OUTPUT.format(ref=str(ref).strip("{}"))
        return "" if alone is None else incompatible(given, field, alone=alone)


def _uses(field: FieldType, value: Any) -> Iterator[tuple[Ref, bool | None]]:
    """Each output that is put into a field, and whether it is the whole value; None where it may be anything."""
    if isinstance(value, str):
        ref = sole_ref(value)
        yield from [(ref, True)] if ref else ((each, False) for each in refs_in(value))
    elif field.kind is Kind.JSON and isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from ((ref, None if alone else alone) for ref, alone in _uses(field, each))
    elif field.kind is Kind.FILE and isinstance(value, Mapping):
        yield from ((each, False) for each in refs_in(value))
    elif isinstance(value, list):
        yield from (use for each in value if isinstance(each, str) for use in _uses(field, each))
