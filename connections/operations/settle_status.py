"""Derive a connection's status anew, store it, and audit the transition."""

from functools import partial

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.extensions import tell_mended
from connections.models import Connection, Status
from connections.readiness import derive_status, state_of
from kernel.clock import now
from kernel.errors import to_stored

NEEDS_A_PERSON = (Status.NEEDS_REAUTHORIZATION, Status.BLOCKED, Status.PAUSED)


def settle_status(actor: Actor, connection: Connection) -> None:
    """Write ``status`` and its cause as readiness derives them. Called inside the transaction of what changed.

    ``actor`` is who made the change, or the console itself.
    """
    derived = derive_status(state_of(connection))
    cause = to_stored(derived.cause) if derived.cause else None
    before = connection.status
    if before == derived.status and cause == connection.status_cause:
        return
    connection.status = derived.status
    connection.status_cause = cause
    if before != derived.status:
        connection.status_since = now()
    connection.save(update_fields=["status", "status_cause", "status_since"])
    if before in NEEDS_A_PERSON and derived.status not in NEEDS_A_PERSON:
        transaction.on_commit(partial(tell_mended, connection.pk))
    if before != derived.status:
        audit.record(
            actor,
            "connection.status_changed",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"status": [before, derived.status.value], "cause": cause["code"] if cause else ""},
        )
