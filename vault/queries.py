"""What hangs on the root keys. Never a bit of a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BinaryField, Count, QuerySet
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

from vault.cipher import KEY_ID_BYTES, MAGIC
from vault.keyring import KeyState, load_ring, load_rings
from vault.models import DataKey

SEALED_BY = Substr("sealed", len(MAGIC) + 3, KEY_ID_BYTES, output_field=BinaryField())
"""The id of the root key that sealed a data key; it stands in the head of what was sealed (vault/cipher.py)."""


@dataclass(frozen=True, kw_only=True)
class RootKey:
    """A key of the ring, and how many data keys it has sealed."""

    id: bytes
    purpose: str
    state: KeyState
    created_at: datetime
    data_keys: int


def root_keys() -> list[RootKey]:
    """Every key of every ring. :raises ImproperlyConfigured: the ring can't be used."""
    counts = _counts()
    return [
        RootKey(
            id=key.id,
            purpose=purpose,
            state=key.state,
            created_at=key.created_at,
            data_keys=counts.get((purpose, key.id), 0),
        )
        for purpose, ring in sorted(load_rings().items())
        for key in ring.keys
    ]


def data_keys_behind(purpose: str) -> QuerySet[DataKey]:
    """Data keys of that purpose that another than its active key has sealed."""
    return DataKey.objects.filter(purpose=purpose).exclude(Exact(SEALED_BY, load_ring(purpose).active.id))


def _counts() -> Mapping[tuple[str, bytes], int]:
    found = DataKey.objects.values_list("purpose", SEALED_BY).annotate(count=Count("pk")).order_by()
    return {(purpose, bytes(root)): count for purpose, root, count in found}
