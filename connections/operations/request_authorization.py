"""Ask for a new connection: check what was typed, and keep it until Google has answered."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from access import audit, policy
from access.actor import Actor
from connections.errors import NicknameTaken, ScopeAboveCeiling, UnknownScope
from connections.extensions import IDENTITY_SCOPES, Connector, connectors, get_connector, short_scope
from connections.models import Connection, ConsentAttempt, Policy, Purpose, ScopeMode, nickname_key
from connections.scope_catalog import lookup, suggest
from kernel.clock import now
from kernel.errors import InputRejected

MAX_NICKNAME = 80
MAX_DESCRIPTION = 500


def request_authorization(
    actor: Actor,
    *,
    connector: str,
    nickname: str,
    description: str = "",
    scope_mode: str,
    scopes: Sequence[str] = (),
    return_to: dict[str, Any] | None = None,
    idempotency_key: str = "",
) -> ConsentAttempt:
    """Keep a checked request; the browser part starts when its own page is opened.

    ``scopes`` are full or short names and count in custom mode only. The same
    ``idempotency_key`` of the same person gives the attempt that it gave before.

    :raises InputRejected: NicknameTaken, UnknownScope, ScopeAboveCeiling, or a field that is missing.
    """
    policy.require(actor, "connection.create")
    if idempotency_key:
        earlier = ConsentAttempt.objects.filter(user=actor.user, idempotency_key=idempotency_key).first()
        if earlier:
            return earlier
    chosen = _known_connector(connector)
    nickname = " ".join(nickname.split())
    _check_texts(chosen, nickname, description, scope_mode)
    asked = chosen.default_scopes if scope_mode == ScopeMode.DEFAULT else _known_scopes(scopes)
    requested = tuple(dict.fromkeys((*IDENTITY_SCOPES, *asked)))
    _check_ceiling(requested)
    moment = now()
    with transaction.atomic():
        attempt = ConsentAttempt.objects.create(
            purpose=Purpose.CREATE,
            connector=chosen.key,
            user=actor.user,
            form={"nickname": nickname, "description": description.strip(), "scope_mode": scope_mode},
            scopes=list(requested),
            return_to=return_to,
            issuer=settings.GOOGLE_ADDRESSES.google_issuer,
            idempotency_key=idempotency_key,
            created_at=moment,
            expires_at=moment + timedelta(minutes=settings.AUTHORIZATION_UNOPENED_MINUTES),
        )
        audit.record(
            actor,
            "authorization.requested",
            kind="authorization",
            object_id=str(attempt.pk),
            name=nickname,
            difference={"scopes": [short_scope(scope) for scope in requested]},
        )
    return attempt


def _known_connector(key: str) -> Connector:
    try:
        return get_connector(key)
    except KeyError:
        known = ", ".join(each.key for each in connectors())
        raise InputRejected(fields={"connector": [f"There is no connector {key!r}. Known: {known}."]}) from None


def _check_texts(connector: Connector, nickname: str, description: str, scope_mode: str) -> None:
    fields: dict[str, list[str]] = {}
    if not nickname:
        fields["nickname"] = ["Enter a nickname. It names the connection in every flow."]
    elif len(nickname) > MAX_NICKNAME:
        fields["nickname"] = [f"Use at most {MAX_NICKNAME} characters; these are {len(nickname)}."]
    elif not nickname.isprintable():
        fields["nickname"] = ["Leave out characters that can't be shown."]
    if len(description) > MAX_DESCRIPTION:
        fields["description"] = [f"Use at most {MAX_DESCRIPTION} characters; these are {len(description)}."]
    if scope_mode not in ScopeMode.values:
        fields["scope_mode"] = ["Choose default or custom."]
    if fields:
        raise InputRejected(fields=fields)
    if Connection.objects.filter(connector=connector.key, nickname_key=nickname_key(nickname), deleted_at=None):
        raise nickname_taken(nickname)


def nickname_taken(nickname: str) -> NicknameTaken:
    """The error for a nickname that another connection of the connector has."""
    return NicknameTaken(fields={"nickname": [f"Another connection is called “{nickname}”."]})


def _known_scopes(names: Sequence[str]) -> tuple[str, ...]:
    wanted = [name.strip() for name in names if name.strip()]
    if not wanted:
        raise InputRejected(fields={"scopes": ["Choose at least one scope, or use the default scopes."]})
    known: list[str] = []
    suggestions: dict[str, str] = {}
    for name in wanted:
        scope = lookup(name)
        if scope:
            known.append(scope.scope)
        else:
            near = suggest(name)
            suggestions[name] = near.short if near else ""
    if suggestions:
        texts = [
            f"Google has no scope named {name}." + (f" Did you mean {near}?" if near else "")
            for name, near in suggestions.items()
        ]
        raise UnknownScope(fields={"scopes": texts}, suggestions=suggestions)
    return tuple(dict.fromkeys(known))


def _check_ceiling(scopes: Sequence[str]) -> None:
    ceiling = {known.scope for name in Policy.current().scope_ceiling if (known := lookup(name))}
    above = [short_scope(scope) for scope in scopes if scope not in ceiling and scope not in IDENTITY_SCOPES]
    if ceiling and above:
        raise ScopeAboveCeiling(fields={"scopes": [f"The policy doesn't allow {', '.join(above)}."]})
