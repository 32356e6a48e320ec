"""Let a paused connection be used again."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import Connection
from connections.operations.managed import managed_connection
from connections.operations.settle_status import settle_status


def resume_connection(actor: Actor, connection_id: UUID) -> Connection:
    """The connection with the status that follows from what is known of it; as it is when it wasn't paused.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not resume it.
    """
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.pause")
        if connection.paused_at is None:
            return connection
        connection.paused_at = connection.paused_by = None
        connection.save(update_fields=["paused_at", "paused_by"])
        audit.record(
            actor, "connection.resumed", kind="connection", object_id=str(connection.pk), name=connection.nickname
        )
        settle_status(actor, connection)
    return connection
