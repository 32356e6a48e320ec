"""What a person had to mend about a connection has been mended."""

from typing import Any
from uuid import UUID

from django.db import transaction

from access.actor import Actor
from connections.models import Connection
from connections.operations.settle_status import settle_status


def clear_failure(actor: Actor, connection_id: UUID, *, disproved: dict[str, Any] | None) -> None:
    """Forget the failure that a call to Google or a new consent has disproved, and derive the status anew.

    ``disproved`` is ``connection.failure`` as it was before that call. One that was reported since stays: the
    call may have been answered before it came about. Joins the transaction of what changed, where there is one.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        if connection.failure is None or connection.failure != disproved:
            return
        connection.failure = None
        connection.save(update_fields=["failure"])
        settle_status(actor, connection)
