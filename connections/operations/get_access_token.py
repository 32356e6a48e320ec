"""An access token that works, refreshed by one process at a time."""

import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from access import audit
from access.actor import Actor
from connections.errors import ConnectionBlocked, ConnectionDeleted, GoogleUnavailable
from connections.extensions import short_scope
from connections.google.failures import Refreshing
from connections.google.tokens import REFRESH, Refreshed, refresh
from connections.models import Connection, Credential, CredentialState
from connections.operations.credentials import (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    expiry,
    open_access_token,
    open_refresh_token,
    seal_token,
)
from connections.operations.report_failure import report_failure
from connections.operations.settle_status import settle_status
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded, TryLater, VaultFailure, from_stored
from kernel.ids import new_id

LEASE = timedelta(seconds=45)
"""Longer than a refresh can take: kernel.http ends it after 5 + 30 seconds."""
POLL_SECONDS = 0.05
FREE_FAILURES = 2
"""So many passing failures in a row cost no pause; each further one doubles it."""
LONGEST_PAUSE = timedelta(minutes=15)

_locks: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True)
class AccessToken:
    """A bearer token, kept out of ``repr``. ``version`` tells a newer one from the one that failed."""

    _secret: str = field(repr=False)
    expires_at: datetime
    version: int

    def reveal(self) -> str:
        """The token itself, to be attached to a request to Google and nothing else."""
        return self._secret

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("an access token is never pickled")


def get_access_token(connection: Connection, *, stale: AccessToken | None = None) -> AccessToken:
    """A token with at least the refresh margin left, or the one at hand while Google is down.

    ``stale`` is a token that Google has just refused: it is refreshed even if its time isn't up.

    :raises ConsoleError: a ReauthorizationNeeded (stored, never tried again) or ConnectionBlocked (stored),
        ClientRejected, GoogleUnavailable, VaultFailure.
    """
    try:
        token = _at_hand(connection, _live(connection), stale, settings.REFRESH_MARGIN_SECONDS)
        if token:
            return token
        with _locks[connection.pk]:
            return _refreshed(connection, stale)
    except VaultFailure:
        _live(connection)  # where it was just deleted, nothing is wrong with the vault
        with transaction.atomic():
            audit.record(
                Actor.console(),
                "vault.open_failed",
                kind="connection",
                object_id=str(connection.pk),
                name=connection.nickname,
            )
        raise


def _live(connection: Connection) -> Credential:
    """:raises ConsoleError: there is none any more, since the connection or its grant was ended here."""
    credential = Credential.objects.filter(connection=connection, state=CredentialState.LIVE).first()
    if credential is None:
        _stop_when_known_to_fail(connection)
        raise ConnectionDeleted(nickname=connection.nickname)
    return credential


def _at_hand(
    connection: Connection, credential: Credential, stale: AccessToken | None, margin_seconds: int
) -> AccessToken | None:
    """The stored token, if its time isn't nearly up and Google hasn't refused it."""
    expires_at = credential.access_expires_at
    if not credential.sealed_access_token or expires_at is None:
        return None
    if stale and credential.access_token_version <= stale.version:
        return None
    if expires_at <= now() + timedelta(seconds=margin_seconds):
        return None
    return AccessToken(open_access_token(connection, credential), expires_at, credential.access_token_version)


def _refreshed(connection: Connection, stale: AccessToken | None) -> AccessToken:
    """Refresh under the row's lease, or wait for whoever holds it."""
    deadline = time.monotonic() + LEASE.total_seconds()
    lease = new_id()
    while True:
        credential = _live(connection)
        token = _at_hand(connection, credential, stale, settings.REFRESH_MARGIN_SECONDS)
        if token:
            return token
        _stop_when_known_to_fail(connection)
        if credential.not_before and credential.not_before > now():
            return _last_resort(connection, credential, stale) or _raise_cool_down(credential)
        if _take_lease(credential, lease):
            return _refresh_with_lease(connection, credential, stale)
        if time.monotonic() > deadline:
            raise GoogleUnavailable(what=REFRESH, reason="another process has been at it for too long")
        time.sleep(POLL_SECONDS)


def _stop_when_known_to_fail(connection: Connection) -> None:
    """A grant that ended is never tried again. Another process may have learned it just now."""
    connection.refresh_from_db(fields=["failure", "grant_expires_at", "granted_scopes", "status"])
    if connection.failure:
        failure = from_stored(connection.failure)
        if isinstance(failure, ReauthorizationNeeded):
            raise failure


def _take_lease(credential: Credential, lease: UUID) -> bool:
    """Take the row's lease by one conditional update, and re-check the version in it."""
    moment = now()
    free = Q(lease=None) | Q(lease_until__lt=moment)
    taken = Credential.objects.filter(
        free, pk=credential.pk, version=credential.version, state=CredentialState.LIVE
    ).update(lease=lease, lease_until=moment + LEASE)
    credential.lease = lease
    return bool(taken)


