"""Hand a connection to another person."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor, Via
from access.models import User, normal_email
from connections.models import Connection
from connections.operations.managed import managed_connection
from kernel.errors import InputRejected


def change_owner(actor: Actor, connection_id: UUID, *, version: int, owner: str) -> Connection:
    """The connection with the person of that address as its owner. Who it is shared with stays.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not hand it on.
    :raises EditStale: it isn't at that version any more.
    :raises InputRejected: there is no such person, or they could not see it.
    """
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.share", version=version)
        person = _owner_to_be(owner)
        if person.pk == connection.owner_id:
            return connection
        before = connection.owner.email
        connection.owner = person
        connection.version += 1
        connection.save(update_fields=["owner", "version"])
        connection.shared_with.remove(person)
        audit.record(
            actor,
            "connection.owner_changed",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"owner": [before, person.email]},
        )
    return connection


def _owner_to_be(email: str) -> User:
    person = User.objects.filter(email=normal_email(email), is_active=True).first()
    if person is None:
        raise InputRejected(fields={"owner": [f"There is nobody here with the address {email}."]})
    if not policy.may(Actor(user=person, via=Via.CONSOLE), "connection.view"):
        raise InputRejected(fields={"owner": [f"{person} has no role that lets them see connections."]})
    return person
