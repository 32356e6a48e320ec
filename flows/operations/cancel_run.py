"""Cancel a run."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.engine.legs import cancel
from flows.errors import NothingToCancel
from flows.models import Run, Trigger
from flows.queries import visible_run


def cancel_run(actor: Actor, run_id: UUID) -> Run:
    """The run, canceled. A card under way ends and is recorded: a mail that was sent was sent. No other one runs.

    :raises NotFound: the actor may not know of the run. :raises NotPermitted: they may not cancel it.
    :raises NothingToCancel: it has ended, or is no flow's.
    """
    run = visible_run(actor, run_id)
    policy.require(actor, "run.resolve", run, kind="run")
    with transaction.atomic():
        if run.trigger == Trigger.CARD or not cancel(run):
            raise NothingToCancel
        audit.record(actor, "run.canceled", kind="run", object_id=str(run.pk), name=run.flow_name)
    return visible_run(actor, run_id)
