"""The console's OAuth client, and the hardened session it talks through."""

from typing import Any

import requests
from django.conf import settings

from kernel.http import harden

MAX_TOKEN_BODY_BYTES = 256 * 1024
"""A token answer has a few kilobytes; anything larger isn't one."""


def client_config() -> dict[str, Any]:
    """What google-auth-oauthlib wants to know of a web client."""
    addresses = settings.GOOGLE_ADDRESSES
    return {
        "web": {
            "client_id": settings.GOOGLE_CLIENT_ID,
            "client_secret": settings.GOOGLE_CLIENT_SECRET,
            "auth_uri": addresses.google_authorization_url,
            "token_uri": addresses.google_token_url,
        },
    }


def session() -> requests.Session:
    """A session for one exchange with an OAuth endpoint."""
    return harden(requests.Session(), MAX_TOKEN_BODY_BYTES)
