"""The authorization code grant with PKCE (RFC 6749 4.1, RFC 7636), by google-auth-oauthlib."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from connections.errors import GoogleUnavailable, NoRefreshToken
from connections.google.client import MAX_TOKEN_BODY_BYTES, client_config
from connections.google.failures import TokenError, exchange_error, no_answer
from kernel.http import harden


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a finished consent gave. The secrets are kept out of ``repr``."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_in: int
    granted: frozenset[str]
    grant_expires_in: int | None
    """Seconds until the grant itself ends, only where it is limited in time (google-facts.md 2b)."""


def _flow(scopes: Sequence[str], code_verifier: str) -> Flow:
    flow = Flow.from_client_config(
        client_config(),
        scopes=list(scopes),
        redirect_uri=settings.GOOGLE_REDIRECT_URI,
        code_verifier=code_verifier,
        autogenerate_code_verifier=False,
    )
    harden(flow.oauth2session, MAX_TOKEN_BODY_BYTES)
    return flow


def authorization_url(
    *, scopes: Sequence[str], state: str, nonce: str, code_verifier: str, login_hint: str = ""
) -> str:
    """Where the browser goes: Google's consent, with account chooser, asking for offline access."""
    extra = {"login_hint": login_hint} if login_hint else {}
    url, _state = _flow(scopes, code_verifier).authorization_url(
        state=state, nonce=nonce, access_type="offline", prompt="consent select_account", **extra
    )
    return str(url)


def exchange(*, scopes: Sequence[str], code: str, code_verifier: str) -> Tokens:
    """Spend the authorization code, once.

    oauthlib raises a bare ``Warning`` that carries the token when fewer scopes were granted
    than asked for; the code is spent by then, so that token is the answer (google-facts.md 1a).

    :raises ConsoleError: ExchangeRefused, ClientRejected, GoogleUnavailable, NoRefreshToken.
    """
    flow = _flow(scopes, code_verifier)
    try:
        token = flow.fetch_token(code=code)
    except OAuth2Error as error:
        raise exchange_error(_read(error)) from None
    except Warning as partial:
        token = partial.token  # type: ignore[attr-defined]
    except (requests.RequestException, ValueError) as error:
        raise no_answer("Exchanging the authorization code", error) from None
    return _tokens(dict(token))


def _read(error: OAuth2Error) -> TokenError:
    code = str(getattr(error, "error", "") or "")
    status = int(getattr(error, "status_code", 0) or 400)
    if code == "missing_token":  # oauthlib's own word for an answer that holds neither token nor error
        return TokenError(http_status=status, error="")
    return TokenError(http_status=status, error=code)


def _tokens(token: dict[str, Any]) -> Tokens:
    scopes = token.get("scope") or ""
    granted = frozenset(scopes.split() if isinstance(scopes, str) else scopes)
    refresh_token = token.get("refresh_token")
    if not refresh_token:
        raise NoRefreshToken
    try:
        ends_in = token.get("refresh_token_expires_in")
        return Tokens(
            refresh_token=str(refresh_token),
            access_token=str(token["access_token"]),
            id_token=str(token.get("id_token") or ""),
            expires_in=int(token["expires_in"]),
            granted=granted,
            grant_expires_in=int(ends_in) if ends_in is not None else None,
        )
    except (KeyError, TypeError, ValueError):
        raise GoogleUnavailable(
            what="Exchanging the authorization code", reason="the answer lacks what RFC 6749 5.1 asks of it"
        ) from None
