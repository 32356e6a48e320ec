"""All that connections keep sealed, for the vault's verification."""

from collections.abc import Iterator

from connections.models import ConsentAttempt, Credential, Outcome, Revocation
from connections.operations.attempts import verifier_context
from connections.operations.credentials import ACCESS_TOKEN, REFRESH_TOKEN, token_context
from connections.operations.revoke_outbox import revocation_context
from vault.operations.verify_sealed import SealedValue


def sealed_tokens() -> Iterator[SealedValue]:
    """Tokens, verifiers of authorizations that Google hasn't answered, and tokens that wait to be revoked."""
    for credential in Credential.objects.select_related("connection").order_by("pk").iterator():
        for field, version, sealed in (
            (REFRESH_TOKEN, credential.refresh_token_version, credential.sealed_refresh_token),
            (ACCESS_TOKEN, credential.access_token_version, credential.sealed_access_token),
        ):
            if sealed:
                context = token_context(credential.connection, credential, field, version)
                yield SealedValue(owner=credential.connection_id, context=context, sealed=bytes(sealed))
    # Once it is answered its key is destroyed, whatever is left in the row.
    unanswered = ConsentAttempt.objects.filter(outcome=Outcome.PENDING, used_at=None, sealed_verifier__isnull=False)
    for attempt in unanswered.order_by("pk").iterator():
        yield SealedValue(
            owner=attempt.pk, context=verifier_context(attempt), sealed=bytes(attempt.sealed_verifier or b"")
        )
    waiting = Revocation.objects.filter(sealed_token__isnull=False)
    for row in waiting.order_by("pk").iterator():
        yield SealedValue(owner=row.pk, context=revocation_context(row), sealed=bytes(row.sealed_token or b""))
