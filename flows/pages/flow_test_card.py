"""Test one card of a flow: a field for each output that it uses, the card's own values, and the result."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from access.actor import Actor, actor_of
from flows.cards import AnyCard
from flows.definition import TRIGGER, Definition, PlacedCard, read_definition
from flows.derive.field_types import Kind
from flows.derive.placed_fields import typed_text
from flows.engine.sealed_values import OPTIONS, OUTPUTS, open_values
from flows.errors import ConnectionNotChosen
from flows.models import Flow, Run, RunState, StepRun
from flows.operations.run_placed_card import placed_action, run_placed_card, tests_key
from flows.outputs import OutputType, output_type, outputs_before
from flows.pages.builder_cards import board_of
from flows.pages.builder_changes import back_to, editable_flow
from flows.pages.builder_values import Chip, Known, lines_of
from flows.pages.flow_run_form import RunField
from flows.pages.shown_values import shown_outputs
from flows.queries import visible_run
from flows.references import Ref, refs_in
from kernel.errors import ConsoleError, InputRejected, NotFound, from_stored
from kernel.ids import new_id

_CONTROLS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.DATETIME: "datetime",
    Kind.CHOICE: "text",
    Kind.LIST: "list",
    Kind.FILE: "text",
}
_JSON_KINDS = {Kind.OBJECT, Kind.OBJECTS, Kind.JSON}


@login_required
@require_http_methods(["GET", "POST"])
def test_flow_card(request: HttpRequest, flow_id: UUID, card_id: str) -> HttpResponse:
    """Show the card with what it was given last, or run it."""
    actor = actor_of(request)
    flow = editable_flow(actor, flow_id)
    definition = read_definition(flow.draft)
    card, _declared = placed_action(definition, card_id)
    if request.method != "POST":
        known = _known_values(actor, flow, definition, card)
        return _page(request, actor, flow, card_id, values=known, run=_shown_run(actor, flow, request, card_id))
    sent = {name: "\n".join(values).replace("\r\n", "\n") for name, values in request.POST.lists()}
    typed = {str(ref): sent.get(str(ref), "") for ref in references_of(card)}
    try:
        given = _given(definition, card, typed)
        once = _once(sent.get("once", "") or new_id().hex, given)
        run = run_placed_card(actor, flow_id, card_id, given=given, once=once)
    except (InputRejected, ConnectionNotChosen) as problem:
        return _page(request, actor, flow, card_id, values=typed, problem=problem)
    return back_to_test(flow_id, card_id, run)


def back_to_test(flow_id: UUID, card_id: str, run: Run) -> HttpResponse:
    response = back_to(flow_id)
    response.headers["Location"] = reverse("test_flow_card", args=[flow_id, card_id], query={"run": run.pk})
    return response


def references_of(card: PlacedCard) -> tuple[Ref, ...]:
    """The outputs that the card uses, each once, in the order of its fields."""
    found = (ref for values in (card.options, card.inputs) for value in values.values() for ref in refs_in(value))
    return tuple({str(ref): ref for ref in found}.values())


def _once(once: str, given: Mapping[str, Any]) -> str:
    """The same for the same form with the same entries; who changes something gets another run."""
    return hashlib.sha256(json.dumps([once, given], sort_keys=True).encode()).hexdigest()


def _given(definition: Definition, card: PlacedCard, typed: Mapping[str, str]) -> dict[str, Any]:
    """Plain values. :raises InputRejected: one is no JSON."""
    errors: dict[str, list[str]] = {}
    given: dict[str, Any] = {}
    for ref in references_of(card):
        text, found = typed[str(ref)], output_type(definition, card.id, ref)
        try:
            given[str(ref)] = _plain(text, found.kind if found else None)
        except ValueError:
            errors[str(ref)] = ["Enter JSON, as the card would give it."]
    if errors:
        raise InputRejected(fields=errors)
    return given


def _plain(text: str, kind: Kind | None) -> Any:
    if not text.strip():
        return None
    if kind is Kind.LIST:
        return text.split("\n")
    if kind is Kind.BOOLEAN:
        return text == "yes"
    if kind in _JSON_KINDS:
        return json.loads(text)
    return text


# ------------------------------------------------------------------ what earlier cards gave last


def _known_values(actor: Actor, flow: Flow, definition: Definition, card: PlacedCard) -> dict[str, str]:
    """What each output was when its card was tested last, or when the flow ran last with its data saved."""
    outputs: dict[str, Mapping[str, Any]] = {}
    values: dict[str, str] = {}
    for ref in references_of(card):
        if ref.card not in outputs:
            outputs[ref.card] = _last_outputs(actor, flow, ref.card)
        found = output_type(definition, card.id, ref)
        value = _at(outputs[ref.card], ref.path)
        if found and value is not None and found.kind is not Kind.FILE:
            values[str(ref)] = typed_text(value)
    return values


def _last_outputs(actor: Actor, flow: Flow, card_id: str) -> Mapping[str, Any]:
    mine = Run.objects.filter(owner=actor.user, data_removed_at=None)
    steps = StepRun.objects.filter(state=RunState.COMPLETED, sealed_outputs__isnull=False).order_by("-started_at")
    of_tests = steps.filter(run__in=mine, run__idempotency_key__startswith=tests_key(flow.pk, card_id)).first()
    of_runs = steps.filter(run__in=mine, run__flow=flow, run__saves_data=True, path=card_id).first()
    step = of_tests if card_id != TRIGGER and of_tests else of_runs
    return open_values(step, OUTPUTS) if step else {}


def _at(values: Any, path: Sequence[str]) -> Any:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


# ------------------------------------------------------------------ the page


def _shown_run(actor: Actor, flow: Flow, request: HttpRequest, card_id: str) -> Run | None:
    """The test that the address names. :raises NotFound: it is none of this card's, or somebody else's."""
    text = request.GET.get("run", "")
    if not text:
        return None
    try:
        run = visible_run(actor, UUID(text))
    except ValueError:
        raise NotFound(kind="run") from None
    if run.owner_id != actor.user_id or not run.idempotency_key.startswith(tests_key(flow.pk, card_id)):
        raise NotFound(kind="run")
    return run


def _page(
    request: HttpRequest,
    actor: Actor,
    flow: Flow,
    card_id: str,
    *,
    values: Mapping[str, str],
    run: Run | None = None,
    problem: ConsoleError | None = None,
) -> HttpResponse:
    definition = read_definition(flow.draft)
    card, declared = placed_action(definition, card_id)
    board = board_of(actor, flow, definition, may_edit=True)
    known = Known(outputs_before(definition, card_id))
    errors = dict(problem.fields) if isinstance(problem, InputRejected) else {}
    fields = [
        replace(
            _field(known.chip(ref), output_type(definition, card_id, ref)),
            value=values.get(str(ref), ""),
            errors=tuple(errors.get(str(ref), ())),
        )
        for ref in references_of(card)
    ]
    rejected = _rejected(run) if run else None
    texts = {**errors, **(rejected.fields if rejected else {})}
    names = {each.name for each in fields}
    context = {
        "flow": flow,
        "card": card,
        "declared": declared,
        "shown": next(each for each in board.every_card if each.id == card_id),
        "lines": lines_of(declared, card.options, card.inputs, known),
        "fields": fields,
        "problems": [text for name, each in texts.items() if name not in names for text in each],
        "problem": problem if not isinstance(problem, InputRejected) else None,
        "once": new_id().hex,
        **(_result(declared, run) if run else {}),
    }
    return render(request, "flows/builder/test_card.html", context, status=problem.status if problem else 200)


def _field(chip: Chip, found: OutputType | None) -> RunField:
    """The field for an output, by its kind."""
    kind = found.kind if found else None
    control = "json" if kind in _JSON_KINDS else _CONTROLS.get(kind or Kind.TEXT, "text")
    about = {"list": "One a line.", "json": "As JSON."}.get(control, "")
    label = f"{chip.number} {chip.label}"
    return RunField(name=chip.reference, label=label, kind=control, is_required=False, help=about)


def _rejected(run: Run) -> InputRejected | None:
    """What the card itself found wrong with its inputs."""
    error = from_stored(run.cause) if run.state == RunState.FAILED and run.cause else None
    return error if isinstance(error, InputRejected) else None


def _result(declared: AnyCard, run: Run) -> dict[str, Any]:
    """How the test went, and what the card gave."""
    step = run.steps.get()
    is_kept = run.data_removed_at is None and step.sealed_outputs is not None
    return {
        "run": run,
        "step": step,
        "error": from_stored(run.cause) if run.cause else None,
        "outputs": shown_outputs(declared, open_values(step, OPTIONS), open_values(step, OUTPUTS)) if is_kept else None,
    }
