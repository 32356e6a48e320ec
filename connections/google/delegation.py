"""Keyless domain-wide delegation: a JWT that Google signs for the service account, traded for a token."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

import requests
from django.conf import settings

from connections.errors import GoogleUnavailable
from connections.extensions import TokenSource
from connections.google.client import session
from connections.google.cloud import call
from connections.google.cloud_failures import EXCHANGE, Asked, jwt_error
from connections.google.failures import TokenError, no_answer
from connections.requirements import Impersonation
from connections.role_errors import TokenCreatorMissing
from kernel.clock import now

CREDENTIALS_API = "IAM Service Account Credentials API"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = timedelta(hours=1)
"""The longest that the token endpoint takes (google-facts.md 4)."""


@dataclass(frozen=True, kw_only=True)
class Delegated:
    access_token: str = field(repr=False)
    expires_in: int


def delegated_token(tokens: TokenSource, email: str, of: Impersonation) -> Delegated:
    """A token for the mailbox, by way of the service account and without any key of it.

    :raises ConsoleError: TokenCreatorMissing, CloudApiOff, DelegationMissing, MailboxUnknown, ClockWrong,
        GoogleUnavailable, or what getting the person's own token raises.
    """
    return _exchange(_signed(tokens, email, of), email, of)


def _signed(tokens: TokenSource, email: str, of: Impersonation) -> str:
    denied = TokenCreatorMissing(email=email, service_account=of.service_account)
    asked = Asked(what=f"Signing for {of.service_account}", api=CREDENTIALS_API, denied=denied)
    name = f"projects/-/serviceAccounts/{quote(of.service_account, safe='')}"
    address = f"{settings.GOOGLE_ADDRESSES.iam_credentials_api_url}/v1/{name}:signJwt"
    moment = now()
    claims = {
        "iss": of.service_account,
        "sub": of.mailbox,
        "scope": " ".join(of.scopes),
        "aud": settings.GOOGLE_ADDRESSES.google_token_url,
        "iat": int(moment.timestamp()),
        "exp": int((moment + LIFETIME).timestamp()),
    }
    answer = call(tokens, "POST", address, asked, json={"payload": json.dumps(claims)})
    if not isinstance(answer.get("signedJwt"), str):
        raise GoogleUnavailable(what=asked.what, reason="the answer holds nothing signed")
    return str(answer["signedJwt"])


def _exchange(assertion: str, email: str, of: Impersonation) -> Delegated:
    response = _post({"grant_type": GRANT_TYPE, "assertion": assertion})
    try:
        body = response.json()
        if response.status_code == requests.codes.ok:
            return Delegated(access_token=str(body["access_token"]), expires_in=int(body["expires_in"]))
        failure = TokenError(
            http_status=response.status_code,
            error=str(body.get("error") or ""),
            description=str(body.get("error_description") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        failure = TokenError(http_status=response.status_code, error="")
    raise jwt_error(failure, email, of)


def _post(form: dict[str, str]) -> requests.Response:
    try:
        with session() as http:
            return http.post(settings.GOOGLE_ADDRESSES.google_token_url, data=form)
    except requests.RequestException as error:
        # Without its context, which holds what was signed
        failure = no_answer(EXCHANGE, error)
    raise failure
