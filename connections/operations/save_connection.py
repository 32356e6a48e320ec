"""A finished consent becomes a new connection."""

from django.conf import settings
from django.db import IntegrityError, transaction

from access import audit
from access.actor import Actor
from connections.errors import StateMismatch
from connections.extensions import short_scope
from connections.google.consent import Tokens
from connections.google.identity import Identity
from connections.models import Connection, ConsentAttempt, CredentialState, Outcome, Status, nickname_key
from connections.operations.accepted_account import accepted_account
from connections.operations.new_grant import grant_ends_at, record_grant, seal_credential
from connections.operations.nicknames import nickname_taken
from connections.readiness import derive_status, state_of
from kernel.clock import now
from kernel.errors import to_stored


def save_connection(actor: Actor, attempt: ConsentAttempt, tokens: Tokens, identity: Identity) -> None:
    """Connection, grant, sealed credential and audit entry, or none of them.

    :raises ConsentFailed: no connection may be made of the account, or the attempt was ended meanwhile.
    :raises NicknameTaken: somebody took the nickname while this person was at Google.
    """
    connection = _connection(attempt, tokens, identity)
    try:
        with transaction.atomic():
            _save(actor, attempt, connection, tokens)
    except IntegrityError:
        raise nickname_taken(attempt.form["nickname"]) from None
    attempt.outcome, attempt.connection = Outcome.SUCCEEDED, connection


def _connection(attempt: ConsentAttempt, tokens: Tokens, identity: Identity) -> Connection:
    form = attempt.form
    connection = Connection(
        connector=attempt.connector,
        nickname=form["nickname"],
        nickname_key=nickname_key(form["nickname"]),
        description=form["description"],
        owner=attempt.user,
        scope_mode=form["scope_mode"],
        requested_scopes=attempt.scopes,
        granted_scopes=sorted(tokens.granted),
        status=Status.ACTIVE,
        account_sub=identity.sub,
        account_email=identity.email,
        account_hosted_domain=identity.hosted_domain,
        account_type=accepted_account(identity),
        account_picture=identity.picture[:500],
        client_id=settings.GOOGLE_CLIENT_ID,
        grant_expires_at=grant_ends_at(tokens),
        last_checked_at=now(),
    )
    derived = derive_status(state_of(connection))
    connection.status = derived.status
    connection.status_cause = to_stored(derived.cause) if derived.cause else None
    return connection


def _save(actor: Actor, attempt: ConsentAttempt, connection: Connection, tokens: Tokens) -> None:
    connection.save(force_insert=True)
    record_grant(connection, attempt.user, before=())
    seal_credential(connection, tokens, CredentialState.LIVE)
    # Ended meanwhile: then nothing of this may live.
    closed = ConsentAttempt.objects.filter(pk=attempt.pk, outcome=Outcome.PENDING, used_at__isnull=False).update(
        outcome=Outcome.SUCCEEDED, connection=connection
    )
    if not closed:
        raise StateMismatch
    audit.record(
        actor,
        "connection.created",
        kind="connection",
        object_id=str(connection.pk),
        name=connection.nickname,
        difference={
            "account": connection.account_email,
            "granted": [short_scope(scope) for scope in connection.granted_scopes],
            "status": connection.status,
        },
    )
