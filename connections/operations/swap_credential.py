"""The switch of a reauthorization: the staged credential takes the place of the live one, in one transaction."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from access import audit
from access.actor import Actor
from connections.errors import ConnectionBlocked, NewGrantGone
from connections.extensions import short_scope
from connections.models import Connection, ConsentAttempt, Credential, CredentialState, Outcome
from connections.operations.attempts import attempt_of
from connections.operations.managed import managed_connection
from connections.operations.new_grant import record_grant
from connections.operations.settle_status import settle_status
from kernel.clock import now
from kernel.errors import EditStale, from_stored


def swap_credential(actor: Actor, attempt_id: UUID, *, instead_of: UUID | None) -> ConsentAttempt:
    """Use the grant that the actor's own reauthorization has staged.

    ``instead_of`` is the live credential that the actor compared it with, or nothing where there was none.

    :raises NotFound: no such attempt or connection. :raises NotPermitted: they may not reauthorize it any more.
    :raises NewGrantGone: too late. :raises EditStale: somebody else has reauthorized it since.
    """
    with transaction.atomic():
        connection, attempt = staged_attempt(actor, attempt_id)
        if live_credential_id(connection) != instead_of:
            raise EditStale
        switch(actor, connection, attempt)
    return attempt


def staged_attempt(actor: Actor, attempt_id: UUID) -> tuple[Connection, ConsentAttempt]:
    """Both rows, locked; the connection's first, as everywhere. :raises NewGrantGone: nothing is staged any more."""
    seen = attempt_of(actor, attempt_id)
    if seen.connection_id is None:
        raise NewGrantGone
    connection = managed_connection(actor, seen.connection_id, "connection.reauthorize")
    attempt = attempt_of(actor, attempt_id, lock=True)
    if attempt.outcome != Outcome.STAGED or attempt.expires_at <= now():
        raise NewGrantGone
    return connection, attempt


def live_credential_id(connection: Connection) -> UUID | None:
    """Which credential is in use."""
    found: UUID | None = connection.credentials.filter(state=CredentialState.LIVE).values_list("pk", flat=True).first()
    return found


def switch(actor: Actor, connection: Connection, attempt: ConsentAttempt) -> None:
    """Within the caller's transaction, which has locked the connection. A refresh under way with the old credential
    finds it retired, and is let go (get_access_token).
    """
    Credential.objects.filter(connection=connection, state=CredentialState.LIVE).update(
        state=CredentialState.RETIRED,
        sealed_refresh_token=b"",
        sealed_access_token=None,
        version=F("version") + 1,
        lease=None,
        lease_until=None,
    )
    staged = Credential.objects.filter(consent_attempt=attempt, state=CredentialState.STAGED)
    if not staged.update(state=CredentialState.LIVE) or attempt.proof is None:
        raise NewGrantGone
    before = list(connection.granted_scopes)
    _take_over(connection, attempt, attempt.proof)
    grant = record_grant(connection, attempt.user, before=before)
    attempt.outcome, attempt.staged = Outcome.SUCCEEDED, None
    attempt.proof |= {"added": grant.added, "removed": grant.removed}
    attempt.save(update_fields=["outcome", "staged", "proof"])
    audit.record(
        actor,
        "connection.reauthorized",
        kind="connection",
        object_id=str(connection.pk),
        name=connection.nickname,
        difference={
            "account": connection.account_email,
            "added": [short_scope(scope) for scope in grant.added],
            "removed": [short_scope(scope) for scope in grant.removed],
        },
    )
    settle_status(actor, connection)


def _take_over(connection: Connection, attempt: ConsentAttempt, proof: dict[str, object]) -> None:
    """What the connection is from now on. Its failure ended with the old grant, unless the new one meets it too."""
    error = from_stored(proof["error"]) if proof["error"] else None  # type: ignore[arg-type]  # as stage_credential wrote it
    connection.requested_scopes = attempt.scopes
    connection.granted_scopes = proof["granted"]
    connection.scope_mode = attempt.form["scope_mode"]
    connection.grant_expires_at = (
        datetime.fromisoformat(str(proof["grant_ends_at"])) if proof["grant_ends_at"] else None
    )
    connection.account_email = str(proof["email"])
    connection.account_hosted_domain = str(proof["hosted_domain"])
    connection.account_type = str(proof["account_type"])
    connection.account_picture = str(proof["picture"])
    connection.client_id = settings.GOOGLE_CLIENT_ID
    connection.failure = proof["error"] if isinstance(error, ConnectionBlocked) else None
    connection.last_checked_at = datetime.fromisoformat(str(proof["proven_at"]))
    connection.version += 1
    connection.save()
