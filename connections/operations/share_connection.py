"""Say who may see and use a connection beside its owner."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from access.models import User, normal_email
from connections.models import Connection, Sharing
from connections.operations.managed import managed_connection
from kernel.errors import InputRejected


def share_connection(
    actor: Actor, connection_id: UUID, *, version: int, sharing: str, people: Sequence[str] = ()
) -> Connection:
    """The connection shared so. ``people`` are addresses, and count only when it is shared with chosen people.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not share it.
    :raises EditStale: it isn't at that version any more.
    :raises InputRejected: there is no such sharing, nobody is chosen, or somebody isn't there.
    """
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.share", version=version)
        chosen = _chosen(connection, sharing, people)
        before = {each.email for each in connection.shared_with.all()}
        after = {each.email for each in chosen}
        if connection.sharing == sharing and before == after:
            return connection
        difference: dict[str, object] = {"sharing": [connection.sharing, sharing]}
        difference |= _named("added", after - before) | _named("removed", before - after)
        connection.sharing = sharing
        connection.version += 1
        connection.save(update_fields=["sharing", "version"])
        connection.shared_with.set(chosen)
        audit.record(
            actor,
            "connection.sharing_changed",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference=difference,
        )
    return connection


def _named(name: str, people: set[str]) -> dict[str, object]:
    return {name: ", ".join(sorted(people))} if people else {}


def _chosen(connection: Connection, sharing: str, people: Sequence[str]) -> list[User]:
    """Whom it is shared with by name: nobody, unless people are chosen. Its owner needs no share."""
    if sharing not in Sharing.values:
        raise InputRejected(fields={"sharing": [f"Choose one of {', '.join(Sharing.values)}."]})
    if sharing != Sharing.PEOPLE:
        return []
    wanted = {normal_email(each) for each in people}
    # Who was chosen before stays, also when they may not sign in at present.
    found = User.objects.filter(email__in=wanted, is_active=True) | connection.shared_with.filter(email__in=wanted)
    chosen = {each.email: each for each in found.distinct()}
    unknown = sorted(wanted - chosen.keys())
    if unknown:
        raise InputRejected(fields={"people": [f"There is nobody here with the address {each}." for each in unknown]})
    chosen = {email: each for email, each in chosen.items() if each.pk != connection.owner_id}
    if not chosen:
        raise InputRejected(fields={"people": ["Choose at least one person beside the owner."]})
    return list(chosen.values())
