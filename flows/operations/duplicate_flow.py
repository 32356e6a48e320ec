"""Make a copy of a flow."""

from uuid import UUID

from access import policy
from access.actor import Actor
from flows.definition import read_definition
from flows.flow_queries import visible_flow
from flows.models import Flow
from flows.operations.create_flow import create_flow
from flows.operations.keep_secrets import without_secrets
from flows.operations.managed_flow import MAX_NAME


def duplicate_flow(actor: Actor, flow_id: UUID) -> Flow:
    """The copy: the actor's own, with the draft as it is, off and not saved. Secret values have to be entered again.

    :raises NotFound: no such flow. :raises NotPermitted: the actor builds no flows, or may not copy this one.
    """
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    name = f"Copy of {flow.name}"[:MAX_NAME].strip()
    definition = without_secrets(read_definition(flow.draft))
    return create_flow(actor, name=name, description=flow.description, definition=definition)
