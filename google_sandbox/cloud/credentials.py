"""IAM Credentials v1: have Google sign with a service account's key, or hand out a token of it."""

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google_sandbox.cloud import roles
from google_sandbox.cloud.call import Call
from google_sandbox.cloud.iam import resources_of
from google_sandbox.cloud.keys import key_of
from google_sandbox.cloud.projects import ANY_PROJECT, find_service_account
from google_sandbox.cloud.refusals import denied, invalid_argument
from google_sandbox.oauth.grants import make_access_token
from google_sandbox.oauth.scopes import is_known, token_order

LONGEST_JWT = 12 * 3600
LONGEST_TOKEN = 3600
DURATION = re.compile(r"([0-9]+)s")
DELEGATE = re.compile(r"projects/-/serviceAccounts/([^/]+)")


def sign_jwt(call: Call) -> dict[str, Any]:
    """The payload signed as it is, but for an `exp` too far off. Service Account User is not enough for it (row 57)."""
    account = _admitted(call, roles.SIGN_JWT)
    claims = _claims(call)
    with call.request.sandbox.store.transaction() as db:
        key = key_of(db, account["sub"])
    return {"keyId": key.kid, "signedJwt": key.sign(claims)}


def generate_access_token(call: Call) -> dict[str, Any]:
    """A token of the service account itself, which has no mailbox."""
    account = _admitted(call, roles.GET_ACCESS_TOKEN)
    scopes = call.texts("scope")
    if not scopes or not all(is_known(scope) for scope in scopes):
        raise invalid_argument("Invalid OAuth scope or ID token audience provided.")
    duration = DURATION.fullmatch(str(call.body.get("lifetime") or f"{LONGEST_TOKEN}s"))
    if duration is None or not 0 < int(duration[1]) <= LONGEST_TOKEN:
        raise invalid_argument("The lifetime must be a duration of at most 3600s.")
    now = call.request.sandbox.clock.timestamp()
    with call.request.sandbox.store.transaction() as db:
        token = make_access_token(
            db,
            client_id=account["sub"],
            sub=account["sub"],
            scopes=token_order(scopes),
            access_type="online",
            now=now,
            lifetime=int(duration[1]),
        )
    ends = datetime.fromtimestamp(int(now) + int(duration[1]), tz=UTC)
    return {"accessToken": token, "expireTime": ends.isoformat().replace("+00:00", "Z")}


def _admitted(call: Call, permission: str) -> sqlite3.Row:
    """The service account, if the caller may, by way of the delegates named.

    The project is always the wildcard, and whether an account is missing or closed to the caller is never told.
    """
    if call.path["projectsId"] != ANY_PROJECT:
        raise invalid_argument("Invalid form of account ID. Name it as projects/-/serviceAccounts/{ACCOUNT}.")
    member = call.token.email
    for delegate in call.texts("delegates"):
        named = DELEGATE.fullmatch(delegate)
        if named is None:
            raise invalid_argument("A delegate is named as projects/-/serviceAccounts/{ACCOUNT}.")
        member = _held(call, named[1], member, roles.IMPLICIT_DELEGATION)["email"]
    return _held(call, call.path["serviceAccountsId"], member, permission)


def _held(call: Call, name: str, member: str, permission: str) -> sqlite3.Row:
    with call.request.sandbox.store.read() as db:
        account = find_service_account(db, ANY_PROJECT, name)
    if account is None or permission not in call.permissions(resources_of(account), member):
        raise denied(permission)
    return account


def _claims(call: Call) -> Mapping[str, Any]:
    """The payload, which is JSON in a text."""
    try:
        claims = json.loads(call.body.get("payload") or "")
    except (TypeError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise invalid_argument("The payload is not a JSON object.")
    expires = claims.get("exp")
    if expires is not None and (isinstance(expires, bool) or not isinstance(expires, int)):
        raise invalid_argument("The exp claim is not a whole number.")
    if expires is not None and expires > call.request.sandbox.clock.real() + LONGEST_JWT:
        raise invalid_argument("The exp claim is more than 12 hours ahead.")
    return claims
