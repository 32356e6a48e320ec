"""Give a person, or oneself, a new password, which ends every other session."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import PersonSession, User
from access.operations.create_person import check_person


def set_password(actor: Actor, *, person: User, password: str, keep: str = "") -> None:
    """Sessions end, because each is bound to the password it was begun with.

    :param keep: the key of the session that stays in the list; its page binds it to the new password.
    :raises NotPermitted: it is another person's, and the actor may not manage people.
    :raises InputRejected: the password is too weak.
    """
    if actor.user_id != person.pk:
        policy.require(actor, "people.manage")
    check_person(person, password)
    person.set_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        PersonSession.objects.filter(user=person).exclude(session_key=keep).end()
        audit.record(actor, "person.password_set", kind="person", object_id=str(person.pk), name=person.email)
