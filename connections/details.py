"""One connection as its own page shows it: scopes, findings, and what happened."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from access.actor import Actor
from access.models import AuditEntry, User
from access.queries import Row
from connections.errors import WorkspaceRequired
from connections.extensions import (
    IDENTITY_SCOPES,
    OPENID,
    USERINFO_EMAIL,
    ActivityItem,
    Connector,
    activities_of,
    short_scope,
)
from connections.models import Connection, Grant
from connections.readiness import Answer, CardReadiness, Coverage, needed_scopes
from connections.role_errors import DelegationMissing
from connections.scope_catalog import lookup
from connections.scope_errors import ScopeMissing
from kernel.errors import ConsoleError, error_classes

IDENTITY_TITLES = {OPENID: "Know which account this is", USERINFO_EMAIL: "See the account’s address"}
MOST_ENTRIES = 1000
"""So many of the newest audit entries are shown; the Audit page has all."""
ABOUT_PEOPLE = ("connection.owner_changed", "connection.sharing_changed")
ADDRESS = re.compile(r"[^\s,]+@[^\s,]+")


@dataclass(frozen=True, kw_only=True)
class ScopeRow:
    """One scope of a connection. ``cards`` are the titles of those it serves."""

    scope: str
    title: str
    cards: tuple[str, ...]
    is_needed: bool
    is_requested: bool
    is_granted: bool

    @property
    def short(self) -> str:
        return short_scope(self.scope)

    @property
    def is_missing(self) -> bool:
        return self.is_needed and not self.is_granted

    @property
    def is_withheld(self) -> bool:
        return self.is_requested and not self.is_granted


def scope_rows(connection: Connection, connector: Connector) -> tuple[ScopeRow, ...]:
    """Every scope that is needed, was requested or is granted: the connector's in its order, then the others."""
    requested, granted = frozenset(connection.requested_scopes), frozenset(connection.granted_scopes)
    needed = frozenset((*IDENTITY_SCOPES, *needed_scopes(granted, connector)))
    offered = [text.scope for text in connector.scope_texts]
    every = needed | requested | granted
    order = dict.fromkeys((*IDENTITY_SCOPES, *offered, *sorted(every)))
    return tuple(
        ScopeRow(
            scope=scope,
            title=title_of(scope, connector),
            cards=tuple(card.title for card in connector.cards if any(scope in group for group in card.needs.scopes)),
            is_needed=scope in needed,
            is_requested=scope in requested,
            is_granted=scope in granted,
        )
        for scope in order
        if scope in every
    )


def title_of(scope: str, connector: Connector) -> str:
    """The scope in plain words: the connector's, else Google's, else its short name."""
    titles = IDENTITY_TITLES | {text.scope: text.title for text in connector.scope_texts}
    known = lookup(scope)
    return titles.get(scope) or (known.title if known else "") or short_scope(scope)


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """One finished authorization, its scopes by their short names."""

    grant: Grant
    requested: tuple[str, ...]
    granted: tuple[str, ...]
    withheld: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def history_of(connection: Connection) -> tuple[Authorization, ...]:
    """Every finished authorization, newest first. The first one of all adds nothing: there was none before."""
    grants = list(connection.grants.select_related("by"))
    return tuple(
        Authorization(
            grant=grant,
            requested=_short(grant.requested),
            granted=_short(sorted(grant.granted, key=[*grant.requested, *grant.granted].index)),
            withheld=_short(scope for scope in grant.requested if scope not in grant.granted),
            added=() if grant is grants[-1] else _short(grant.added),
            removed=_short(grant.removed),
        )
        for grant in grants
    )


