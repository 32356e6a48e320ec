"""An access token for somebody's mailbox, by way of a service account; kept in this process's memory only."""

import threading
from collections import defaultdict
from datetime import timedelta
from itertools import count
from uuid import UUID

from django.conf import settings

from connections.models import Connection
from connections.operations.credentials import expiry
from connections.operations.get_access_token import AccessToken
from connections.operations.learn_role import minted
from connections.requirements import Impersonation
from kernel.clock import now

Key = tuple[UUID, Impersonation]

_tokens: dict[Key, AccessToken] = {}
_locks: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)
_versions = count(1)


def get_delegated_token(
    connection: Connection, impersonation: Impersonation, *, stale: AccessToken | None = None
) -> AccessToken:
    """A token with at least the refresh margin left. ``stale`` is one that Google has just refused.

    :raises ConsoleError: TokenCreatorMissing, DelegationMissing, MailboxUnknown, ServiceAccountUnknown, CloudApiOff,
        ClockWrong, GoogleUnavailable, or what the connection's own access token raises.
    """
    key = (connection.pk, impersonation)
    with _locks[key]:
        token = _tokens.get(key)
        if token is None or not _is_good(token, stale):
            delegated = minted(connection, impersonation)
            token = _tokens[key] = AccessToken(delegated.access_token, expiry(delegated.expires_in), next(_versions))
        return token


def _is_good(token: AccessToken, stale: AccessToken | None) -> bool:
    if stale and token.version <= stale.version:
        return False
    return token.expires_at > now() + timedelta(seconds=settings.REFRESH_MARGIN_SECONDS)
