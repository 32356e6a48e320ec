"""POST /token: exchange of a code, refresh, a signed JWT; with Google's bodies for everything that can be wrong."""

import base64
import hashlib
import hmac
import sqlite3
import time
from collections.abc import Callable, Collection
from typing import Any

from markupsafe import Markup
from werkzeug.wrappers import Response

from google_sandbox.errors import OAUTH_HEADERS, OAuthError, backend_error, json_response
from google_sandbox.oauth.blocked import is_tester
from google_sandbox.oauth.clients import Client, authenticate_client
from google_sandbox.oauth.grants import (
    ACCESS_TOKEN_SECONDS,
    make_access_token,
    make_refresh_token,
)
from google_sandbox.oauth.identify import identify
from google_sandbox.oauth.identity import make_id_token
from google_sandbox.oauth.refusals import EXPIRED, PATH, refuse_refresh
from google_sandbox.oauth.scopes import OPENID, canonical, selectable, token_order
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import EXCHANGE, TOKEN, names_in
from google_sandbox.scenarios import Scenario

DEFAULT_LIFETIME = 604_799  # 7 days, as an app in testing mode gets
SLOW, SLOW_SECONDS = "token_endpoint:slow", 10
AHEAD, AHEAD_SECONDS = "id_token:early", 600
STALE_SECONDS = 12 * 3600
UNUSED_SECONDS = 183 * 86400  # half a year without a refresh ends a token
OVERSIZED_BYTES = 10 * 1024 * 1024
CHANGES = frozenset({"refresh:scopes_shrink", "refresh:rotated"})

ASSERTION_GRANTS: dict[str, Callable[[SandboxRequest], Response]] = {}
"""Grants whose assertion is the client's proof, by grant type. Filled in by who knows the signers."""


def token(request: SandboxRequest) -> Response:
    trouble = _take(request, names_in(TOKEN))
    if trouble is not None and trouble.name == SLOW:
        time.sleep(trouble.seconds(SLOW_SECONDS))
    elif trouble is not None:
        return _trouble(trouble)
    grant_type = request.form.get("grant_type")
    if grant_type in ASSERTION_GRANTS:
        return ASSERTION_GRANTS[grant_type](request)
    client = authenticate_client(request)
    if grant_type == "authorization_code":
        return _exchange(request, client)
    if grant_type == "refresh_token":
        return _refresh(request, client)
    if not grant_type:
        raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
    raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {grant_type}")


def _exchange(request: SandboxRequest, client: Client) -> Response:
    now = request.sandbox.clock.timestamp()
    with request.sandbox.store.transaction() as db:
        code = _redeem(request, db, client, now)
        staged = Scenario(name=code["staged"]) if code["staged"] else _take(request, names_in(EXCHANGE))
        name = None if staged is None else staged.name
        account = _account(db, code["sub"])
        access_token = make_access_token(
            db,
            client_id=client.client_id,
            sub=code["sub"],
            scopes=code["scopes"],
            access_type=code["access_type"],
            now=now,
        )
        body: dict[str, Any] = {"access_token": access_token, "expires_in": ACCESS_TOKEN_SECONDS}
        if code["gives_refresh_token"] and name != "no_refresh_token":
            lifetime = _lifetime(request, client, code, account, staged)
            body["refresh_token"] = make_refresh_token(
                db, client_id=client.client_id, sub=code["sub"], scopes=code["scopes"], lifetime=lifetime, now=now
            )
            if lifetime is not None:
                body["refresh_token_expires_in"] = lifetime
    body |= {"scope": code["scopes"], "token_type": "Bearer"}
    if OPENID in code["scopes"].split():
        body["id_token"] = make_id_token(
            request,
            account=account,
            client_id=client.client_id,
            scopes=code["scopes"].split(),
            access_token=access_token,
            nonce=code["nonce"],
            forgery=name,
            ahead=staged.seconds(AHEAD_SECONDS) if staged is not None and name == AHEAD else 0,
        )
    return json_response(body, headers=OAUTH_HEADERS)


def _redeem(request: SandboxRequest, db: sqlite3.Connection, client: Client, now: float) -> sqlite3.Row:
    """The code, used up, or the refusal (rows 17, 18)."""
    given = request.form.get("code", "")
    if not given.startswith("4/"):
        raise OAuthError(400, "invalid_grant", "Malformed auth code.")
    code: sqlite3.Row | None = db.execute("SELECT * FROM codes WHERE code = ?", (given,)).fetchone()
    if code is None or code["client_id"] != client.client_id or code["used_at"] or code["expires_at"] <= now:
        raise OAuthError(400, "invalid_grant", "Bad Request")
    if request.form.get("redirect_uri") != code["redirect_uri"]:
        raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
    _check_verifier(code, request.form.get("code_verifier"))
    _account(db, code["sub"])
    db.execute("UPDATE codes SET used_at = ? WHERE code = ?", (now, given))
    return code


