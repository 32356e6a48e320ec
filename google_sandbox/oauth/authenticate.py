"""Who calls an API, and whether the token's scopes cover the method: rows 33 and 34 of the checklist."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.request import SandboxRequest

REALM = 'Bearer realm="https://accounts.google.com/"'
EXPECTED = (
    " Expected OAuth 2 access token, login cookie or other valid authentication credential."
    " See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A live access token: whose it is, for which client, and what it covers.

    ``delegated_by`` is the address of the service account that got it by domain-wide delegation, None for one
    that came from a person's consent.
    """

    access_token: str
    client_id: str
    account: sqlite3.Row
    scopes: frozenset[str]
    expires_at: float
    access_type: str
    delegated_by: str | None = None

    @property
    def email(self) -> str:
        return str(self.account["email"])

    @property
    def sub(self) -> str:
        return str(self.account["sub"])


def bearer(request: SandboxRequest) -> str | None:
    """The access token as it came: header first, then the query, as Google takes both."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.args.get("access_token")


def find_token(request: SandboxRequest, access_token: str) -> Token | None:
    """The live token of this text: not expired, not revoked, its account neither suspended nor deleted."""
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT * FROM access_tokens WHERE token = ? AND revoked_at IS NULL AND expires_at > ?",
            (access_token, request.sandbox.clock.timestamp()),
        ).fetchone()
        if row is None:
            return None
        account = db.execute(
            "SELECT * FROM accounts WHERE sub = ? AND NOT suspended AND NOT deleted", (row["sub"],)
        ).fetchone()
    if account is None:
        return None
    return Token(
        access_token=access_token,
        client_id=row["client_id"],
        account=account,
        scopes=frozenset(row["scopes"].split()),
        expires_at=row["expires_at"],
        access_type=row["access_type"],
        delegated_by=row["delegated_by"],
    )


def authenticate(request: SandboxRequest, *, if_missing: Sequence[Mapping[str, Any]] = ()) -> Token:
    """The caller's token, or Google's 401, with these details where no token came at all."""
    access_token = bearer(request)
    if access_token is None:
        raise GoogleError(
            401,
            "Request is missing required authentication credential." + EXPECTED,
            reason="required",
            errors_message="Login Required.",
            location="Authorization",
            location_type="header",
            headers={"WWW-Authenticate": REALM},
            details=if_missing,
        )
    token = find_token(request, access_token)
    if token is None:
        raise GoogleError(
            401,
            "Request had invalid authentication credentials." + EXPECTED,
            reason="authError",
            errors_message="Invalid Credentials",
            location="Authorization",
            location_type="header",
            headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
        )
    return token


def require_scope(
    token: Token, method_scopes: Collection[str], method_name: str, service: str = "gmail.googleapis.com"
) -> None:
    """Refuse unless the token has one of the scopes that the method's discovery document lists."""
    if token.scopes.isdisjoint(method_scopes):
        raise GoogleError(
            403,
            "Request had insufficient authentication scopes.",
            reason="insufficientPermissions",
            errors_message="Insufficient Permission",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                    "metadata": {"method": method_name, "service": service},
                }
            ],
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{" ".join(method_scopes)}"'},
        )
