"""The audit trail: who did what to what. Appended inside the transaction that does it, never changed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError

from access.actor import Actor
from access.models import AuditEntry, AuditHead
from kernel.clock import now
from kernel.redaction import redact

MAX_NAME = 254


def record(
    actor: Actor, event: str, *, kind: str, object_id: str, name: str, difference: Mapping[str, Any] | None = None
) -> None:
    """Append one entry to the chain; it is there if and only if the caller's transaction commits.

    :param event: ``subject.verb``.
    :param difference: what changed, as JSON. Whatever looks like a secret is masked.
    :raises TransactionManagementError: no transaction is open.
    """
    # A test case's own transaction doesn't count, or no test would miss the operation's.
    blocks = connection.atomic_blocks
    if all(block._from_testcase for block in blocks):  # type: ignore[attr-defined]  # noqa: SLF001  (as in Django)
        raise TransactionManagementError("an audit entry belongs into the transaction of what it tells")
    head, _made = AuditHead.objects.select_for_update().get_or_create(pk=1)
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at=now(),
        actor_user_id=actor.user_id,
        actor_name=actor.name[:MAX_NAME],
        actor_key=actor.key.pk if actor.key else None,
        via=actor.via.value,
        event=event,
        object_kind=kind,
        object_id=object_id,
        object_name=redact(name)[:MAX_NAME],
        difference=_without_secrets(dict(difference or {})),
        address=actor.address,
        request_id=actor.request_id,
        previous_hash=head.hash,
    )
    entry.hash = hash_of(entry)
    entry.save(force_insert=True)
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save(update_fields=["sequence", "hash"])


def hash_of(entry: AuditEntry) -> str:
    """What the entry's content and the hash before it come to."""
    content = [
        entry.sequence,
        entry.at.isoformat(),
        str(entry.actor_user_id or ""),
        entry.actor_name,
        str(entry.actor_key or ""),
        entry.via,
        entry.event,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        entry.difference,
        entry.address,
        entry.request_id,
        entry.previous_hash,
    ]
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _without_secrets(value: Any) -> Any:
    """The value as JSON will bring it back, each text masked. :raises TypeError: it isn't JSON."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {redact(str(name)): _without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in an audit entry")
