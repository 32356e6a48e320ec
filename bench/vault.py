"""Our seal and open against Fernet's, which bind to nothing."""

import os

from cryptography.fernet import Fernet

from bench.comparison import Compare
from vault.cipher import KEY_BYTES, KEY_ID_BYTES, Context, Key, open_with, seal_with

TOKEN = b"1//" + b"x" * 100


def run(compare: Compare) -> None:
    """One refresh token, sealed and opened again under one key."""
    key = Key(id=os.urandom(KEY_ID_BYTES), secret=os.urandom(KEY_BYTES))
    context = Context(
        table="connections_credential",
        row=os.urandom(16).hex(),
        field="refresh_token",
        purpose="connection",
        connector="gmail",
        subject="110169484474386276334",
        version=1,
    )
    fernet = Fernet(Fernet.generate_key())
    sealed, other = seal_with(key, context, TOKEN), fernet.encrypt(TOKEN)

    def find(_key_id: bytes) -> Key:
        return key

    compare("vault: seal, against Fernet", lambda: seal_with(key, context, TOKEN), lambda: fernet.encrypt(TOKEN))
    compare("vault: open, against Fernet", lambda: open_with(find, context, sealed), lambda: fernet.decrypt(other))
