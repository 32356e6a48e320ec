"""What a connection can do: one pure function for its status, one for each card's requirements.

The readiness grid, the stop before a call, the coverage on New Connection and the status
all come from here, so that they can't disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connections.errors import ConnectionDeleted, ConnectionPaused, WorkspaceRequired
from connections.extensions import CLOUD_PLATFORM, CardDeclaration, CardKind, Connector, short_scope
from connections.models import AccountType, Connection, Fact, Status
from connections.requirements import Requirements, ServiceAccountUser
from connections.scope_errors import ScopesWithheld, missing_scope
from kernel.errors import ConsoleError, ReauthorizationNeeded, from_stored


class Requirement(StrEnum):
    """The columns of the readiness grid, in the order in which a run checks them."""

    CONNECTION = "Connection usable"
    ACCOUNT = "Workspace account"
    SCOPES = "Scopes"
    ROLE = "Service Account User role"
    TOKEN_CREATOR = "Service Account Token Creator role"  # noqa: S105  (a role)
    DELEGATION = "Domain-wide delegation"


ACT_AS = "iam.serviceAccounts.actAs"
SIGN_JWT = "iam.serviceAccounts.signJwt"
PERMISSIONS = {Requirement.ROLE: ACT_AS, Requirement.TOKEN_CREATOR: SIGN_JWT}
"""The permission that tells whether the person has the role that includes it (google-facts.md 4)."""


class Answer(StrEnum):
    MET = "met"
    MISSING = "missing"
    UNKNOWN = "could not check"
    DEPENDS = "depends"
    NOT_NEEDED = "not needed"


class Outlook(StrEnum):
    """A card's result in the readiness grid, what needs a person first."""

    NOT_READY = "Not ready"
    COULD_NOT_CHECK = "Could not check"
    NOT_CHECKED = "Not checked yet"
    NEEDS_SERVICE_ACCOUNT = "Needs a service account"
    READY = "Ready"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was learned about one permission, or one delegated scope, and when."""

    answer: Answer
    learned_at: datetime
    finding: ConsoleError | None = None


@dataclass(frozen=True, kw_only=True)
class RoleFacts:
    """What is known of a service account: ``permissions`` by Google's name, ``delegation`` by scope."""

    service_account: str
    permissions: Mapping[str, Known] = field(default_factory=dict)
    delegation: Mapping[str, Known] = field(default_factory=dict)

    @property
    def refusals(self) -> tuple[ConsoleError, ...]:
        """Every known no, in the order in which a run meets them."""
        known = (self.permissions.get(ACT_AS), self.permissions.get(SIGN_JWT), *self.delegation.values())
        return tuple(each.finding for each in known if each and each.answer is Answer.MISSING and each.finding)


@dataclass(frozen=True, kw_only=True)
class State:
    """What readiness looks at. ``failure`` is what a person has to mend, if anything.

    ``paused_by`` is a name, empty where no person did it. ``role`` is what is known about the default service
    account, None where there is none.
    """

    nickname: str
    account_email: str
    account_type: AccountType
    requested: frozenset[str]
    granted: frozenset[str]
    is_deleted: bool = False
    is_paused: bool = False
    paused_by: str = ""
    failure: ConsoleError | None = None
    role: RoleFacts | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One requirement of one card: the answer, the error a run would meet, and since when it is known."""

    requirement: Requirement
    answer: Answer
    finding: ConsoleError | None = None
    learned_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CardReadiness:
    card: CardDeclaration
    cells: tuple[Cell, ...]

    @property
    def findings(self) -> tuple[ConsoleError, ...]:
        return tuple(cell.finding for cell in self.cells if cell.finding)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is known to stop it. What could not be checked doesn't."""
        return not any(cell.answer is Answer.MISSING for cell in self.cells)

    @property
    def outlook(self) -> Outlook:
        """What is known of it in all, by its weakest cell."""
        answers = {cell.answer for cell in self.cells}
        if Answer.MISSING in answers:
            return Outlook.NOT_READY
        if Answer.UNKNOWN in answers:
            return Outlook.COULD_NOT_CHECK if self.findings else Outlook.NOT_CHECKED
        return Outlook.NEEDS_SERVICE_ACCOUNT if Answer.DEPENDS in answers else Outlook.READY


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many cards a connection serves, in the connector's order."""

    actions: tuple[CardReadiness, ...]
    events: tuple[CardReadiness, ...]

    @property
    def every(self) -> tuple[CardReadiness, ...]:
        return (*self.actions, *self.events)

    @property
    def without_service_account(self) -> int:
        """How many of the served action cards wait for a service account to be chosen."""
        return sum(each.outlook is Outlook.NEEDS_SERVICE_ACCOUNT for each in self.actions)

    @property
    def served(self) -> int:
        return sum(each.is_ready for each in self.actions)

    @property
    def total(self) -> int:
        return len(self.actions)

    @property
    def events_served(self) -> int:
        return sum(each.is_ready for each in self.events)

    @property
    def events_total(self) -> int:
        return len(self.events)


