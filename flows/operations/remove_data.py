"""Make everything unreadable that passed through some runs. The runs themselves stay."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.engine.sealed_values import PURPOSE
from flows.models import Run, StepRun
from kernel.clock import now
from vault.operations.destroy_data_key import destroy_data_key


def remove_data(actor: Actor, run_ids: Collection[UUID], *, why: Mapping[str, str]) -> None:
    """Destroy the runs' data keys and empty their rows; ``why`` goes into the audit trail."""
    with transaction.atomic():
        for run_id in run_ids:
            destroy_data_key(purpose=PURPOSE, owner=run_id)
        StepRun.objects.filter(run__in=run_ids).update(sealed_options=b"", sealed_inputs=b"", sealed_outputs=None)
        Run.objects.filter(pk__in=run_ids).update(data_removed_at=now())
        audit.record(
            actor, "run.data_removed", kind="run", object_id="", name="", difference={"runs": len(run_ids), **why}
        )
