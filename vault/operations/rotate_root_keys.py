"""Give every purpose a new root key, and move every data key to it. What is sealed under data keys stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.errors import VaultFailure
from vault.errors import RingNotWritable
from vault.keyring import load_rings
from vault.models import DataKey
from vault.operations.data_keys import no_new_data_keys, opened, sealed_by_active
from vault.queries import data_keys_behind
from vault.ring_file import begin_rotation, finish_rotation

BATCH = 100


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """``moved`` data keys by this call, all ``verified`` ones afterwards; ``failed`` are ids of rows that don't open.

    ``is_new`` is false where this call went on with an earlier one, or with keys that somebody put into the ring.
    """

    is_new: bool
    moved: int
    verified: int
    failed: tuple[str, ...]


def rotate_root_keys(progress: Callable[[int, int], None] = lambda _done, _total: None) -> Rotated:
    """Add an active key to each ring where its file may be written, then move and verify every data key.

    It may be cut short anywhere, and be called again: a rotation that isn't over goes on. Everything opens
    meanwhile, since the ring keeps the keys before. With a ring that can't be written, data keys move to the keys
    that are active in it by now.

    :param progress: told how many of how many were moved, after each batch.
    :raises RingNotWritable: no key can be added, and none of the data keys is on another than the active one.
    """
    is_new = _begin()
    with no_new_data_keys():
        pass  # whoever was making one may have taken the key before; now it is there to be moved
    moved = _move_all(progress)
    verified, failed = _verify()
    if is_new is not None:
        finish_rotation(Path(settings.VAULT_KEY_RING_FILE))
    return Rotated(is_new=bool(is_new), moved=moved, verified=verified, failed=failed)


def _begin() -> bool | None:
    """Whether the ring got new keys by this call; None where it can't be written. :raises RingNotWritable:"""
    rings = load_rings()  # what is no ring is said before anything is changed
    try:
        if settings.VAULT_KEY_RING_FILE:
            return begin_rotation(Path(settings.VAULT_KEY_RING_FILE))
        refusal = RingNotWritable(place="VAULT_KEY_RING", reason="it is in the environment")
    except OSError as error:
        refusal = RingNotWritable(place=settings.VAULT_KEY_RING_FILE, reason=str(error.strerror))
    if any(data_keys_behind(purpose).exists() for purpose in rings):
        return None
    raise refusal


def _move_all(progress: Callable[[int, int], None]) -> int:
    """Until a pass finds nothing more to move: what was changed while one went by is met by the next."""
    moved, total = 0, sum(data_keys_behind(purpose).count() for purpose in load_rings())
    while total:
        before = moved
        for purpose in load_rings():
            last = UUID(int=0)
            while rows := list(data_keys_behind(purpose).filter(pk__gt=last).order_by("pk")[:BATCH]):
                moved += sum(_move(row) for row in rows)
                last = rows[-1].pk
                progress(moved, total)
        if moved == before:
            break
    return moved


def _move(row: DataKey) -> bool:
    """By compare-and-swap: who destroyed or moved the row meanwhile has won. A row that doesn't open stays."""
    try:
        sealed = sealed_by_active(row, opened(row).secret)
    except VaultFailure:
        return False
    return bool(DataKey.objects.filter(pk=row.pk, sealed=row.sealed).update(sealed=sealed))


def _verify() -> tuple[int, tuple[str, ...]]:
    """How many data keys open, and the ids of those that don't."""
    verified, failed = 0, []
    for row in DataKey.objects.order_by("pk").iterator(chunk_size=BATCH):
        try:
            opened(row)
        except VaultFailure:
            failed.append(str(row.pk))
        else:
            verified += 1
    return verified, tuple(failed)
