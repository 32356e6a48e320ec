"""Google said something about a connection that a person has to mend."""

from uuid import UUID

from django.db import transaction

from access.actor import Actor
from connections.errors import ConnectionBlocked
from connections.models import Connection, Credential, CredentialState
from connections.operations.settle_status import settle_status
from kernel.errors import ConsoleError, ReauthorizationNeeded, to_stored


def report_failure(connection_id: UUID, error: ConsoleError, *, credential_id: UUID | None = None) -> None:
    """Keep the failure with the connection and derive its status. A passing failure changes nothing, nor does one
    that arrives after the connection was deleted.

    ``credential_id`` is the credential that failed, where it is known: what befell one that isn't in use any more
    says nothing about the connection.

    :raises ValueError: the error isn't one that a person mends, so it can't be a status.
    """
    if not isinstance(error, (ReauthorizationNeeded, ConnectionBlocked)):
        raise ValueError(error.code)  # noqa: TRY004  (the code is wrong here, not the type)
    with transaction.atomic():
        connection = Connection.objects.select_for_update().filter(pk=connection_id, deleted_at=None).first()
        if connection is None or (credential_id and not _is_live(credential_id)):
            return
        connection.failure = to_stored(error)
        connection.save(update_fields=["failure"])
        settle_status(Actor.console(), connection)


def _is_live(credential_id: UUID) -> bool:
    return Credential.objects.filter(pk=credential_id, state=CredentialState.LIVE).exists()
