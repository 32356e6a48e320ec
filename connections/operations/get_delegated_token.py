"""An access token for somebody's mailbox, by way of a service account; kept in this process's memory only."""

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
_versions = count(1)


def get_delegated_token(
    connection: Connection, impersonation: Impersonation, *, stale: AccessToken | None = None, renew: bool = False
) -> AccessToken:
    """A token with at least the refresh margin left. ``stale`` is one that Google has just refused.

    ``renew`` asks Google in any case: a token at hand says nothing about the roles and the delegation of today. Two
    threads that ask for the same one at once each get one; both are good.

    :raises ConsoleError: TokenCreatorMissing, DelegationMissing, MailboxUnknown, ServiceAccountUnknown, CloudApiOff,
        ClockWrong, GoogleUnavailable, or what the connection's own access token raises.
    """
    key = (connection.pk, impersonation)
    token = _tokens.get(key)
    if renew or token is None or not _is_good(token, stale):
        delegated = minted(connection, impersonation)
        token = AccessToken(delegated.access_token, expiry(delegated.expires_in), next(_versions))
        _drop_expired()
        _tokens[key] = token
    return token


def _is_good(token: AccessToken, stale: AccessToken | None) -> bool:
    if stale and token.version <= stale.version:
        return False
    return token.expires_at > now() + timedelta(seconds=settings.REFRESH_MARGIN_SECONDS)


def _drop_expired() -> None:
    """So that a worker that goes through all of an organization's mailboxes doesn't keep a token of each for good."""
    moment = now()
    for key, token in list(_tokens.items()):
        if token.expires_at <= moment:
            _tokens.pop(key, None)
