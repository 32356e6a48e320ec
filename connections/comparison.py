"""What another list of scopes would change for a connection: before Google is asked, and before the switch."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from connections.details import title_of
from connections.extensions import CardDeclaration, Connector, get_connector, short_scope
from connections.models import Connection, ConsentAttempt


@dataclass(frozen=True, kw_only=True)
class Change:
    """Scopes by their short names, cards by their titles. False when nothing changes."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    cards_gained: tuple[str, ...]
    cards_lost: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def change_of(connector: Connector, before: Iterable[str], after: Iterable[str]) -> Change:
    """What becomes of the scopes and of the cards that they serve."""
    old, new = list(dict.fromkeys(before)), list(dict.fromkeys(after))
    return Change(
        added=tuple(short_scope(scope) for scope in new if scope not in old),
        removed=tuple(short_scope(scope) for scope in old if scope not in new),
        cards_gained=tuple(card.title for card in connector.cards if not _served(card, old) and _served(card, new)),
        cards_lost=tuple(card.title for card in connector.cards if _served(card, old) and not _served(card, new)),
    )


def _served(card: CardDeclaration, granted: Iterable[str]) -> bool:
    return not card.needs.missing_groups(frozenset(granted))


class ScopeChange(StrEnum):
    """In the order of the table: what matters most comes first."""

    LOST = "Lost"
    ADDED = "Added"
    STILL_WITHHELD = "Still withheld"
    UNCHANGED = "Unchanged"


@dataclass(frozen=True, kw_only=True)
class ComparedScope:
    """One scope in the grant in use and in the new one. ``effect`` is a sentence about cards, or empty."""

    scope: str
    title: str
    is_requested: bool
    was_granted: bool
    is_granted: bool
    effect: str

    @property
    def short(self) -> str:
        return short_scope(self.scope)

    @property
    def change(self) -> ScopeChange:
        if self.was_granted:
            return ScopeChange.UNCHANGED if self.is_granted else ScopeChange.LOST
        return ScopeChange.ADDED if self.is_granted else ScopeChange.STILL_WITHHELD


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The staged grant beside the one in use."""

    scopes: tuple[ComparedScope, ...]
    change: Change

    def _of(self, kind: ScopeChange) -> tuple[ComparedScope, ...]:
        return tuple(each for each in self.scopes if each.change is kind)

    @property
    def lost(self) -> tuple[ComparedScope, ...]:
        return self._of(ScopeChange.LOST)

    @property
    def added(self) -> tuple[ComparedScope, ...]:
        return self._of(ScopeChange.ADDED)

    @property
    def still_withheld(self) -> tuple[ComparedScope, ...]:
        return self._of(ScopeChange.STILL_WITHHELD)

    @property
    def unchanged(self) -> tuple[ComparedScope, ...]:
        return self._of(ScopeChange.UNCHANGED)


def comparison_of(connection: Connection, attempt: ConsentAttempt) -> Comparison:
    """What switching to the attempt's grant would change."""
    connector = get_connector(connection.connector)
    before, after = connection.granted_scopes, (attempt.proof or {})["granted"]
    change = change_of(connector, before, after)
    every = dict.fromkeys([*attempt.scopes, *before, *after])
    rows = [
        ComparedScope(
            scope=scope,
            title=title_of(scope, connector),
            is_requested=scope in attempt.scopes,
            was_granted=scope in before,
            is_granted=scope in after,
            effect=_effect(scope, connector, change),
        )
        for scope in every
    ]
    order = list(ScopeChange)
    return Comparison(scopes=tuple(sorted(rows, key=lambda row: order.index(row.change))), change=change)


def _effect(scope: str, connector: Connector, change: Change) -> str:
    """What becomes of the cards that the scope can serve, where anything does."""
    titles = [card.title for card in connector.cards if any(scope in group for group in card.needs.scopes)]
    lost = [title for title in titles if title in change.cards_lost]
    gained = [title for title in titles if title in change.cards_gained]
    parts = [f"{', '.join(lost)} {'stops' if len(lost) == 1 else 'stop'}."] if lost else []
    parts += [f"{', '.join(gained)} can run."] if gained else []
    return " ".join(parts)
