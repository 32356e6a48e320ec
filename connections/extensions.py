"""Ports: what other packages plug into connections, so that nothing here names Gmail or flows."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from connections.requirements import Requirements
from kernel.errors import ConsoleError

if TYPE_CHECKING:
    from access.actor import Actor
    from connections.models import Connection
    from connections.operations.get_access_token import AccessToken

OPENID = "openid"
USERINFO_EMAIL = "https://www.googleapis.com/auth/userinfo.email"
IDENTITY_SCOPES = (OPENID, USERINFO_EMAIL)
"""Asked with every authorization: they tie the connection to one Google account.

The long name, because Google's token answer lists it so (google-facts.md 1c).
"""

SCOPE_PREFIX = "https://www.googleapis.com/auth/"
CLOUD_PLATFORM = f"{SCOPE_PREFIX}cloud-platform"
"""What every call to Google Cloud needs that acts through a service account."""


class Sensitivity(StrEnum):
    """Google's own classes of scopes."""

    NON_SENSITIVE = "Non-sensitive"
    SENSITIVE = "Sensitive"
    RESTRICTED = "Restricted"


class CardKind(StrEnum):
    ACTION = "action"
    EVENT = "event"
    FUNCTION = "function"


class CardDeclaration(Protocol):
    """The part of a card that connections need to know."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def kind(self) -> CardKind: ...

    @property
    def needs(self) -> Requirements: ...


@dataclass(frozen=True, kw_only=True)
class ScopeText:
    """A scope in plain words, as the Permissions tab shows it."""

    scope: str
    title: str
    sensitivity: Sensitivity
    serves: str = ""
    warning: str = ""


class TokenSource(Protocol):
    """Gives an access token to be attached to a call; ``stale`` is one that was just refused."""

    def __call__(self, *, stale: "AccessToken | None" = None) -> "AccessToken": ...


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What came of a connector's harmless call. ``asked`` is empty where no granted scope allows one."""

    asked: str = ""
    error: ConsoleError | None = None


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A package of cards for one vendor. ``scope_texts`` are offered, in order, under Customize scopes.

    ``probe`` makes one call that reads no content, with tokens of that source and the connection's granted
    scopes. It raises nothing: what it meets is in its answer.
    """

    key: str
    title: str
    icon: str
    description: str
    default_scopes: tuple[str, ...]
    scope_texts: tuple[ScopeText, ...]
    cards: tuple[CardDeclaration, ...]
    probe: Callable[["Connection", TokenSource], Probed]

    @property
    def action_cards(self) -> tuple[CardDeclaration, ...]:
        return tuple(card for card in self.cards if card.kind is CardKind.ACTION)

    @property
    def event_cards(self) -> tuple[CardDeclaration, ...]:
        return tuple(card for card in self.cards if card.kind is CardKind.EVENT)


def short_scope(scope: str) -> str:
    """The scope without Google's common prefix, as people say it: ``gmail.readonly``."""
    return scope.removeprefix(SCOPE_PREFIX)


_connectors: dict[str, Connector] = {}


def register_connector(connector: Connector) -> None:
    """Make a connector available. Called once, from its package's ``AppConfig.ready``."""
    _connectors[connector.key] = connector


def get_connector(key: str) -> Connector:
    """The connector of that key. :raises KeyError: there is none."""
    return _connectors[key]


def connectors() -> tuple[Connector, ...]:
    return tuple(sorted(_connectors.values(), key=lambda each: each.title))


@dataclass(frozen=True, kw_only=True)
class Use:
    """One place that uses a connection.

    ``steps`` are the cards in it that do, ``state`` how it stands in a word or two, ``recent_runs`` how often it ran
    with the connection in the last 30 days, ``next_at`` when it is to run next where that is known.
    """

    kind: str
    title: str
    url: str
    waiting_runs: int = 0
    steps: tuple[str, ...] = ()
    state: str = ""
    recent_runs: int = 0
    next_at: datetime | None = None


