"""What keeps a flow from running, found before it runs. Each names the card, by its number and title, and the field."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from access.actor import Actor
from connections.models import Connection
from connections.readiness import card_readiness, state_of
from flows.cards import AnyCard, AnyEvent, Card, Event, Function
from flows.catalog import declared_of, title_of
from flows.definition import TRIGGER, Definition, Place, TriggerKind, walk
from flows.derive.field_types import Declared
from flows.errors import CardUnknown, ConnectionNotChosen, ConnectionNotUsable, FieldInvalid
from flows.field_findings import Problem, bad_references, label_of, outputs_in_literals, rejected_fields
from flows.triggers.schedule import read_schedule
from kernel.errors import ConsoleError, InputRejected


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``field`` is the field's name in the form, with a dot inside an object; empty where it is about the card."""

    card_id: str
    number: int
    title: str
    field: str
    error: ConsoleError

    def __str__(self) -> str:
        cause = self.error.cause
        return f"Card {self.number}, {cause if isinstance(self.error, FieldInvalid) else f'{self.title}: {cause}'}"


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
        problems = [*outputs_in_literals(event, trigger.options), *rejected_fields(event, trigger.options, {})]
        yield from (finding(error, name) for name, error in _invalid(event, problems))


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
    problems = [*rejected_fields(declared, card.options, card.inputs), *bad_references(definition, card, declared)]
    for name, error in _invalid(declared, problems):
        yield finding(error, name)


def _invalid(declared: Declared, problems: Iterable[Problem]) -> Iterator[tuple[str, FieldInvalid]]:
    """One error for each field: the first."""
    said: set[str] = set()
    for name, text in problems:
        if name in said:
            continue
        said.add(name)
        yield name, FieldInvalid(card=declared.title, label=label_of(declared, name), text=text)
