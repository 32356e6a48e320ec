"""Delete a flow. What it ran stays in Execution History."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.engine.flow_secrets import PURPOSE
from flows.engine.legs import cancel
from flows.models import ENDED
from flows.operations.managed_flow import managed_flow
from vault.operations.destroy_data_key import destroy_data_key


def delete_flow(actor: Actor, flow_id: UUID) -> int:
    """Its draft, versions and secrets are gone, its runs under way are canceled. Returns how many those were.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        canceled = sum(cancel(run) for run in flow.runs.exclude(state__in=ENDED))
        destroy_data_key(purpose=PURPOSE, owner=flow.pk)
        name, version = flow.name, flow.published.number if flow.published else None
        flow.delete()
        audit.record(
            actor,
            "flow.deleted",
            kind="flow",
            object_id=str(flow_id),
            name=name,
            difference={"version": version, "runs canceled": canceled},
        )
    return canceled
