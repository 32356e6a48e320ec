"""The root key ring. One function reads it, so that a KMS can take its place."""

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.redaction import never_show
from vault.cipher import KEY_BYTES, KEY_ID_BYTES, Key


class KeyState(StrEnum):
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    DESTROYED = "destroyed"


@dataclass(frozen=True, kw_only=True)
class RingKey:
    """One entry. Of a destroyed key only the id is left, so that it is never given again."""

    id: bytes
    purpose: str
    state: KeyState
    created_at: datetime
    key: Key | None


@dataclass(frozen=True)
class Ring:
    """The keys of one purpose. Exactly one is active and seals; decrypt-only ones still open."""

    keys: tuple[RingKey, ...]

    @property
    def active(self) -> Key:
        return next(each.key for each in self.keys if each.key and each.state is KeyState.ACTIVE)

    def find(self, key_id: bytes) -> Key | None:
        """The key of that id, unless it was destroyed."""
        return next((each.key for each in self.keys if each.id == key_id), None)


def load_ring(purpose: str) -> Ring:
    """The ring of one purpose. :raises ImproperlyConfigured: there is none, or :func:`load_rings` fails."""
    ring = load_rings().get(purpose)
    if ring is None:
        raise _refuse(f"has no active key of the purpose {purpose}")
    return ring


def load_rings() -> Mapping[str, Ring]:
    """The rings by purpose, from VAULT_KEY_RING_FILE or VAULT_KEY_RING. A changed file is read anew by the next call.

    :raises ImproperlyConfigured: none is set, the file is readable by others, or its content isn't a ring.
    """
    if settings.VAULT_KEY_RING_FILE:
        path = Path(settings.VAULT_KEY_RING_FILE)
        return _rings_of_file(path, _state_of(path))
    if settings.VAULT_KEY_RING:
        return _rings_of_text(settings.VAULT_KEY_RING)
    raise _refuse("is not set, nor is VAULT_KEY_RING_FILE")


def _state_of(path: Path) -> tuple[int, ...]:
    """What differs as soon as the file was replaced, written, or opened to others."""
    try:
        state = path.stat()
    except OSError as error:
        raise _unreadable(error) from None
    return state.st_ino, state.st_mtime_ns, state.st_size, state.st_mode


@lru_cache(maxsize=1)
def _rings_of_file(path: Path, _state: tuple[int, ...]) -> Mapping[str, Ring]:
    return _rings_of_text(_read_private(path))


@lru_cache(maxsize=1)
def _rings_of_text(text: str) -> Mapping[str, Ring]:
    rings = parse_rings(text)
    secrets = [each.key.secret for ring in rings.values() for each in ring.keys if each.key]
    never_show(*(form for secret in secrets for form in (base64.b64encode(secret).decode(), secret.hex())))
    return rings


def _refuse(problem: str) -> ImproperlyConfigured:
    example = (
        '{"keys": [{"id": "16 hex digits", "purpose": "connection", "key": "base64 of 32 random bytes", '
        '"state": "active", "created_at": "2026-01-31T12:00:00+00:00"}]}'
    )
    return ImproperlyConfigured(f"VAULT_KEY_RING {problem}. Example: {example}")


def _unreadable(error: OSError) -> ImproperlyConfigured:
    return _refuse(f"file can't be read ({error.strerror})")


def _read_private(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except OSError as error:
        raise _unreadable(error) from None
    except UnicodeDecodeError:
        raise _refuse("file is not UTF-8 text") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _refuse(f"file can be read by others than its owner. Run: chmod 600 {path}")
    return text


def parse_rings(text: str) -> Mapping[str, Ring]:
    """Rings from their JSON. No message holds a value of it, which could be a key. :raises ImproperlyConfigured:"""
    try:
        content = json.loads(text)
    except ValueError:
        raise _refuse("is not JSON") from None
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise _refuse('has no list "keys"')
    keys = [_parse_key(entry, number) for number, entry in enumerate(entries, 1)]
    secrets = [each.key.secret for each in keys if each.key]
    if len({each.id for each in keys}) != len(keys):
        raise _refuse("repeats an id")
    if len(set(secrets)) != len(secrets):
        raise _refuse("repeats a key")
    if not _from_secret_key().isdisjoint(secrets):
        raise _refuse("holds a key made from SECRET_KEY. Make it of random bytes")
    rings = {
        purpose: Ring(tuple(each for each in keys if each.purpose == purpose)) for purpose in {k.purpose for k in keys}
    }
    for purpose, ring in sorted(rings.items()):
        if sum(each.state is KeyState.ACTIVE for each in ring.keys) != 1:
            raise _refuse(f"must have exactly one active key of the purpose {purpose}")
    return rings


def _from_secret_key() -> set[bytes]:
    """The ways in which a key is usually made of SECRET_KEY."""
    raw = settings.SECRET_KEY.encode()
    return {raw[:KEY_BYTES], raw[-KEY_BYTES:], hashlib.sha256(raw).digest()}


def _parse_key(entry: Any, number: int) -> RingKey:
    """One entry, its members checked one by one so that the message can say which is wrong."""

    def wrong(member: str, rule: str) -> ImproperlyConfigured:
        return _refuse(f'is wrong at key {number}: "{member}" must be {rule}')

    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise _refuse(f"is wrong at key {number}: it must be an object whose members are texts")
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_ID_BYTES}}}", entry.get("id", "")):
        raise wrong("id", f"{2 * KEY_ID_BYTES} hex digits")
    if not re.fullmatch(r"[a-z_]{1,40}", entry.get("purpose", "")):
        raise wrong("purpose", "a word in small letters")
    if entry.get("state") not in set(KeyState):
        raise wrong("state", f"one of {', '.join(KeyState)}")
    try:
        created_at = datetime.fromisoformat(entry.get("created_at", ""))
    except ValueError:
        raise wrong("created_at", "a time as in ISO 8601") from None
    state, secret = KeyState(entry["state"]), _decoded(entry.get("key", ""))
    if state is KeyState.DESTROYED and entry.get("key"):
        raise wrong("key", "absent, since the key is destroyed")
    if state is not KeyState.DESTROYED and len(secret) != KEY_BYTES:
        raise wrong("key", f"base64 of {KEY_BYTES} bytes")
    key_id = bytes.fromhex(entry["id"])
    key = Key(id=key_id, secret=secret) if secret else None
    return RingKey(id=key_id, purpose=entry["purpose"], state=state, created_at=created_at, key=key)


def _decoded(text: str) -> bytes:
    """The bytes behind base64, empty when it isn't any."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
