"""Delete a connection: its tokens become unreadable at once, and its grant ends if nothing else shares it."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from connections.errors import ConnectionDeleted, ConnectionInUse
from connections.extensions import remove_data_elsewhere, uses_of
from connections.models import Connection, ConsentAttempt, Outcome, Revocation, RevocationState, nickname_key
from connections.operations.credentials import shred_credentials
from connections.operations.revoke_outbox import put_in_outbox, send_revocation
from kernel.clock import now
from kernel.errors import NotFound, to_stored
from vault.operations.destroy_data_key import destroy_data_key


def delete_connection(
    actor: Actor, connection_id: UUID, *, confirmation: str = "", tells_google: bool = True
) -> Revocation:
    """What became of the grant at Google. What is left of the connection holds no secret.

    ``confirmation`` is the nickname, asked for when something uses the connection. Google is told after the
    tokens are gone here: at once, or, when it can't be reached or ``tells_google`` is off, by the worker.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not delete it.
    :raises ConnectionInUse: it is used, and the confirmation isn't its nickname.
    """
    with transaction.atomic():
        connection = _locked(actor, connection_id)
        uses = uses_of(connection.pk)
        if uses and nickname_key(confirmation) != connection.nickname_key:
            raise ConnectionInUse(
                nickname=connection.nickname,
                places=[use.title for use in uses],
                waiting_runs=sum(use.waiting_runs for use in uses),
            )
        revocation = put_in_outbox(connection)
        shred_credentials(connection)
        _end_attempts(connection)
        connection.facts.all().delete()
        emptied = remove_data_elsewhere(actor, connection.pk, connection.nickname)
        connection.deleted_at, connection.deleted_by = now(), actor.user
        connection.save(update_fields=["deleted_at", "deleted_by"])
        audit.record(
            actor,
            "connection.deleted",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={
                "account": connection.account_email,
                "grant": revocation.get_state_display(),
                "uses": len(uses),
                "runs emptied": emptied,
            },
        )
    if tells_google and revocation.state == RevocationState.WAITING:
        return send_revocation(actor, revocation)
    return revocation


def _locked(actor: Actor, connection_id: UUID) -> Connection:
    """The connection, with all that hold its grant locked: of two deleted at once, the second sees no sibling."""
    seen = Connection.objects.filter(pk=connection_id, deleted_at=None).first()
    if seen is None:
        raise NotFound(kind="connection")
    holders = Connection.objects.filter(client_id=seen.client_id, account_sub=seen.account_sub, deleted_at=None)
    found = {each.pk: each for each in holders.select_for_update().order_by("pk")}
    if connection_id not in found:
        raise NotFound(kind="connection")
    policy.require(actor, "connection.delete", found[connection_id])
    return found[connection_id]


def _end_attempts(connection: Connection) -> None:
    """Authorizations under way for it come to nothing, wherever they are."""
    open_ones = ConsentAttempt.objects.filter(connection=connection, outcome__in=[Outcome.PENDING, Outcome.STAGED])
    for attempt in open_ones.select_for_update():
        attempt.outcome, attempt.sealed_verifier = Outcome.FAILED, None
        attempt.failure = to_stored(ConnectionDeleted(nickname=connection.nickname))
        attempt.save(update_fields=["outcome", "failure", "sealed_verifier"])
        destroy_data_key(purpose="consent", owner=attempt.pk)
