"""Whether an actor may do something. An unknown permission raises; whatever isn't declared is denied."""

from functools import reduce
from operator import or_
from typing import Protocol
from uuid import UUID

from access.actor import Actor
from access.models import User
from access.permissions import NONE, Reach, Role, reach_of
from kernel.errors import NotFound, NotPermitted


class Owned(Protocol):
    """What belongs to somebody and may be shared."""

    @property
    def owner_id(self) -> UUID | None: ...

    def is_shared_with(self, user: User) -> bool: ...


def reach(actor: Actor, permission: str) -> Reach:
    """Whose objects the actor's roles cover with that permission; a key has no more than its own list."""
    total = reduce(or_, (reach_of(role, permission) for role in actor.roles), NONE)
    reach_of(next(iter(actor.roles), Role.AUDITOR), permission)  # an unknown name raises for everybody
    if actor.key is not None and permission not in actor.key.permissions:
        return NONE
    return total


def may(actor: Actor, permission: str, subject: Owned | None = None) -> bool:
    """Whether the actor may do it, to that subject where there is one."""
    covered = reach(actor, permission)
    if subject is None:
        return bool(covered)
    if covered.all:
        return True
    if actor.user is None:
        return False
    return (covered.own and subject.owner_id == actor.user.pk) or (
        covered.shared and subject.is_shared_with(actor.user)
    )


def require(
    actor: Actor, permission: str, subject: Owned | None = None, *, kind: str = "connection", view: str = ""
) -> None:
    """Stop who may not.

    :param view: the permission to know of the subject, ``<kind>.view`` when left out.
    :raises NotFound: the actor may not even know of the subject. :raises NotPermitted: they may, but not do this.
    """
    if may(actor, permission, subject):
        return
    if subject is not None and not may(actor, view or f"{kind}.view", subject):
        raise NotFound(kind=kind)
    raise NotPermitted(permission=permission)
