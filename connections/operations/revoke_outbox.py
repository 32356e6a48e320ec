"""Grants that are to be ended at Google, when it can be reached: for a day, then never.

Google revokes the whole grant of an account and this client, so nothing is ever revoked while another
connection shares it (security.md, *Never revoke to tidy up*); that is asked again before each try.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from access import audit
from access.actor import Actor
from connections.google.identity import Identity
from connections.google.tokens import revoke
from connections.models import (
    Connection,
    ConsentAttempt,
    CredentialState,
    Outcome,
    Revocation,
    RevocationState,
)
from connections.operations.credentials import open_refresh_token
from connections.operations.expire_attempts import FINISHING
from kernel.clock import now
from kernel.errors import TryLater, VaultFailure
from kernel.ids import new_id
from vault.cipher import Context
from vault.operations.destroy_data_key import destroy_data_key
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal

PURPOSE = "revocation"
KEPT_FOR = timedelta(hours=24)
CLAIM = timedelta(minutes=1)
"""Longer than a try can take: kernel.http ends it after 5 + 30 seconds."""
LONGEST_PAUSE = timedelta(hours=1)
AFTER_AN_ANSWER = timedelta(seconds=15)

EVENTS = {
    RevocationState.REVOKED: "grant_revoked",
    RevocationState.KEPT: "grant_kept",
    RevocationState.NO_TOKEN: "grant_not_revoked",
    RevocationState.GIVEN_UP: "revocation_given_up",
}


def put_in_outbox(connection: Connection) -> Revocation:
    """Note what becomes of the connection's grant; called in the transaction that ends the connection, before its
    tokens are destroyed. Where others share the grant, or no token opens, there is nothing to wait for.
    """
    revocation = _waiting(
        connection=connection,
        connector=connection.connector,
        client_id=connection.client_id,
        account_sub=connection.account_sub,
        account_email=connection.account_email,
    )
    siblings = Connection.objects.sharing_grant_of(connection).count()
    token = "" if siblings else _refresh_token(connection)
    if token:
        _seal(revocation, token)
    else:
        revocation.state = RevocationState.KEPT if siblings else RevocationState.NO_TOKEN
        revocation.siblings, revocation.next_try_at, revocation.ended_at = siblings, None, revocation.created_at
    revocation.save(force_insert=True)
    return revocation


def put_refused_in_outbox(connector: str, identity: Identity, refresh_token: str) -> Revocation:
    """Note a grant that no connection came of and that Google could not be told to end."""
    revocation = _waiting(
        connector=connector,
        client_id=settings.GOOGLE_CLIENT_ID,
        account_sub=identity.sub,
        account_email=identity.email,
    )
    with transaction.atomic():
        _seal(revocation, refresh_token)
        revocation.save(force_insert=True)
    return revocation


def _waiting(**whose: Any) -> Revocation:
    moment = now()
    return Revocation(
        id=new_id(),
        state=RevocationState.WAITING,
        created_at=moment,
        expires_at=moment + KEPT_FOR,
        next_try_at=moment,
        **whose,
    )


def _seal(revocation: Revocation, token: str) -> None:
    revocation.sealed_token = seal(
        purpose=PURPOSE, owner=revocation.pk, context=revocation_context(revocation), plaintext=token.encode()
    )


def send_revocation(actor: Actor, revocation: Revocation) -> Revocation:
    """Try once to end the grant at Google, unless somebody else is at it. What became of it stands in the result."""
    mine = Revocation.objects.filter(pk=revocation.pk, state=RevocationState.WAITING, tries=revocation.tries)
    if mine.update(tries=F("tries") + 1, next_try_at=now() + CLAIM):
        _send(actor, Revocation.objects.select_related("connection").get(pk=revocation.pk))
    return Revocation.objects.select_related("connection").get(pk=revocation.pk)


def send_due_revocations() -> int:
    """Try every grant that is due, and give up those whose day is over. Returns how many have ended."""
    console = Actor.console()
    ended = 0
    due = Revocation.objects.filter(state=RevocationState.WAITING, next_try_at__lte=now())
    for revocation in due.select_related("connection").order_by("created_at"):
        if revocation.expires_at <= now():
            ended += _end(console, revocation, RevocationState.GIVEN_UP)
        else:
            ended += send_revocation(console, revocation).state != RevocationState.WAITING
    return ended


def revocation_context(revocation: Revocation) -> Context:
    """A waiting token opens for its own row and account only."""
    return Context(
        table="connections_revocation",
        row=str(revocation.pk),
        field="sealed_token",
        purpose=PURPOSE,
        connector=revocation.connector,
        subject=revocation.account_sub,
        version=1,
    )


def _refresh_token(connection: Connection) -> str:
    """The connection's refresh token, empty when there is none that opens: a broken vault must not keep a
    connection from being deleted.
    """
    credential = connection.credentials.filter(state=CredentialState.LIVE).first()
    if credential is None:
        return ""
    try:
        return open_refresh_token(connection, credential)
    except VaultFailure:
        return ""


def _send(actor: Actor, revocation: Revocation) -> None:
    holders = Connection.objects.holding_grant(client_id=revocation.client_id, account_sub=revocation.account_sub)
    siblings = holders.count()
    if siblings:  # the account was connected again meanwhile, or this very connection reauthorized
        _end(actor, revocation, RevocationState.KEPT, siblings)
        return
    if _is_answer_under_way():
        _postpone(revocation, AFTER_AN_ANSWER)
        return
    try:
        revoke(
            open_sealed(
                purpose=PURPOSE,
                owner=revocation.pk,
                context=revocation_context(revocation),
                sealed=bytes(revocation.sealed_token or b""),
            ).decode()
        )
    except VaultFailure:
        _end(actor, revocation, RevocationState.NO_TOKEN)
    except TryLater:
        _postpone(revocation, min(timedelta(minutes=2 ** min(revocation.tries - 1, 6)), LONGEST_PAUSE))
    else:
        _end(actor, revocation, RevocationState.REVOKED)


def _is_answer_under_way() -> bool:
    """Whether an answer from Google is being worked on: it may make a connection of this very grant in a moment."""
    return ConsentAttempt.objects.filter(outcome=Outcome.PENDING, used_at__gt=now() - FINISHING).exists()


def _postpone(revocation: Revocation, pause: timedelta) -> None:
    """Not beyond the token's last moment, in which it is shredded."""
    next_try_at = min(now() + pause, revocation.expires_at)
    Revocation.objects.filter(pk=revocation.pk, state=RevocationState.WAITING).update(next_try_at=next_try_at)


def _end(actor: Actor, revocation: Revocation, state: RevocationState, siblings: int = 0) -> bool:
    """Destroy the token and say what became of the grant."""
    with transaction.atomic():
        ended = Revocation.objects.filter(pk=revocation.pk, state=RevocationState.WAITING).update(
            state=state, siblings=siblings, sealed_token=None, next_try_at=None, ended_at=now()
        )
        destroy_data_key(purpose=PURPOSE, owner=revocation.pk)
        if ended:
            connection = revocation.connection
            kind = "connection" if connection else "authorization"
            audit.record(
                actor,
                f"{kind}.{EVENTS[state]}",
                kind=kind,
                object_id=str(connection.pk) if connection else "",
                name=connection.nickname if connection else "",
                difference={"account": revocation.account_email, "tries": revocation.tries}
                | ({"shared by": siblings} if siblings else {}),
            )
    return bool(ended)
