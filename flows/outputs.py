"""What a card may refer to: the outputs of the trigger and of the cards before it, with their types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.cards import AnyCard, Card, Event, Fields, Function
from flows.catalog import declared_of, title_of
from flows.context import FlowContext
from flows.definition import (
    BODY,
    CONTEXT,
    TRIGGER,
    Definition,
    InputKind,
    Place,
    PlacedCard,
    PlacedTrigger,
    TriggerKind,
    walk,
)
from flows.derive.field_types import FieldType, Kind, field_types, find_field
from flows.functions import for_each, if_else
from flows.references import Ref, sole_ref


@dataclass(frozen=True, kw_only=True)
class OutputType:
    """``kind`` None is any JSON at all: what lies inside a JSON object. ``inner`` is an object's class."""

    kind: Kind | None
    inner: type[Fields] | None = None

    @property
    def item(self) -> "OutputType":
        """The type of one item, where this is a list."""
        if self.kind is Kind.OBJECTS:
            return OutputType(kind=Kind.OBJECT, inner=self.inner)
        return OutputType(kind=Kind.TEXT if self.kind is Kind.LIST else None)


@dataclass(frozen=True, kw_only=True)
class Output:
    """One output as the picker shows it. ``inner`` are the outputs inside an object."""

    reference: str
    label: str
    type: OutputType
    inner: tuple["Output", ...] = ()

    @property
    def kind(self) -> Kind | None:
        return self.type.kind


@dataclass(frozen=True, kw_only=True)
class CardOutputs:
    """What one card gives. ``number`` is the card's on the page; the trigger is 1."""

    card_id: str
    number: int
    title: str
    outputs: tuple[Output, ...]


Named = Mapping[str, tuple[str, OutputType]]
"""Label and type of each output, by its name."""


def outputs_before(definition: Definition, card_id: str) -> tuple[CardOutputs, ...]:
    """What the card of that id may refer to, in the order of the page."""
    return tuple(
        CardOutputs(card_id=giver, number=number, title=title, outputs=tuple(_drawn((giver,), named)))
        for giver, number, title, named in _givers(definition, card_id)
        if named
    )


def own_outputs(definition: Definition, card_id: str) -> tuple[Output, ...]:
    """What the card itself gives, as cards after it would refer to it."""
    if card_id == TRIGGER:
        return tuple(_drawn((TRIGGER,), trigger_outputs(definition.trigger)))
    card = definition.find(card_id)
    return tuple(_drawn((card_id,), card_outputs(card))) if card else ()


def output_type(definition: Definition, card_id: str, ref: Ref) -> OutputType | None:
    """The type of what is referred to from a card; None where it can't be referred to from there."""
    named = next((each for giver, _number, _title, each in _givers(definition, card_id) if giver == ref.card), None)
    return _within(named, ref.path) if named else None


def card_outputs(card: PlacedCard) -> Named:
    """What a card gives once it has run."""
    declared = declared_of(card.card)
    if isinstance(declared, Card):
        cls = _class_of(declared, card)
        return _named(cls) if cls else {}
    if declared is for_each.card:
        return {"results": ("Results", _results(card))}
    return _named(declared.outputs) if isinstance(declared, Function) else {}


def _class_of(declared: AnyCard, card: PlacedCard) -> type[Fields] | None:
    """The class of its outputs; None where it follows from an option that isn't chosen."""
    if not isinstance(declared.outputs, Mapping):
        return declared.outputs
    field = find_field(declared.options, declared.outputs_by)
    default = field.default if field and not field.is_required else ""
    return declared.outputs.get(str(card.options.get(declared.outputs_by) or default))


def trigger_outputs(trigger: PlacedTrigger) -> Named:
    """What the trigger gives."""
    context = {CONTEXT: ("Context", OutputType(kind=Kind.OBJECT, inner=FlowContext))}
    if trigger.kind is TriggerKind.EVENT:
        declared = declared_of(trigger.card)
        return {**_named(declared.outputs), **context} if isinstance(declared, Event) else context
    fields = {each.name: (each.label, OutputType(kind=_KINDS[each.kind])) for each in trigger.fields}
    body = {BODY: ("Body", OutputType(kind=Kind.JSON))} if trigger.kind is TriggerKind.API else {}
    return {**fields, **body, **context} if trigger.kind is not TriggerKind.SCHEDULE else context


