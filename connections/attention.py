"""What needs a person among the connections that an actor sees."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from access import policy
from access.actor import Actor
from connections.details import another_connection_helps
from connections.models import Connection, Status
from connections.queries import A_WEEK, BROKEN, STATUS_ORDER, ConnectionFilters, Page, list_connections
from connections.rights import Rights, rights_by_id
from kernel.clock import now
from kernel.errors import ConsoleError, from_stored

WORKING = tuple(each for each in STATUS_ORDER if each not in BROKEN)


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What needs a person among the connections that the actor sees. Counts are of all of them."""

    to_reauthorize: int
    oldest: datetime | None
    blocked: int
    unsupported: int
    ending: int
    ending_first: Connection | None

    @property
    def not_here(self) -> int:
        """Those that reauthorizing doesn't mend."""
        return self.blocked + self.unsupported

    def __bool__(self) -> bool:
        return bool(self.to_reauthorize or self.not_here or self.ending)


def attention(actor: Actor) -> Attention:
    visible = Connection.objects.visible_to(actor)
    is_ending = Q(grant_expires_at__lte=now() + A_WEEK) & ~Q(status=Status.NEEDS_REAUTHORIZATION)
    is_over = Q(status=Status.NEEDS_REAUTHORIZATION)
    found = visible.aggregate(
        to_reauthorize=Count("pk", filter=is_over),
        oldest=Min("status_since", filter=is_over),
        blocked=Count("pk", filter=Q(status=Status.BLOCKED)),
        unsupported=Count("pk", filter=Q(status=Status.UNSUPPORTED_ACCOUNT)),
        ending=Count("pk", filter=is_ending),
    )
    first = visible.filter(is_ending).order_by("grant_expires_at", "pk").first() if found["ending"] else None
    return Attention(**found, ending_first=first)


def count_attention(actor: Actor) -> int:
    """How many connections are broken, for the navigation."""
    return Connection.objects.visible_to(actor).filter(status__in=BROKEN).count()


@dataclass(frozen=True, kw_only=True)
class Troubled:
    """A connection with what the actor may do about it; ``cause`` is why its status is what it is."""

    connection: Connection
    cause: ConsoleError | None
    rights: Rights
    may_create: bool

    @property
    def another_helps(self) -> bool:
        return self.cause is not None and another_connection_helps(self.cause)

    @property
    def is_over(self) -> bool:
        ends_at = self.connection.grant_expires_at
        return ends_at is not None and ends_at <= now()


@dataclass(frozen=True, kw_only=True)
class Health:
    """The connections that an actor sees, as Home shows them: the first few that are broken, and all counts.

    ``ending`` are those whose grant ends within a week although they still work.
    """

    broken: tuple[Troubled, ...]
    broken_total: int
    ending: tuple[Troubled, ...]
    ending_total: int
    by_status: tuple[tuple[Status, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _status, count in self.by_status)


def health(actor: Actor, *, most: int) -> Health:
    """``most`` connections of each kind of trouble, the worst first; grants that end, the next one first."""
    page: Page = list_connections(actor, ConnectionFilters(status=",".join(BROKEN)), sort="status", page=1, limit=most)
    ending = Connection.objects.visible_to(actor).filter(grant_expires_at__lte=now() + A_WEEK, status__in=WORKING)
    ending_total = ending.count()
    next_to_end = list(ending.order_by("grant_expires_at", "pk")[:most]) if ending_total else []
    return Health(
        broken=_troubled(actor, [row.connection for row in page.rows]),
        broken_total=page.total,
        ending=_troubled(actor, next_to_end),
        ending_total=ending_total,
        by_status=tuple((each, page.by_status[each]) for each in STATUS_ORDER if page.by_status[each]),
    )


def _troubled(actor: Actor, connections: list[Connection]) -> tuple[Troubled, ...]:
    if not connections:
        return ()
    rights = rights_by_id(actor, connections)
    may_create = policy.may(actor, "connection.create")
    return tuple(
        Troubled(
            connection=each,
            cause=from_stored(each.status_cause) if each.status_cause else None,
            rights=rights[each.pk],
            may_create=may_create,
        )
        for each in connections
    )
