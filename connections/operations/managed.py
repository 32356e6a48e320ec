"""A connection that somebody is about to change."""

from uuid import UUID

from access import policy
from access.actor import Actor
from connections.models import Connection
from kernel.errors import EditStale, NotFound


def managed_connection(actor: Actor, connection_id: UUID, permission: str, *, version: int | None = None) -> Connection:
    """The connection, its row locked until the caller's transaction ends.

    :raises NotFound: there is none that the actor may know of. :raises NotPermitted: they may not do this with it.
    :raises EditStale: it has another version than the actor saw.
    """
    connection = Connection.objects.select_for_update().filter(pk=connection_id, deleted_at=None).first()
    if connection is None:
        raise NotFound(kind="connection")
    policy.require(actor, permission, connection)
    if version is not None and version != connection.version:
        raise EditStale
    return connection
