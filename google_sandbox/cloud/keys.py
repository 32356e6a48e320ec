"""The key that Google holds for each service account: it signs what signJwt is asked to sign."""

import sqlite3

from google_sandbox.oauth.signing import SigningKey, key_from, make_key, pem_of


def key_of(db: sqlite3.Connection, sub: str) -> SigningKey:
    """The service account's key, made when it is first needed: making one takes a tenth of a second."""
    row = db.execute("SELECT * FROM service_account_keys WHERE sub = ?", (sub,)).fetchone()
    if row is not None:
        return key_from(row)
    key = make_key()
    db.execute(
        "INSERT INTO service_account_keys (sub, kid, pem, certificate) VALUES (?, ?, ?, ?)",
        (sub, key.kid, pem_of(key), key.certificate_pem),
    )
    return key
