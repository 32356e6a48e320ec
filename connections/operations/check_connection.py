"""Test a connection: ask Google whether its grant works and what it holds, and read no content."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor, Via
from connections.errors import ConnectionBlocked
from connections.extensions import short_scope
from connections.models import Connection, Credential, CredentialState, Fact
from connections.operations.clear_failure import clear_failure
from connections.operations.get_access_token import AccessToken, get_access_token
from connections.operations.learn_role import IAM, TOKEN_ENDPOINT, learn_roles
from connections.operations.limit_rate import limit_rate
from connections.operations.prove_grant import prove_grant
from connections.operations.report_failure import report_failure
from connections.readiness import ACT_AS, SIGN_JWT, Answer, Known
from kernel.clock import now
from kernel.errors import ConsoleError, NotFound, ReauthorizationNeeded, Retry, to_stored

GRANT, ACCOUNT, MAILBOX = "grant", "account", "mailbox"


@dataclass(frozen=True, kw_only=True)
class CheckStep:
    """One thing learned. ``fact`` is its name, ``source`` whom was asked, ``error`` what was met instead."""

    fact: str
    answer: Answer
    source: str
    error: ConsoleError | None = None


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """``connection`` is as the test left it; ``roles`` are about its default service account, where that was asked."""

    connection: Connection
    checked_at: datetime
    steps: tuple[CheckStep, ...]
    roles: tuple[CheckStep, ...]

    @property
    def errors(self) -> tuple[ConsoleError, ...]:
        return tuple(step.error for step in (*self.steps, *self.roles) if step.error)

    @property
    def is_fine(self) -> bool:
        return not self.errors


def check_connection(actor: Actor, connection_id: UUID) -> CheckResult:
    """Refresh the access token, ask whose it is and what it holds, and let the connector make its harmless call.
    Where all is well, the default service account's roles and delegation are learned anew too.

    What a person has to mend becomes the connection's failure; one that this disproves is cleared. A grant that is
    known to have ended is never tried again: nothing is asked of Google then.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not test it. :raises TooManyStarts:
    """
    connection = Connection.objects.filter(pk=connection_id, deleted_at=None).first()
    if connection is None:
        raise NotFound(kind="connection")
    if actor.via is not Via.CONSOLE:
        policy.require(actor, "connection.check", connection)
    if actor.user:
        limit_rate("probe", str(actor.user.pk))
    disproved = connection.failure
    steps = tuple(_steps(connection))
    checked_at = now()
    with transaction.atomic():
        _note(actor, connection, steps, checked_at, disproved)
    roles = () if any(step.error for step in steps) else tuple(_roles(connection))
    connection.refresh_from_db()
    return CheckResult(connection=connection, checked_at=checked_at, steps=steps, roles=roles)


def _steps(connection: Connection) -> list[CheckStep]:
    try:
        _refresh(connection)
    except ConsoleError as error:
        unknown = [CheckStep(fact=fact, answer=Answer.UNKNOWN, source="") for fact in (ACCOUNT, MAILBOX)]
        return [_step(GRANT, "token endpoint", error), *unknown]
    grant = _step(GRANT, "token endpoint")
    try:
        proof = prove_grant(connection, partial(get_access_token, connection))
    except ConsoleError as error:
        return [grant, _step(ACCOUNT, "tokeninfo", error), CheckStep(fact=MAILBOX, answer=Answer.UNKNOWN, source="")]
    probed = proof.probed
    # Where no granted scope allows to ask, nobody can say: that neither mends nor breaks anything.
    mailbox = (
        _step(MAILBOX, probed.asked, probed.error)
        if probed.asked
        else CheckStep(fact=MAILBOX, answer=Answer.UNKNOWN, source="")
    )
    return [grant, _step(ACCOUNT, "tokeninfo"), mailbox]


def _roles(connection: Connection) -> Iterator[CheckStep]:
    if not connection.default_service_account:
        return
    with suppress(ReauthorizationNeeded):  # which getting the token has reported
        learned = learn_roles(connection)
        for fact, permission in (("service_account_user", ACT_AS), ("token_creator", SIGN_JWT)):
            if permission in learned.permissions:
                yield _role(fact, IAM, learned.permissions[permission])
        for scope, known in learned.delegation.items():
            yield _role(f"delegation of {short_scope(scope)}", TOKEN_ENDPOINT, known)


def _role(fact: str, source: str, known: Known) -> CheckStep:
    return CheckStep(fact=fact, answer=known.answer, source=source, error=known.finding)


def _step(fact: str, source: str, error: ConsoleError | None = None) -> CheckStep:
    if error is None:
        return CheckStep(fact=fact, answer=Answer.MET, source=source)
    is_about_it = error.retry != Retry.LATER
    return CheckStep(fact=fact, answer=Answer.MISSING if is_about_it else Answer.UNKNOWN, source=source, error=error)


def _refresh(connection: Connection) -> None:
    """Get a new access token, however good the one at hand still is."""
    version = (
        Credential.objects.filter(connection=connection, state=CredentialState.LIVE)
        .values_list("access_token_version", flat=True)
        .first()
    )
    get_access_token(connection, stale=AccessToken("", now(), version or 0))
    connection.refresh_from_db(fields=["granted_scopes"])


def _note(
    actor: Actor,
    connection: Connection,
    steps: tuple[CheckStep, ...],
    checked_at: datetime,
    disproved: dict[str, Any] | None,
) -> None:
    """Facts, failure, time and audit entry; the refresh has reported its own failure."""
    row = Connection.objects.select_for_update().filter(pk=connection.pk, deleted_at=None).first()
    if row is None:
        raise NotFound(kind="connection")
    for step in steps:
        value = {"answer": step.answer.value, "error": to_stored(step.error) if step.error else None}
        Fact.objects.update_or_create(
            connection=row,
            name=step.fact,
            defaults={"value": value, "learned_at": checked_at, "source": step.source},
        )
    row.last_checked_at = checked_at
    row.save(update_fields=["last_checked_at"])
    audit.record(
        actor,
        "connection.tested",
        kind="connection",
        object_id=str(row.pk),
        name=row.nickname,
        difference={step.fact: step.error.code if step.error else step.answer.value for step in steps},
    )
    probe_error = steps[-1].error
    if isinstance(probe_error, ConnectionBlocked):
        report_failure(row.pk, probe_error)
    elif not any(step.error for step in steps):
        clear_failure(actor, row.pk, disproved=disproved)
