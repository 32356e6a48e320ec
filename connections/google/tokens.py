"""The token and revocation endpoints for a saved grant.

The refresh is posted here and not by google-auth, which hides ``invalid_rapt`` behind a
text about gcloud and drops Google's answer (google-facts.md 1d).
"""

from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from connections.errors import GoogleUnavailable
from connections.google.client import session
from connections.google.failures import Refreshing, TokenError, no_answer, refresh_error

REFRESH = "Refreshing the access token"


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """A refresh answer. ``refresh_token`` is empty when the old one stays; ``granted`` when none was said."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    granted: frozenset[str]


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def refresh(refresh_token: str, of: Refreshing) -> Refreshed:
    """Trade the refresh token for an access token. No scope is sent: Google answers what is granted.

    :raises ConsoleError: what :func:`connections.google.failures.refresh_error` makes of it, or GoogleUnavailable.
    """
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    try:
        with session() as http:
            response = http.post(settings.GOOGLE_ADDRESSES.google_token_url, data=form)
    except requests.RequestException as error:
        raise no_answer(REFRESH, error) from None
    body = _body(response)
    if response.status_code != requests.codes.ok:
        failure = TokenError(
            http_status=response.status_code,
            error=str(body.get("error") or ""),
            subtype=str(body.get("error_subtype") or ""),
            description=str(body.get("error_description") or ""),
        )
        raise refresh_error(failure, of)
    try:
        return Refreshed(
            access_token=str(body["access_token"]),
            refresh_token=str(body.get("refresh_token") or ""),
            expires_in=int(body["expires_in"]),
            granted=frozenset(str(body.get("scope") or "").split()),
        )
    except (KeyError, TypeError, ValueError):
        raise GoogleUnavailable(what=REFRESH, reason="the answer lacks what RFC 6749 5.1 asks of it") from None


def revoke(token: str) -> None:
    """End the whole grant of the token's account and this client (RFC 7009); an unknown token is one already ended.

    :raises GoogleUnavailable: no answer, or not an answer of this endpoint.
    """
    try:
        with session() as http:
            response = http.post(settings.GOOGLE_ADDRESSES.google_revocation_url, data={"token": token})
    except requests.RequestException as error:
        raise no_answer("Revoking the grant", error) from None
    if response.status_code == requests.codes.ok or _body(response).get("error") == "invalid_token":
        return
    raise GoogleUnavailable(what="Revoking the grant", reason=f"Google answered {response.status_code}")
