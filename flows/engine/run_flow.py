"""One card after the other of a flow's run. The worker calls :func:`take_step` until there is nothing to do."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from flows.cards import Function
from flows.catalog import declared_of
from flows.definition import Definition, PlacedCard, read_definition
from flows.engine.claims import ClaimLost, fail, lease_end, take
from flows.engine.fill_card import Filled, fill_card
from flows.engine.given import Recorded
from flows.engine.legs import begin_leg, end_run, forget_canceled
from flows.engine.run_function import run_function
from flows.engine.run_step import run_step
from flows.engine.run_steps import RunSteps
from flows.engine.sealed_values import INPUTS, OPTIONS, seal_values
from flows.engine.stop_step import end_step, stop_step
from flows.engine.walk import Broken, Do, Held, Over, where
from flows.errors import FlowGone, WorkersKilled
from flows.models import ENDED, Run, RunState, StepRun
from kernel.clock import now
from kernel.errors import ConsoleError, to_stored
from kernel.ids import new_id

DEATHS = 5
"""A card at which so many workers ended isn't tried again: it may be what ends them."""


def take_step(run_id: UUID, leg: int) -> bool:
    """Do what comes next in the run, if it is at that leg. Whether there is more to do now.

    Safe to call again when the process of an earlier call died anywhere: a card found running is taken over with the
    next attempt, and whoever had it can record nothing more.
    """
    run = begin_leg(run_id, leg)
    if run is None:
        forget_canceled(run_id)
        return False
    if run.version is None:
        end_run(run, RunState.FAILED, to_stored(FlowGone(flow=run.flow_name)))
        return False
    definition = read_definition(run.version.definition)
    steps = RunSteps(run.pk)
    match where(definition, steps):
        case Over():
            end_run(run, RunState.COMPLETED)
        case Broken(step=step):
            end_run(run, RunState.FAILED, step.cause)
        case Do(path=path, card=card):
            return _do(run, definition, steps, path, card)
        case Held():
            pass  # the run waits with it, or another leg has begun
    return False


def _do(run: Run, definition: Definition, steps: RunSteps, path: str, card: PlacedCard | None) -> bool:
    """Run one card. True when this ended it, well or not: then the run goes on, or has a block for it."""
    known = steps.get(path)
    if known and not take(known):
        return False
    step = known or _begin(run, definition, steps, path, card)
    if step is None:
        return False
    attempt = step.attempt
    with suppress(ClaimLost):  # then somebody else goes on with the run
        if known and card and not step.phase:
            _fill_again(step, definition, steps, card)
        _go_on(step)
    step.refresh_from_db(fields=["state", "attempt"])
    return step.attempt == attempt and step.state in ENDED


def _go_on(step: StepRun) -> None:
    """:raises ClaimLost: somebody else has taken the step."""
    if step.state != RunState.RUNNING:
        return
    if step.deaths >= DEATHS:
        end_step(step, WorkersKilled(times=DEATHS))
    elif isinstance(declared_of(step.card_key), Function):
        run_function(step)
    else:
        run_step(step, stop=stop_step)


def _begin(run: Run, definition: Definition, steps: RunSteps, path: str, card: PlacedCard | None) -> StepRun | None:
    """The card's row, running; failed where its inputs can't be made. None when another process made it first."""
    if card is None:
        return None  # the trigger's row is there from the beginning
    filled = _filled(run, definition, steps, path, card)
    step_id, moment = new_id(), now()
    values: dict[str, Any] = {"state": RunState.RUNNING, "lease_until": lease_end(card.card)}
    if filled.error:
        values = {"state": RunState.FAILED, "cause": to_stored(filled.error), "ended_at": moment}
    position = run.steps.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            return StepRun.objects.create(
                id=step_id,
                run=run,
                path=path,
                position=position + 1,
                card_key=card.card,
                connection_id=filled.connection,
                sealed_options=seal_values(step_id, run.pk, OPTIONS, filled.options),
                sealed_inputs=seal_values(step_id, run.pk, INPUTS, filled.inputs),
                started_at=moment,
                **values,
            )
    except IntegrityError:
        return None


def _fill_again(step: StepRun, definition: Definition, steps: RunSteps, card: PlacedCard) -> None:
    """What a resumed card is given is made anew: nothing of it was used yet."""
    filled = _filled(step.run, definition, steps, step.path, card)
    if filled.error:
        fail(step, filled.error)
        return
    step.sealed_options = seal_values(step.pk, step.run_id, OPTIONS, filled.options)
    step.sealed_inputs = seal_values(step.pk, step.run_id, INPUTS, filled.inputs)
    step.connection_id = filled.connection
    step.save(update_fields=["sealed_options", "sealed_inputs", "connection"])


def _filled(run: Run, definition: Definition, steps: RunSteps, path: str, card: PlacedCard) -> Filled:
    try:
        return fill_card(run, card, Recorded(definition, steps, path))
    except ConsoleError as error:
        return Filled(error=error)
