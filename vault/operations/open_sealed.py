"""Open a sealed value."""

import structlog
from uuid import UUID

from kernel.errors import VaultFailure
from vault.cipher import Context, Key, key_id_of, open_with
from vault.operations.data_keys import existing_data_key

log = structlog.get_logger(__name__)


def open_sealed(*, purpose: str, owner: UUID, context: Context, sealed: bytes) -> bytes:
    """The plaintext. Every failure is logged with key id and row only.

    :raises VaultFailure: the one error, whatever the reason.
    """
    try:
        key = existing_data_key(purpose, owner)

        def find(key_id: bytes) -> Key | None:
            return key if key.id == key_id else None

        return open_with(find, context, sealed)
    except VaultFailure:
        log.warning("vault.cannot_open", key_id=key_id_of(sealed).hex(), table=context.table, row=context.row)
        raise VaultFailure from None
