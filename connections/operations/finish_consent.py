"""Google has sent the browser back: check every binding, spend the code once, and save the connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from access import audit, policy
from access.actor import Actor
from connections.errors import ConsumerAccountRefused, DomainRefused, ServiceAccountRefused, StateMismatch
from connections.extensions import short_scope
from connections.google.consent import Tokens, exchange
from connections.google.failures import callback_error
from connections.google.identity import Identity, verify_identity
from connections.google.tokens import revoke
from connections.models import (
    AccountType,
    Connection,
    ConsentAttempt,
    Credential,
    CredentialState,
    Grant,
    Outcome,
    Policy,
    Status,
    nickname_key,
)
from connections.operations.attempts import verifier_context
from connections.operations.credentials import ACCESS_TOKEN, REFRESH_TOKEN, expiry, seal_token
from connections.operations.nicknames import nickname_taken
from connections.readiness import derive_status, state_of
from kernel.clock import now
from kernel.errors import ConsoleError, TryLater, to_stored
from kernel.ids import fingerprint, new_id
from vault.operations.destroy_data_key import destroy_data_key
from vault.operations.open_sealed import open_sealed


@dataclass(frozen=True, kw_only=True)
class CallbackAnswer:
    """What came back in the query, each parameter with all its values, and the browser's cookies."""

    parameters: Mapping[str, Sequence[str]] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)

    def single(self, name: str) -> str:
        """The parameter's one value, empty when absent. :raises StateMismatch: it came more than once."""
        values = self.parameters.get(name, ())
        if len(values) > 1:
            raise StateMismatch
        return values[0] if values else ""


def binding_cookie(attempt: ConsentAttempt) -> str:
    """The name of the cookie that ties an attempt to the browser it was started in."""
    return f"{settings.COOKIE_PREFIX}console_consent_{attempt.pk.hex}"


def finish_consent(actor: Actor, answer: CallbackAnswer) -> ConsentAttempt:
    """End the attempt that the answer belongs to: a connection, or a failure kept with the attempt.

    :raises StateMismatch: the answer fails a binding. Nothing was changed and Google wasn't asked.
    """
    try:
        attempt = _claim(actor, answer)
    except StateMismatch as error:
        with transaction.atomic():
            audit.record(actor, "authorization.rejected", kind="authorization", object_id="", name="")
        raise error from None
    try:
        refusal = answer.single("error")
        if refusal:
            raise callback_error(refusal)
        _complete(actor, attempt, answer.single("code"))
    except ConsoleError as error:
        _fail(actor, attempt, error)
    finally:
        destroy_data_key(purpose="consent", owner=attempt.pk)
    return attempt


def _claim(actor: Actor, answer: CallbackAnswer) -> ConsentAttempt:
    """Check person, browser, time, issuer and shape; then take the attempt by one conditional update."""
    state, code, issuer = answer.single("state"), answer.single("code"), answer.single("iss")
    error = answer.single("error")
    if not state or actor.user is None or bool(code) == bool(error):
        raise StateMismatch
    attempt = ConsentAttempt.objects.filter(state_hash=fingerprint(state)).first()
    if attempt is None or attempt.user_id != actor.user.pk:
        raise StateMismatch
    secret = answer.cookies.get(binding_cookie(attempt), "")
    is_bound = bool(secret) and fingerprint(secret) == attempt.browser_hash
    if not is_bound or attempt.expires_at <= now() or (issuer and issuer != attempt.issuer):
        raise StateMismatch
    if not policy.may(actor, "connection.create"):
        raise StateMismatch
    taken = ConsentAttempt.objects.filter(
        pk=attempt.pk, used_at=None, state_hash=attempt.state_hash, outcome=Outcome.PENDING
    ).update(used_at=now())
    if not taken:
        raise StateMismatch
    return attempt


