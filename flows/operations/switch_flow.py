"""Turn a flow on or off."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from flows.definition import Definition, read_definition
from flows.errors import FlowHasFindings, NotSaved
from flows.findings import definition_findings
from flows.models import Flow
from flows.operations.managed_flow import managed_flow
from flows.triggers.arm import arm, disarm


def switch_flow(actor: Actor, flow_id: UUID, *, on: bool) -> Flow:
    """The flow, whose trigger starts runs while it is on. What runs already goes on when it is turned off.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    :raises NotSaved: there is no version that could run. :raises FlowHasFindings: the saved version can't run.
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id)
        if flow.is_on == on:
            return flow
        if on:
            require_runnable(flow)
        flow.is_on = on
        flow.save(update_fields=["is_on"])
        arm(flow) if on else disarm(flow)
        event = "flow.switched_on" if on else "flow.switched_off"
        audit.record(actor, event, kind="flow", object_id=str(flow.pk), name=flow.name)
        return flow


def require_runnable(flow: Flow) -> None:
    """:raises NotSaved: the flow was never saved. :raises FlowHasFindings: what is saved can't run."""
    if flow.published is None:
        raise NotSaved(flow=flow.name)
    require_no_findings(flow, read_definition(flow.published.definition))


def require_no_findings(flow: Flow, definition: Definition) -> None:
    """:raises FlowHasFindings: the flow can't run with that definition."""
    findings = definition_findings(definition)
    if findings:
        raise FlowHasFindings(flow=flow.name, findings=[str(each) for each in findings])
