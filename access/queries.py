"""Reads of the audit trail for its page."""

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
from access.audit import hash_of
from access.models import ApiKey, AuditEntry, AuditHead, AuditQuerySet, User

PAGE_SIZE = 50
MOST_CHECKED = 2_000
"""So many of the newest entries are checked whenever the page is opened."""

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


@dataclass(frozen=True, kw_only=True)
class ChainCheck:
    """How many of the newest entries hold together, of how many; ``broken_at`` is the first that doesn't."""

    checked: int
    total: int
    broken_at: int | None = None


def verify_chain(most: int = MOST_CHECKED) -> ChainCheck:
    """Work the hashes out anew, from the newest entry back: a change, a gap or a cut shows."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    sequence, expected, checked = head.sequence, head.hash, 0
    for entry in AuditEntry.objects.filter(sequence__lte=head.sequence).order_by("-sequence")[:most]:
        if (entry.sequence, entry.hash) != (sequence, expected) or hash_of(entry) != expected:
            return ChainCheck(checked=checked, total=head.sequence, broken_at=sequence)
        sequence, expected, checked = sequence - 1, entry.previous_hash, checked + 1
    is_whole = checked == most or (sequence, expected) == (0, "")
    has_strangers = AuditEntry.objects.filter(sequence__gt=head.sequence).exists()
    return ChainCheck(
        checked=checked, total=head.sequence, broken_at=None if is_whole and not has_strangers else sequence
    )
