"""Ask to repeat the consent for a connection, with the scopes requested last or with others."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from access.actor import Actor
from connections.extensions import get_connector
from connections.models import Connection, ConsentAttempt, Purpose
from connections.operations.attempts import keep_once
from connections.operations.managed import managed_connection
from connections.operations.requested_scopes import check_mode, requested_scopes, require_allowed

INHERIT = "inherit"
"""The scopes requested at the last finished authorization, exactly."""


def request_reauthorization(
    actor: Actor,
    connection_id: UUID,
    *,
    scope_mode: str = INHERIT,
    scopes: Sequence[str] = (),
    return_to: dict[str, Any] | None = None,
    idempotency_key: str = "",
) -> ConsentAttempt:
    """Keep a checked request; the browser part starts when its own page is opened. The connection stays as it is.

    ``scope_mode`` is ``INHERIT``, default or custom; ``scopes`` count in custom mode only. The same
    ``idempotency_key`` of the same person gives the attempt that it gave before.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not reauthorize it.
    :raises InputRejected: UnknownScope, ScopeAboveCeiling, or another choice that can't be taken.
    """
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.reauthorize")

    def checked() -> ConsentAttempt:
        mode = connection.scope_mode if scope_mode == INHERIT else scope_mode
        form = {
            "nickname": connection.nickname,
            "description": connection.description,
            "scope_mode": mode,
            "choice": scope_mode,
        }
        return ConsentAttempt(
            connector=connection.connector,
            connection=connection,
            form=form,
            scopes=_scopes(connection, scope_mode, scopes),
            return_to=return_to,
        )

    return keep_once(actor, Purpose.REAUTHORIZE, idempotency_key, checked)


def _scopes(connection: Connection, scope_mode: str, scopes: Sequence[str]) -> list[str]:
    if scope_mode == INHERIT:
        require_allowed(connection.requested_scopes)
        return list(connection.requested_scopes)
    check_mode(scope_mode)
    return requested_scopes(get_connector(connection.connector), scope_mode, scopes)
