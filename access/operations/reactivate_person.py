"""Let a person in again."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import User


def reactivate_person(actor: Actor, *, person: User) -> None:
    """With the password, roles and keys they had. :raises NotPermitted: the actor may not manage people."""
    policy.require(actor, "people.manage")
    with transaction.atomic():
        if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
            audit.record(actor, "person.reactivated", kind="person", object_id=str(person.pk), name=person.email)
