"""Settle a send whose outcome nobody but a person can know."""

from enum import StrEnum
from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.catalog import get_card
from flows.engine.claims import claim, complete
from flows.engine.legs import next_leg
from flows.engine.run_step import run_step
from flows.errors import NothingToDecide
from flows.models import Phase, Run, RunState, StepRun, Trigger
from flows.queries import visible_run
from kernel.clock import now
from kernel.errors import InputRejected


class Choice(StrEnum):
    SENT = "sent"
    SEND_AGAIN = "send_again"


def decide_outcome(actor: Actor, run_id: UUID, decision: str) -> Run:
    """*It was sent* ends the card; *Send again* looks once more, then sends what wasn't sent. A flow goes on.

    Of two who decide at once, the first one's counts.

    :raises NotFound: the actor may not know of the run. :raises NotPermitted: they may not decide.
    :raises NothingToDecide: it doesn't wait for a decision. :raises InputRejected: no such decision.
    """
    run = visible_run(actor, run_id)
    policy.require(actor, "run.resolve", run, kind="run")
    if decision not in set(Choice):
        raise InputRejected(fields={"decision": ["Choose sent or send_again."]})
    step = _decide(actor, run, Choice(decision))
    if decision == Choice.SEND_AGAIN and run.trigger == Trigger.CARD:
        run_step(step)
    return visible_run(actor, run_id)


def _decide(actor: Actor, run: Run, choice: Choice) -> StepRun:
    with transaction.atomic():
        step = run.steps.select_related("run__owner").filter(state=RunState.WAITING, phase=Phase.UNKNOWN).first()
        if step is None or not claim(step):
            run.refresh_from_db()
            raise NothingToDecide(state=run.state)
        words = "It was sent" if choice is Choice.SENT else "Send again"
        note = f"{actor.name} chose “{words}” on {now():%Y-%m-%d at %H:%M} UTC."
        if choice is Choice.SENT:
            complete(step, None, note)
        else:
            StepRun.objects.filter(pk=step.pk).update(note=note)
            step.note = note
        if run.trigger != Trigger.CARD:
            _go_on(step)
        audit.record(
            actor,
            "run.outcome_decided",
            kind="run",
            object_id=str(run.pk),
            name=get_card(step.card_key).title,
            difference={"decision": choice.value},
        )
    return step


def _go_on(step: StepRun) -> None:
    """The worker takes the flow's run up where it was decided."""
    sending_again = StepRun.objects.filter(pk=step.pk, state=RunState.RUNNING)
    sending_again.update(state=RunState.QUEUED, lease_until=None, deaths=0)
    next_leg(Run.objects.get(pk=step.run_id), RunState.RUNNING)
