"""POST /token with a JWT that a service account signed: its own token, or one for a mailbox by delegation (row 32)."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from google_sandbox import world
from google_sandbox.cloud import delegation
from google_sandbox.cloud.keys import key_of
from google_sandbox.cloud.projects import ANY_PROJECT, find_service_account
from google_sandbox.errors import OAUTH_HEADERS, OAuthError, json_response
from google_sandbox.oauth import assertion
from google_sandbox.oauth.grants import ACCESS_TOKEN_SECONDS, make_access_token
from google_sandbox.oauth.identify import identify
from google_sandbox.oauth.scopes import is_known, token_order
from google_sandbox.request import SandboxRequest
from google_sandbox.scenarios import Scenario

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_SECONDS = 3600
# How far the signer's clock may be off
LEEWAY_SECONDS = 300
CLOCK_SKEW, SKEW_SECONDS = "jwt:clock_skew", 7200
NOT_IN_EFFECT, PROPAGATION_SECONDS = "delegation:not_in_effect", 86_400
TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
    "values in the JWT claim."
)
UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)
UNKNOWN_USER = "Invalid email or User ID"


def exchange(request: SandboxRequest) -> Response:
    store = request.sandbox.store
    with store.transaction() as db:
        claims, signer = _verified(request, db)
    # Outside a transaction: a refusal would undo the counting of the scenario that staged it
    _check_time(request, claims)
    scopes = str(claims.get("scope") or "").split()
    if not scopes or not all(is_known(scope) for scope in scopes):
        raise OAuthError(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    subject = claims.get("sub")
    sub = signer["sub"] if subject in {None, "", signer["email"]} else _delegated(request, claims, signer)
    with store.transaction() as db:
        token = make_access_token(
            db,
            client_id=signer["sub"],
            sub=sub,
            scopes=token_order(set(scopes)),
            access_type="online",
            now=request.sandbox.clock.timestamp(),
            delegated_by=signer["email"] if sub != signer["sub"] else None,
        )
    body = {"access_token": token, "expires_in": ACCESS_TOKEN_SECONDS, "token_type": "Bearer"}
    return json_response(body, headers=OAUTH_HEADERS)


def _verified(request: SandboxRequest, db: sqlite3.Connection) -> tuple[Mapping[str, Any], sqlite3.Row]:
    """The claims, and the service account that signed them."""
    given = request.form.get("assertion")
    if not given:
        raise OAuthError(400, "invalid_request", "Missing required parameter: assertion")
    try:
        jwt = assertion.read(given)
    except assertion.MalformedError:
        raise OAuthError(400, "invalid_grant", "Invalid JWT: Malformed token.") from None
    signer = find_service_account(db, ANY_PROJECT, str(jwt.claims.get("iss") or ""))
    if signer is None:
        raise OAuthError(400, "invalid_grant", "Invalid grant: account not found")
    if jwt.header.get("alg") != "RS256" or not key_of(db, signer["sub"]).has_signed(jwt.signed, jwt.signature):
        raise OAuthError(400, "invalid_grant", "Invalid JWT Signature.")
    if jwt.claims.get("aud") != f"{request.sandbox.origin}/token":
        raise OAuthError(400, "invalid_grant", "Invalid JWT: Failed audience check.")
    return jwt.claims, signer


def _check_time(request: SandboxRequest, claims: Mapping[str, Any]) -> None:
    """Against real time: moving the sandbox's clock lets time pass, it doesn't put the signer's clock out."""
    staged = _take(request, CLOCK_SKEW)
    now = request.sandbox.clock.real() + (0 if staged is None else staged.seconds(SKEW_SECONDS))
    issued, expires = claims.get("iat"), claims.get("exp")
    if not (
        isinstance(issued, int)
        and isinstance(expires, int)
        and issued <= now + LEEWAY_SECONDS
        and now - LEEWAY_SECONDS <= expires
        and 0 < expires - issued <= LONGEST_SECONDS
    ):
        raise OAuthError(400, "invalid_grant", TIMEFRAME)


def _delegated(request: SandboxRequest, claims: Mapping[str, Any], signer: sqlite3.Row) -> str:
    """Whom the token is for, if the organization has let this service account in for every scope asked.

    Only the first address of an account will do, or its id. Nobody delegates for a consumer account.
    """
    subject = str(claims["sub"]).lower()
    with request.sandbox.store.read() as db:
        account = world.find_account(db, subject)
        domain = "" if account is None else account["hosted_domain"] or ""
        registered = delegation.find(db, domain, signer["sub"])
    if account is None or subject not in {account["email"], account["sub"]} or account["suspended"]:
        raise OAuthError(400, "invalid_grant", UNKNOWN_USER)
    if account["deleted"]:
        raise OAuthError(400, "invalid_grant", "The account has been deleted")
    asked = str(claims["scope"]).split()
    if registered is None or not registered.scopes.issuperset(asked) or _is_to_come(request, registered):
        raise OAuthError(401, "unauthorized_client", UNAUTHORIZED)
    return str(account["sub"])


def _is_to_come(request: SandboxRequest, registered: delegation.Delegation) -> bool:
    """Whether it was staged that the delegation takes its time, and that is not over."""
    age = request.sandbox.clock.timestamp() - registered.registered_at
    return _take(request, NOT_IN_EFFECT, younger_than=age) is not None


def _take(request: SandboxRequest, name: str, *, younger_than: float | None = None) -> Scenario | None:
    def applies(scenario: Scenario) -> bool:
        return younger_than is None or younger_than < scenario.seconds(PROPAGATION_SECONDS)

    caller = identify(request)
    return request.sandbox.scenarios.take(
        {name}, account=caller.account, client=caller.client, path=request.path, method=request.method, applies=applies
    )