def state_of(connection: Connection) -> State:
    return State(
        nickname=connection.nickname,
        account_email=connection.account_email,
        account_type=AccountType(connection.account_type),
        requested=frozenset(connection.requested_scopes),
        granted=frozenset(connection.granted_scopes),
        is_deleted=connection.deleted_at is not None,
        is_paused=connection.paused_at is not None,
        paused_by=str(connection.paused_by or ""),
        failure=from_stored(connection.failure) if connection.failure else None,
        role=_role_facts(connection),
    )


def _role_facts(connection: Connection) -> RoleFacts | None:
    """What is stored about the default service account. Of a list's rows it comes with ``prefetch_related``."""
    account = connection.default_service_account
    if not account or connection._state.adding:  # noqa: SLF001  (what isn't saved yet has no facts to ask for)
        return RoleFacts(service_account=account) if account else None
    return role_facts(account, connection.facts.all())


def role_fact_name(service_account: str, about: str) -> str:
    """The name of the fact about one permission or delegated scope."""
    return f"{service_account} {about}"


def role_facts(service_account: str, facts: Iterable[Fact]) -> RoleFacts:
    """What these facts say of that service account."""
    permissions: dict[str, Known] = {}
    delegation: dict[str, Known] = {}
    for fact in facts:
        account, _space, about = fact.name.partition(" ")
        if account == service_account and about:
            (permissions if about in PERMISSIONS.values() else delegation)[about] = _known(fact)
    return RoleFacts(service_account=service_account, permissions=permissions, delegation=delegation)


def _known(fact: Fact) -> Known:
    error = fact.value["error"]
    return Known(
        answer=Answer(fact.value["answer"]),
        learned_at=fact.learned_at,
        finding=from_stored(error) if error else None,
    )


def _usable(state: State) -> Cell:
    finding: ConsoleError | None = None
    if state.is_deleted:
        finding = ConnectionDeleted(nickname=state.nickname)
    elif state.is_paused:
        finding = ConnectionPaused(nickname=state.nickname, by=state.paused_by)
    elif state.failure:
        finding = state.failure
    return Cell(requirement=Requirement.CONNECTION, answer=Answer.MISSING if finding else Answer.MET, finding=finding)


def _account(state: State) -> Cell:
    if state.account_type is AccountType.WORKSPACE:
        return Cell(requirement=Requirement.ACCOUNT, answer=Answer.MET)
    finding = WorkspaceRequired(email=state.account_email)
    return Cell(requirement=Requirement.ACCOUNT, answer=Answer.MISSING, finding=finding)


def _scopes(state: State, title: str, needs: Requirements) -> Cell:
    missing = needs.missing_groups(state.granted)
    if not missing:
        return Cell(requirement=Requirement.SCOPES, answer=Answer.MET)
    finding = missing_scope(title, missing[0], requested=state.requested)
    return Cell(requirement=Requirement.SCOPES, answer=Answer.MISSING, finding=finding)


def _role(state: State, needs: ServiceAccountUser | None) -> tuple[Cell, ...]:
    """The service account's three cells, by what is known of the default one."""
    columns = (*PERMISSIONS, Requirement.DELEGATION)
    if needs is None:
        return tuple(Cell(requirement=each, answer=Answer.NOT_NEEDED) for each in columns)
    if state.role is None:
        return tuple(Cell(requirement=each, answer=Answer.DEPENDS) for each in columns)
    known = state.role.permissions
    delegated = [state.role.delegation.get(scope) for scope in needs.delegated_scopes]
    return (
        *(_role_cell(column, known.get(permission)) for column, permission in PERMISSIONS.items()),
        _role_cell(Requirement.DELEGATION, _weakest(delegated)),
    )


