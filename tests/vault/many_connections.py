"""Connections by the thousand with real credentials, made and opened in bulk."""

import random
from uuid import UUID

from connections.models import Connection, Credential, CredentialState
from connections.operations.credentials import ACCESS_TOKEN, PURPOSE, REFRESH_TOKEN, expiry, token_context
from kernel.ids import new_id
from tests.factories import ConnectionFactory, UserFactory
from vault.cipher import KEY_ID_BYTES, Key, open_with, seal_with
from vault.models import DataKey
from vault.operations import data_keys


def make_connections(count: int) -> None:
    """So many connections of one person, each with a data key and a live credential with both tokens."""
    owner = UserFactory(administrator=True)
    connections: list[Connection] = ConnectionFactory.build_batch(count, owner=owner)
    keys, credentials = [], []
    for number, connection in enumerate(connections):
        connection.nickname_key = f"connection of many {number}"
        key, credential = _with_tokens(connection)
        keys.append(key)
        credentials.append(credential)
    Connection.objects.bulk_create(connections)
    DataKey.objects.bulk_create(keys)
    Credential.objects.bulk_create(credentials)


def _with_tokens(connection: Connection) -> tuple[DataKey, Credential]:
    row = DataKey(uuid=new_id(), purpose=PURPOSE, owner_uuid=connection.pk)
    secret = random.randbytes(32)
    row.sealed = data_keys.sealed_by_active(row, secret)
    key = Key(id=row.uuid.bytes[:KEY_ID_BYTES], secret=secret)
    credential = Credential(connection=connection, state=CredentialState.LIVE, access_expires_at=expiry(3600))
    for field in (REFRESH_TOKEN, ACCESS_TOKEN):
        sealed = seal_with(key, token_context(connection, credential, field, 1), f"{field} {connection.pk}".encode())
        setattr(credential, f"sealed_{field}", sealed)
    return row, credential


def refresh_tokens() -> dict[UUID, str]:
    """Of each connection, opened; one that doesn't open raises."""
    rows = {row.owner_uuid: row for row in DataKey.objects.filter(purpose=PURPOSE)}
    found = {}
    for credential in Credential.objects.filter(state=CredentialState.LIVE).select_related("connection"):
        find = {(key := data_keys.opened(rows[credential.connection_id])).id: key}.get
        connection, version = credential.connection, credential.refresh_token_version
        context = token_context(connection, credential, REFRESH_TOKEN, version)
        found[connection.pk] = open_with(find, context, bytes(credential.sealed_refresh_token)).decode()
    return found
