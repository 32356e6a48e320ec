"""Derive a connection's status anew, store it, and audit the transition."""

from access import audit
from access.actor import Actor
from connections.models import Connection
from connections.readiness import derive_status, state_of
from kernel.clock import now
from kernel.errors import to_stored


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
    if before != derived.status:
        audit.record(
            actor,
            "connection.status_changed",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"status": [before, derived.status.value], "cause": cause["code"] if cause else ""},
        )
