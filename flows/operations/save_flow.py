"""Save a flow: its draft becomes the version that runs."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.definition import read_definition
from flows.models import FlowVersion
from flows.operations.managed_flow import managed_flow
from flows.operations.placed_connections import place_connections
from flows.operations.switch_flow import require_no_findings
from flows.triggers.arm import arm


def save_flow(actor: Actor, flow_id: UUID, *, edit: int, saves_data: bool | None = None) -> FlowVersion:
    """The version that is published now. A draft that is saved already gives the same version again.

    Runs under way go on with theirs. ``saves_data`` is *Save all data that passes through the flow*, kept where None.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    :raises EditStale: somebody changed the draft after the actor saw it. :raises FlowHasFindings: the flow is on, and
        would be with a version that can't run.
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id, edit=edit)
        difference: dict[str, object] = {}
        if saves_data is not None and saves_data != flow.saves_data:
            difference["saves data"] = [flow.saves_data, saves_data]
            flow.saves_data = saves_data
        if flow.published is None or flow.saved_edit != flow.edit:
            draft = read_definition(flow.draft)
            if flow.is_on:
                require_no_findings(flow, draft)
            number = flow.versions.values_list("number", flat=True).first() or 0
            flow.published = FlowVersion.objects.create(
                flow=flow, number=number + 1, definition=flow.draft, created_by=actor.user
            )
            flow.saved_edit = flow.edit
            place_connections(flow, draft, flow.published)
            difference["version"] = flow.published.number
        if difference:
            flow.save(update_fields=["saves_data", "published", "saved_edit"])
            audit.record(
                actor, "flow.saved", kind="flow", object_id=str(flow.pk), name=flow.name, difference=difference
            )
            if flow.is_on:
                arm(flow)
        return flow.published
