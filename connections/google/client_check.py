"""Whether Google knows the console's OAuth client, asked without an account and without effect."""

from enum import StrEnum

import requests
from django.conf import settings

from connections.errors import GoogleUnavailable
from connections.google.client import session
from connections.google.failures import OUR_CLIENT, no_answer

WHAT = "Checking the Google client"
# No code of Google's looks so, and none is ever given for it.
MADE_UP = "4/made-up-by-the-console-to-see-whether-its-client-is-accepted"


class ClientVerdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REDIRECT_UNKNOWN = "redirect_unknown"


def ask_for_verdict() -> ClientVerdict:
    """Offer a made-up code: Google looks at the client first, and only then at the code (google-facts.md 1d).

    :raises GoogleUnavailable: no answer came, or none that tells.
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
        "redirect_uri": settings.GOOGLE_REDIRECT_URI,
        "code": MADE_UP,
    }
    try:
        with session() as http:
            response = http.post(settings.GOOGLE_ADDRESSES.google_token_url, data=form)
            error = str(response.json().get("error") or "")
    except (requests.RequestException, ValueError, AttributeError) as failure:
        raise no_answer(WHAT, failure) from None
    if error in OUR_CLIENT:
        return ClientVerdict.REFUSED
    if error == "redirect_uri_mismatch":
        return ClientVerdict.REDIRECT_UNKNOWN
    if error == "invalid_grant":
        return ClientVerdict.ACCEPTED
    raise GoogleUnavailable(what=WHAT, reason=f"Google answered {response.status_code} {error[:80]}".rstrip())
