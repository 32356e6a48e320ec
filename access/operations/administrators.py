"""There is always somebody who can manage the people."""

from access.errors import LastAdministrator
from access.models import RoleAssignment, User
from access.permissions import Role


def keep_one_administrator(leaving: User) -> None:
    """Belongs into the transaction that takes the role, or the person, away. :raises LastAdministrator:"""
    # The rows are locked, so that two who leave at once can't each count on the other. Theirs alone and in order: each
    # of the two holds the row of one person already.
    rows = RoleAssignment.objects.select_for_update(of=("self",)).order_by("pk")
    held = rows.filter(role=Role.ADMINISTRATOR.value, user__is_active=True).select_related("user")
    able = {row.user_id for row in held if not row.user.is_invited}
    if able == {leaving.pk}:
        raise LastAdministrator(email=leaving.email)
