"""There is always somebody who can manage the people."""

from access.errors import LastAdministrator
from access.models import RoleAssignment, User
from access.permissions import Role


def keep_one_administrator(leaving: User) -> None:
    """Belongs into the transaction that takes the role, or the person, away. :raises LastAdministrator:"""
    # The rows are locked, so that two who leave at once can't each count on the other.
    rows = RoleAssignment.objects.select_for_update().filter(role=Role.ADMINISTRATOR.value, user__is_active=True)
    able = {row.user_id for row in rows.select_related("user") if not row.user.is_invited}
    if able == {leaving.pk}:
        raise LastAdministrator(email=leaving.email)