def _weakest(delegated: Iterable[Known | None]) -> Known | None:
    """A known no first, then what isn't known; a yes only if every scope is delegated."""
    order = {Answer.MISSING: 0, Answer.UNKNOWN: 1}
    return min(delegated, key=lambda each: 1 if each is None else order.get(each.answer, 2))


def _role_cell(requirement: Requirement, known: Known | None) -> Cell:
    if known is None:
        return Cell(requirement=requirement, answer=Answer.UNKNOWN)
    return Cell(requirement=requirement, answer=known.answer, finding=known.finding, learned_at=known.learned_at)


def _first_cells(state: State, title: str, needs: Requirements) -> tuple[Cell, ...]:
    return _usable(state), _account(state), _scopes(state, title, needs)


def card_readiness(state: State, card: CardDeclaration) -> CardReadiness:
    """Every requirement of a card against a connection, in the order in which a run checks them."""
    return CardReadiness(
        card=card, cells=(*_first_cells(state, card.title, card.needs), *_role(state, card.needs.role))
    )


def require_ready(state: State, card: CardDeclaration) -> None:
    """Stop before any call to Google. The service account of a run is judged by ``require_role``.

    :raises ConsoleError: the first of connection, account and scopes that isn't as the card needs it.
    """
    for cell in _first_cells(state, card.title, card.needs):
        if cell.finding:
            raise cell.finding


def delegated_scopes(connector: Connector) -> tuple[str, ...]:
    """What domain-wide delegation must list so that every card of the connector works."""
    roles = [card.needs.role for card in connector.cards if card.needs.role]
    return tuple(sorted({scope for role in roles for scope in role.delegated_scopes}))


def require_cloud(state: State) -> None:
    """Stop before Google Cloud is asked anything. :raises ConsoleError: as :func:`require_ready`."""
    for cell in _first_cells(state, "The service account", Requirements(scopes=((CLOUD_PLATFORM,),))):
        if cell.finding:
            raise cell.finding


def coverage(state: State, connector: Connector) -> Coverage:
    """Which of a connector's cards the connection serves."""
    every = [card_readiness(state, card) for card in connector.cards]
    return Coverage(
        actions=tuple(each for each in every if each.card.kind is CardKind.ACTION),
        events=tuple(each for each in every if each.card.kind is CardKind.EVENT),
    )


def scope_coverage(scopes: Iterable[str], connector: Connector) -> Coverage:
    """Which cards a choice of scopes would serve, if all of it is granted to a Workspace account."""
    chosen = frozenset(scopes)
    return coverage(
        State(nickname="", account_email="", account_type=AccountType.WORKSPACE, requested=frozenset(), granted=chosen),
        connector,
    )


def needed_scopes(granted: frozenset[str], connector: Connector) -> tuple[str, ...]:
    """Every group of the connector's cards, by the scope that was granted, else by the default one."""
    groups = dict.fromkeys(group for card in connector.cards for group in card.needs.scopes)
    return tuple(
        dict.fromkeys(
            next((scope for scope in group if scope in granted), None)
            or next((scope for scope in group if scope in connector.default_scopes), group[0])
            for group in groups
        )
    )


@dataclass(frozen=True, kw_only=True)
class DerivedStatus:
    status: Status
    cause: ConsoleError | None = None


def derive_status(state: State) -> DerivedStatus:
    """The first that holds of paused, needs reauthorization, blocked, unsupported account, limited, active."""
    if state.is_paused:
        return DerivedStatus(status=Status.PAUSED, cause=ConnectionPaused(nickname=state.nickname, by=state.paused_by))
    if isinstance(state.failure, ReauthorizationNeeded):
        return DerivedStatus(status=Status.NEEDS_REAUTHORIZATION, cause=state.failure)
    if state.account_type is not AccountType.WORKSPACE:
        return DerivedStatus(status=Status.UNSUPPORTED_ACCOUNT, cause=WorkspaceRequired(email=state.account_email))
    if state.failure:
        return DerivedStatus(status=Status.BLOCKED, cause=state.failure)
    limits = _limits(state)
    return DerivedStatus(status=Status.LIMITED, cause=limits[0]) if limits else DerivedStatus(status=Status.ACTIVE)


def _limits(state: State) -> tuple[ConsoleError, ...]:
    """What was asked for and isn't granted, then what is known to lack for the default service account."""
    withheld = [short_scope(scope) for scope in sorted(state.requested - state.granted)]
    by_scopes = (ScopesWithheld(scopes=withheld),) if withheld else ()
    return (*by_scopes, *(state.role.refusals if state.role else ()))
