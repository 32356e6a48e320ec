"""Reads for pages and the API: the list, one connection, and what an authorization gave."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Expression, F, OrderBy, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Lower, NullIf

from access.actor import Actor
from access.models import User
from access.permissions import Role, reach_of
from connections.extensions import connectors, flow_counts, get_connector, short_scope
from connections.models import AccountType, Connection, ConsentAttempt, Outcome, Purpose, Status, nickname_key
from connections.querysets import ConnectionQuerySet
from connections.readiness import Coverage, coverage, state_of
from kernel.clock import now
from kernel.errors import ConsoleError, InputRejected, NotFound, from_stored

MOST_COUNTED = 10_000
"""Counts are exact up to here; beyond, people read *more than 10,000*."""

A_WEEK = timedelta(days=7)
PERSONAL = "personal"
"""The account filter's value for every account that isn't of an organization."""

BROKEN = (Status.NEEDS_REAUTHORIZATION, Status.BLOCKED, Status.UNSUPPORTED_ACCOUNT)
# What needs a person comes first.
STATUS_ORDER = (*BROKEN, Status.LIMITED, Status.PAUSED, Status.ACTIVE)


@dataclass(frozen=True, kw_only=True)
class ConnectionFilters:
    """What the list is narrowed to; an empty value doesn't narrow.

    ``status`` may name several, separated by commas. ``account`` is a domain, an address or
    ``PERSONAL``; ``owner`` an address; ``missing_card`` the key of a card that the connection's
    connector has and the connection can't serve. ``ending`` keeps grants that end within a week.
    """

    search: str = ""
    status: str = ""
    connector: str = ""
    owner: str = ""
    account: str = ""
    missing_card: str = ""
    unused_days: int = 0
    ending: bool = False


def filters_in_words(filters: ConnectionFilters) -> dict[str, str]:
    """The filters that narrow, by name, for the audit trail."""
    return {each.name: str(value) for each in fields(filters) if (value := getattr(filters, each.name))}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A connection as the list shows it. ``flows`` counts those that use it."""

    connection: Connection
    coverage: Coverage
    flows: int = 0

    @property
    def cause(self) -> ConsoleError | None:
        """Why the status is what it is."""
        stored = self.connection.status_cause
        return from_stored(stored) if stored else None

    @property
    def is_ending(self) -> bool:
        """Whether the grant, allowed for a limited time, ends within a week or has ended."""
        ends_at = self.connection.grant_expires_at
        return ends_at is not None and ends_at <= now() + A_WEEK

    @property
    def is_over(self) -> bool:
        ends_at = self.connection.grant_expires_at
        return ends_at is not None and ends_at <= now()


@dataclass(frozen=True, kw_only=True)
class Page:
    """``total`` counts every row, ``by_status`` every row but for the status filter."""

    rows: tuple[Row, ...]
    total: int
    by_status: Counter[str]
    number: int
    limit: int

    @property
    def has_next(self) -> bool:
        return self.number * self.limit < self.total

    @property
    def first(self) -> int:
        return (self.number - 1) * self.limit + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def _narrowed(rows: ConnectionQuerySet, filters: ConnectionFilters) -> ConnectionQuerySet:
    """Every filter but status and missing card."""
    if filters.search:
        by_nickname = Q(nickname_key__contains=nickname_key(filters.search))
        rows = rows.filter(by_nickname | Q(account_email__icontains=filters.search.strip()))
    if filters.connector:
        rows = rows.filter(connector=filters.connector)
    if filters.owner:
        rows = rows.filter(owner__email__iexact=filters.owner)
    if filters.account == PERSONAL:
        rows = rows.exclude(account_type=AccountType.WORKSPACE)
    elif "@" in filters.account:
        rows = rows.filter(account_email__iexact=filters.account)
    elif filters.account:
        in_domain = Q(account_hosted_domain__iexact=filters.account)
        rows = rows.filter(in_domain | Q(account_email__iendswith=f"@{filters.account}"))
    if filters.unused_days:
        before = now() - timedelta(days=filters.unused_days)
        rows = rows.filter(Q(last_used_at__lt=before) | Q(last_used_at=None, created_at__lt=before))
    if filters.ending:
        rows = rows.filter(grant_expires_at__lte=now() + A_WEEK)
    return rows


