"""Whether the key ring can be used."""

import os

from django.conf import settings

from kernel.errors import VaultFailure
from vault.cipher import Context, open_with, seal_with
from vault.keyring import load_ring


def check_ring() -> None:
    """Seal and open a random value with the ring of each purpose. :raises ImproperlyConfigured, VaultFailure:"""
    for purpose in settings.VAULT_PURPOSES:
        ring = load_ring(purpose)
        context = Context(table="", row="", field="", purpose=purpose, connector="", subject="check", version=1)
        value = os.urandom(16)
        if open_with(ring.find, context, seal_with(ring.active, context, value)) != value:
            raise VaultFailure
