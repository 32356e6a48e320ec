"""A finished consent for a connection that there is: stage its grant beside the one in use, prove it, then switch.

The one in use works until the switch, and stays if anything goes wrong (security.md, *Never revoke to tidy up*).
"""

import copy
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from access import audit
from access.actor import Actor
from connections.errors import ConnectionDeleted, WrongAccount
from connections.extensions import short_scope
from connections.google.consent import Tokens
from connections.google.identity import Identity
from connections.models import Connection, ConsentAttempt, Credential, CredentialState, Outcome
from connections.operations.accepted_account import accepted_account
from connections.operations.get_access_token import AccessToken
from connections.operations.new_grant import grant_ends_at, seal_credential
from connections.operations.prove_grant import Proof, lost_scopes, prove_grant
from connections.operations.swap_credential import switch
from kernel.clock import now
from kernel.errors import TryLater, to_stored


def stage_credential(actor: Actor, attempt: ConsentAttempt, tokens: Tokens, identity: Identity) -> None:
    """Use the new grant at once when nothing is lost; otherwise keep it until the person has compared.

    :raises WrongAccount: it is another account's. :raises ConsentFailed: the policy refuses the account by now.
    :raises ConnectionDeleted: there is no connection any more. :raises GoogleUnavailable: nothing could be proven.
    """
    connection = attempt.connection
    if connection is None:
        raise ConnectionDeleted(nickname=attempt.form["nickname"])
    if identity.sub != connection.account_sub:
        raise WrongAccount(nickname=connection.nickname, expected=connection.account_email, given=identity.email)
    account_type = accepted_account(identity)
    credential = _stage(attempt, tokens)
    try:
        proof = _prove(connection, tokens, credential)
        attempt.proof = {
            "granted": sorted(tokens.granted & proof.granted),
            "grant_ends_at": ends_at.isoformat() if (ends_at := grant_ends_at(tokens)) else None,
            "email": identity.email,
            "hosted_domain": identity.hosted_domain,
            "account_type": account_type.value,
            "picture": identity.picture[:500],
            "proven_at": now().isoformat(),
            "asked": proof.probed.asked,
            "milliseconds": proof.milliseconds,
            "error": to_stored(proof.probed.error) if proof.probed.error else None,
        }
        _compare(actor, attempt)
    except Exception:
        credential.delete()
        raise


def _locked(attempt: ConsentAttempt) -> Connection:
    """The connection as it is now, for the caller's transaction. :raises ConnectionDeleted:"""
    row = Connection.objects.select_for_update(of=("self",)).filter(consent_attempts=attempt, deleted_at=None).first()
    if row is None:
        raise ConnectionDeleted(nickname=attempt.form["nickname"])
    return row


def _stage(attempt: ConsentAttempt, tokens: Tokens) -> Credential:
    with transaction.atomic():
        connection = _locked(attempt)
        live = connection.credentials.filter(state=CredentialState.LIVE).first()
        # Later than any token of the old credential, so that a call that was refused with one takes the new one.
        version = live.access_token_version + 2 if live else 1
        credential = seal_credential(connection, tokens, CredentialState.STAGED, access_token_version=version)
        _go_on(attempt, staged=credential)
    return credential


def _go_on(attempt: ConsentAttempt, **fields: object) -> None:
    """:raises ConnectionDeleted: the attempt was ended meanwhile, as deleting its connection does."""
    if not ConsentAttempt.objects.filter(pk=attempt.pk, outcome=Outcome.PENDING).update(**fields):
        raise ConnectionDeleted(nickname=attempt.form["nickname"])


def _prove(connection: Connection, tokens: Tokens, credential: Credential) -> Proof:
    assert credential.access_expires_at is not None  # noqa: S101  (just sealed)
    token = AccessToken(tokens.access_token, credential.access_expires_at, credential.access_token_version)

    def source(*, stale: AccessToken | None = None) -> AccessToken:  # noqa: ARG001  (there is no other)
        return token

    proposed = copy.copy(connection)
    proposed.granted_scopes = sorted(tokens.granted)
    proof = prove_grant(proposed, source)
    error = proof.probed.error
    # A block at Google holds for the old grant as well: it is kept with the connection, not held against the new one.
    if isinstance(error, TryLater):
        raise error
    return proof


def _compare(actor: Actor, attempt: ConsentAttempt) -> None:
    assert attempt.proof is not None  # noqa: S101  (the caller set it)
    with transaction.atomic():
        connection = _locked(attempt)
        lost = lost_scopes(connection.granted_scopes, attempt.proof["granted"])
        expires_at = now() + timedelta(minutes=settings.CONSENT_MINUTES)
        _go_on(attempt, outcome=Outcome.STAGED, proof=attempt.proof, expires_at=expires_at)
        attempt.refresh_from_db()
        if not lost:
            switch(actor, connection, attempt)
            return
        audit.record(
            actor,
            "connection.reauthorization_staged",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"would be lost": [short_scope(scope) for scope in lost]},
        )