_KINDS = {
    InputKind.TEXT: Kind.TEXT,
    InputKind.LIST: Kind.LIST,
    InputKind.NUMBER: Kind.NUMBER,
    InputKind.BOOLEAN: Kind.BOOLEAN,
    InputKind.DATETIME: Kind.DATETIME,
}


# ------------------------------------------------------------------ what can be seen from where


def _givers(definition: Definition, card_id: str) -> Iterator[tuple[str, int, str, Named]]:
    """Id, number, title and outputs of whatever gives something to a card, in the order of the page."""
    places = list(walk(definition))
    here = next((place for place in places if place.card.id == card_id), None)
    if here is None:
        return
    trigger = definition.trigger
    title = title_of(trigger.card if trigger.kind is TriggerKind.EVENT else f"trigger.{trigger.kind}")
    yield TRIGGER, 1, title, trigger_outputs(trigger)
    around = {card.id: block for card, block in here.around}
    for place in places:
        card = place.card
        if place.number >= here.number:
            return
        if card.id in around:
            yield card.id, place.number, title_of(card.card), _block_outputs(definition, card, around[card.id])
        elif _is_visible(place, around):
            yield card.id, place.number, title_of(card.card), card_outputs(card)


def _is_visible(place: Place, around: Mapping[str, str]) -> bool:
    """Not out of a For Each that the other card isn't in, and not out of the other branch of an If / Else."""
    for card, block in place.around:
        if card.card == for_each.card.key and around.get(card.id) != block:
            return False
        if card.card == if_else.card.key and around.get(card.id, block) != block:
            return False
    return True


def _block_outputs(definition: Definition, card: PlacedCard, name: str) -> Named:
    declared = declared_of(card.card)
    if not isinstance(declared, Function):
        return {}
    block = next((each for each in declared.blocks if each.name == name), None)
    named = _named(block.outputs) if block else {}
    if declared is for_each.card:
        return {**named, "item": ("Item", _list_type(definition, card).item)}
    return named


def _list_type(definition: Definition, card: PlacedCard) -> OutputType:
    """The type of the list that a For Each goes through."""
    value = card.inputs.get("list")
    ref = sole_ref(value[0] if isinstance(value, list) and len(value) == 1 else value)
    found = output_type(definition, card.id, ref) if ref else OutputType(kind=Kind.LIST)
    return found or OutputType(kind=None)


def result_type(card: PlacedCard) -> OutputType | None:
    """The type of what a For Each collects; None where what was chosen is no output of a card in its block.

    Of a For Each inside only its own results can be collected: a card in it runs more than once in each turn.
    """
    within = Definition(cards=card.blocks.get("each", ()))
    ref = sole_ref(card.options.get("result", ""))
    place = next((each for each in walk(within) if ref and each.card.id == ref.card), None)
    if ref is None or place is None or any(around.card == for_each.card.key for around, _name in place.around):
        return None
    return _within(card_outputs(place.card), ref.path)


def _results(card: PlacedCard) -> OutputType:
    """One list of what was chosen inside: objects stay objects, what is a list is joined, the rest becomes texts."""
    found = result_type(card)
    if found and found.kind in {Kind.JSON, None}:
        return OutputType(kind=None)
    if found and found.kind in {Kind.OBJECT, Kind.OBJECTS}:
        return OutputType(kind=Kind.OBJECTS, inner=found.inner)
    return OutputType(kind=Kind.LIST)


def _named(cls: type[Fields]) -> Named:
    return {each.name: (each.spec.label, _type_of(each)) for each in field_types(cls)}


def _type_of(declared: FieldType) -> OutputType:
    is_object = declared.kind in {Kind.OBJECT, Kind.OBJECTS}
    return OutputType(kind=declared.kind, inner=declared.inner if is_object else None)


def _within(named: Named, path: tuple[str, ...]) -> OutputType | None:
    first, *rest = path
    if first not in named:
        return None
    _label, found = named[first]
    if not rest:
        return found
    if found.kind is Kind.OBJECT and found.inner:
        return _within(_named(found.inner), tuple(rest))
    return OutputType(kind=None) if found.kind in {Kind.JSON, None} else None


def _drawn(path: tuple[str, ...], named: Named) -> Iterator[Output]:
    for name, (label, kind) in named.items():
        card, *inside = (*path, name)
        has_inner = kind.kind is Kind.OBJECT and kind.inner
        inner = tuple(_drawn((*path, name), _named(kind.inner))) if has_inner and kind.inner else ()
        yield Output(reference=str(Ref(card=card, path=tuple(inside))), label=label, type=kind, inner=inner)
