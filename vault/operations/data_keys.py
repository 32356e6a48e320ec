"""A data key in clear, for the length of one call."""

import os
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.errors import VaultFailure
from kernel.ids import new_id
from vault.cipher import KEY_BYTES, KEY_ID_BYTES, Context, Key, open_with, seal_with
from vault.keyring import load_ring
from vault.models import DataKey


def _context(row: DataKey) -> Context:
    return Context(
        table="vault_datakey",
        row=str(row.uuid),
        field="sealed",
        purpose=row.purpose,
        connector="",
        subject=str(row.owner_uuid),
        version=1,
    )


def _opened(row: DataKey) -> Key:
    secret = open_with(load_ring(row.purpose).find, _context(row), bytes(row.sealed))
    return Key(id=row.uuid.bytes[:KEY_ID_BYTES], secret=secret)


def existing_data_key(purpose: str, owner: UUID) -> Key:
    """The owner's data key. :raises VaultFailure: it was destroyed, never made, or doesn't open."""
    row = DataKey.objects.filter(purpose=purpose, owner_uuid=owner).first()
    if row is None:
        raise VaultFailure
    return _opened(row)


def data_key(purpose: str, owner: UUID) -> Key:
    """The owner's data key, made when there is none; of two makers at once the first one's counts."""
    row = DataKey.objects.filter(purpose=purpose, owner_uuid=owner).first()
    if row:
        return _opened(row)
    made = DataKey(uuid=new_id(), purpose=purpose, owner_uuid=owner)
    made.sealed = seal_with(load_ring(purpose).active, _context(made), os.urandom(KEY_BYTES))
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return existing_data_key(purpose, owner)
    return _opened(made)
