"""Identifiers and random secrets."""

import hashlib
import secrets
from uuid import UUID, uuid4


def new_id() -> UUID:
    """A random identifier. It names a row and is no secret."""
    return uuid4()


def new_secret() -> str:
    """256 random bits, URL-safe: for states, nonces and keys that must not be guessed."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """SHA-256 of a random secret, as hex: enough to recognise it, useless to replay it.

    Only for secrets of :func:`new_secret`'s strength; a password needs a slow hash.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
