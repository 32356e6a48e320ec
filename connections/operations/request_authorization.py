"""Ask for a new connection: check what was typed, and keep it until Google has answered."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from access import audit, policy
from access.actor import Actor
from connections.errors import ScopeAboveCeiling, UnknownScope
from connections.extensions import IDENTITY_SCOPES, Connector, connectors, get_connector, short_scope
from connections.models import ConsentAttempt, Purpose, ScopeMode
from connections.operations.nicknames import check_free, check_texts, trimmed
from connections.scope_choice import Ceiling, CheckedScope, check_scopes
from kernel.clock import now
from kernel.errors import InputRejected

MAX_SCOPES = 100


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

    :raises InputRejected: NicknameTaken, UnknownScope, ScopeAboveCeiling, or all fields that can't be taken.
    """
    policy.require(actor, "connection.create")
    earlier = _earlier(actor, idempotency_key)
    if earlier:
        return earlier
    chosen = _known_connector(connector)
    nickname, description = trimmed(nickname), description.strip()
    requested: list[str] = [*IDENTITY_SCOPES]
    _raise_together(
        lambda: check_texts(nickname, description),
        lambda: _check_mode(scope_mode),
        lambda: check_free(chosen.key, nickname),
        lambda: requested.extend(_checked_scopes(chosen, scope_mode, scopes)),
    )
    moment = now()
    attempt = ConsentAttempt(
        purpose=Purpose.CREATE,
        connector=chosen.key,
        user=actor.person,
        form={"nickname": nickname, "description": description, "scope_mode": scope_mode},
        scopes=list(dict.fromkeys(requested)),
        return_to=return_to,
        issuer=settings.GOOGLE_ADDRESSES.google_issuer,
        idempotency_key=idempotency_key,
        created_at=moment,
        expires_at=moment + timedelta(minutes=settings.AUTHORIZATION_UNOPENED_MINUTES),
    )
    try:
        _keep(actor, attempt)
    except IntegrityError:  # the same request arrived twice at once, and the other was first
        earlier = _earlier(actor, idempotency_key)
        if earlier is None:
            raise
        return earlier
    return attempt


def _earlier(actor: Actor, idempotency_key: str) -> ConsentAttempt | None:
    if not idempotency_key:
        return None
    return ConsentAttempt.objects.filter(user=actor.user, idempotency_key=idempotency_key).first()


def _keep(actor: Actor, attempt: ConsentAttempt) -> None:
    with transaction.atomic():
        attempt.save(force_insert=True)
        audit.record(
            actor,
            "authorization.requested",
            kind="authorization",
            object_id=str(attempt.pk),
            name=attempt.form["nickname"],
            difference={"scopes": [short_scope(scope) for scope in attempt.scopes]},
        )


def _known_connector(key: str) -> Connector:
    try:
        return get_connector(key)
    except KeyError:
        known = ", ".join(each.key for each in connectors())
        raise InputRejected(fields={"connector": [f"There is no connector {key!r}. Known: {known}."]}) from None


def _raise_together(*checks: Callable[[], None]) -> None:
    """Make every check, so that a person learns of all that is wrong at once."""
    problems: list[InputRejected] = []
    for check in checks:
        try:
            check()
        except InputRejected as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise InputRejected(fields={name: texts for each in problems for name, texts in each.fields.items()})


def _check_mode(scope_mode: str) -> None:
    if scope_mode not in ScopeMode.values:
        raise InputRejected(fields={"scope_mode": ["Choose default or custom."]})


def scopes_above(names: Sequence[str]) -> ScopeAboveCeiling:
    """The error for scopes, by short names, that the policy doesn't allow."""
    return ScopeAboveCeiling(fields={"scopes": [f"The policy doesn't allow {', '.join(names)}."]})


def _checked_scopes(connector: Connector, scope_mode: str, scopes: Sequence[str]) -> list[str]:
    """The scopes to ask for, by their full names."""
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
    above = [each.scope.short for each in checked if each.scope and not each.is_allowed]
    if above:
        raise scopes_above(above)
    return [each.scope.scope for each in checked if each.scope]


def _unknown(checked: CheckedScope) -> str:
    text = f"Google has no scope named {checked.typed}."
    return f"{text} Did you mean {checked.suggestion.short}?" if checked.suggestion else text
