"""What an actor may do with connections that they see, asked for many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from access import policy
from access.actor import Actor
from access.permissions import Role, reach_of
from connections.errors import ConnectionPaused
from connections.models import Connection
from kernel.errors import ConsoleError, Fixer


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


def mends_as(actor: Actor, error: ConsoleError, connection: Connection) -> str:
    """As what the actor may apply a remedy here themselves, in words; empty where they may not, or it isn't known."""
    permission = _permission_to_mend(error)
    if not permission or not policy.may(actor, permission, connection):
        return ""
    if connection.owner_id == actor.user_id:
        return "the owner of the connection"
    reaches = {role: reach_of(role, permission) for role in Role if role in actor.roles}
    # They may, and not as the owner: any share that a role asks for is there.
    role = min((each for each in reaches if reaches[each].shared), key=lambda each: not reaches[each].all)
    return f"{'an' if role[0] in 'AO' else 'a'} {role}"


def _permission_to_mend(error: ConsoleError) -> str:
    """Empty for what isn't mended here by those who look after the connection."""
    if error.fixer is not Fixer.CONNECTION_MANAGER:
        return ""
    if isinstance(error, ConnectionPaused):
        return "connection.pause"
    return "connection.reauthorize" if error.reauthorizing_helps else ""
