"""A data key in clear, for the length of one call; and as a row, sealed by the ring."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kernel.errors import VaultFailure
from kernel.ids import new_id
from vault.cipher import KEY_BYTES, KEY_ID_BYTES, Context, Key, key_id_of, open_with, seal_with
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


def opened(row: DataKey) -> Key:
    """The row's data key. :raises VaultFailure: no key of the ring opens it."""
    secret = open_with(load_ring(row.purpose).find, _context(row), bytes(row.sealed))
    return Key(id=row.uuid.bytes[:KEY_ID_BYTES], secret=secret)


def sealed_by_active(row: DataKey, secret: bytes) -> bytes:
    """A data key as it stands in its row, under the key that is active at this moment."""
    return seal_with(load_ring(row.purpose).active, _context(row), secret)


def existing_data_key(purpose: str, owner: UUID) -> Key:
    """The owner's data key. :raises VaultFailure: it was destroyed, never made, or doesn't open."""
    row = DataKey.objects.filter(purpose=purpose, owner_uuid=owner).first()
    if row is None:
        raise VaultFailure
    return opened(row)


def data_key(purpose: str, owner: UUID) -> Key:
    """The owner's data key, made when there is none; of two makers at once the first one's counts."""
    row = DataKey.objects.filter(purpose=purpose, owner_uuid=owner).first()
    if row:
        return opened(row)
    made = DataKey(uuid=new_id(), purpose=purpose, owner_uuid=owner)
    secret = os.urandom(KEY_BYTES)
    made.sealed = sealed_by_active(made, secret)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            # From the insert on whoever counts the rows of a key waits for this one: see no_new_data_keys.
            if key_id_of(made.sealed) != load_ring(purpose).active.id:
                made.sealed = sealed_by_active(made, secret)
                made.save(update_fields=["sealed"])
    except IntegrityError:
        return existing_data_key(purpose, owner)
    return opened(made)


@contextmanager
def no_new_data_keys() -> Iterator[None]:
    """Wait for those that are being made to be committed, and let nobody make one meanwhile.

    Whoever made one before is counted here; whoever makes one afterwards reads the ring again, with what was
    changed in it before. So a row can neither stay behind on a key nor come to one that was just destroyed.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite has one writer, and whoever is in here is it
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE vault_datakey IN SHARE ROW EXCLUSIVE MODE")
        yield
