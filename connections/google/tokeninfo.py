"""What Google says of an access token: whose it is, and what it is good for (google-facts.md 2d)."""

from dataclasses import dataclass

import requests
from django.conf import settings

from connections.errors import GoogleUnavailable
from connections.google.client import session
from connections.google.failures import no_answer

WHAT = "Asking Google about the access token"


@dataclass(frozen=True, kw_only=True)
class TokenInfo:
    """``sub`` is empty where no sign-in scope was granted."""

    sub: str
    granted: frozenset[str]


def tokeninfo(access_token: str) -> TokenInfo:
    """Ask about a token that Google has just given. It goes in the body: addresses are logged.

    :raises GoogleUnavailable: no answer, or not one of this endpoint; also when Google doesn't know the token yet.
    """
    try:
        with session() as http:
            response = http.post(settings.GOOGLE_ADDRESSES.google_tokeninfo_url, data={"access_token": access_token})
        body = response.json()
    except (requests.RequestException, ValueError) as error:
        raise no_answer(WHAT, error) from None
    if response.status_code != requests.codes.ok or not isinstance(body, dict) or "scope" not in body:
        raise GoogleUnavailable(what=WHAT, reason=f"Google answered {response.status_code}")
    return TokenInfo(sub=str(body.get("sub") or ""), granted=frozenset(str(body["scope"]).split()))
