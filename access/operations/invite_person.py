"""Invite a person: they are there at once, and can sign in when they have set a password by their link."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from access import audit, policy
from access.actor import Actor
from access.models import RoleAssignment, User, normal_email
from access.operations.create_person import check_address, check_name, refuse
from access.operations.links import NewLink, new_link
from access.permissions import Role
from kernel.errors import InputRejected


def invite_person(actor: Actor, *, email: str, name: str, roles: Iterable[Role]) -> NewLink:
    """The link to hand over.

    :raises NotPermitted: the actor may not manage people.
    :raises InputRejected: the address is none, or is somebody's already.
    """
    policy.require(actor, "people.manage")
    chosen = list(dict.fromkeys(roles))
    person = User(email=normal_email(email), name=" ".join(name.split()))
    refuse({"email": check_address(person), "name": check_name(person)})
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            RoleAssignment.objects.bulk_create([RoleAssignment(user=person, role=role.value) for role in chosen])
            audit.record(
                actor,
                "person.invited",
                kind="person",
                object_id=str(person.pk),
                name=person.email,
                difference={"roles": sorted(role.value for role in chosen)},
            )
            return new_link(person)
    except IntegrityError:
        raise InputRejected(fields={"email": [f"{person.email} is in this console already."]}) from None
