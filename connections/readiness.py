"""What a connection can do: one pure function for its status, one for each card's requirements.

The readiness grid, the stop before a call, the coverage on New Connection and the status
all come from here, so that they can't disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from connections.errors import ConnectionDeleted, ConnectionPaused, ScopeMissing, ScopesWithheld, WorkspaceRequired
from connections.extensions import CardDeclaration, CardKind, Connector, short_scope
from connections.models import AccountType, Connection, Status
from connections.requirements import Requirements
from kernel.errors import ConsoleError, ReauthorizationNeeded, from_stored


class Requirement(StrEnum):
    """The columns of the readiness grid, in the order in which a run checks them."""

    CONNECTION = "Connection usable"
    ACCOUNT = "Workspace account"
    SCOPES = "Scopes"


class Answer(StrEnum):
    MET = "met"
    MISSING = "missing"
    UNKNOWN = "could not check"
    DEPENDS = "depends"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, kw_only=True)
class State:
    """What readiness looks at. ``failure`` is what a person has to mend, if anything."""

    nickname: str
    account_email: str
    account_type: AccountType
    requested: frozenset[str]
    granted: frozenset[str]
    is_deleted: bool = False
    is_paused: bool = False
    failure: ConsoleError | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One requirement of one card: the answer, and the error a run would meet."""

    requirement: Requirement
    answer: Answer
    finding: ConsoleError | None = None


@dataclass(frozen=True, kw_only=True)
class CardReadiness:
    card: CardDeclaration
    cells: tuple[Cell, ...]

    @property
    def findings(self) -> tuple[ConsoleError, ...]:
        return tuple(cell.finding for cell in self.cells if cell.finding)

    @property
    def is_ready(self) -> bool:
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many cards a connection serves, in the connector's order."""

    actions: tuple[CardReadiness, ...]
    events: tuple[CardReadiness, ...]

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
        failure=from_stored(connection.failure) if connection.failure else None,
    )


def _usable(state: State) -> Cell:
    finding: ConsoleError | None = None
    if state.is_deleted:
        finding = ConnectionDeleted(nickname=state.nickname)
    elif state.is_paused:
        finding = ConnectionPaused(nickname=state.nickname)
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
    withheld = [scope for scope in missing[0] if scope in state.requested]
    finding = ScopeMissing(
        card=title, scopes=[short_scope(scope) for scope in withheld or missing[0]], withheld=bool(withheld)
    )
    return Cell(requirement=Requirement.SCOPES, answer=Answer.MISSING, finding=finding)


def card_readiness(state: State, card: CardDeclaration) -> CardReadiness:
    """Every requirement of a card against a connection, in the order in which a run checks them."""
    return CardReadiness(card=card, cells=(_usable(state), _account(state), _scopes(state, card.title, card.needs)))


def require_ready(state: State, card: CardDeclaration) -> None:
    """Stop before any call to Gmail. :raises ConsoleError: the first requirement that isn't met."""
    for finding in card_readiness(state, card).findings:
        raise finding


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
        return DerivedStatus(status=Status.PAUSED, cause=ConnectionPaused(nickname=state.nickname))
    if isinstance(state.failure, ReauthorizationNeeded):
        return DerivedStatus(status=Status.NEEDS_REAUTHORIZATION, cause=state.failure)
    if state.account_type is not AccountType.WORKSPACE:
        return DerivedStatus(status=Status.UNSUPPORTED_ACCOUNT, cause=WorkspaceRequired(email=state.account_email))
    if state.failure:
        return DerivedStatus(status=Status.BLOCKED, cause=state.failure)
    withheld = [short_scope(scope) for scope in sorted(state.requested - state.granted)]
    if withheld:
        return DerivedStatus(status=Status.LIMITED, cause=ScopesWithheld(scopes=withheld))
    return DerivedStatus(status=Status.ACTIVE)
