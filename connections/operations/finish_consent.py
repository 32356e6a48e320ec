"""Google has sent the browser back: check every binding, spend the code once, and save what it gave."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction

from access import audit
from access.actor import Actor
from connections.errors import StateMismatch
from connections.extensions import put_in_place
from connections.google.consent import exchange
from connections.google.failures import callback_error
from connections.google.identity import verify_identity
from connections.models import ConsentAttempt, Outcome, Purpose
from connections.operations.attempts import may_go_on, verifier_context
from connections.operations.new_grant import discard_grant
from connections.operations.save_connection import save_connection
from connections.operations.stage_credential import stage_credential
from kernel.clock import now
from kernel.errors import ConsoleError, to_stored
from kernel.ids import fingerprint
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
    """End the attempt that the answer belongs to: a connection, its new grant, or a failure kept with the attempt.

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
    _put_in_place(actor, attempt)
    return attempt


def _put_in_place(actor: Actor, attempt: ConsentAttempt) -> None:
    """The connection is there whatever became of the place it was made for."""
    if attempt.outcome == Outcome.SUCCEEDED and attempt.purpose == Purpose.CREATE and attempt.connection:
        place = attempt.return_to or {"route": "", "ids": {}}
        with suppress(ConsoleError):
            put_in_place(actor, place["route"], place["ids"], attempt.connection)


def _claim(actor: Actor, answer: CallbackAnswer) -> ConsentAttempt:
    """Check person, browser, time, issuer and shape; then take the attempt by one conditional update."""
    state, code, issuer = answer.single("state"), answer.single("code"), answer.single("iss")
    error = answer.single("error")
    if not state or actor.user is None or bool(code) == bool(error):
        raise StateMismatch
    attempt = ConsentAttempt.objects.select_related("connection").filter(state_hash=fingerprint(state)).first()
    if attempt is None or attempt.user_id != actor.user.pk:
        raise StateMismatch
    secret = answer.cookies.get(binding_cookie(attempt), "")
    is_bound = bool(secret) and fingerprint(secret) == attempt.browser_hash
    if not is_bound or attempt.expires_at <= now() or (issuer and issuer != attempt.issuer):
        raise StateMismatch
    if not may_go_on(actor, attempt):
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
    complete = stage_credential if attempt.purpose == Purpose.REAUTHORIZE else save_connection
    try:
        complete(actor, attempt, tokens, identity)
    except ConsoleError:
        discard_grant(attempt.connector, tokens, identity)
        raise


def _fail(actor: Actor, attempt: ConsentAttempt, error: ConsoleError) -> None:
    """Keep the failure, unless the attempt was ended meanwhile: what came of it then follows from that."""
    with transaction.atomic():
        pending = ConsentAttempt.objects.filter(pk=attempt.pk, outcome=Outcome.PENDING)
        failed = pending.update(outcome=Outcome.FAILED, failure=to_stored(error))
        attempt.refresh_from_db(fields=["outcome", "failure"])
        if not failed:
            return
        audit.record(
            actor,
            "authorization.failed",
            kind="authorization",
            object_id=str(attempt.pk),
            name=attempt.form["nickname"],
            difference={"cause": error.code},
        )
