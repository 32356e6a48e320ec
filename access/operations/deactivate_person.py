"""Let a person in no longer. What they own stays theirs."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import OneTimeLink, PersonSession, User
from access.operations.administrators import keep_one_administrator


def deactivate_person(actor: Actor, *, person: User) -> None:
    """They are signed out everywhere; their links end, and their API keys do nothing.

    :raises NotPermitted: the actor may not manage people.
    :raises LastAdministrator: nobody else could manage people then.
    """
    policy.require(actor, "people.manage")
    with transaction.atomic():
        keep_one_administrator(person)
        if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
            return
        PersonSession.objects.filter(user=person).end()
        OneTimeLink.objects.filter(user=person).delete()
        audit.record(actor, "person.deactivated", kind="person", object_id=str(person.pk), name=person.email)
