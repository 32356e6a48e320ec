"""Our seal against Fernet, which binds to nothing."""

import os
from collections.abc import Callable

from cryptography.fernet import Fernet

from vault.cipher import Context, seal_with
from vault.keyring import Key, load_ring

TOKEN = b"1//" + b"x" * 100


def run(compare: Callable[..., None]) -> None:
    """One seal of a refresh token; a data key as well, so twice the work of the cipher alone."""
    key: Key = load_ring().active
    context = Context(
        table="connections_credential",
        row=os.urandom(16).hex(),
        field="refresh_token",
        purpose="connection",
        connector="gmail",
        subject="1",
        version=1,
    )
    fernet = Fernet(Fernet.generate_key())
    compare("Vault: seal, against Fernet", lambda: seal_with(key, context, TOKEN), lambda: fernet.encrypt(TOKEN))
