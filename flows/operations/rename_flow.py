"""Give a flow another name or description."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.models import Flow
from flows.operations.managed_flow import checked_texts, managed_flow
from kernel.clock import now


def rename_flow(actor: Actor, flow_id: UUID, *, name: str, description: str) -> Flow:
    """The flow. Nothing is written when nothing differs.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    :raises InputRejected: the name or description can't be taken.
    """
    name, description = checked_texts(name, description)
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        before = {"name": flow.name, "description": flow.description}
        after = {"name": name, "description": description}
        if before == after:
            return flow
        flow.name, flow.description, flow.changed_at = name, description, now()
        flow.save(update_fields=["name", "description", "changed_at"])
        difference = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
        audit.record(actor, "flow.renamed", kind="flow", object_id=str(flow.pk), name=name, difference=difference)
        return flow
