"""Sign a person out: of one session, of all others, of all."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import PersonSession, User


def end_sessions(actor: Actor, *, person: User, only: UUID | None = None, keep: str = "") -> int:
    """How many ended.

    :param only: just this one. :param keep: the key of the session that stays.
    :raises NotPermitted: they are another person's, and the actor may not manage people.
    """
    if actor.user_id != person.pk:
        policy.require(actor, "people.manage")
    rows = PersonSession.objects.filter(user=person).exclude(session_key=keep)
    if only:
        rows = rows.filter(pk=only)
    with transaction.atomic():
        ended = rows.end()
        if ended:
            about = {"kind": "person", "object_id": str(person.pk), "name": person.email}
            audit.record(actor, "person.sessions_ended", **about, difference={"sessions": ended})
    return ended
