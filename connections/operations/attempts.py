"""What the two halves of a consent share: finding the attempt, and what its verifier is bound to."""

from uuid import UUID

from access.actor import Actor
from connections.models import ConsentAttempt
from kernel.errors import NotFound
from vault.cipher import Context


def attempt_of(actor: Actor, attempt_id: UUID, *, lock: bool = False) -> ConsentAttempt:
    """The actor's own attempt. :raises NotFound: there is none, or it is another person's."""
    rows = ConsentAttempt.objects.select_for_update() if lock else ConsentAttempt.objects
    attempt = rows.filter(pk=attempt_id, user=actor.user).first()
    if attempt is None:
        raise NotFound(kind="authorization")
    return attempt


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
