"""Who consented: the verified id token (OpenID Connect Core 3.1.3.7), never a typed address."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from google.auth import exceptions
from google.auth.transport import Response
from google.auth.transport.requests import Request
from google.oauth2 import id_token as google_id_token

from connections.errors import GoogleUnavailable, IdentityRejected
from connections.google.client import session
from connections.models import AccountType
from kernel.ids import fingerprint

SKEW_SECONDS = 10
PERSONAL_GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
SERVICE_ACCOUNT_DOMAIN = "gserviceaccount.com"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The account behind a grant. ``account_type`` is None for a service account, which can't be one."""

    sub: str
    email: str
    hosted_domain: str
    picture: str
    account_type: AccountType | None


class _CachedCertificates(Request):
    """Fetches Google's certificates, and keeps the answer for as long as its max-age says."""

    _kept: dict[str, tuple[float, Response]] = {}

    def __init__(self, *, fresh: bool) -> None:
        super().__init__(session())
        self.fresh = fresh

    def __call__(self, url: str, *args: Any, **kwargs: Any) -> Response:
        until, kept = self._kept.get(url, (0.0, None))
        if kept is not None and not self.fresh and time.monotonic() < until:
            return kept
        answer: Response = super().__call__(url, *args, **kwargs)  # type: ignore[no-untyped-call]  # google-auth's
        seconds = _max_age(answer.headers)
        if answer.status == requests.codes.ok and seconds:
            self._kept[url] = (time.monotonic() + seconds, answer)
        return answer


def _max_age(headers: Mapping[str, str]) -> int:
    for part in headers.get("Cache-Control", headers.get("cache-control", "")).split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age" and value.isdigit():
            return int(value)
    return 0


def _verified_claims(token: str, *, fresh: bool) -> Mapping[str, Any]:
    claims: Mapping[str, Any] = google_id_token.verify_token(
        token,
        _CachedCertificates(fresh=fresh),
        audience=settings.GOOGLE_CLIENT_ID,
        certs_url=settings.GOOGLE_ADDRESSES.google_certs_url,
        clock_skew_in_seconds=SKEW_SECONDS,
    )
    return claims


def verify_identity(token: str, *, nonce_hash: str) -> Identity:
    """Verify signature, audience, time, issuer and nonce, and say which account it is.

    :raises IdentityRejected: any of it doesn't hold. :raises GoogleUnavailable: no certificates came.
    """
    try:
        try:
            claims = _verified_claims(token, fresh=False)
        except ValueError:  # signed by a key that came after the certificates we kept
            claims = _verified_claims(token, fresh=True)
    except exceptions.TransportError:
        raise GoogleUnavailable(what="Fetching Google's certificates", reason="no usable answer came") from None
    except (ValueError, TypeError, exceptions.GoogleAuthError):
        raise IdentityRejected from None
    issuer = settings.GOOGLE_ADDRESSES.google_issuer
    if claims.get("iss") not in {issuer, issuer.removeprefix("https://").removeprefix("http://")}:
        raise IdentityRejected
    if fingerprint(str(claims.get("nonce", ""))) != nonce_hash:
        raise IdentityRejected
    sub, email = str(claims.get("sub") or ""), str(claims.get("email") or "")
    if not sub or not email or claims.get("email_verified") is not True:
        raise IdentityRejected
    hosted_domain = str(claims.get("hd") or "")
    return Identity(
        sub=sub,
        email=email,
        hosted_domain=hosted_domain,
        picture=str(claims.get("picture") or ""),
        account_type=_account_type(email, hosted_domain),
    )


def _account_type(email: str, hosted_domain: str) -> AccountType | None:
    domain = email.rpartition("@")[2].lower()
    if f".{domain}".endswith(f".{SERVICE_ACCOUNT_DOMAIN}"):
        return None
    if hosted_domain:
        return AccountType.WORKSPACE
    return AccountType.GMAIL if domain in PERSONAL_GMAIL_DOMAINS else AccountType.CONSUMER
