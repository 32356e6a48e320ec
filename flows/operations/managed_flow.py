"""A flow that somebody is about to change."""

from uuid import UUID

from access import policy
from access.actor import Actor
from flows.definition import is_writable
from flows.models import Flow
from kernel.errors import EditStale, InputRejected, NotFound

MAX_NAME, MAX_DESCRIPTION = 100, 1000


def managed_flow(actor: Actor, flow_id: UUID, permission: str = "flow.edit", *, edit: int | None = None) -> Flow:
    """The flow, its row locked until the caller's transaction ends.

    :raises NotFound: there is none that the actor may know of. :raises NotPermitted: they may not do this with it.
    :raises EditStale: the draft has another number of edits than the actor saw.
    """
    flow = Flow.objects.select_for_update(of=("self",)).select_related("published").filter(pk=flow_id).first()
    if flow is None:
        raise NotFound(kind="flow")
    policy.require(actor, permission, flow, kind="flow")
    if edit is not None and edit != flow.edit:
        raise EditStale
    return flow


def checked_texts(name: str, description: str) -> tuple[str, str]:
    """Both as they are kept. :raises InputRejected: one of them is missing, too long, or can't be shown."""
    name, description = " ".join(name.split()), description.strip()
    fields: dict[str, list[str]] = {}
    if not name:
        fields["name"] = ["Enter a name for the flow."]
    elif len(name) > MAX_NAME:
        fields["name"] = [f"Use at most {MAX_NAME} characters; these are {len(name)}."]
    elif not name.isprintable():
        fields["name"] = ["Leave out characters that can't be shown."]
    if len(description) > MAX_DESCRIPTION:
        fields["description"] = [f"Use at most {MAX_DESCRIPTION} characters; these are {len(description)}."]
    elif not is_writable(description):
        fields["description"] = ["Leave out characters that can't be shown."]
    if fields:
        raise InputRejected(fields=fields)
    return name, description
