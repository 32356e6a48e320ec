"""Keys that Google signs with. The one for id tokens is made at first start, shown as certificates and as JWKS."""

import base64
import datetime as dt
import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

RSA_BITS = 2048


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Header and claims of a JWT, not signed yet."""
    return ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private_key: rsa.RSAPrivateKey
    certificate_pem: str

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The claims as a JWT, RS256."""
        unsigned = compact({"alg": "RS256", "kid": self.kid, "typ": "JWT"}, claims)
        signature = self.private_key.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{unsigned}.{base64url(signature)}"

    def has_signed(self, signed: bytes, signature: bytes) -> bool:
        try:
            self.private_key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def impostor(self) -> "SigningKey":
        """Another key that claims this one's id."""
        return SigningKey(self.kid, rsa.generate_private_key(65537, RSA_BITS), "")

    def jwk(self) -> dict[str, str]:
        numbers = self.private_key.public_key().public_numbers()
        values = {"n": numbers.n, "e": numbers.e}
        encoded = {name: base64url(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in values.items()}
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, **encoded}


def make_key() -> SigningKey:
    private_key = rsa.generate_private_key(65537, RSA_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "google-sandbox.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        # Fixed, and long past and future, so that a shifted clock never outruns it
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2049, 12, 31, tzinfo=dt.UTC))
        .sign(private_key, hashes.SHA256())
    )
    return SigningKey(secrets.token_hex(20), private_key, certificate.public_bytes(serialization.Encoding.PEM).decode())


def save_key(db: sqlite3.Connection, key: SigningKey) -> None:
    db.execute(
        "INSERT INTO signing_keys (kid, pem, certificate) VALUES (?, ?, ?)", (key.kid, pem_of(key), key.certificate_pem)
    )


def load_key(db: sqlite3.Connection) -> SigningKey:
    return key_from(db.execute("SELECT * FROM signing_keys").fetchone())


def pem_of(key: SigningKey) -> bytes:
    return key.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_from(row: sqlite3.Row) -> SigningKey:
    """The key of a row that has kid, pem and certificate."""
    private_key = serialization.load_pem_private_key(row["pem"], password=None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise TypeError("the stored signing key is not an RSA key")
    return SigningKey(row["kid"], private_key, row["certificate"])
