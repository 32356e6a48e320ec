"""Change a flow's draft. Every change is kept at once, and can be undone."""

from uuid import UUID

from django.db import transaction

from access.actor import Actor
from flows.definition import Definition, read_definition
from flows.models import DraftEdit, Flow
from flows.operations.keep_secrets import with_sealed_secrets
from flows.operations.managed_flow import managed_flow
from flows.operations.placed_connections import place_connections
from kernel.clock import now

UNDOABLE = 50


def edit_flow(actor: Actor, flow_id: UUID, *, edit: int, definition: Definition, what: str) -> Flow:
    """The flow with that draft; what is saved, and so runs, stays. Nothing is written when nothing differs.

    :param what: the change in words, such as ``Send Email added``.
    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    :raises EditStale: somebody changed the draft after the actor saw it.
    :raises InputRejected: this is more than a flow may hold, such as a card too many.
    """
    definition = read_definition(definition.to_json())
    with transaction.atomic():
        flow = managed_flow(actor, flow_id, edit=edit)
        draft = with_sealed_secrets(flow.pk, definition)
        if draft.to_json() == flow.draft:
            return flow
        DraftEdit.objects.create(flow=flow, before=flow.draft, what=what[:200])
        _forget_old(flow)
        return set_draft(flow, draft)


def set_draft(flow: Flow, draft: Definition) -> Flow:
    """Store the draft of a locked flow as its next edit."""
    flow.draft, flow.edit, flow.changed_at = draft.to_json(), flow.edit + 1, now()
    flow.save(update_fields=["draft", "edit", "changed_at"])
    place_connections(flow, draft)
    return flow


def _forget_old(flow: Flow) -> None:
    kept = list(flow.edits.values_list("pk", flat=True)[:UNDOABLE])
    flow.edits.exclude(pk__in=kept).delete()
