"""Open everything that is sealed, and say what doesn't open."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from kernel.errors import VaultFailure
from vault.cipher import Context
from vault.models import DataKey
from vault.operations.data_keys import opened
from vault.operations.open_sealed import open_sealed

REPORTED_EVERY = 500


@dataclass(frozen=True, kw_only=True)
class SealedValue:
    """One sealed value as it stands in its row, with all that opens it."""

    owner: UUID
    context: Context
    sealed: bytes = field(repr=False)

    @property
    def place(self) -> "Place":
        return Place(table=self.context.table, row=self.context.row, field=self.context.field)


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    table: str
    row: str
    field: str


SealedSource = Callable[[], Iterable[SealedValue]]
"""Gives all that a package keeps sealed and that has to open."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How many values of each table opened, and where those stand that didn't."""

    opened: Mapping[str, int]
    failed: tuple[Place, ...]


def verify_sealed(sources: Iterable[SealedSource], progress: Callable[[int], None] = lambda _done: None) -> Verified:
    """Open each data key and each value of the sources.

    What was changed or destroyed between being read and being opened fails once, and is looked at again at the
    end: only what is still there and still doesn't open counts.
    """
    sources = tuple(sources)
    counts: Counter[str] = Counter()
    suspects: set[Place] = set()
    for done, (place, is_fine) in enumerate(_tried(sources, None), 1):
        if is_fine:
            counts[place.table] += 1
        else:
            suspects.add(place)
        if done % REPORTED_EVERY == 0:
            progress(done)
    failed = {place for place, is_fine in _tried(sources, suspects) if not is_fine} if suspects else set()
    return Verified(opened=dict(sorted(counts.items())), failed=tuple(sorted(failed)))


def _tried(sources: Iterable[SealedSource], only: set[Place] | None) -> Iterator[tuple[Place, bool]]:
    """Each place, of those asked for, and whether it opens."""
    for row in DataKey.objects.order_by("pk").iterator():
        place = Place(table="vault_datakey", row=str(row.pk), field="sealed")
        if only is None or place in only:
            yield place, _opens(opened, row)
    for source in sources:
        for value in source():
            if only is None or value.place in only:
                yield value.place, _opens(_open, value)


def _open(value: SealedValue) -> bytes:
    return open_sealed(purpose=value.context.purpose, owner=value.owner, context=value.context, sealed=value.sealed)


T = TypeVar("T")


def _opens(opening: Callable[[T], object], what: T) -> bool:
    try:
        opening(what)
    except VaultFailure:
        return False
    return True
