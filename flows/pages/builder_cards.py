"""The cards of a flow as the builder draws them: one above the other, with their blocks, connections and findings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from access.actor import Actor
from connections.extensions import Connector, get_connector
from connections.models import Connection
from connections.rights import Rights, rights_by_id
from flows.cards import AnyCard, AnyEvent, Card, Event, Function
from flows.catalog import connector_of, declared_of, title_of
from flows.definition import TRIGGER, Definition, Place, PlacedCard, PlacedTrigger, TriggerKind, walk
from flows.errors import FieldInvalid
from flows.findings import Finding, definition_findings, readiness_findings
from flows.functions import for_each
from flows.models import Flow
from flows.outputs import CardOutputs, outputs_before, own_outputs
from flows.pages.builder_values import Known, Line, lines_of
from flows.pages.card_looks import look_of
from flows.triggers.schedule import read_schedule, words
from kernel.errors import InputRejected

FEW_LINES = 5
NO_FILE = "Choose a file that isn't empty."


def owner_of(flow: Flow, actor: Actor) -> Actor:
    """With whose rights the flow runs."""
    return Actor(user=flow.owner, via=actor.via)


@dataclass(frozen=True, kw_only=True)
class ShownFinding:
    """``text`` says it in a line beside its card; ``is_readiness`` where it is about the connection."""

    finding: Finding
    text: str
    is_readiness: bool = False

    @property
    def short(self) -> str:
        """Within a sentence."""
        return self.text.removesuffix(".")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A card's connection, None where none is chosen or the actor may not see it.

    ``is_usable``: the flow's owner may use it. ``rights`` are the actor's, None where they may not open its pages.
    """

    connector: Connector
    connection: Connection | None
    is_chosen: bool
    is_usable: bool
    is_ready: bool
    rights: Rights | None

    @property
    def is_visible(self) -> bool:
        return self.rights is not None


@dataclass(frozen=True, kw_only=True)
class ShownBlock:
    """A place for cards within a card. ``place`` is where a card added first in it would be."""

    title: str
    place: str
    cards: tuple["ShownCard", ...]


@dataclass(frozen=True, kw_only=True)
class ShownCard:
    """``kind`` says in words what it is; ``bar`` is None for what has no connection."""

    id: str
    number: int
    title: str
    kind: str
    icon: str
    bar: Bar | None
    note: str
    findings: tuple[ShownFinding, ...]
    lines: tuple[Line, ...] = ()
    more_lines: int = 0
    says: str = ""
    blocks: tuple[ShownBlock, ...] = ()
    is_first: bool = False
    is_last: bool = False

    @property
    def readiness(self) -> list[ShownFinding]:
        return [each for each in self.findings if each.is_readiness]

    @property
    def errors(self) -> list[ShownFinding]:
        return [each for each in self.findings if not each.is_readiness]


@dataclass(kw_only=True)
class Board:
    """All that the cards are drawn from."""

    actor: Actor
    flow: Flow
    definition: Definition
    may_edit: bool
    connections: Mapping[UUID, Connection]
    usable: frozenset[UUID]
    rights: Mapping[UUID, Rights]
    findings: Mapping[str, tuple[ShownFinding, ...]]

    @cached_property
    def trigger(self) -> ShownCard:
        return _trigger(self)

    @cached_property
    def cards(self) -> tuple[ShownCard, ...]:
        numbers = {place.card.id: place for place in walk(self.definition)}
        return _row(self, self.definition.cards, numbers)

    @property
    def every_card(self) -> Iterator["ShownCard"]:
        """The trigger, the cards, and those in their blocks, in the order of the page."""
        yield self.trigger
        yield from _every(self.cards)

    @property
    def every_finding(self) -> list[ShownFinding]:
        return [each for findings in self.findings.values() for each in findings]

    def bar(self, declared: AnyCard | AnyEvent, placed: PlacedCard | PlacedTrigger, card_id: str) -> Bar:
        connection = self.connections.get(placed.connection) if placed.connection else None
        is_usable = connection is not None and connection.pk in self.usable
        return Bar(
            connector=get_connector(connector_of(declared.key)),
            connection=connection,
            is_chosen=placed.connection is not None,
            is_usable=is_usable,
            is_ready=is_usable and not any(each.is_readiness for each in self.findings.get(card_id, ())),
            rights=self.rights.get(connection.pk) if connection else None,
        )


def board_of(actor: Actor, flow: Flow, definition: Definition, *, may_edit: bool) -> Board:
    """The cards of that definition, with what is known of their connections now."""
    owner = owner_of(flow, actor)
    places = [definition.trigger.connection, *(place.card.connection for place in walk(definition))]
    wanted = {each for each in places if each}
    visible = list(Connection.objects.visible_to(actor).filter(pk__in=wanted))
    usable = list(Connection.objects.usable_by(owner).filter(pk__in=wanted))
    return Board(
        actor=actor,
        flow=flow,
        definition=definition,
        may_edit=may_edit,
        connections={each.pk: each for each in (*visible, *usable)},
        usable=frozenset(each.pk for each in usable),
        rights=rights_by_id(actor, visible),
        findings=_findings(definition, owner),
    )


def _findings(definition: Definition, owner: Actor) -> dict[str, tuple[ShownFinding, ...]]:
    found: dict[str, list[ShownFinding]] = defaultdict(list)
    about = [(each, False) for each in definition_findings(definition)]
    about += [(each, True) for each in readiness_findings(owner, definition)]
    for finding, is_readiness in sorted(about, key=lambda each: each[0].number):
        found[finding.card_id].append(ShownFinding(finding=finding, text=_text(finding), is_readiness=is_readiness))
    return {card_id: tuple(findings) for card_id, findings in found.items()}


