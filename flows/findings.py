"""What keeps a flow from running, found before it runs. Each names the card, by its number and title, and the field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from access.actor import Actor
from connections.models import Connection
from connections.readiness import card_readiness, state_of
from flows.cards import AnyCard, AnyEvent, Card, Event, Fields, Function
from flows.catalog import declared_of, title_of
from flows.definition import TRIGGER, Definition, Place, PlacedCard, TriggerKind, walk
from flows.derive.field_types import FieldType, Kind, find_field
from flows.derive.parse_fields import parse_fields, parse_options
from flows.errors import CardUnknown, ConnectionNotChosen, ConnectionNotUsable, FieldInvalid
from flows.functions import for_each
from flows.mapping import incompatible
from flows.outputs import OutputType, output_type
from flows.references import Ref, refs_in, sole_ref
from flows.triggers.schedule import read_schedule
from kernel.errors import ConsoleError, InputRejected

NO_SUCH_OUTPUT = "No card before this one gives {ref}. Choose an output again."
NO_LIST = "For Each goes through a list, and this is none."


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``field`` is the field's name in the form, with a dot inside an object; empty where it is about the card."""

    card_id: str
    number: int
    title: str
    field: str
    error: ConsoleError

    def __str__(self) -> str:
        return f"Card {self.number}, {self.title}: {self.error.cause}"


def definition_findings(definition: Definition) -> tuple[Finding, ...]:
    """What is wrong with the definition itself, in the order of the page. Nothing is asked of anybody."""
    found = [*_trigger_findings(definition)]
    for place in walk(definition):
        found += _card_findings(definition, place)
    return tuple(found)


def readiness_findings(owner: Actor, definition: Definition) -> tuple[Finding, ...]:
    """What of each card's connection isn't as the card needs it now, with the rights of the flow's owner."""
    trigger = definition.trigger
    places = [(TRIGGER, 1, trigger.card, trigger.connection)] if trigger.kind is TriggerKind.EVENT else []
    places += [(each.card.id, each.number, each.card.card, each.card.connection) for each in walk(definition)]
    wanted = {connection for *_place, connection in places if connection}
    usable = {each.pk: each for each in Connection.objects.usable_by(owner).filter(pk__in=wanted)}
    nicknames = dict(Connection.objects.filter(pk__in=wanted).values_list("pk", "nickname"))
    found: list[Finding] = []
    for card_id, number, key, connection_id in places:
        declared = declared_of(key)
        if connection_id and isinstance(declared, Card | Event):
            named = nicknames.get(connection_id, "The connection")
            errors = _not_ready(declared, usable.get(connection_id), named, owner)
            found += [
                Finding(card_id=card_id, number=number, title=declared.title, field="", error=error) for error in errors
            ]
    return tuple(found)


def _not_ready(
    declared: AnyCard | AnyEvent, connection: Connection | None, nickname: str, owner: Actor
) -> Iterator[ConsoleError]:
    if connection is None:
        yield ConnectionNotUsable(nickname=nickname, owner=owner.name)
    else:
        yield from card_readiness(state_of(connection), declared).findings


# ------------------------------------------------------------------ the trigger


def _trigger_findings(definition: Definition) -> Iterator[Finding]:
    trigger = definition.trigger
    title = title_of(trigger.card if trigger.kind is TriggerKind.EVENT else f"trigger.{trigger.kind}")

    def finding(error: ConsoleError, field: str = "") -> Finding:
        return Finding(card_id=TRIGGER, number=1, title=title, field=field, error=error)

    if trigger.kind is TriggerKind.SCHEDULE:
        try:
            read_schedule(trigger.schedule)
        except InputRejected as rejected:
            for name, texts in rejected.fields.items():
                label = name.replace("_", " ").capitalize()
                yield finding(FieldInvalid(card=title, label=label, text=" ".join(texts)), f"schedule.{name}")
    elif trigger.kind is TriggerKind.EVENT:
        event = declared_of(trigger.card)
        if not isinstance(event, Event):
            yield finding(CardUnknown(card=trigger.card or "without a name"))
            return
        if trigger.connection is None:
            yield finding(ConnectionNotChosen(card=title), "connection")
        yield from (finding(error, name) for name, error in _rejected(event, trigger.options, {}))


# ------------------------------------------------------------------ one card


