"""Rename a connection, or describe it anew."""

from uuid import UUID

from django.db import IntegrityError, transaction

from access import audit
from access.actor import Actor
from connections.models import Connection
from connections.operations.managed import managed_connection
from connections.operations.nicknames import check_free, check_texts, nickname_taken, trimmed
from connections.operations.settle_status import settle_status


def edit_connection(
    actor: Actor, connection_id: UUID, *, version: int, nickname: str | None = None, description: str | None = None
) -> Connection:
    """The connection with what was given changed; the rest stays. Nothing is written when nothing differs.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not edit it.
    :raises EditStale: it isn't at that version any more.
    :raises InputRejected: NicknameTaken, or a text that can't be taken.
    """
    try:
        with transaction.atomic():
            return _edit(actor, connection_id, version, nickname, description)
    except IntegrityError:  # somebody took the nickname at the same moment
        raise nickname_taken(trimmed(nickname or "")) from None


def _edit(actor: Actor, connection_id: UUID, version: int, nickname: str | None, description: str | None) -> Connection:
    connection = managed_connection(actor, connection_id, "connection.edit", version=version)
    before = {"nickname": connection.nickname, "description": connection.description}
    if nickname is not None:
        connection.nickname = trimmed(nickname)
    if description is not None:
        connection.description = description.strip()
    check_texts(connection.nickname, connection.description)
    check_free(connection.connector, connection.nickname, but_for=connection.pk)
    difference = {
        name: [old, getattr(connection, name)] for name, old in before.items() if old != getattr(connection, name)
    }
    if not difference:
        return connection
    if connection.failure and "nickname" in connection.failure["data"]:  # its remedy names the connection
        connection.failure["data"]["nickname"] = connection.nickname
    connection.version += 1
    connection.save(update_fields=["nickname", "nickname_key", "description", "failure", "version"])
    settle_status(actor, connection)
    audit.record(
        actor,
        "connection.details_changed",
        kind="connection",
        object_id=str(connection.pk),
        name=connection.nickname,
        difference=difference,
    )
    return connection