class ConnectionUse(Protocol):
    """Who uses connections. Registered by the packages that do.

    ``flow_counts`` has how many flows use each of those connections, where any does; ``replace`` puts another
    connection in the place of one wherever the actor may change that, and returns in how many places.
    """

    def uses_of(self, connection_id: UUID) -> Iterator[Use]: ...

    def flow_counts(self, connection_ids: Collection[UUID]) -> Mapping[UUID, int]: ...

    def replace(self, actor: "Actor", old: "Connection", new: "Connection") -> int: ...


_uses: list[ConnectionUse] = []


def register_use(use: ConnectionUse) -> None:
    """Tell connections of a kind of use. Called once, from ``AppConfig.ready``."""
    _uses.append(use)


def uses_of(connection_id: UUID) -> tuple[Use, ...]:
    """Every known use of a connection."""
    return tuple(use for port in _uses for use in port.uses_of(connection_id))


def flow_counts(connection_ids: Collection[UUID]) -> Counter[UUID]:
    """How many flows use each of those connections."""
    total: Counter[UUID] = Counter()
    for port in _uses:
        total.update(port.flow_counts(connection_ids))
    return total


def replace_elsewhere(actor: "Actor", old: "Connection", new: "Connection") -> int:
    """Put a connection in the place of another wherever the actor may. Returns in how many places."""
    return sum(port.replace(actor, old, new) for port in _uses)


Mended = Callable[[UUID], object]

_mended: list[Mended] = []


def register_mended(mended: Mended) -> None:
    """Tell connections who waits for one to become usable. Called once, from ``AppConfig.ready``."""
    _mended.append(mended)


def tell_mended(connection_id: UUID) -> None:
    """Cards run with the connection again: it was reauthorized, resumed, or what was wrong has passed."""
    for each in _mended:
        each(connection_id)


PlaceConnection = Callable[["Actor", Mapping[str, str], "Connection"], object]

_places: dict[str, PlaceConnection] = {}


def register_place(route: str, place: PlaceConnection) -> None:
    """Tell connections of a page from which people leave to make one for it. Called once, from ``AppConfig.ready``.

    ``place`` gets the ids of the page's address and the new connection, and puts it there; it may raise a ConsoleError.
    """
    _places[route] = place


def takes_connections(route: str) -> bool:
    """Whether a connection that was made for that page is put there."""
    return route in _places


def put_in_place(actor: "Actor", route: str, ids: Mapping[str, str], connection: "Connection") -> None:
    """Put a new connection where the person came from. :raises ConsoleError: that isn't possible any more."""
    if route in _places:
        _places[route](actor, ids, connection)


Removal = Callable[["Actor", UUID, str], int]

_removals: list[Removal] = []


def register_removal(removal: Removal) -> None:
    """Tell connections how to remove what passed through one elsewhere. Called once, from ``AppConfig.ready``.

    It gets the connection's id and nickname within the transaction that deletes it, and returns how many runs it
    emptied.
    """
    _removals.append(removal)


def remove_data_elsewhere(actor: "Actor", connection_id: UUID, nickname: str) -> int:
    """Remove what other packages keep of what passed through a connection. Returns how many runs were emptied."""
    return sum(removal(actor, connection_id, nickname) for removal in _removals)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One answer to a question that only a person can settle: a form's button, posted to ``url``."""

    label: str
    url: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ActivityItem:
    """One line of a connection's Activity. ``tone`` is ok, warn, bad, run or idle; ``url`` leads to more."""

    at: datetime
    title: str
    who: str
    status: str = ""
    tone: str = "idle"
    detail: str = ""
    url: str = ""
    decisions: tuple[Decision, ...] = ()


ActivitySource = Callable[["Actor", UUID], Iterable[ActivityItem]]

_activity_sources: list[ActivitySource] = []


def register_activity(source: ActivitySource) -> None:
    """Tell connections of what happens with them elsewhere. Called once, from ``AppConfig.ready``.

    The source gives what that actor may see, newest first, and no more than a page wants.
    """
    _activity_sources.append(source)


def activities_of(actor: "Actor", connection_id: UUID) -> tuple[ActivityItem, ...]:
    """What happened with a connection elsewhere, newest first."""
    items = (item for source in _activity_sources for item in source(actor, connection_id))
    return tuple(sorted(items, key=lambda item: item.at, reverse=True))
