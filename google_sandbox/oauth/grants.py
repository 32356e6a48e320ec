"""Grants and the tokens made under them. A grant belongs to (client, account); revoking any token ends all of it."""

import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from google_sandbox.oauth.scopes import token_order

ACCESS_TOKEN_SECONDS = 3599
CODE_SECONDS = 600
LIVE_REFRESH_TOKENS = 100


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """What an authorization code stands for until it is exchanged."""

    client_id: str
    sub: str
    redirect_uri: str
    scopes: Collection[str]
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    access_type: str
    gives_refresh_token: bool
    staged: str | None


def granted_scopes(db: sqlite3.Connection, client_id: str, sub: str) -> frozenset[str]:
    row = db.execute("SELECT scopes FROM grants WHERE client_id = ? AND sub = ?", (client_id, sub)).fetchone()
    return frozenset() if row is None else frozenset(row["scopes"].split())


def extend_grant(db: sqlite3.Connection, client_id: str, sub: str, scopes: Collection[str], now: float) -> None:
    """Add scopes to what the account gave this client before."""
    union = granted_scopes(db, client_id, sub).union(scopes)
    db.execute(
        "INSERT INTO grants (client_id, sub, scopes, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (client_id, sub) DO UPDATE SET scopes = excluded.scopes",
        (client_id, sub, token_order(union), now),
    )


def make_code(db: sqlite3.Connection, wanted: CodeRequest, now: float) -> str:
    """A code as Google's look, with a slash inside, good once and for ten minutes."""
    code = f"4/0A{secrets.token_urlsafe(52)}"
    db.execute(
        "INSERT INTO codes (code, client_id, sub, redirect_uri, scopes, nonce, code_challenge,"
        " code_challenge_method, access_type, gives_refresh_token, staged, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            code,
            wanted.client_id,
            wanted.sub,
            wanted.redirect_uri,
            token_order(wanted.scopes),
            wanted.nonce,
            wanted.code_challenge,
            wanted.code_challenge_method,
            wanted.access_type,
            wanted.gives_refresh_token,
            wanted.staged,
            now + CODE_SECONDS,
        ),
    )
    return code


def make_access_token(
    db: sqlite3.Connection,
    *,
    client_id: str,
    sub: str,
    scopes: str,
    access_type: str,
    now: float,
    lifetime: int = ACCESS_TOKEN_SECONDS,
    delegated_by: str | None = None,
) -> str:
    token = f"ya29.a0{secrets.token_urlsafe(120)}"
    db.execute(
        "INSERT INTO access_tokens (token, client_id, sub, scopes, access_type, delegated_by, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (token, client_id, sub, scopes, access_type, delegated_by, now, now + lifetime),
    )
    return token


def make_refresh_token(
    db: sqlite3.Connection, *, client_id: str, sub: str, scopes: str, lifetime: float | None, now: float
) -> str:
    """A new refresh token; the oldest one beyond the hundred that Google keeps alive dies without a word."""
    token = f"1//0{secrets.token_urlsafe(72)}"
    db.execute(
        "INSERT INTO refresh_tokens (token, client_id, sub, scopes, created_at, used_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (token, client_id, sub, scopes, now, now, None if lifetime is None else now + lifetime),
    )
    db.execute(
        "UPDATE refresh_tokens SET revoked_at = ? WHERE token IN (SELECT token FROM refresh_tokens"
        " WHERE client_id = ? AND sub = ? AND revoked_at IS NULL ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
        (now, client_id, sub, LIVE_REFRESH_TOKENS),
    )
    return token


def crowd_out(db: sqlite3.Connection, sub: str, now: float) -> int:
    """A hundred further refresh tokens for each client that has a live one: what the account held before is dead."""
    rows = db.execute(
        "SELECT client_id, scopes FROM refresh_tokens WHERE sub = ? AND revoked_at IS NULL GROUP BY client_id", (sub,)
    ).fetchall()
    for row in rows:
        for _ in range(LIVE_REFRESH_TOKENS):
            make_refresh_token(db, client_id=row["client_id"], sub=sub, scopes=row["scopes"], lifetime=None, now=now)
    return len(rows)


def end_mail_refresh_tokens(db: sqlite3.Connection, sub: str, now: float) -> None:
    """A new password ends the refresh tokens that reach mail, of every client."""
    db.execute(
        "UPDATE refresh_tokens SET revoked_at = ? WHERE sub = ? AND revoked_at IS NULL"
        " AND (scopes LIKE '%/auth/gmail.%' OR scopes LIKE '%https://mail.google.com/%')",
        (now, sub),
    )


def revoke_grant(db: sqlite3.Connection, client_id: str, sub: str, now: float) -> None:
    """End every token of this client and account, codes not yet exchanged included, and forget the grant."""
    owner = (now, client_id, sub)
    db.execute("UPDATE access_tokens SET revoked_at = ? WHERE client_id = ? AND sub = ? AND revoked_at IS NULL", owner)
    db.execute("UPDATE refresh_tokens SET revoked_at = ? WHERE client_id = ? AND sub = ? AND revoked_at IS NULL", owner)
    db.execute("UPDATE codes SET used_at = ? WHERE client_id = ? AND sub = ? AND used_at IS NULL", owner)
    db.execute("DELETE FROM grants WHERE client_id = ? AND sub = ?", (client_id, sub))
