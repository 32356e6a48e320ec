"""Seal a value for one owner."""

from uuid import UUID

from vault.cipher import Context, seal_with
from vault.operations.data_keys import data_key


def seal(*, purpose: str, owner: UUID, context: Context, plaintext: bytes) -> bytes:
    """The plaintext sealed under the owner's data key, bound to the context."""
    return seal_with(data_key(purpose, owner), context, plaintext)
