"""Whether the key ring can be used."""

import os

from vault.cipher import Context, open_with, seal_with
from vault.keyring import load_ring

_CONTEXT = Context(table="", row="", field="", purpose="check", connector="", subject="", version=1)


def check_ring() -> None:
    """Seal and open a random value. :raises ImproperlyConfigured, VaultFailure:"""
    ring = load_ring()
    value = os.urandom(16)
    if open_with(ring.find, _CONTEXT, seal_with(ring.active, _CONTEXT, value)) != value:
        raise AssertionError("the vault gives back another value than it took")
