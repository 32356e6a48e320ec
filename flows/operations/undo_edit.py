"""Take back the last change of a flow's draft."""

from uuid import UUID

from django.db import transaction

from access.actor import Actor
from flows.definition import read_definition
from flows.errors import NothingToUndo
from flows.models import Flow
from flows.operations.edit_flow import set_draft
from flows.operations.managed_flow import managed_flow


def undo_edit(actor: Actor, flow_id: UUID, *, edit: int) -> tuple[Flow, str]:
    """The flow with the draft as it was before, and what was undone in words. Each call goes one change further back.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    :raises EditStale: somebody changed the draft after the actor saw it. :raises NothingToUndo:
    """
    with transaction.atomic():
        flow = managed_flow(actor, flow_id, edit=edit)
        last = flow.edits.first()
        if last is None:
            raise NothingToUndo
        what = last.what
        set_draft(flow, read_definition(last.before))
        last.delete()
        return flow, what
