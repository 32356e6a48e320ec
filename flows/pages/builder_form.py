"""The card that is open: its options and inputs as fields, what it may refer to, and what it gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connections.models import Connection
from flows.cards import Card
from flows.catalog import declared_of
from flows.definition import TRIGGER, Definition, PlacedCard, PlacedTrigger, walk
from flows.derive.field_types import Declared, FieldType
from flows.derive.form_fields import FormField
from flows.derive.placed_fields import placed_fields
from flows.errors import FieldInvalid
from flows.mapping import incompatible
from flows.models import Run, RunState
from flows.operations.run_placed_card import tests_key
from flows.outputs import CardOutputs, Output, outputs_before, own_outputs
from flows.pages.builder_cards import Board, ShownFinding, event_of, field_text, outputs_within, owner_of
from flows.pages.builder_values import RESULT, Chip, Known
from flows.pages.listed_options import ListedOption, list_words, unlisted
from flows.references import refs_in

PAIRED = frozenset({"number", "datetime", "choice", "boolean"})
"""Two fields of these kinds stand beside each other."""
FOLDED_FROM = 3


@dataclass(frozen=True, kw_only=True)
class LastTest:
    """The newest *Test this card* of this person."""

    run: Run
    at: datetime
    words: str
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class OpenCard:
    """Rows are one field, or two beside each other. ``folded`` are optional inputs that are empty.

    ``before`` is what the picker offers. ``is_fresh``: it was just added, or nothing is filled in yet, so what is
    missing isn't held against it. ``focus`` is the field that the page begins at.
    """

    id: str
    options: tuple[tuple[FormField, ...], ...] = ()
    inputs: tuple[tuple[FormField, ...], ...] = ()
    folded: tuple[FormField, ...] = ()
    listed: tuple[ListedOption, ...] = ()
    list_words: str = ""
    summary: str = ""
    notes: str = ""
    key: str = ""
    before: tuple[CardOutputs, ...] = ()
    gives: tuple[Chip, ...] = ()
    is_fresh: bool = False
    focus: str = ""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    last_test: LastTest | None = None
    can_be_tested: bool = False
    has_conditions: bool = False

    @property
    def fields(self) -> Iterator[FormField]:
        """Every field that an error may stand beside."""
        for row in (*self.options, *self.inputs, self.folded):
            for each in row:
                yield each
                yield from each.fields


def open_card(board: Board, card_id: str, *, is_fresh: bool = False, focus: str = "") -> OpenCard | None:
    """The card of that id, or the trigger; None where there is none."""
    definition = board.definition
    placed = definition.trigger if card_id == TRIGGER else definition.find(card_id)
    if placed is None:
        return None
    is_fresh = is_fresh or not (focus or placed.options or getattr(placed, "inputs", {}))
    number, outputs = _number(definition, card_id), own_outputs(definition, card_id)
    flat = tuple(replace(each, inner=()) for each in outputs)
    opened = OpenCard(
        id=card_id,
        before=outputs_before(definition, card_id),
        gives=tuple(Known([CardOutputs(card_id=card_id, number=number, title="", outputs=flat)]).chips.values()),
        is_fresh=is_fresh,
        focus=focus,
        errors=field_errors(board.findings.get(card_id, ()), is_fresh=is_fresh),
        key=placed.card,
    )
    declared = event_of(placed) if isinstance(placed, PlacedTrigger) else declared_of(placed.card)
    return opened if declared is None else _with_fields(board, opened, placed, declared)


def _with_fields(board: Board, opened: OpenCard, placed: PlacedCard | PlacedTrigger, declared: Declared) -> OpenCard:
    inputs = placed.inputs if isinstance(placed, PlacedCard) else {}
    fields = placed_fields(declared, placed.options, inputs, opened.errors, lambda each: _outputs(opened.before, each))
    if isinstance(placed, PlacedCard) and placed.card == RESULT[0]:
        fields = tuple(_with_results(board.definition, placed, each) for each in fields)
    listed = [each for each in fields if each.kind == "listed"]
    shown, folded = _fold([each for each in fields if each.part == "inputs"], opened.is_fresh)
    connection = board.connections.get(placed.connection) if placed.connection else None
    options = unlisted(listed, connection)
    return replace(
        opened,
        options=_rows([each for each in fields if each.part == "options" and each.kind != "listed"]),
        inputs=_rows(shown),
        folded=folded,
        listed=options,
        list_words=list_words(options) if options else "",
        summary=declared.summary,
        notes=declared.notes,
        last_test=last_test(board, opened.id) if isinstance(declared, Card) else None,
        can_be_tested=isinstance(declared, Card) and connection is not None,
        has_conditions=any(each.when for each in fields),
    )


def field_errors(findings: Sequence[ShownFinding], *, is_fresh: bool) -> dict[str, list[str]]:
    """What stands beside each field."""
    errors: dict[str, list[str]] = {}
    for each in findings:
        error = each.finding.error
        if isinstance(error, FieldInvalid) and each.finding.field and not (is_fresh and _is_missing(error)):
            errors.setdefault(each.finding.field, []).append(field_text(error))
    return errors


def _is_missing(error: FieldInvalid) -> bool:
    return error.text.startswith(("Enter ", "Choose "))


def _number(definition: Definition, card_id: str) -> int:
    return next((place.number for place in walk(definition) if place.card.id == card_id), 1)


def _outputs(before: Sequence[CardOutputs], declared: FieldType) -> tuple[tuple[str, str], ...]:
    """What may be the whole value of a choice."""

    def down(outputs: Sequence[Output]) -> Iterator[str]:
        for each in outputs:
            if each.kind and not incompatible(each.type, declared, alone=True):
                yield each.reference
            yield from down(each.inner)

    chips = Known(before).chips
    fitting = [reference for giver in before for reference in down(giver.outputs)]
    return tuple((each, f"{chips[each].number} {chips[each].label}") for each in fitting)


def _with_results(definition: Definition, card: PlacedCard, field: FormField) -> FormField:
    """Result of a For Each is one of the outputs inside it."""
    if field.name != RESULT[1]:
        return field
    inside = Known(outputs_within(definition, card)).chips.values()
    choices = tuple((each.reference, f"{each.number} {each.label}") for each in inside)
    if field.value and field.value not in dict(choices):
        choices = (*choices, (field.value, ", ".join(str(ref).strip("{}") for ref in refs_in(field.value))))
    return replace(field, kind="choice", choices=choices, outputs=(), default="None")


def _rows(fields: Sequence[FormField]) -> tuple[tuple[FormField, ...], ...]:
    rows: list[tuple[FormField, ...]] = []
    for each in fields:
        before = rows[-1] if rows else ()
        if len(before) == 1 and _is_short(before[0]) and _is_short(each):
            rows[-1] = (before[0], each)
        else:
            rows.append((each,))
    return tuple(rows)


def _is_short(field: FormField) -> bool:
    return field.kind in PAIRED and not field.when


def _fold(fields: Sequence[FormField], is_fresh: bool) -> tuple[list[FormField], tuple[FormField, ...]]:
    """Optional inputs without a value go below the others, folded, where there are several and others have one."""
    folded = tuple(each for each in fields if not (each.is_required or each.value or each.errors or _always(each)))
    if is_fresh or len(folded) < FOLDED_FROM or not any(each.value or each.fields for each in fields):
        return list(fields), ()
    return [each for each in fields if each not in folded], folded


def _always(field: FormField) -> bool:
    """An object, and what a choice brings out."""
    return bool(field.fields or field.when)


def last_test(board: Board, card_id: str) -> LastTest | None:
    """The actor's own newest test of the card."""
    key = tests_key(board.flow.pk, card_id)
    run = Run.objects.filter(owner=board.actor.user, idempotency_key__startswith=key).first()
    if run is None:
        return None
    lasted = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None
    return LastTest(run=run, at=run.created_at, words=RunState(run.state).label.lower(), seconds=lasted)


def usable_connections(board: Board, connector: str) -> list[Connection]:
    """Those that a card of the flow may have: its owner may use them, and so may whoever chooses."""
    owners = Connection.objects.usable_by(owner_of(board.flow, board.actor)).filter(connector=connector)
    mine = Connection.objects.usable_by(board.actor).values("pk")
    return list(owners.filter(pk__in=mine).order_by("nickname_key"))
