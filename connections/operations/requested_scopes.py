"""Which scopes an authorization asks for, judged before anybody leaves for Google."""

from collections.abc import Sequence

from connections.extensions import IDENTITY_SCOPES, Connector, short_scope
from connections.models import ScopeMode
from connections.scope_choice import Ceiling, CheckedScope, check_scopes
from connections.scope_errors import ScopeAboveCeiling, UnknownScope
from kernel.errors import InputRejected

MAX_SCOPES = 100


def requested_scopes(connector: Connector, scope_mode: str, scopes: Sequence[str]) -> list[str]:
    """The scopes to ask for by their full names, those of the sign-in first. ``scopes`` count in custom mode only.

    :raises InputRejected: UnknownScope, ScopeAboveCeiling, none at all, or too many.
    """
    if scope_mode == ScopeMode.DEFAULT:
        scopes = connector.default_scopes
    if len(scopes) > MAX_SCOPES:
        raise InputRejected(fields={"scopes": [f"Use at most {MAX_SCOPES} scopes; these are {len(scopes)}."]})
    checked = check_scopes(scopes, Ceiling.current())
    if not checked:
        raise InputRejected(fields={"scopes": ["Choose at least one scope, or use the default scopes."]})
    unknown = [each for each in checked if each.scope is None]
    if unknown:
        raise UnknownScope(
            fields={"scopes": [_unknown(each) for each in unknown]},
            suggestions={each.typed: each.suggestion.short if each.suggestion else "" for each in unknown},
        )
    known = [each.scope.scope for each in checked if each.scope]
    require_allowed(known)
    return list(dict.fromkeys([*IDENTITY_SCOPES, *known]))


def require_allowed(scopes: Sequence[str]) -> None:
    """:raises ScopeAboveCeiling: the policy doesn't allow them all."""
    ceiling = Ceiling.current()
    above = [short_scope(scope) for scope in scopes if not ceiling.allows(scope)]
    if above:
        raise ScopeAboveCeiling(fields={"scopes": [f"The policy doesn't allow {', '.join(above)}."]})


def check_mode(scope_mode: str) -> None:
    """:raises InputRejected: there is no such way to choose scopes."""
    if scope_mode not in ScopeMode.values:
        raise InputRejected(fields={"scope_mode": ["Choose default or custom."]})


def _unknown(checked: CheckedScope) -> str:
    text = f"Google has no scope named {checked.typed}."
    return f"{text} Did you mean {checked.suggestion.short}?" if checked.suggestion else text
