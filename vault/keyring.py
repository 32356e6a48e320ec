"""The root key ring. One function reads it, so that a KMS can take its place."""

import base64
import binascii
import json
import stat
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from vault.cipher import KEY_BYTES, KEY_ID_BYTES, Key


class KeyState(StrEnum):
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    DESTROYED = "destroyed"


@dataclass(frozen=True, kw_only=True)
class RingKey:
    key: Key
    state: KeyState
    created_at: datetime


@dataclass(frozen=True)
class Ring:
    """Keys by id. Exactly one is active and seals; decrypt-only ones still open."""

    keys: tuple[RingKey, ...]

    @property
    def active(self) -> Key:
        return next(each.key for each in self.keys if each.state is KeyState.ACTIVE)

    def find(self, key_id: bytes) -> Key | None:
        """The key of that id, unless it was destroyed."""
        for each in self.keys:
            if each.key.id == key_id and each.state is not KeyState.DESTROYED:
                return each.key
        return None


def _refuse(problem: str) -> ImproperlyConfigured:
    example = '{"keys": [{"id": "16 hex digits", "key": "base64 of 32 bytes", "state": "active", "created_at": "…"}]}'
    return ImproperlyConfigured(f"VAULT_KEY_RING {problem}. Example: {example}")


@cache
def load_ring() -> Ring:
    """The ring from VAULT_KEY_RING_FILE or VAULT_KEY_RING, read once a process.

    :raises ImproperlyConfigured: none is set, the file is readable by others, or its content isn't a ring.
    """
    if settings.VAULT_KEY_RING_FILE:
        text = _read_private(Path(settings.VAULT_KEY_RING_FILE))
    elif settings.VAULT_KEY_RING:
        text = settings.VAULT_KEY_RING
    else:
        raise _refuse("is not set, nor is VAULT_KEY_RING_FILE")
    return parse_ring(text)


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _refuse(f"file can't be read ({error.strerror})") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _refuse(f"file can be read by others than its owner. Run: chmod 600 {path}")
    return text


def parse_ring(text: str) -> Ring:
    """A ring from its JSON. No message holds any of the keys. :raises ImproperlyConfigured:"""
    try:
        entries = json.loads(text)["keys"]
        keys = tuple(_parse_key(entry) for entry in entries)
    except (ValueError, KeyError, TypeError):
        raise _refuse("is not a valid ring") from None
    if sum(each.state is KeyState.ACTIVE for each in keys) != 1:
        raise _refuse("must have exactly one active key")
    if len({each.key.id for each in keys}) != len(keys) or len({each.key.secret for each in keys}) != len(keys):
        raise _refuse("repeats an id or a key")
    if any(each.key.secret in _from_secret_key() for each in keys):
        raise _refuse("holds a key made from SECRET_KEY. Make it of random bytes")
    return Ring(keys)


def _from_secret_key() -> set[bytes]:
    raw = settings.SECRET_KEY.encode()
    return {raw[:KEY_BYTES], raw[-KEY_BYTES:]}


def _parse_key(entry: dict[str, Any]) -> RingKey:
    key_id = bytes.fromhex(entry["id"])
    try:
        secret = base64.b64decode(entry["key"], validate=True)
    except binascii.Error:
        raise ValueError from None
    if len(key_id) != KEY_ID_BYTES or len(secret) != KEY_BYTES:
        raise ValueError
    return RingKey(
        key=Key(id=key_id, secret=secret),
        state=KeyState(entry["state"]),
        created_at=datetime.fromisoformat(entry["created_at"]),
    )
