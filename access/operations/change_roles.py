"""Say anew which roles a person holds."""

from collections.abc import Iterable

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import RoleAssignment, User
from access.operations.administrators import keep_one_administrator
from access.permissions import Role


def change_roles(actor: Actor, *, person: User, roles: Iterable[Role]) -> None:
    """Exactly these roles from now on; nothing is recorded when they are the same.

    :raises NotPermitted: the actor may not manage people.
    :raises LastAdministrator: nobody else could manage people then.
    """
    policy.require(actor, "people.manage")
    wanted = {role.value for role in roles}
    with transaction.atomic():
        # One change at a time. Without its key: the audit entry of somebody else may refer to this person meanwhile.
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        held = set(RoleAssignment.objects.filter(user=person).values_list("role", flat=True))
        if wanted == held:
            return
        if Role.ADMINISTRATOR.value in held - wanted:
            keep_one_administrator(person)
        RoleAssignment.objects.filter(user=person, role__in=held - wanted).delete()
        RoleAssignment.objects.bulk_create([RoleAssignment(user=person, role=role) for role in wanted - held])
        audit.record(
            actor,
            "person.roles_changed",
            kind="person",
            object_id=str(person.pk),
            name=person.email,
            difference={"roles": [sorted(held), sorted(wanted)]},
        )