def _text(finding: Finding) -> str:
    error = finding.error
    return f"{error.label}: {field_text(error)}" if isinstance(error, FieldInvalid) else error.title


def field_text(error: FieldInvalid) -> str:
    """What is wrong with a field. A file isn't chosen here: its content is a text or an output."""
    return "Enter a text, or use an output." if error.text == NO_FILE else error.text


def _row(board: Board, cards: Sequence[PlacedCard], places: Mapping[str, Place]) -> tuple[ShownCard, ...]:
    last = len(cards) - 1
    return tuple(_card(board, each, places, is_first=at == 0, is_last=at == last) for at, each in enumerate(cards))


def _card(board: Board, card: PlacedCard, places: Mapping[str, Place], *, is_first: bool, is_last: bool) -> ShownCard:
    declared = declared_of(card.card)
    known = Known((*outputs_before(board.definition, card.id), *outputs_within(board.definition, card)))
    lines = [] if declared is None else lines_of(declared, card.options, card.inputs, known)
    kind, icon = _look(declared)
    return ShownCard(
        id=card.id,
        number=places[card.id].number,
        title=title_of(card.card) or "Unknown card",
        kind=kind,
        icon=icon,
        bar=board.bar(declared, card, card.id) if isinstance(declared, Card) else None,
        note=card.note,
        findings=board.findings.get(card.id, ()),
        blocks=tuple(_blocks(board, card, declared, places)),
        is_first=is_first,
        is_last=is_last,
        **_few(lines, board.may_edit),
    )


def outputs_within(definition: Definition, card: PlacedCard) -> tuple[CardOutputs, ...]:
    """What the cards in a For Each give, which it may collect."""
    if card.card != for_each.card.key:
        return ()
    numbers = {place.card.id: place.number for place in walk(definition)}
    return tuple(
        CardOutputs(
            card_id=place.card.id,
            number=numbers[place.card.id],
            title=title_of(place.card.card),
            outputs=own_outputs(definition, place.card.id),
        )
        for place in walk(Definition(cards=card.blocks.get("each", ())))
        if not any(around.card == for_each.card.key for around, _name in place.around)
    )


def _few(lines: Sequence[Line], may_edit: bool) -> dict[str, Any]:
    """Who can't open a card sees all of it closed."""
    if not may_edit or len(lines) <= FEW_LINES:
        return {"lines": tuple(lines)}
    return {"lines": tuple(lines[:FEW_LINES]), "more_lines": len(lines) - FEW_LINES}


def _look(declared: AnyCard | AnyEvent | Function | None) -> tuple[str, str]:
    if isinstance(declared, Card):
        look = look_of(declared)
        return f"{get_connector(connector_of(declared.key)).title}, action card, {look.words}", look.icon
    if isinstance(declared, Event):
        return f"{get_connector(connector_of(declared.key)).title}, event card", "clock"
    return ("Function", "function") if declared else ("This console has no such card", "unknown")


def _blocks(board: Board, card: PlacedCard, declared: Any, places: Mapping[str, Place]) -> Iterable[ShownBlock]:
    titles = {each.name: each.title for each in declared.blocks} if isinstance(declared, Function) else {}
    for name in (*titles, *(each for each in card.blocks if each not in titles)):
        yield ShownBlock(
            title=titles.get(name, name),
            place=f"{card.id}.{name}",
            cards=_row(board, card.blocks.get(name, ()), places),
        )


def _every(cards: Iterable[ShownCard]) -> Iterator[ShownCard]:
    for each in cards:
        yield each
        for block in each.blocks:
            yield from _every(block.cards)


_TRIGGER_ICONS = {TriggerKind.NOW: "run", TriggerKind.SCHEDULE: "calendar", TriggerKind.API: "code"}


def _trigger(board: Board) -> ShownCard:
    trigger = board.definition.trigger
    event = event_of(trigger)
    kind, icon = _look(event) if event else ("Starts the flow", _TRIGGER_ICONS.get(trigger.kind, "unknown"))
    lines = lines_of(event, trigger.options, {}, Known(())) if event else []
    return ShownCard(
        id=TRIGGER,
        number=1,
        title=title_of(trigger.card if trigger.kind is TriggerKind.EVENT else f"trigger.{trigger.kind}"),
        kind=kind,
        icon=icon,
        bar=board.bar(event, trigger, TRIGGER) if event else None,
        note=trigger.note,
        findings=board.findings.get(TRIGGER, ()),
        says=_says(trigger, board.definition.time_zone),
        **_few(lines, board.may_edit),
    )


def event_of(trigger: PlacedTrigger) -> AnyEvent | None:
    """The event that starts the flow; None where something else does, or there is no such event any more."""
    declared = declared_of(trigger.card) if trigger.kind is TriggerKind.EVENT else None
    return declared if isinstance(declared, Event) else None


def _says(trigger: PlacedTrigger, time_zone: str) -> str:
    """When it starts the flow, in a sentence."""
    match trigger.kind:
        case TriggerKind.SCHEDULE:
            try:
                return f"{words(read_schedule(trigger.schedule), time_zone)}."
            except InputRejected:
                return "At set times."
        case TriggerKind.API:
            return f"When another system calls the flow’s address{_with(trigger)}."
        case TriggerKind.EVENT:
            return ""
        case _:
            return f"When somebody chooses Run{_with(trigger)}."


def _with(trigger: PlacedTrigger) -> str:
    labels = [each.label for each in trigger.fields]
    return f", with {', '.join(labels)}" if labels else ""
