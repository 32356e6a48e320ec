"""What New Connection offers: each scope in plain words, and which cards a choice would serve."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connections.extensions import CardDeclaration, Connector, ScopeText, Sensitivity, short_scope
from connections.forms import Entries
from connections.models import ScopeMode
from connections.operations.request_reauthorization import INHERIT
from connections.operations.requested_scopes import MAX_SCOPES
from connections.readiness import Coverage, scope_coverage
from connections.scope_choice import Ceiling, CheckedScope, check_scopes


@dataclass(frozen=True, kw_only=True)
class OfferedScope:
    """One scope of the connector, as the Permissions tab shows it."""

    text: ScopeText
    serves: str
    is_chosen: bool
    is_default: bool
    is_allowed: bool

    @property
    def short(self) -> str:
        return short_scope(self.text.scope)

    @property
    def is_restricted(self) -> bool:
        return self.text.sensitivity is Sensitivity.RESTRICTED


@dataclass(frozen=True, kw_only=True)
class TypedScope:
    """One line under *Manually add scopes*; ``sensitivity`` is empty where it isn't known."""

    checked: CheckedScope
    sensitivity: str


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """Cards left out for want of the same scopes. ``scope`` would help and is allowed, or is empty."""

    cards: tuple[CardDeclaration, ...]
    needs: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The Permissions tab and what stands beside it, for one state of the form."""

    scopes: tuple[OfferedScope, ...]
    typed: tuple[TypedScope, ...]
    is_default_allowed: bool
    default: Coverage
    asked: tuple[str, ...]
    coverage: Coverage
    not_served: tuple[Unserved, ...]

    @property
    def chosen_count(self) -> int:
        return sum(each.is_chosen for each in self.scopes)

    @property
    def to_correct(self) -> tuple[CheckedScope, ...]:
        return tuple(each.checked for each in self.typed if not each.checked.is_fine)

    @property
    def served(self) -> tuple[CardDeclaration, ...]:
        """What the scopes alone will do for."""
        return tuple(each.card for each in self.coverage.every if each.is_ready and not each.card.needs.role)

    @property
    def served_with_role(self) -> tuple[CardDeclaration, ...]:
        """What needs a service account beside the scopes."""
        return tuple(each.card for each in self.coverage.every if each.is_ready and each.card.needs.role)


def offer_of(connector: Connector, entries: Entries, *, ceiling: Ceiling, inherited: Sequence[str] = ()) -> Offer:
    """What the page shows for these entries. ``inherited`` is what a reauthorization would keep."""
    fixed = {ScopeMode.DEFAULT.value: connector.default_scopes, INHERIT: inherited}.get(entries.scope_mode)
    is_custom = fixed is None
    typed = check_scopes(entries.manual_lines[:MAX_SCOPES], ceiling)
    known = [each.scope.scope for each in typed if each.scope and each.is_allowed]
    chosen = [scope for scope in entries.chosen if ceiling.allows(scope)]
    asked = [*chosen, *known] if fixed is None else fixed
    classes = {each.scope: str(each.sensitivity) for each in connector.scope_texts}
    return Offer(
        scopes=tuple(_offered(connector, text, entries.chosen, ceiling) for text in connector.scope_texts),
        typed=tuple(
            TypedScope(checked=each, sensitivity=_class_of(each, classes)) for each in (typed if is_custom else ())
        ),
        is_default_allowed=all(ceiling.allows(scope) for scope in connector.default_scopes),
        default=scope_coverage(connector.default_scopes, connector),
        asked=tuple(asked),
        coverage=scope_coverage(asked, connector),
        not_served=tuple(_not_served(connector, asked, ceiling)),
    )


def _offered(connector: Connector, text: ScopeText, chosen: Sequence[str], ceiling: Ceiling) -> OfferedScope:
    is_allowed = ceiling.allows(text.scope)
    return OfferedScope(
        text=text,
        serves=_serves(connector, text),
        is_chosen=is_allowed and text.scope in chosen,
        is_default=text.scope in connector.default_scopes,
        is_allowed=is_allowed,
    )


def _serves(connector: Connector, text: ScopeText) -> str:
    titles = [card.title for card in connector.cards if any(text.scope in group for group in card.needs.scopes)]
    words = [f"Serves {', '.join(titles)}." if titles else "", text.serves]
    return " ".join(filter(None, words)) or "No card needs it."


def _class_of(checked: CheckedScope, classes: dict[str, str]) -> str:
    named = checked.scope or checked.suggestion
    return classes.get(named.scope, "") if named else ""


def _not_served(connector: Connector, asked: Iterable[str], ceiling: Ceiling) -> Iterable[Unserved]:
    """In the connector's order of the first card of each."""
    granted = frozenset(asked)
    without: dict[tuple[tuple[str, ...], ...], list[CardDeclaration]] = {}
    for card in connector.cards:
        missing = card.needs.missing_groups(granted)
        if missing:
            without.setdefault(missing, []).append(card)
    for missing, cards in without.items():
        # The default scope stands first in its group.
        helpful = next((scope for scope in missing[0] if ceiling.allows(scope)), "")
        needs = " and ".join(short_scope(group[0]) for group in missing)
        yield Unserved(cards=tuple(cards), needs=needs, scope=helpful)
