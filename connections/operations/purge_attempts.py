"""Forget the authorizations of long ago; what they led to stays in the connection's history."""

from datetime import timedelta

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import ConsentAttempt, Outcome, Policy
from kernel.clock import now


def purge_attempts(actor: Actor) -> int:
    """Delete the ended attempts that are older than the policy's retention. Returns how many there were."""
    before = now() - timedelta(days=Policy.current().retention_days)
    with transaction.atomic():
        old = ConsentAttempt.objects.filter(created_at__lt=before).exclude(
            outcome__in=[Outcome.PENDING, Outcome.STAGED]
        )
        count, _by_model = old.delete()
        if count:
            audit.record(
                actor,
                "authorization.history_removed",
                kind="authorization",
                object_id="",
                name="",
                difference={"authorizations": count, "older than": f"{before:%Y-%m-%d %H:%M} UTC"},
            )
    return count
