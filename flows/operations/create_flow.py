"""Make a flow."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.definition import Definition, read_definition
from flows.models import Flow
from flows.operations.keep_secrets import with_sealed_secrets
from flows.operations.managed_flow import checked_texts
from flows.operations.placed_connections import place_connections


def create_flow(
    actor: Actor, *, name: str, description: str = "", definition: Definition | None = None, event: str = "flow.created"
) -> Flow:
    """A flow of the actor's, with that draft or an empty one. It isn't saved yet, so it can't run.

    :param event: how the audit trail calls it.
    :raises NotPermitted: the actor builds no flows. :raises InputRejected: the name or
        description can't be taken, or the definition is more than a flow may hold.
    """
    policy.require(actor, "flow.edit")
    definition = read_definition(definition.to_json()) if definition else Definition()
    name, description = checked_texts(name, description)
    with transaction.atomic():
        flow = Flow.objects.create(name=name, description=description, owner=actor.person, draft={})
        draft = with_sealed_secrets(flow.pk, definition)
        flow.draft = draft.to_json()
        flow.save(update_fields=["draft"])
        place_connections(flow, draft)
        audit.record(actor, event, kind="flow", object_id=str(flow.pk), name=flow.name)
    return flow
