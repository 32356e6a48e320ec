"""The format of version 1 once more, written from its description and sharing no line with vault/cipher.py.

HKDF is RFC 5869 by hmac and hashlib; AES-GCM is cryptography's streaming interface, not its one-shot AEAD.
"""

import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def hkdf_sha512(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Extract and expand (RFC 5869)."""
    pseudo_random_key = hmac.new(salt, secret, hashlib.sha512).digest()
    blocks, last = b"", b""
    for counter in range(1, -(-length // 64) + 1):
        last = hmac.new(pseudo_random_key, last + info + bytes([counter]), hashlib.sha512).digest()
        blocks += last
    return blocks[:length]


def encode(context: Mapping[str, str | int]) -> bytes:
    out = b""
    for name in sorted(context):
        for text in (name, str(context[name])):
            raw = text.encode("utf-8")
            out += len(raw).to_bytes(4, "big") + raw
    return out


def seal(key_id: bytes, secret: bytes, salt: bytes, context: Mapping[str, str | int], plaintext: bytes) -> bytes:
    material = hkdf_sha512(secret, salt, b"cx-vault/v1|\x01" + key_id, 76)
    header = b"CXV\x01\x01" + key_id + salt
    padded = plaintext + b"\x80"
    while len(padded) % 64:
        padded += b"\x00"
    encryptor = Cipher(algorithms.AES256(material[:32]), modes.GCM(material[64:])).encryptor()
    encryptor.authenticate_additional_data(header + encode(context))
    return header + material[32:64] + encryptor.update(padded) + encryptor.finalize() + encryptor.tag


def open_sealed(secret: bytes, context: Mapping[str, str | int], sealed: bytes) -> bytes:
    """:raises cryptography.exceptions.InvalidTag: it doesn't open. :raises AssertionError: it isn't of the format."""
    assert sealed[:5] == b"CXV\x01\x01"
    key_id, salt, commitment = sealed[5:13], sealed[13:45], sealed[45:77]
    ciphertext, tag = sealed[77:-16], sealed[-16:]
    material = hkdf_sha512(secret, salt, b"cx-vault/v1|\x01" + key_id, 76)
    assert commitment == material[32:64]
    decryptor = Cipher(algorithms.AES256(material[:32]), modes.GCM(material[64:], tag)).decryptor()
    decryptor.authenticate_additional_data(sealed[:45] + encode(context))
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    end = len(padded) - 1
    while padded[end] == 0:
        end -= 1
    assert padded[end] == 0x80
    return padded[:end]
