"""Claims about an account, cut to the scopes given, and the id token made of them, forged where that was staged."""

import hashlib
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from google_sandbox import world
from google_sandbox.oauth.grants import ACCESS_TOKEN_SECONDS
from google_sandbox.oauth.scopes import EMAIL, PROFILE
from google_sandbox.oauth.signing import base64url, compact
from google_sandbox.request import SandboxRequest

FORGERY_PREFIX = "id_token:"
HOUR = 3600


def profile_claims(account: Mapping[str, Any] | sqlite3.Row, scopes: Collection[str]) -> dict[str, Any]:
    """What userinfo and the id token say beyond the subject. `hd` is there for Workspace accounts only (row 30)."""
    claims: dict[str, Any] = {}
    if account["hosted_domain"]:
        claims["hd"] = account["hosted_domain"]
    if EMAIL in scopes:
        claims |= {"email": account["email"], "email_verified": True}
    if PROFILE in scopes:
        claims |= {
            "name": account["name"],
            "given_name": account["given_name"],
            "family_name": account["family_name"],
            "picture": f"https://lh3.googleusercontent.test/a/{account['sub']}=s96-c",
        }
    return claims


def make_id_token(
    request: SandboxRequest,
    *,
    account: sqlite3.Row,
    client_id: str,
    scopes: Collection[str],
    access_token: str,
    nonce: str | None,
    forgery: str | None = None,
    ahead: int = 0,
) -> str:
    now = int(request.sandbox.clock.timestamp()) + ahead
    claims: dict[str, Any] = {
        "iss": request.sandbox.origin,
        "azp": client_id,
        "aud": client_id,
        "sub": account["sub"],
        **profile_claims(account, scopes),
        "at_hash": base64url(hashlib.sha256(access_token.encode()).digest()[:16]),
        "iat": now,
        "exp": now + ACCESS_TOKEN_SECONDS,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return _signed(request, claims, (forgery or "").removeprefix(FORGERY_PREFIX))


def _signed(request: SandboxRequest, claims: dict[str, Any], forgery: str) -> str:
    key = request.sandbox.signing_key
    if forgery == "alg_none":
        return compact({"alg": "none", "typ": "JWT"}, claims) + "."
    if forgery == "other_key":
        return key.impostor().sign(claims)
    if forgery == "no_sub":
        del claims["sub"]
    elif forgery == "service_account":
        claims.pop("hd", None)
        claims |= {"sub": world.subject_of(world.SERVICE_ACCOUNT), "email": world.SERVICE_ACCOUNT}
        claims["email_verified"] = True
    else:
        claims |= _false_claims(claims, forgery)
    return key.sign(claims)


def _false_claims(claims: Mapping[str, Any], forgery: str) -> dict[str, Any]:
    return {
        "nonce": {"nonce": "another-nonce"},
        "aud": {"aud": "another-client", "azp": "another-client"},
        "iss": {"iss": "https://accounts.other.example"},
        "exp": {"iat": claims["iat"] - 2 * HOUR, "exp": claims["iat"] - HOUR},
        "email_unverified": {"email_verified": False},
    }.get(forgery, {})