def _ordering(sort: str) -> list[OrderBy]:
    """The ORDER BY of a sort key, stable: equal rows stay in the order of nickname and id."""
    rank = Case(*(When(status=each, then=Value(place)) for place, each in enumerate(STATUS_ORDER)))
    owner = Lower(Coalesce(NullIf("owner__name", Value("")), "owner__email"))
    keys: dict[str, Expression | F] = {
        "nickname": F("nickname_key"),
        "status": rank,
        "owner": owner,
        "last_used": F("last_used_at"),
    }
    key = keys[sort.removeprefix("-")]
    is_descending = sort.startswith("-")
    order = OrderBy(
        key, descending=is_descending, nulls_first=not is_descending or None, nulls_last=is_descending or None
    )
    return [order, F("nickname_key").asc(), F("pk").asc()]


def _chosen(filters: ConnectionFilters) -> frozenset[str]:
    """The statuses asked for, all of them when none is. :raises InputRejected: a filter names what isn't there."""
    chosen = frozenset(filter(None, filters.status.split(",")))
    if not chosen <= set(Status.values):
        raise InputRejected(fields={"status": [f"Use one or more of {', '.join(Status.values)}."]})
    if filters.missing_card and filters.missing_card not in card_titles():
        raise InputRejected(fields={"missing_card": ["No connector has a card with this key."]})
    return chosen or frozenset(Status.values)


def list_connections(actor: Actor, filters: ConnectionFilters, *, sort: str, page: int, limit: int) -> Page:
    """Connections that the actor may see. ``sort`` is a column's key, with ``-`` before it for the other way.

    :raises InputRejected: a filter names a status or card that isn't there.
    """
    chosen = _chosen(filters)
    rows = _narrowed(Connection.objects.visible_to(actor), filters)
    start, end = (page - 1) * limit, page * limit
    if filters.missing_card or sort.endswith("cards"):
        by_status, ids = _covered(rows, filters, sort, chosen)
        found = _whole(rows).in_bulk(ids[start:end])
        shown = [found[pk] for pk in ids[start:end] if pk in found]
    else:
        counted = rows.order_by().values_list("status").annotate(Count("pk"))
        by_status = Counter(dict(counted))
        shown = list(_whole(rows.filter(status__in=chosen)).order_by(*_ordering(sort))[start:end])
    flows = flow_counts([each.pk for each in shown])
    return Page(
        rows=tuple(Row(connection=each, coverage=coverage_of(each), flows=flows[each.pk]) for each in shown),
        total=sum(by_status[each] for each in chosen),
        by_status=by_status,
        number=page,
        limit=limit,
    )


def _whole(rows: ConnectionQuerySet) -> ConnectionQuerySet:
    """The rows with what a page shows of each, in as many queries as one row would take."""
    return rows.select_related("owner", "paused_by").prefetch_related("facts")


def coverage_of(connection: Connection) -> Coverage:
    return coverage(state_of(connection), get_connector(connection.connector))


def _covered(
    rows: ConnectionQuerySet, filters: ConnectionFilters, sort: str, chosen: frozenset[str]
) -> tuple[Counter[str], list[UUID]]:
    """Counts by status and the ids in order, where coverage decides.

    Coverage is derived, never stored, so that a new card can't leave a stale column behind. It
    depends on connector, status, account type and granted scopes, of which few combinations
    exist: each is worked out once, for the first connection that has it. With a default service
    account it depends on the facts about that one too, so such a connection stands for itself.
    """
    is_by_cards = sort.endswith("cards")
    own_facts = Case(
        When(default_service_account="", then=Value("")), default=Cast("pk", TextField()), output_field=TextField()
    )
    slim = list(
        rows.annotate(granted=Cast("granted_scopes", TextField()), own_facts=own_facts)
        .order_by(*_ordering("nickname" if is_by_cards else sort))
        .values_list("pk", "status", "connector", "account_type", "granted", "own_facts")
    )
    first_of: dict[tuple[str, ...], UUID] = {}
    for pk, *kind in slim:
        first_of.setdefault(tuple(kind), pk)
    examples = _whole(rows).in_bulk(list(first_of.values()))
    coverages = {kind: coverage_of(examples[pk]) for kind, pk in first_of.items() if pk in examples}
    kept = [
        (pk, status, coverages[status, *rest])
        for pk, status, *rest in slim
        if (status, *rest) in coverages and _lacks(coverages[status, *rest], filters.missing_card)
    ]
    if is_by_cards:
        kept.sort(key=lambda each: each[2].served, reverse=sort.startswith("-"))
    ids = [pk for pk, status, _coverage in kept if status in chosen]
    return Counter(status for _pk, status, _coverage in kept), ids


