"""The tokens of a connection, sealed and opened. Only the operations of this package come here."""

from datetime import datetime, timedelta

from connections.models import Connection, Credential
from kernel.clock import now
from vault.cipher import Context
from vault.operations.destroy_data_key import destroy_data_key
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal

PURPOSE = "connection"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  (a field's name)
ACCESS_TOKEN = "access_token"  # noqa: S105  (a field's name)


def token_context(connection: Connection, credential: Credential, field: str, version: int) -> Context:
    """A token opens only for its row, its field, its account, and the version of its value."""
    return Context(
        table="connections_credential",
        row=str(credential.pk),
        field=field,
        purpose=PURPOSE,
        connector=connection.connector,
        subject=connection.account_sub,
        version=version,
    )


def seal_token(connection: Connection, credential: Credential, field: str, version: int, token: str) -> bytes:
    context = token_context(connection, credential, field, version)
    return seal(purpose=PURPOSE, owner=connection.pk, context=context, plaintext=token.encode())


def open_refresh_token(connection: Connection, credential: Credential) -> str:
    """The refresh token in clear. :raises VaultFailure:"""
    context = token_context(connection, credential, REFRESH_TOKEN, credential.refresh_token_version)
    sealed = bytes(credential.sealed_refresh_token)
    return open_sealed(purpose=PURPOSE, owner=connection.pk, context=context, sealed=sealed).decode()


def open_access_token(connection: Connection, credential: Credential) -> str:
    """The access token in clear; there must be one. :raises VaultFailure:"""
    context = token_context(connection, credential, ACCESS_TOKEN, credential.access_token_version)
    sealed = bytes(credential.sealed_access_token or b"")
    return open_sealed(purpose=PURPOSE, owner=connection.pk, context=context, sealed=sealed).decode()


def shred_credentials(connection: Connection) -> None:
    """Destroy every token of the connection: the rows, and the key without which no copy of them opens."""
    connection.credentials.all().delete()
    destroy_data_key(purpose=PURPOSE, owner=connection.pk)


def expiry(expires_in: int) -> datetime:
    """The moment that lies so many seconds ahead."""
    return now() + timedelta(seconds=expires_in)
