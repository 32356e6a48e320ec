"""What the parts of a consent share: keeping an attempt, finding it, who may go on with it, its verifier."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from access import audit, policy
from access.actor import Actor
from connections.extensions import short_scope
from connections.models import ConsentAttempt, Purpose
from kernel.clock import now
from kernel.errors import InputRejected, NotFound
from vault.cipher import Context

PERMISSIONS = {Purpose.CREATE: "connection.create", Purpose.REAUTHORIZE: "connection.reauthorize"}


def attempt_of(actor: Actor, attempt_id: UUID, *, lock: bool = False) -> ConsentAttempt:
    """The actor's own attempt. :raises NotFound: there is none, or it is another person's."""
    rows = ConsentAttempt.objects.select_for_update() if lock else ConsentAttempt.objects
    attempt = rows.filter(pk=attempt_id, user=actor.user).first()
    if attempt is None:
        raise NotFound(kind="authorization")
    return attempt


def keep_once(
    actor: Actor, purpose: Purpose, idempotency_key: str, make: Callable[[], ConsentAttempt]
) -> ConsentAttempt:
    """Save the attempt that ``make`` gives; the same key of the same person gives the one that it gave before.

    :raises InputRejected: the key was used for the other kind of authorization.
    """
    earlier = _earlier(actor, purpose, idempotency_key)
    if earlier:
        return earlier
    attempt, moment = make(), now()
    attempt.purpose, attempt.user, attempt.idempotency_key = purpose, actor.person, idempotency_key
    attempt.issuer = settings.GOOGLE_ADDRESSES.google_issuer
    attempt.created_at, attempt.expires_at = moment, moment + timedelta(minutes=settings.AUTHORIZATION_UNOPENED_MINUTES)
    try:
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
    except IntegrityError:  # the same request arrived twice at once, and the other was first
        earlier = _earlier(actor, purpose, idempotency_key)
        if earlier is None:
            raise
        return earlier
    return attempt


def _earlier(actor: Actor, purpose: Purpose, idempotency_key: str) -> ConsentAttempt | None:
    if not idempotency_key:
        return None
    earlier = ConsentAttempt.objects.filter(user=actor.user, idempotency_key=idempotency_key).first()
    if earlier and earlier.purpose != purpose:
        raise InputRejected(fields={"Idempotency-Key": ["It was used for another authorization before."]})
    return earlier


def may_go_on(actor: Actor, attempt: ConsentAttempt) -> bool:
    """Whether the person may still do what the attempt is for. Roles and connections change while one is at Google."""
    connection = attempt.connection if attempt.purpose == Purpose.REAUTHORIZE else None
    if connection and connection.deleted_at:
        return False
    return policy.may(actor, PERMISSIONS[Purpose(attempt.purpose)], connection)


def verifier_context(attempt: ConsentAttempt) -> Context:
    """A PKCE verifier opens for its own attempt only."""
    return Context(
        table="connections_consentattempt",
        row=str(attempt.pk),
        field="verifier",
        purpose="consent",
        connector=attempt.connector,
        subject="",
        version=1,
    )
