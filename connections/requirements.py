"""What a card asks of a connection, as data. A card declares it; everything else follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class AccountRequirement(StrEnum):
    """Which kind of Google account a card works with."""

    WORKSPACE = "workspace"


WORKSPACE = AccountRequirement.WORKSPACE


@dataclass(frozen=True, kw_only=True)
class ServiceAccountUser:
    """The card acts through a service account on somebody's mailbox.

    ``service_account`` and ``mailbox`` name the option and the input that hold the two
    addresses; ``delegated_scopes`` are what domain-wide delegation must list.
    """

    service_account: str
    mailbox: str
    delegated_scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Impersonation:
    """A service account that acts on a mailbox with these scopes, by domain-wide delegation."""

    service_account: str
    mailbox: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """``scopes`` is a tuple of groups: any one scope of each group will do, all groups are needed.

    The default scope of a connector comes first in its group, where the group has one.
    """

    scopes: tuple[tuple[str, ...], ...] = ()
    account: AccountRequirement = WORKSPACE
    role: ServiceAccountUser | None = None

    def missing_groups(self, granted: frozenset[str]) -> tuple[tuple[str, ...], ...]:
        """The groups of which not one scope was granted."""
        return tuple(group for group in self.scopes if granted.isdisjoint(group))
