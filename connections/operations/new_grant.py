"""What Google gave at a consent: kept sealed and in the history, or given back."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from access.models import User
from connections.google.consent import Tokens
from connections.google.identity import Identity
from connections.google.tokens import revoke
from connections.models import Connection, Credential, CredentialState, Grant
from connections.operations.credentials import ACCESS_TOKEN, REFRESH_TOKEN, expiry, seal_token
from connections.operations.revoke_outbox import put_refused_in_outbox
from kernel.errors import TryLater
from kernel.ids import new_id


def grant_ends_at(tokens: Tokens) -> datetime | None:
    """When the grant itself ends, where it is limited in time."""
    return expiry(tokens.grant_expires_in) if tokens.grant_expires_in else None


def seal_credential(
    connection: Connection, tokens: Tokens, state: CredentialState, *, access_token_version: int = 1
) -> Credential:
    """The tokens as a row of their own, sealed under the connection's key."""
    credential = Credential(id=new_id(), connection=connection, state=state, access_token_version=access_token_version)
    credential.sealed_refresh_token = seal_token(connection, credential, REFRESH_TOKEN, 1, tokens.refresh_token)
    credential.sealed_access_token = seal_token(
        connection, credential, ACCESS_TOKEN, access_token_version, tokens.access_token
    )
    credential.access_expires_at = expiry(tokens.expires_in)
    credential.save(force_insert=True)
    return credential


def record_grant(connection: Connection, by: User, *, before: Iterable[str]) -> Grant:
    """The consent's row in the connection's history, with what it added to the scopes before and took from them."""
    earlier = list(before)
    return Grant.objects.create(
        connection=connection,
        requested=connection.requested_scopes,
        granted=connection.granted_scopes,
        added=[scope for scope in connection.granted_scopes if scope not in earlier],
        removed=[scope for scope in earlier if scope not in connection.granted_scopes],
        by=by,
        account_sub=connection.account_sub,
        account_email=connection.account_email,
        expires_at=connection.grant_expires_at,
    )


def discard_grant(connector: str, tokens: Tokens, identity: Identity) -> None:
    """Revoke a grant that nothing here uses; while Google can't be reached it waits in the outbox.

    A connection's grant is the same grant and would die with it.
    """
    holders = Connection.objects.filter(client_id=settings.GOOGLE_CLIENT_ID, account_sub=identity.sub, deleted_at=None)
    if holders.exists():
        return
    try:
        revoke(tokens.refresh_token)
    except TryLater:
        put_refused_in_outbox(connector, identity, tokens.refresh_token)
