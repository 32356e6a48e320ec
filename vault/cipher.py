"""Seal and open one value. Pure: no database, no settings.

Each message has a key of its own: HKDF-SHA-512 over the key and a random salt gives the
AES-256-GCM key, a commitment to it, and the nonce (the committing suite 0x0478 of the AWS
Encryption SDK, reduced to one record). Format of version 1::

    "CXV" | version 1 | algorithm 1 | key id 8 | salt 32 | commitment 32 | ciphertext | tag 16
"""

import hmac
import os
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import VaultFailure

MAGIC = b"CXV"
VERSION = 1
ALGORITHM = 1
KEY_BYTES = 32
KEY_ID_BYTES = 8
SALT_BYTES = 32
COMMITMENT_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = len(MAGIC) + 2 + KEY_ID_BYTES + SALT_BYTES
PADDING = 64
"""Plaintexts are padded to a multiple, so that a length doesn't tell one kind of token from another."""
SHORTEST = HEADER_BYTES + COMMITMENT_BYTES + PADDING + TAG_BYTES


@dataclass(frozen=True)
class Key:
    """256 bits and the id that names them in a header. The bits stay out of ``repr``."""

    id: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a sealed value belongs to. It opens with the very same context only."""

    table: str
    row: str
    field: str
    purpose: str
    connector: str
    subject: str
    version: int

    def encode(self) -> bytes:
        """Sorted pairs, each part with its length before it, so that no two contexts look alike."""
        parts = [part for name, value in sorted(asdict(self).items()) for part in (name, str(value))]
        return b"".join(struct.pack(">I", len(raw)) + raw for raw in (part.encode() for part in parts))


def _derive(key: Key, salt: bytes) -> tuple[bytes, bytes, bytes]:
    """AES key, commitment, nonce."""
    info = b"cx-vault/v1|" + bytes([ALGORITHM]) + key.id
    length = KEY_BYTES + COMMITMENT_BYTES + NONCE_BYTES
    material = HKDF(algorithm=SHA512(), length=length, salt=salt, info=info).derive(key.secret)
    return material[:KEY_BYTES], material[KEY_BYTES : KEY_BYTES + COMMITMENT_BYTES], material[-NONCE_BYTES:]


def _pad(plaintext: bytes) -> bytes:
    """ISO/IEC 7816-4: one bit, then zeros, to the next multiple."""
    return plaintext + b"\x80" + b"\x00" * (-(len(plaintext) + 1) % PADDING)


def _unpad(padded: bytes) -> bytes:
    plaintext, mark, zeros = padded.rpartition(b"\x80")
    if not mark or zeros.strip(b"\x00") or len(zeros) >= PADDING:
        raise VaultFailure
    return plaintext


def seal_with(key: Key, context: Context, plaintext: bytes, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
    """The sealed value, in the format above. ``random_bytes`` is fixed for golden vectors only."""
    salt = random_bytes(SALT_BYTES)
    header = MAGIC + bytes([VERSION, ALGORITHM]) + key.id + salt
    aes_key, commitment, nonce = _derive(key, salt)
    return header + commitment + AESGCM(aes_key).encrypt(nonce, _pad(plaintext), header + context.encode())


def key_id_of(sealed: bytes) -> bytes:
    """The id of the key that sealed it; empty when it isn't a sealed value."""
    begin = len(MAGIC) + 2
    return sealed[begin : begin + KEY_ID_BYTES] if sealed.startswith(MAGIC) and len(sealed) >= SHORTEST else b""


def open_with(find_key: Callable[[bytes], Key | None], context: Context, sealed: bytes) -> bytes:
    """The plaintext. :raises VaultFailure: whatever the reason."""
    head = MAGIC + bytes([VERSION, ALGORITHM])
    key = find_key(key_id_of(sealed)) if sealed.startswith(head) and len(sealed) >= SHORTEST else None
    if key is None:
        raise VaultFailure
    header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    aes_key, commitment, nonce = _derive(key, header[-SALT_BYTES:])
    if not hmac.compare_digest(commitment, rest[:COMMITMENT_BYTES]):
        raise VaultFailure
    try:
        padded = AESGCM(aes_key).decrypt(nonce, rest[COMMITMENT_BYTES:], header + context.encode())
    except InvalidTag:
        raise VaultFailure from None
    return _unpad(padded)
