"""Give a person a new password, which ends every session of theirs."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import User
from access.operations.create_person import check_person


def set_password(actor: Actor, *, person: User, password: str) -> None:
    """Sessions end because each is bound to the password it was begun with.

    :raises NotPermitted: the actor may not manage people. :raises InputRejected: the password is too weak.
    """
    policy.require(actor, "people.manage")
    check_person(person, password)
    person.set_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        audit.record(actor, "person.password_set", kind="person", object_id=str(person.pk), name=person.email)
