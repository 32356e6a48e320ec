"""Ask for a new connection: check what was typed, and keep it until Google has answered."""

from collections.abc import Callable, Sequence
from typing import Any

from access import policy
from access.actor import Actor
from connections.extensions import Connector, connectors, get_connector
from connections.models import ConsentAttempt, Purpose
from connections.operations.attempts import keep_once
from connections.operations.nicknames import check_free, check_texts, trimmed
from connections.operations.requested_scopes import check_mode, requested_scopes
from kernel.errors import InputRejected


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

    def checked() -> ConsentAttempt:
        chosen = _known_connector(connector)
        form = {"nickname": trimmed(nickname), "description": description.strip(), "scope_mode": scope_mode}
        requested: list[str] = []
        _raise_together(
            lambda: check_texts(form["nickname"], form["description"]),
            lambda: check_mode(scope_mode),
            lambda: check_free(chosen.key, form["nickname"]),
            lambda: requested.extend(requested_scopes(chosen, scope_mode, scopes)),
        )
        return ConsentAttempt(connector=chosen.key, form=form, scopes=requested, return_to=return_to)

    return keep_once(actor, Purpose.CREATE, idempotency_key, checked)


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