def _check_verifier(code: sqlite3.Row, verifier: str | None) -> None:
    challenge = code["code_challenge"]
    if challenge is None:
        if verifier:
            raise OAuthError(400, "invalid_grant", "code_verifier or verifier is not needed.")
        return
    if not verifier:
        raise OAuthError(400, "invalid_grant", "Missing code verifier.")
    made = verifier
    if code["code_challenge_method"] == "S256":
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(made.encode(), challenge.encode()):
        raise OAuthError(400, "invalid_grant", "Invalid code verifier.")


def _refresh(request: SandboxRequest, client: Client) -> Response:
    now = request.sandbox.clock.timestamp()
    refuse_refresh(request, now)
    with request.sandbox.store.transaction() as db:
        row = _live_refresh_token(request, db, client, now)
        account = _account(db, row["sub"])
        db.execute("UPDATE refresh_tokens SET used_at = ? WHERE token = ?", (now, row["token"]))
        scenario = _take(request, CHANGES)
        scopes = _refreshed_scopes(request, row["scopes"].split(), scenario)
        access_token = make_access_token(
            db, client_id=client.client_id, sub=row["sub"], scopes=scopes, access_type="offline", now=now
        )
        body: dict[str, Any] = {
            "access_token": access_token,
            "expires_in": ACCESS_TOKEN_SECONDS,
            "scope": scopes,
            "token_type": "Bearer",
        }
        if row["expires_at"] is not None:
            body["refresh_token_expires_in"] = int(row["expires_at"] - now)
        if scenario is not None and scenario.name == "refresh:rotated":
            body["refresh_token"] = make_refresh_token(
                db, client_id=client.client_id, sub=row["sub"], scopes=row["scopes"], lifetime=None, now=now
            )
    if OPENID in scopes.split():
        body["id_token"] = make_id_token(
            request,
            account=account,
            client_id=client.client_id,
            scopes=scopes.split(),
            access_token=access_token,
            nonce=None,
        )
    return json_response(body, headers=OAUTH_HEADERS)


def _live_refresh_token(request: SandboxRequest, db: sqlite3.Connection, client: Client, now: float) -> sqlite3.Row:
    """The refresh token's row, or the refusal (rows 21, 22)."""
    given = request.form.get("refresh_token")
    if not given:
        raise OAuthError(400, "invalid_request", "Missing required parameter: refresh_token")
    row: sqlite3.Row | None = db.execute("SELECT * FROM refresh_tokens WHERE token = ?", (given,)).fetchone()
    if row is None:
        raise OAuthError(400, "invalid_grant", "Bad Request")
    if row["client_id"] != client.client_id:
        raise OAuthError(401, "unauthorized_client", "Unauthorized")
    ends = (row["revoked_at"], row["expires_at"], row["used_at"] + UNUSED_SECONDS)
    ended_at = min(at for at in ends if at is not None)
    if ended_at <= now:
        raise OAuthError(400, "invalid_grant", EXPIRED if now - ended_at < STALE_SECONDS else "Bad Request")
    return row


def _refreshed_scopes(request: SandboxRequest, held: list[str], scenario: Scenario | None) -> str:
    """The token's scopes, or fewer where the request says so; one that was not granted is refused (row 24)."""
    wanted = canonical(request.form.get("scope", "").split())
    if not set(held).issuperset(wanted):
        raise OAuthError(400, "invalid_scope", "Bad Request")
    scopes = list(wanted or held)
    if scenario is not None and scenario.name == "refresh:scopes_shrink":
        taken = scenario.scopes(selectable(scopes))
        scopes = [scope for scope in scopes if scope not in taken]
    return token_order(scopes)


def _account(db: sqlite3.Connection, sub: str) -> sqlite3.Row:
    account: sqlite3.Row = db.execute("SELECT * FROM accounts WHERE sub = ?", (sub,)).fetchone()
    if account["deleted"] or account["suspended"]:
        raise OAuthError(400, "invalid_grant", "Account has been deleted")
    return account


def _lifetime(
    request: SandboxRequest, client: Client, code: sqlite3.Row, account: sqlite3.Row, staged: Scenario | None
) -> int | None:
    """Seconds until the grant ends: as staged, or the week that an app in testing gets for more than signing in."""
    if staged is not None and staged.name == "time_limited":
        return staged.seconds(DEFAULT_LIFETIME)
    if selectable(code["scopes"].split()) and is_tester(request, client.client_id, account):
        return DEFAULT_LIFETIME
    return None


def _take(request: SandboxRequest, names: Collection[str]) -> Scenario | None:
    caller = identify(request)
    return request.sandbox.scenarios.take(names, account=caller.account, client=caller.client, path=PATH, method="POST")


def _trouble(scenario: Scenario) -> Response:
    """The token endpoint has trouble of its own (row 31)."""
    kind = scenario.name.partition(":")[2]
    if kind.isdigit():
        return backend_error(int(kind), oauth=True).response()
    if kind == "html_403":
        page = Markup("<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>")
        return Response(page.format("User Rate Limit Exceeded"), 403, content_type="text/html; charset=UTF-8")
    if kind == "oversized":
        return Response(b'{"access_token": "' + b"a" * OVERSIZED_BYTES, content_type="application/json; charset=UTF-8")
    return Response(b"\x1f\x8b\x08garbage{", content_type="application/json; charset=UTF-8")
