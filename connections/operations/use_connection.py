"""Pick a connection to run a card with."""

from uuid import UUID

from access.actor import Actor
from connections.models import Connection
from kernel.errors import NotFound


def use_connection(actor: Actor, connection_id: UUID) -> Connection:
    """The connection, when the actor owns it or it is shared with them, whatever their role.

    :raises NotFound: there is none that they may use.
    """
    connection = Connection.objects.usable_by(actor).filter(pk=connection_id).first()
    if connection is None:
        raise NotFound(kind="connection")
    return connection
