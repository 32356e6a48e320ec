"""What an actor may do with connections that they see, asked for many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from access import policy
from access.actor import Actor
from connections.models import Connection


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Each is one of the permissions ``connection.…``."""

    edit: bool = False
    share: bool = False
    pause: bool = False
    delete: bool = False
    check: bool = False
    reauthorize: bool = False

    def __bool__(self) -> bool:
        return self.edit or self.share or self.pause or self.delete


def rights_of(actor: Actor, connection: Connection) -> Rights:
    return rights_by_id(actor, [connection])[connection.pk]


def rights_by_id(actor: Actor, connections: Collection[Connection]) -> dict[UUID, Rights]:
    """The rights for each connection, with at most one query for each permission."""
    allowed = {name: _allowed(actor, f"connection.{name}", connections) for name in Rights.__dataclass_fields__}
    return {each.pk: Rights(**{name: each.pk in ids for name, ids in allowed.items()}) for each in connections}


def _allowed(actor: Actor, permission: str, connections: Collection[Connection]) -> set[UUID]:
    reach = policy.reach(actor, permission)
    if reach.all:
        return {each.pk for each in connections}
    if reach.shared:
        reachable = Connection.objects.reachable(actor, permission)
        return set(reachable.filter(pk__in=[each.pk for each in connections]).values_list("pk", flat=True))
    return {each.pk for each in connections if reach.own and each.owner_id == actor.user_id}