def _lacks(covered: Coverage, card: str) -> bool:
    """Whether the connector has the card and the connection can't serve it; true when no card is asked for."""
    return not card or any(each.card.key == card and not each.is_ready for each in (*covered.actions, *covered.events))


def card_titles() -> dict[str, str]:
    """Every connector's cards, key to title, in the connectors' order."""
    return {card.key: card.title for connector in connectors() for card in connector.cards}


@dataclass(frozen=True, kw_only=True)
class FilterChoices:
    """What the list's filters offer: only what would find something."""

    domains: tuple[str, ...]
    has_personal: bool
    owners: tuple[User, ...]


def filter_choices(actor: Actor) -> FilterChoices:
    visible = Connection.objects.visible_to(actor).order_by()
    domains = visible.exclude(account_hosted_domain="").values_list("account_hosted_domain", flat=True).distinct()
    owners = User.objects.filter(pk__in=visible.values("owner"))
    return FilterChoices(
        domains=tuple(sorted(domains)),
        has_personal=visible.exclude(account_type=AccountType.WORKSPACE).exists(),
        owners=tuple(sorted(owners, key=lambda each: str(each).casefold())),
    )


def visible_connection(actor: Actor, connection_id: UUID) -> Connection:
    """:raises NotFound: there is no such connection, or the actor may not see it."""
    visible = Connection.objects.visible_to(actor).select_related("owner", "paused_by")
    found: Connection | None = visible.filter(pk=connection_id).first()
    if found is None:
        raise NotFound(kind="connection")
    return found


def visible_connections(actor: Actor, ids: Collection[UUID]) -> list[Connection]:
    """Those of these ids that the actor sees, in the order of their names."""
    visible = Connection.objects.visible_to(actor).select_related("owner")
    return list(visible.filter(pk__in=ids).order_by("nickname_key", "pk"))


def people_to_share_with(connection: Connection) -> list[User]:
    """Everybody but its owner who may sign in, or whom it is shared with already."""
    present = User.objects.filter(Q(is_active=True) | Q(pk__in=connection.shared_with.values("pk")))
    return sorted(present.exclude(pk=connection.owner_id), key=lambda each: str(each).casefold())


def possible_owners(connection: Connection) -> list[User]:
    """Its owner, and everybody with a role that lets them see what they own."""
    with_role = [role for role in Role if reach_of(role, "connection.view").own]
    people = User.objects.filter(
        Q(is_active=True, role_assignments__role__in=with_role) | Q(pk=connection.owner_id)
    ).distinct()
    return sorted(people, key=lambda each: str(each).casefold())


def deleted_connection(actor: Actor, connection_id: UUID) -> Connection:
    """What is left of a deleted connection. :raises NotFound: there is none, or the actor could not see it."""
    left = Connection.objects.deleted_visible_to(actor).select_related("owner", "deleted_by")
    found: Connection | None = left.filter(pk=connection_id).first()
    if found is None:
        raise NotFound(kind="connection")
    return found


def same_account(actor: Actor, connection: Connection) -> list[Connection]:
    """The other connections that the actor sees and that hold the same Google account, and so share its grant."""
    return list(
        Connection.objects.visible_to(actor)
        .filter(client_id=connection.client_id, account_sub=connection.account_sub)
        .exclude(pk=connection.pk)
        .order_by("nickname_key", "pk")
    )


def authorization_result(actor: Actor, connection: Connection) -> dict[str, Any]:
    """What the answer page says of a connection just made. ``granted`` and ``withheld`` are short scopes."""
    withheld = sorted(set(connection.requested_scopes) - set(connection.granted_scopes))
    return {
        "connection": connection,
        "connector": get_connector(connection.connector),
        "coverage": coverage_of(connection),
        "granted": [short_scope(scope) for scope in connection.granted_scopes],
        "withheld": [short_scope(scope) for scope in withheld],
        "same_account": same_account(actor, connection),
        "cause": from_stored(connection.status_cause) if connection.status_cause else None,
    }


def unanswered_attempt(actor: Actor, connector: str) -> ConsentAttempt | None:
    """The actor's last authorization of a new connection, if they left for Google within the hour and none came back.

    Google's own error pages have no way back here (google-facts.md 1b): this is how people find theirs again.
    """
    asked = ConsentAttempt.objects.filter(user=actor.user, connector=connector, purpose=Purpose.CREATE)
    last = asked.order_by("-created_at").first()
    is_open = last is not None and last.outcome in {Outcome.PENDING, Outcome.EXPIRED}
    if last is None or not is_open or last.started_at is None or last.used_at:
        return None
    return last if last.started_at > now() - timedelta(hours=1) else None
