"""What the API takes and gives about connections. Never a token."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from connections.extensions import Connector, Sensitivity, short_scope
from connections.models import Connection, ConsentAttempt, Grant, Outcome, Sharing
from connections.readiness import CardReadiness, Cell, coverage, needed_scopes, state_of
from kernel.clock import now
from kernel.errors import as_problem, from_stored


class ConnectorOut(Schema):
    key: str
    title: str
    description: str
    default_scopes: list[str]
    cards: list[str]

    @classmethod
    def of(cls, connector: Connector) -> "ConnectorOut":
        return cls(
            key=connector.key,
            title=connector.title,
            description=connector.description,
            default_scopes=list(connector.default_scopes),
            cards=[card.key for card in connector.cards],
        )


class ScopeOut(Schema):
    url: str
    short: str
    title: str
    sensitivity: Sensitivity
    cards: list[str]
    default: bool

    @classmethod
    def all_of(cls, connector: Connector) -> list["ScopeOut"]:
        return [
            cls(
                url=each.scope,
                short=short_scope(each.scope),
                title=each.title,
                sensitivity=each.sensitivity,
                cards=[card.key for card in connector.cards if any(each.scope in group for group in card.needs.scopes)],
                default=each.scope in connector.default_scopes,
            )
            for each in connector.scope_texts
        ]


class ReturnTo(Schema):
    """A route of this console by name, never an address."""

    route: str = Field(max_length=80)
    ids: dict[str, str] = {}


class AuthorizationIn(Schema):
    connector: str
    nickname: str
    description: str = ""
    scope_mode: Literal["default", "custom"] = "default"
    scopes: list[str] = []
    return_to: ReturnTo | None = None


class AuthorizationStarted(Schema):
    id: UUID
    authorization_url: str
    expires_at: datetime


class AuthorizationOut(Schema):
    id: UUID
    state: Literal["pending", "succeeded", "failed", "expired"]
    connection: UUID | None = None
    problem: dict[str, Any] | None = None
    expires_at: datetime

    @classmethod
    def of(cls, attempt: ConsentAttempt) -> "AuthorizationOut":
        state: Any = attempt.outcome
        if attempt.outcome in {Outcome.PENDING, Outcome.STAGED}:
            # A staged grant waits for the person, on the page that they opened.
            state = "pending" if attempt.expires_at > now() else "expired"
        return cls(
            id=attempt.pk,
            state=state,
            connection=attempt.connection_id,
            problem=as_problem(from_stored(attempt.failure)) if attempt.failure else None,
            expires_at=attempt.expires_at,
        )


class AccountOut(Schema):
    email: str
    type: str
    hosted_domain: str


class ScopesOut(Schema):
    needed: list[str]
    requested: list[str]
    granted: list[str]
    missing: list[str]


class CardsOut(Schema):
    served: int
    total: int
    events_served: int
    events_total: int


class ConnectionOut(Schema):
    """``shared_with`` are addresses; ``version`` goes back with every edit. The defaults are empty where there is none:
    the project, and the service account that cards act through where a flow names none.
    """

    id: UUID
    connector: str
    nickname: str
    description: str
    status: str
    status_cause: dict[str, Any] | None
    status_since: datetime
    account: AccountOut
    scopes: ScopesOut
    cards: CardsOut
    default_project: str
    default_service_account: str
    sharing: str
    shared_with: list[str]
    owner: str
    created_at: datetime
    last_used_at: datetime | None
    last_checked_at: datetime | None
    grant_expires_at: datetime | None
    version: int

    @classmethod
    def of(cls, connection: Connection, connector: Connector) -> "ConnectionOut":
        covered = coverage(state_of(connection), connector)
        cause = from_stored(connection.status_cause) if connection.status_cause else None
        return cls(
            id=connection.pk,
            connector=connection.connector,
            nickname=connection.nickname,
            description=connection.description,
            status=connection.status,
            status_cause=as_problem(cause) if cause else None,
            status_since=connection.status_since,
            account=AccountOut(
                email=connection.account_email,
                type=connection.account_type,
                hosted_domain=connection.account_hosted_domain,
            ),
            scopes=_scopes(connection, connector),
            cards=CardsOut(
                served=covered.served,
                total=covered.total,
                events_served=covered.events_served,
                events_total=covered.events_total,
            ),
            default_project=connection.default_project,
            default_service_account=connection.default_service_account,
            sharing=connection.sharing,
            shared_with=_shared_with(connection),
            owner=connection.owner.email,
            created_at=connection.created_at,
            last_used_at=connection.last_used_at,
            last_checked_at=connection.last_checked_at,
            grant_expires_at=connection.grant_expires_at,
            version=connection.version,
        )


def _shared_with(connection: Connection) -> list[str]:
    """Asked of the database only where it is shared by name."""
    if connection.sharing != Sharing.PEOPLE:
        return []
    return sorted(person.email for person in connection.shared_with.all())


def _scopes(connection: Connection, connector: Connector) -> ScopesOut:
    granted = frozenset(connection.granted_scopes)
    needed = needed_scopes(granted, connector)
    return ScopesOut(
        needed=list(needed),
        requested=list(connection.requested_scopes),
        granted=list(connection.granted_scopes),
        missing=[scope for scope in needed if scope not in granted],
    )


class ConnectionList(Schema):
    items: list[ConnectionOut]
    next_cursor: str | None
    total: int | None
    total_at_least: int | None = None


class RequirementOut(Schema):
    """``answer`` is met, missing, could not check, depends (on the service account chosen) or not needed.

    ``learned_at`` says since when that is known of a service account; null where it is derived anew each time, or
    was never asked.
    """

    requirement: str
    answer: str
    problem: dict[str, Any] | None
    learned_at: datetime | None

    @classmethod
    def of(cls, cell: Cell) -> "RequirementOut":
        return cls(
            requirement=cell.requirement.value,
            answer=cell.answer.value,
            problem=as_problem(cell.finding) if cell.finding else None,
            learned_at=cell.learned_at,
        )


class ReadinessOut(Schema):
    """``ready`` says that nothing is known to stop the card; ``findings`` are what a run would meet, in order."""

    card: str
    ready: bool
    findings: list[dict[str, Any]]
    requirements: list[RequirementOut]

    @classmethod
    def of(cls, readiness: CardReadiness) -> "ReadinessOut":
        return cls(
            card=readiness.card.key,
            ready=readiness.is_ready,
            findings=[as_problem(finding) for finding in readiness.findings],
            requirements=[RequirementOut.of(cell) for cell in readiness.cells],
        )


class GrantOut(Schema):
    at: datetime
    by: str | None
    account: str
    requested: list[str]
    granted: list[str]
    added: list[str]
    removed: list[str]
    expires_at: datetime | None

    @classmethod
    def of(cls, grant: Grant) -> "GrantOut":
        return cls(
            at=grant.created_at,
            by=grant.by.email if grant.by else None,
            account=grant.account_email,
            requested=grant.requested,
            granted=grant.granted,
            added=grant.added,
            removed=grant.removed,
            expires_at=grant.expires_at,
        )
