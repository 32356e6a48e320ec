"""Whether the audit trail is as it was written."""

from dataclasses import dataclass

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from access.audit import hash_of
from access.models import AuditEntry, AuditHead

MOST_CHECKED = 2_000
"""So many of the newest entries are checked whenever the page is opened."""

CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class ChainCheck:
    """How many of the newest entries hold together, of how many; ``broken_at`` is the first that doesn't."""

    checked: int
    total: int
    broken_at: int | None = None


def verify_chain(most: int | None = MOST_CHECKED) -> ChainCheck:
    """Work the hashes out anew, from the newest entry back: a change, a gap or a cut shows. None checks every entry."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    sequence, expected, checked = head.sequence, head.hash, 0
    entries = AuditEntry.objects.filter(sequence__lte=head.sequence).order_by("-sequence")[:most]
    for entry in entries.iterator(chunk_size=CHUNK):
        if (entry.sequence, entry.hash) != (sequence, expected) or hash_of(entry) != expected:
            return ChainCheck(checked=checked, total=head.sequence, broken_at=sequence)
        sequence, expected, checked = sequence - 1, entry.previous_hash, checked + 1
    is_whole = checked == most or (sequence, expected) == (0, "")
    # Compared in one statement: entries that came meanwhile moved the head as well.
    has_strangers = AuditEntry.objects.filter(sequence__gt=_head_sequence()).exists()
    return ChainCheck(
        checked=checked, total=head.sequence, broken_at=None if is_whole and not has_strangers else sequence
    )


def _head_sequence() -> Coalesce:
    return Coalesce(Subquery(AuditHead.objects.filter(pk=1).values("sequence")), 0)
