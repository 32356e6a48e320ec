"""Take a person's second factor away, when phone and recovery codes are lost."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.mfa import PURPOSE
from access.models import User
from vault.operations.destroy_data_key import destroy_data_key


def remove_mfa(actor: Actor, *, person: User) -> None:
    """From now on the password alone signs them in. :raises NotPermitted: the actor may not manage people."""
    policy.require(actor, "people.manage")
    with transaction.atomic():
        removed, _each = Authenticator.objects.filter(user=person).delete()
        destroy_data_key(purpose=PURPOSE, owner=person.pk)
        if removed:
            audit.record(actor, "mfa.removed", kind="person", object_id=str(person.pk), name=person.email)
