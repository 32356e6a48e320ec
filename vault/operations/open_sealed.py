"""Open a sealed value."""

from itertools import count
from uuid import UUID

import structlog

from kernel.errors import VaultFailure
from vault.cipher import Context, Key, key_id_of, open_with
from vault.operations.data_keys import existing_data_key

log = structlog.get_logger(__name__)

_failures = count(1)
"""How often a value didn't open since this process began; each failure's log line holds its number."""


def open_sealed(*, purpose: str, owner: UUID, context: Context, sealed: bytes) -> bytes:
    """The plaintext. A failure is counted, and logged with key id and row only; the operation that asked audits it.

    :raises VaultFailure: the one error, whatever the reason.
    """
    try:
        key = existing_data_key(purpose, owner)

        def find(key_id: bytes) -> Key | None:
            return key if key.id == key_id else None

        return open_with(find, context, sealed)
    except VaultFailure:
        log.warning(
            "vault.cannot_open",
            key_id=key_id_of(sealed).hex(),
            table=context.table,
            row=context.row,
            failures=next(_failures),
        )
        raise VaultFailure from None