def _complete(actor: Actor, attempt: ConsentAttempt, code: str) -> None:
    verifier = open_sealed(
        purpose="consent",
        owner=attempt.pk,
        context=verifier_context(attempt),
        sealed=bytes(attempt.sealed_verifier or b""),
    ).decode()
    tokens = exchange(scopes=attempt.scopes, code=code, code_verifier=verifier)
    # Of an identity that isn't proven nobody knows the siblings, so that grant is never revoked here.
    identity = verify_identity(tokens.id_token, nonce_hash=attempt.nonce_hash)
    try:
        account_type = _accepted_account(identity)
        _save(actor, attempt, tokens, identity, account_type)
    except IntegrityError:  # somebody took the nickname while this person was at Google
        _discard(tokens, identity)
        raise nickname_taken(attempt.form["nickname"]) from None
    except ConsoleError:
        _discard(tokens, identity)
        raise


def _accepted_account(identity: Identity) -> AccountType:
    """The account's type, when a connection may be made of it."""
    if identity.account_type is None:
        raise ServiceAccountRefused(email=identity.email)
    rules = Policy.current()
    if identity.account_type is not AccountType.WORKSPACE:
        if rules.refuse_consumer_accounts:
            raise ConsumerAccountRefused(email=identity.email)
    elif rules.allowed_domains and identity.hosted_domain.lower() not in map(str.lower, rules.allowed_domains):
        raise DomainRefused(email=identity.email, domain=identity.hosted_domain)
    return identity.account_type


def _discard(tokens: Tokens, identity: Identity) -> None:
    """Revoke a grant that nothing here uses. A sibling's grant is the same grant and would die with it."""
    siblings = Connection.objects.filter(client_id=settings.GOOGLE_CLIENT_ID, account_sub=identity.sub, deleted_at=None)
    if siblings.exists():
        return
    try:
        revoke(tokens.refresh_token)
    except TryLater:
        # Nothing is kept of the grant, so nothing can be done later either; the account's owner sees it at Google.
        return


def _save(actor: Actor, attempt: ConsentAttempt, tokens: Tokens, identity: Identity, account_type: AccountType) -> None:
    """Connection, grant, sealed credential and audit entry, or none of them."""
    form = attempt.form
    ends_at = now() + timedelta(seconds=tokens.grant_expires_in) if tokens.grant_expires_in else None
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
        account_type=account_type,
        account_picture=identity.picture[:500],
        client_id=settings.GOOGLE_CLIENT_ID,
        grant_expires_at=ends_at,
        last_checked_at=now(),
    )
    derived = derive_status(state_of(connection))
    connection.status = derived.status
    connection.status_cause = to_stored(derived.cause) if derived.cause else None
    with transaction.atomic():
        connection.save(force_insert=True)
        _save_grant(attempt, connection)
        _save_credential(connection, tokens)
        # Deleted or superseded meanwhile: then nothing of this may live.
        closed = ConsentAttempt.objects.filter(Q(pk=attempt.pk), outcome=Outcome.PENDING, used_at__isnull=False).update(
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
                "account": identity.email,
                "granted": [short_scope(scope) for scope in connection.granted_scopes],
                "status": derived.status.value,
            },
        )
    attempt.outcome, attempt.connection = Outcome.SUCCEEDED, connection


def _save_grant(attempt: ConsentAttempt, connection: Connection) -> None:
    Grant.objects.create(
        connection=connection,
        requested=attempt.scopes,
        granted=connection.granted_scopes,
        added=connection.granted_scopes,
        by=attempt.user,
        account_sub=connection.account_sub,
        account_email=connection.account_email,
        expires_at=connection.grant_expires_at,
    )


def _save_credential(connection: Connection, tokens: Tokens) -> None:
    credential = Credential(id=new_id(), connection=connection, state=CredentialState.LIVE)
    credential.sealed_refresh_token = seal_token(connection, credential, REFRESH_TOKEN, 1, tokens.refresh_token)
    credential.sealed_access_token = seal_token(connection, credential, ACCESS_TOKEN, 1, tokens.access_token)
    credential.access_expires_at = expiry(tokens.expires_in)
    credential.save(force_insert=True)


def _fail(actor: Actor, attempt: ConsentAttempt, error: ConsoleError) -> None:
    attempt.outcome, attempt.failure = Outcome.FAILED, to_stored(error)
    with transaction.atomic():
        attempt.save(update_fields=["outcome", "failure"])
        audit.record(
            actor,
            "authorization.failed",
            kind="authorization",
            object_id=str(attempt.pk),
            name=attempt.form["nickname"],
            difference={"cause": error.code},
        )
