"""Let one run leave the console as a file."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.catalog import title_of
from flows.models import Run, Trigger
from flows.queries import visible_run


def export_run(actor: Actor, run_id: UUID) -> Run:
    """The run, after the audit trail has it.

    :raises NotFound: there is none, or the actor may not know of it.
    """
    run = visible_run(actor, run_id)
    name = title_of(run.steps.get().card_key) if run.trigger == Trigger.CARD else run.flow_name
    with transaction.atomic():
        audit.record(actor, "run.exported", kind="run", object_id=str(run.pk), name=name)
    return run
