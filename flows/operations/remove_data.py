"""Make everything unreadable that passed through some runs. The runs themselves stay."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.engine.sealed_values import destroy_values


def remove_data(actor: Actor, run_ids: Collection[UUID], *, why: Mapping[str, str]) -> None:
    """Destroy the runs' data keys and empty their rows; ``why`` goes into the audit trail."""
    with transaction.atomic():
        destroy_values(run_ids)
        audit.record(
            actor, "run.data_removed", kind="run", object_id="", name="", difference={"runs": len(run_ids), **why}
        )
