"""What a choice of scopes comes to: each name looked up, and held against the policy's ceiling.

The live check on New Connection and the request itself ask here, so that they can't disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from connections.extensions import IDENTITY_SCOPES
from connections.models import Policy
from connections.scope_catalog import CatalogScope, lookup, suggest


@dataclass(frozen=True, kw_only=True)
class CheckedScope:
    """One name as it was typed. ``line`` counts from 1; ``suggestion`` is only there when ``scope`` isn't."""

    line: int
    typed: str
    scope: CatalogScope | None
    suggestion: CatalogScope | None
    is_allowed: bool

    @property
    def is_fine(self) -> bool:
        return self.scope is not None and self.is_allowed


@dataclass(frozen=True)
class Ceiling:
    """The scopes that the policy allows; empty when it sets no limit."""

    scopes: frozenset[str]

    @classmethod
    def current(cls) -> "Ceiling":
        return cls(frozenset(known.scope for name in Policy.current().scope_ceiling if (known := lookup(name))))

    def allows(self, scope: str) -> bool:
        return not self.scopes or scope in self.scopes or scope in IDENTITY_SCOPES


def check_scopes(names: Iterable[str], ceiling: Ceiling) -> tuple[CheckedScope, ...]:
    """Each name that isn't blank, looked up. The same scope twice is checked twice."""
    return tuple(_checked(line, name.strip(), ceiling) for line, name in enumerate(names, 1) if name.strip())


def _checked(line: int, typed: str, ceiling: Ceiling) -> CheckedScope:
    scope = lookup(typed)
    return CheckedScope(
        line=line,
        typed=typed,
        scope=scope,
        suggestion=None if scope else suggest(typed),
        is_allowed=scope is None or ceiling.allows(scope.scope),
    )