def _card_findings(definition: Definition, place: Place) -> Iterator[Finding]:
    card = place.card
    declared = declared_of(card.card)

    def finding(error: ConsoleError, field: str = "") -> Finding:
        return Finding(card_id=card.id, number=place.number, title=title_of(card.card), field=field, error=error)

    if declared is None or isinstance(declared, Event):
        yield finding(CardUnknown(card=card.card or "without a name"))
        return
    if isinstance(declared, Card) and card.connection is None:
        yield finding(ConnectionNotChosen(card=declared.title), "connection")
    blocks = {each.name for each in declared.blocks} if isinstance(declared, Function) else set()
    for name in card.blocks:
        if name not in blocks:
            text = "There is no such block in this card. Remove it."
            yield finding(FieldInvalid(card=declared.title, label=name, text=text), name)
    for name, error in _rejected(declared, card.options, card.inputs):
        yield finding(error, name)
    for name, text in _bad_references(definition, card, declared):
        yield finding(FieldInvalid(card=declared.title, label=_label(declared, name), text=text), name)


def _rejected(
    declared: AnyCard | AnyEvent | Function, options: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[tuple[str, FieldInvalid]]:
    """Fields that can't be taken as they are typed. What holds a reference or a secret is told by the run."""
    try:
        if isinstance(declared, Event):
            parse_options(declared, options)
        else:
            parse_fields(declared, options, inputs)
    except InputRejected as rejected:
        for name, texts in rejected.fields.items():
            value = _at(options, name) if _at(options, name) is not None else _at(inputs, name)
            if not any(refs_in(value)) and not _is_secret(value):
                yield name, FieldInvalid(card=declared.title, label=_label(declared, name), text=" ".join(texts))


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"secret"}


def _label(declared: AnyCard | AnyEvent | Function, name: str) -> str:
    """Labels as on the page, those around a field before it: *File, File Name*."""
    labels, parts = [], name.split(".")
    for end in range(1, len(parts) + 1):
        path = ".".join(parts[:end])
        field = _field(declared, path)
        labels.append(field.spec.label.removesuffix("?") if field else parts[end - 1])
    return ", ".join(labels)


def _field(declared: AnyCard | AnyEvent | Function, name: str) -> FieldType | None:
    classes: tuple[type[Fields], ...] = (declared.options,)
    if not isinstance(declared, Event):
        classes = (declared.options, declared.inputs)
    return next((found for cls in classes if (found := find_field(cls, name))), None)


# ------------------------------------------------------------------ references


def _bad_references(
    definition: Definition, card: PlacedCard, declared: AnyCard | Function
) -> Iterator[tuple[str, str]]:
    """Names of fields whose references lead nowhere, or to what can't be put there, with the sentence."""
    for values in (card.options, card.inputs):
        for name, value in values.items():
            yield from _bad_in(definition, card, declared, name, value)
    if declared is for_each.card:
        yield from _no_list(definition, card)


def _bad_in(
    definition: Definition, card: PlacedCard, declared: AnyCard | Function, name: str, value: Any
) -> Iterator[tuple[str, str]]:
    field = _field(declared, name)
    if field and field.kind is Kind.OBJECT and isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _bad_in(definition, card, declared, f"{name}.{inner}", each)
        return
    if declared is for_each.card and name == "result":
        return  # it looks into the block, where the card itself can't
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        for ref in refs_in(text):
            said = _bad(definition, card, field, ref, alone=sole_ref(text) is not None)
            if said:
                yield name, said
                return


def _bad(definition: Definition, card: PlacedCard, field: FieldType | None, ref: Ref, *, alone: bool) -> str:
    given = output_type(definition, card.id, ref)
    if given is None:
        return NO_SUCH_OUTPUT.format(ref=str(ref).strip("{}"))
    if field is None or field.kind is Kind.JSON:
        return ""
    return incompatible(given, field, alone=alone)


def _no_list(definition: Definition, card: PlacedCard) -> Iterator[tuple[str, str]]:
    value = card.inputs.get("list")
    ref = sole_ref(value[0] if isinstance(value, list) and len(value) == 1 else value)
    given = output_type(definition, card.id, ref) if ref else OutputType(kind=Kind.LIST)
    if given and given.kind not in {Kind.LIST, Kind.OBJECTS, None}:
        yield "list", NO_LIST
    result = next(refs_in(card.options.get("result", "")), None)
    inside = {place.card.id for place in walk(definition) if any(each.id == card.id for each, _name in place.around)}
    if result and result.card not in inside:
        yield "result", "Choose an output of a card inside this For Each."
