"""Keep the authorization in use after all: the staged one is shredded. Revoking it would end both."""

from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.errors import NewGrantDeclined
from connections.models import ConsentAttempt, Credential, CredentialState, Outcome
from connections.operations.swap_credential import staged_attempt
from kernel.errors import to_stored


def discard_staged(actor: Actor, attempt_id: UUID) -> ConsentAttempt:
    """End the actor's own reauthorization without a change.

    :raises NotFound: no such attempt or connection. :raises NotPermitted: they may not reauthorize it any more.
    :raises NewGrantGone: it has ended already.
    """
    with transaction.atomic():
        connection, attempt = staged_attempt(actor, attempt_id)
        Credential.objects.filter(consent_attempt=attempt, state=CredentialState.STAGED).delete()
        attempt.outcome, attempt.staged, attempt.failure = Outcome.FAILED, None, to_stored(NewGrantDeclined())
        attempt.save(update_fields=["outcome", "staged", "failure"])
        audit.record(
            actor,
            "connection.reauthorization_declined",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
        )
    return attempt
