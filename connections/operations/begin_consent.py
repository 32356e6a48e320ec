"""Leave for Google: make what binds the answer to this person, this browser and this attempt."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from access import policy
from access.actor import Actor
from connections.errors import ConsentExpired
from connections.google.consent import authorization_url
from connections.models import ConsentAttempt, Outcome, Purpose
from connections.operations.attempts import PERMISSIONS, attempt_of, verifier_context
from connections.operations.limit_rate import limit_rate
from connections.operations.requested_scopes import require_allowed
from kernel.clock import now
from kernel.ids import fingerprint, new_secret
from vault.operations.seal import seal


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Where the browser goes, and the secret that its binding cookie must bring back."""

    attempt: ConsentAttempt
    google_url: str = field(repr=False)
    browser_secret: str = field(repr=False)


def begin_consent(actor: Actor, attempt_id: UUID) -> Departure:
    """Start, or start again, the browser part of the actor's own attempt. An earlier start of it ends here.

    :raises NotFound: it isn't this person's. :raises ConsentExpired: too late, or it has ended.
    :raises ScopeAboveCeiling: the policy was narrowed meanwhile. :raises TooManyStarts:
    """
    limit_rate("consent_start", str(actor.person.pk))
    state, nonce, browser_secret, verifier = new_secret(), new_secret(), new_secret(), secrets.token_urlsafe(64)
    with transaction.atomic():
        attempt = attempt_of(actor, attempt_id, lock=True)
        connection = attempt.connection if attempt.purpose == Purpose.REAUTHORIZE else None
        policy.require(actor, PERMISSIONS[Purpose(attempt.purpose)], connection)
        require_allowed(attempt.scopes)  # the policy may have been narrowed after the request
        if attempt.used_at or attempt.outcome != Outcome.PENDING or attempt.expires_at <= now():
            raise ConsentExpired
        moment = now()
        attempt.state_hash = fingerprint(state)
        attempt.nonce_hash = fingerprint(nonce)
        attempt.browser_hash = fingerprint(browser_secret)
        attempt.sealed_verifier = seal(
            purpose="consent", owner=attempt.pk, context=verifier_context(attempt), plaintext=verifier.encode()
        )
        attempt.started_at = moment
        attempt.expires_at = moment + timedelta(minutes=settings.CONSENT_MINUTES)
        attempt.save()
    return Departure(
        attempt=attempt,
        google_url=authorization_url(
            scopes=attempt.scopes,
            state=state,
            nonce=nonce,
            code_verifier=verifier,
            login_hint=connection.account_email if connection else "",
        ),
        browser_secret=browser_secret,
    )
