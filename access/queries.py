"""Reads of the audit trail for its page, its CSV and the API."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q

from access import policy
from access.actor import Actor, Via
from access.models import ApiKey, AuditEntry, AuditQuerySet, User

PAGE_SIZE = 50
CHUNK = 500
MOST_COUNTED = 10_000
"""The API's totals are exact up to here."""
IDENTIFIER = re.compile("[a-z_]+")
"""A value that is a word of ours, such as a status."""

NOBODY = tuple(each.name for each in (Actor.console(), Actor.command(), Actor(user=None, via=Via.PAGE)))
"""Who may stand in an entry without being a person."""


@dataclass(frozen=True, kw_only=True)
class AuditFilters:
    """What the trail is narrowed to; an empty value doesn't narrow.

    ``person`` is a user's id or one of ``NOBODY``; ``about`` an object's id, or a part of its name;
    ``since`` and ``until`` are days in UTC, both included.
    """

    event: str = ""
    person: str = ""
    about: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry as the page shows it."""

    entry: AuditEntry
    key_name: str

    @property
    def title(self) -> str:
        return event_title(self.entry.event)

    @property
    def kind(self) -> str:
        return _words(self.entry.object_kind)

    @property
    def way(self) -> str:
        """By which way it was done, in words; empty for a page, which is the usual one."""
        if self.key_name:
            return f"with API key “{self.key_name}”"
        ways = {Via.API: "through the API", Via.COMMAND: "by command"}
        return ways.get(Via(self.entry.via), "") if self.entry.actor_user_id else ""

    @property
    def changes(self) -> Iterator[tuple[str, str]]:
        """What the entry tells beside its event: name and value, or value before and after."""
        for name, value in self.entry.difference.items():
            if self.entry.event.endswith("_changed") and isinstance(value, list):
                yield _words(name), " → ".join(_value(each) for each in value)
            else:
                yield _words(name), _value(value)


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """``first`` and ``last`` count from 1, and are 0 on an empty page."""

    rows: list[Row]
    number: int
    first: int
    last: int
    total: int

    @property
    def has_next(self) -> bool:
        return self.last < self.total


def list_entries(actor: Actor, filters: AuditFilters, *, page: str) -> AuditPage:
    """A page of the trail, newest first; the nearest one when there is no such page.

    :raises NotPermitted: the actor may not see the audit trail.
    """
    policy.require(actor, "audit.view")
    found = Paginator(_narrowed(filters), PAGE_SIZE).get_page(page)
    key_ids = {entry.actor_key for entry in found if entry.actor_key}
    key_names: dict[UUID | None, str] = dict(ApiKey.objects.filter(pk__in=key_ids).values_list("pk", "name"))
    return AuditPage(
        rows=[Row(entry=entry, key_name=key_names.get(entry.actor_key, "")) for entry in found],
        number=found.number,
        first=found.start_index(),
        last=found.end_index(),
        total=found.paginator.count,
    )


CSV_HEAD = (
    "sequence", "at", "event", "object_kind", "object_id", "object", "who", "who_id", "api_key", "via", "address",
    "request_id", "difference", "hash",
)  # fmt: skip


def entries_for_csv(actor: Actor, filters: AuditFilters) -> Iterator[tuple[str, ...]]:
    """Every entry that the filters leave, newest first, cell by cell as in ``CSV_HEAD``.

    :raises NotPermitted: the actor may not export the audit trail.
    """
    policy.require(actor, "audit.export")
    return map(_cells, _narrowed(filters).iterator(chunk_size=CHUNK))


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    return (
        str(entry.sequence),
        entry.at.isoformat(),
        entry.event,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        entry.actor_name,
        str(entry.actor_user_id or ""),
        str(entry.actor_key or ""),
        entry.via,
        entry.address,
        entry.request_id,
        json.dumps(entry.difference, ensure_ascii=False),
        entry.hash,
    )


@dataclass(frozen=True, kw_only=True)
class AuditSlice:
    """``next_before`` is the sequence to go on before, None at the end."""

    entries: list[AuditEntry]
    next_before: int | None
    total: int


def slice_entries(actor: Actor, filters: AuditFilters, *, before: int | None, limit: int) -> AuditSlice:
    """So many entries, newest first. :raises NotPermitted: the actor may not see the audit trail."""
    policy.require(actor, "audit.view")
    rows = _narrowed(filters)
    total = rows[: MOST_COUNTED + 1].count()
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    found = list(rows[: limit + 1])
    has_more = len(found) > limit
    return AuditSlice(entries=found[:limit], next_before=found[limit - 1].sequence if has_more else None, total=total)


def _narrowed(filters: AuditFilters) -> AuditQuerySet:
    rows = AuditEntry.objects.order_by("-sequence")
    if filters.event:
        rows = rows.filter(event=filters.event)
    if filters.person in NOBODY:
        rows = rows.filter(actor_user=None, actor_name=filters.person)
    elif filters.person:
        rows = rows.filter(actor_user_id=UUID(filters.person))
    if filters.about:
        about = filters.about.strip()
        rows = rows.filter(Q(object_id__iexact=about) | Q(object_name__icontains=about))
    if filters.since:
        rows = rows.filter(at__gte=datetime.combine(filters.since, time.min, UTC))
    if filters.until:
        rows = rows.filter(at__lte=datetime.combine(filters.until, time.max, UTC))
    return rows


def event_choices() -> list[tuple[str, str]]:
    """Every event that the trail holds, with its words."""
    events = AuditEntry.objects.order_by("event").values_list("event", flat=True).distinct()
    return [(event, event_title(event)) for event in events]


def person_choices() -> list[tuple[str, str]]:
    """Everybody who may stand in an entry."""
    people = [(str(user.pk), user.email) for user in User.objects.order_by("email")]
    return [*people, *((name, name) for name in NOBODY)]


def event_title(event: str) -> str:
    """``connection.status_changed`` as *Connection status changed*."""
    return _words(event.replace(".", " "))


def _words(name: str) -> str:
    words = name.replace("_", " ").replace("api key", "API key")
    return words[:1].upper() + words[1:]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value) or "none"
    if value is None or value == "":
        return "none"
    text = str(value)
    return text.replace("_", " ") if IDENTIFIER.fullmatch(text) else text
