"""Stop every use of a connection, without touching its grant."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import Connection
from connections.operations.managed import managed_connection
from connections.operations.settle_status import settle_status
from kernel.clock import now


def pause_connection(actor: Actor, connection_id: UUID) -> Connection:
    """The connection, paused from now on; as it is when it was paused before.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not pause it.
    """
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.pause")
        if connection.paused_at:
            return connection
        connection.paused_at, connection.paused_by = now(), actor.user
        connection.save(update_fields=["paused_at", "paused_by"])
        audit.record(
            actor, "connection.paused", kind="connection", object_id=str(connection.pk), name=connection.nickname
        )
        settle_status(actor, connection)
    return connection
