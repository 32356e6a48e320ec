"""Replace with…: put another connection in the place of one, wherever it is used."""

from uuid import UUID

from access.actor import Actor
from connections.extensions import replace_elsewhere
from connections.models import Connection
from connections.operations.use_connection import use_connection
from connections.queries import visible_connection
from kernel.errors import InputRejected, NotFound


def replace_uses(actor: Actor, connection_id: UUID, instead: str) -> tuple[Connection, int]:
    """The other connection, and in how many flows it was put: those that the actor may edit, whose owner may use it.

    :raises NotFound: the actor may not know of the connection.
    :raises InputRejected: the other one is none that they may use, or is another connector's.
    """
    old = visible_connection(actor, connection_id)
    try:
        new = use_connection(actor, UUID(instead))
    except (ValueError, NotFound):
        raise InputRejected(fields={"instead": ["Choose a connection that you may use."]}) from None
    if new.pk == old.pk or new.connector != old.connector:
        raise InputRejected(fields={"instead": [f"Choose another connection than {old.nickname}."]})
    return new, replace_elsewhere(actor, old, new)
