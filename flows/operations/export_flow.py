"""Write a flow as JSON that another console can import."""

from typing import Any
from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from connections.models import Connection
from flows.definition import Definition, read_definition, walk
from flows.flow_queries import visible_flow
from flows.operations.keep_secrets import without_secrets

FORMAT, FORMAT_VERSION = "workflows-console-flow", 1


def export_flow(actor: Actor, flow_id: UUID) -> dict[str, Any]:
    """The draft with name and description. It holds no secret; of connections, their nicknames.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it.
    """
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    definition = without_secrets(read_definition(flow.draft))
    with transaction.atomic():
        audit.record(actor, "flow.exported", kind="flow", object_id=str(flow.pk), name=flow.name)
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": flow.name,
        "description": flow.description,
        "connections": _nicknames(definition),
        "definition": definition.to_json(),
    }


def _nicknames(definition: Definition) -> dict[str, str]:
    placed = [definition.trigger.connection, *(place.card.connection for place in walk(definition))]
    used = [each for each in placed if each]
    found = Connection.objects.filter(pk__in=used, deleted_at=None)
    return {str(pk): nickname for pk, nickname in found.values_list("pk", "nickname")}
