"""The seeds of two-factor sign-in and recovery codes as they are sealed, for the vault's verification."""

from base64 import b64decode
from collections.abc import Iterator

from allauth.mfa.models import Authenticator

from access.mfa import seed_context
from vault.operations.verify_sealed import SealedValue


def sealed_seeds() -> Iterator[SealedValue]:
    """Allauth keeps an app's seed as ``secret``, and that of the recovery codes as ``seed``."""
    for row in Authenticator.objects.select_related("user").order_by("pk").iterator():
        sealed = row.data.get("secret") or row.data.get("seed")
        if sealed:
            yield SealedValue(owner=row.user.pk, context=seed_context(row.user), sealed=b64decode(sealed))