def _refresh_with_lease(connection: Connection, credential: Credential, stale: AccessToken | None) -> AccessToken:
    try:
        answer = refresh(
            open_refresh_token(connection, credential),
            Refreshing(
                nickname=connection.nickname,
                email=connection.account_email,
                client_id=connection.client_id,
                ends_at=connection.grant_expires_at,
            ),
        )
    except TryLater as error:
        _note_passing_failure(credential)
        token = _last_resort(connection, credential, stale)
        if token:
            return token
        raise error from None
    except ConsoleError as error:
        _release(connection, credential)
        if isinstance(error, (ReauthorizationNeeded, ConnectionBlocked)):
            report_failure(connection.pk, error, credential_id=credential.pk)
        raise
    return _store(connection, credential, answer)


def _release(connection: Connection, credential: Credential) -> None:
    """Give the lease back. What Google said of a credential that isn't the live one any more is no news.

    :raises GoogleUnavailable: the connection was authorized anew meanwhile; the next call uses that.
    """
    mine = Credential.objects.filter(pk=credential.pk, lease=credential.lease, state=CredentialState.LIVE)
    if not mine.update(lease=None, lease_until=None):
        _live(connection)  # deleted meanwhile, which is another thing
        raise GoogleUnavailable(what=REFRESH, reason="the connection was authorized anew meanwhile") from None


def _last_resort(connection: Connection, credential: Credential, stale: AccessToken | None) -> AccessToken | None:
    """While Google is down a token works until its very end."""
    return _at_hand(connection, credential, stale, 0)


def _raise_cool_down(credential: Credential) -> AccessToken:
    raise GoogleUnavailable(
        what=REFRESH,
        reason=f"Google failed {credential.failures} times in a row, so the next try waits",
        retry_at=credential.not_before,
    )


def _note_passing_failure(credential: Credential) -> None:
    """Count it, and pause longer after each further one, with jitter so that not all come back at once."""
    failures = credential.failures + 1
    # No timedelta holds what an outage of half a day would double it to
    doubled = 2 ** min(max(0, failures - FREE_FAILURES), 16)
    pause = min(timedelta(seconds=doubled), LONGEST_PAUSE)
    wait = pause * random.uniform(0.5, 1.0) if failures > FREE_FAILURES else timedelta()  # noqa: S311  (jitter)
    Credential.objects.filter(pk=credential.pk, lease=credential.lease).update(
        lease=None, lease_until=None, failures=failures, not_before=now() + wait if wait else None
    )


def _store(connection: Connection, credential: Credential, answer: Refreshed) -> AccessToken:
    """Seal the new token by compare-and-swap on the version; the old refresh token stays when none came.

    What lost the swap is never sealed: sealing would make a new data key for a connection that was just deleted.
    """
    access_version = credential.access_token_version + 1
    expires_at = expiry(answer.expires_in)
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)  # before its credential, as whoever deletes does
        row = Credential.objects.select_for_update().filter(
            pk=credential.pk, version=credential.version, lease=credential.lease, state=CredentialState.LIVE
        )
        if row.first() is not None:
            row.update(**_sealed(connection, credential, answer, access_version), access_expires_at=expires_at)
            if answer.granted:
                _note_granted(connection, answer.granted)
    _live(connection)  # who deleted it meanwhile wants no more calls either
    return AccessToken(answer.access_token, expires_at, access_version)


def _sealed(
    connection: Connection, credential: Credential, answer: Refreshed, access_version: int
) -> dict[str, object]:
    values: dict[str, object] = {
        "sealed_access_token": seal_token(connection, credential, ACCESS_TOKEN, access_version, answer.access_token),
        "access_token_version": access_version,
        "version": credential.version + 1,
        "lease": None,
        "lease_until": None,
        "failures": 0,
        "not_before": None,
    }
    if answer.refresh_token:
        refresh_version = credential.refresh_token_version + 1
        values["refresh_token_version"] = refresh_version
        values["sealed_refresh_token"] = seal_token(
            connection, credential, REFRESH_TOKEN, refresh_version, answer.refresh_token
        )
    return values


def _note_granted(connection: Connection, granted: frozenset[str]) -> None:
    """Google may have taken scopes back since the consent: what it says now is what holds."""
    current = Connection.objects.select_for_update().get(pk=connection.pk)
    before = current.granted_scopes
    if granted == frozenset(before):
        return
    current.granted_scopes = sorted(granted)
    current.save(update_fields=["granted_scopes"])
    difference = {
        "taken back": [short_scope(scope) for scope in before if scope not in granted],
        "added": [short_scope(scope) for scope in current.granted_scopes if scope not in before],
    }
    audit.record(
        Actor.console(),
        "connection.scopes_updated",
        kind="connection",
        object_id=str(current.pk),
        name=current.nickname,
        difference={name: scopes for name, scopes in difference.items() if scopes},
    )
    settle_status(Actor.console(), current)
    connection.granted_scopes = current.granted_scopes
