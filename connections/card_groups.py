"""A connection's cards by what is known of each, so that a cause they share is said once."""

from dataclasses import dataclass

from connections.details import Finding, findings_of
from connections.readiness import CardReadiness, Coverage, Outlook
from connections.scope_errors import ScopeMissing
from kernel.errors import ConsoleError

ORDER = list(Outlook)


@dataclass(frozen=True, kw_only=True)
class CardGroup:
    """Cards of one outlook, stopped by the same finding where any stops them."""

    outlook: Outlook
    actions: tuple[CardReadiness, ...]
    events: tuple[CardReadiness, ...]
    error: ConsoleError | None = None

    @property
    def why(self) -> str:
        """What stops all of them alike, without the name of one."""
        if isinstance(self.error, ScopeMissing):
            return f"{self.error.title}: {' or '.join(self.error.scopes)}."
        return self.error.cause if self.error else ""


def card_groups(covered: Coverage) -> tuple[CardGroup, ...]:
    """What needs a person first, then in the connector's order."""
    findings = findings_of(covered)
    groups: dict[tuple[Outlook, int], list[CardReadiness]] = {}
    for each in covered.every:
        groups.setdefault((each.outlook, _stops(each, findings)), []).append(each)
    return tuple(
        CardGroup(
            outlook=outlook,
            actions=tuple(each for each in groups[outlook, number] if each in covered.actions),
            events=tuple(each for each in groups[outlook, number] if each in covered.events),
            error=findings[number - 1].error if number else None,
        )
        for outlook, number in sorted(groups, key=lambda key: (ORDER.index(key[0]), key[1]))
    )


def _stops(card: CardReadiness, findings: tuple[Finding, ...]) -> int:
    """The number of the finding that a run would meet first, 0 where it would meet none."""
    return next((each.number for each in findings if card.card.title in each.cards), 0)
