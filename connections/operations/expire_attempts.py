"""End the authorizations that nobody finished."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from connections.models import ConsentAttempt, Credential, CredentialState, Outcome
from kernel.clock import now
from vault.operations.destroy_data_key import destroy_data_key

FINISHING = timedelta(minutes=5)
"""Longer than an answer from Google is worked on: an attempt that is older was left by a process that died."""


def expire_attempts() -> int:
    """Mark what is past its time, make its PKCE verifier unreadable, and shred a grant that it staged. Returns how
    many there were.

    Of an attempt that begins anew, or whose answer arrives at the same moment, one of the two updates wins.
    """
    over = _over(now())
    return sum(_expire(over.filter(pk=attempt_id)) for attempt_id in over.values_list("pk", flat=True))


def _over(moment: datetime) -> QuerySet[ConsentAttempt]:
    unanswered = Q(used_at=None, expires_at__lte=moment)
    abandoned = Q(used_at__lte=moment - FINISHING)
    not_compared = Q(outcome=Outcome.STAGED, expires_at__lte=moment)
    return ConsentAttempt.objects.filter(Q(unanswered | abandoned, outcome=Outcome.PENDING) | not_compared)


def _expire(attempt: QuerySet[ConsentAttempt]) -> int:
    with transaction.atomic():
        row = attempt.select_for_update().first()
        if row is None:
            return 0
        Credential.objects.filter(consent_attempt=row, state=CredentialState.STAGED).delete()
        row.outcome, row.sealed_verifier, row.staged = Outcome.EXPIRED, None, None
        row.save(update_fields=["outcome", "sealed_verifier", "staged"])
        destroy_data_key(purpose="consent", owner=row.pk)
    return 1
