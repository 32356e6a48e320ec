"""Resume from this card: a failed run goes on where it failed."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.catalog import title_of
from flows.definition import read_definition
from flows.engine.legs import next_leg
from flows.engine.run_steps import RunSteps
from flows.engine.walk import Broken, where
from flows.errors import NothingToResume
from flows.models import Phase, Run, RunState, StepRun
from flows.queries import visible_run
from kernel.clock import now
from kernel.errors import from_stored


def resume_run(actor: Actor, run_id: UUID) -> Run:
    """The run, queued. Cards that have run aren't repeated, and the failed one checks everything anew.

    A failed card has done nothing at Google, or its error says so; a mail that may have left waits for a decision
    instead of failing.

    :raises NotFound: the actor may not know of the run. :raises NotPermitted: they may not resume it.
    :raises NothingToResume: it didn't fail, is no flow's, or what passed through it is gone.
    """
    run = visible_run(actor, run_id)
    policy.require(actor, "run.resolve", run, kind="run")
    with transaction.atomic():
        step = _failed(run)
        if step is None or not next_leg(run, RunState.FAILED):
            raise NothingToResume
        title = from_stored(step.cause).title if step.cause else ""
        StepRun.objects.filter(pk=step.pk, state=RunState.FAILED).update(
            state=RunState.QUEUED,
            phase=Phase.NONE,
            marker="",
            draft_id="",
            dispatches=0,
            tries=0,
            deaths=0,
            cause=None,
            ended_at=None,
            note=f"{actor.name} resumed it on {now():%Y-%m-%d at %H:%M} UTC, after: {title}.",
        )
        audit.record(
            actor,
            "run.resumed",
            kind="run",
            object_id=str(run.pk),
            name=run.flow_name,
            difference={"card": title_of(step.card_key)},
        )
    return visible_run(actor, run_id)


def _failed(run: Run) -> StepRun | None:
    """The card at which the run failed."""
    if run.version is None or run.data_removed_at or run.state != RunState.FAILED:
        return None
    found = where(read_definition(run.version.definition), RunSteps(run.pk))
    return found.step if isinstance(found, Broken) else None