def _short(scopes: Iterable[str]) -> tuple[str, ...]:
    return tuple(short_scope(scope) for scope in scopes)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing unmet, or not known, and the titles of all cards that it stops. ``number`` counts from 1."""

    number: int
    error: ConsoleError
    cards: tuple[str, ...]
    is_known: bool

    @property
    def scope(self) -> str:
        """What to ask for so that it is mended, by its short name, where asking was what was missing."""
        error = self.error
        return error.scopes[0] if isinstance(error, ScopeMissing) and not (error.withheld or error.taken_back) else ""

    @property
    def another_helps(self) -> bool:
        return another_connection_helps(self.error)

    @property
    def is_about_service_account(self) -> bool:
        """Whether what mends it stands on the Service account tab."""
        return self.error.code.startswith(("role.", "delegation."))


def another_connection_helps(error: ConsoleError) -> bool:
    """Whether a person gets on with another connection in place of this one."""
    return error.reauthorizing_helps or isinstance(error, WorkspaceRequired)


def findings_of(covered: Coverage) -> tuple[Finding, ...]:
    """Each thing unmet once, in the order of the grid."""
    cards: dict[tuple[str, str], list[str]] = {}
    errors: dict[tuple[str, str], ConsoleError] = {}
    known: set[tuple[str, str]] = set()
    for each in covered.every:
        for cell in each.cells:
            if cell.finding is None:
                continue
            key = _key(cell.finding)
            errors[key] = _merged(errors[key], cell.finding) if key in errors else cell.finding
            cards.setdefault(key, []).append(each.card.title)
            if cell.answer is Answer.MISSING:
                known.add(key)
    return tuple(
        Finding(number=number, error=errors[key], cards=tuple(dict.fromkeys(cards[key])), is_known=key in known)
        for number, key in enumerate(errors, 1)
    )


def _key(error: ConsoleError) -> tuple[str, str]:
    """What makes two findings one: the same remedy mends them. A missing scope is one, whichever cards need it."""
    return error.code, error.remedy if isinstance(error, ScopeMissing | DelegationMissing) else error.cause


def merged_findings(errors: Iterable[ConsoleError]) -> tuple[ConsoleError, ...]:
    """Each thing once, in the order in which they came."""
    found: dict[tuple[str, str], ConsoleError] = {}
    for error in errors:
        key = _key(error)
        found[key] = _merged(found[key], error) if key in found else error
    return tuple(found.values())


def _merged(first: ConsoleError, second: ConsoleError) -> ConsoleError:
    """Two of the same code and remedy as one; what isn't delegated stands in it together."""
    if not isinstance(first, DelegationMissing) or not isinstance(second, DelegationMissing):
        return first
    return replace(first, missing=sorted({*first.missing, *second.missing}))


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """A card of the readiness grid; each cell with the number of its finding, 0 where it has none."""

    readiness: CardReadiness
    numbers: tuple[int, ...]

    @property
    def cells(self) -> Iterator[tuple[object, int]]:
        return zip(self.readiness.cells, self.numbers, strict=True)

    @property
    def needed(self) -> int:
        return sum(cell.answer is not Answer.NOT_NEEDED for cell in self.readiness.cells)

    @property
    def met(self) -> int:
        return sum(cell.answer is Answer.MET for cell in self.readiness.cells)


def grid_rows(cards: tuple[CardReadiness, ...], findings: tuple[Finding, ...]) -> tuple[GridRow, ...]:
    numbers = {_key(each.error): each.number for each in findings}
    return tuple(
        GridRow(
            readiness=card,
            numbers=tuple(numbers[_key(cell.finding)] if cell.finding else 0 for cell in card.cells),
        )
        for card in cards
    )


def activity_of(actor: Actor, connection: Connection) -> list[ActivityItem]:
    """Audit entries and what other packages did with the connection, newest first.

    Everybody who sees the connection sees these; where somebody did it from stands only in Audit.
    """
    entries = AuditEntry.objects.filter(object_kind="connection", object_id=str(connection.pk))
    rows = [Row(entry=each, key_name="") for each in entries.select_related("actor_user")[:MOST_ENTRIES]]
    people = _people_in(rows)
    items = [*(_item(row, people) for row in rows), *activities_of(actor, connection.pk)]
    return sorted(items, key=lambda item: item.at, reverse=True)


def _people_in(rows: Iterable[Row]) -> dict[str, str]:
    """Everybody whom the entries about people name, address to name: the trail keeps addresses."""
    values = [value for row in rows if row.entry.event in ABOUT_PEOPLE for _name, value in row.changes]
    addresses = {address for value in values for address in ADDRESS.findall(value)}
    return {person.email: str(person) for person in User.objects.filter(email__in=addresses)} if addresses else {}


def _item(row: Row, people: Mapping[str, str]) -> ActivityItem:
    entry = row.entry
    named = people if entry.event in ABOUT_PEOPLE else {}
    changes = "; ".join(f"{name}: {_in_words(name, value, named)}" for name, value in row.changes)
    return ActivityItem(at=entry.at, title=row.title, who=str(entry.actor_user or entry.actor_name), detail=changes)


def _in_words(name: str, value: str, people: Mapping[str, str]) -> str:
    """The code of a cause as the title that pages give it, and people by their names."""
    if name == "Cause":
        return next((each.title for each in error_classes() if each.code == value), value)
    return ADDRESS.sub(lambda found: people.get(found[0], found[0]), value)
