"""Make a new one-time link for a person: their invitation again, or a way to a new password."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import User
from access.operations.links import NewLink, new_link
from kernel.errors import InputRejected


def renew_link(actor: Actor, *, person: User) -> NewLink:
    """The link to hand over; earlier ones end. Until it is used the password stays.

    :raises NotPermitted: the actor may not manage people. :raises InputRejected: the person is deactivated.
    """
    policy.require(actor, "people.manage")
    if not person.is_active:
        raise InputRejected(fields={"person": ["Reactivate them first: a deactivated person can't sign in."]})
    with transaction.atomic():
        link = new_link(person)
        about = {"kind": "person", "object_id": str(person.pk), "name": person.email}
        audit.record(actor, "one_time_link.made", **about, difference={"for": link.purpose.label})
    return link
