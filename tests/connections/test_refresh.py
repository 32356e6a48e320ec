"""Access tokens: refreshed once at a time, kept while Google is down, never tried again when the grant ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections as databases

from access.models import AuditEntry
from connections.errors import ClientRejected, GoogleUnavailable, GrantEnded
from connections.models import Connection, Credential
from connections.operations.get_access_token import AccessToken, get_access_token
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import VaultFailure
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(google: RunningSandbox) -> Connection:
    made = Browser(UserFactory(administrator=True)).connect()
    google.sandbox.journal.clear()
    return made


def expire(connection: Connection, *, seconds_left: int = -1) -> None:
    Credential.objects.filter(connection=connection).update(access_expires_at=now() + timedelta(seconds=seconds_left))


def test_a_fresh_token_needs_no_request(google: RunningSandbox, connection: Connection) -> None:
    assert get_access_token(connection).reveal().startswith("ya29.")
    assert requests_to(google, "/token") == []


def test_a_token_near_its_end_is_refreshed_and_kept(google: RunningSandbox, connection: Connection) -> None:
    expire(connection, seconds_left=299)
    first = get_access_token(connection)
    assert get_access_token(connection).reveal() == first.reveal()
    assert len(requests_to(google, "/token")) == 1


def test_a_token_that_google_refused_is_refreshed_before_its_time(
    google: RunningSandbox, connection: Connection
) -> None:
    refused = get_access_token(connection)
    newer = get_access_token(connection, stale=refused)
    assert newer.reveal() != refused.reveal()
    assert get_access_token(connection, stale=refused).reveal() == newer.reveal()
    assert len(requests_to(google, "/token")) == 1


def test_the_old_refresh_token_stays_when_none_comes(google: RunningSandbox, connection: Connection) -> None:
    before = bytes(Credential.objects.get(connection=connection).sealed_refresh_token)
    expire(connection)
    get_access_token(connection)
    assert bytes(Credential.objects.get(connection=connection).sealed_refresh_token) == before


def test_a_rotated_refresh_token_replaces_the_old_one(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "refresh:rotated", count=1)
    expire(connection)
    get_access_token(connection)
    expire(connection)
    assert get_access_token(connection).reveal()
    assert Credential.objects.get(connection=connection).refresh_token_version == 2


def test_a_grant_that_ended_is_stored_and_never_tried_again(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "refresh:invalid_grant")
    expire(connection)
    for _try in range(3):
        with pytest.raises(GrantEnded):
            get_access_token(connection)
    assert len(requests_to(google, "/token")) == 1
    connection.refresh_from_db()
    assert connection.status == "needs_reauthorization"
    changes = AuditEntry.objects.filter(event="connection.status_changed", object_id=str(connection.pk))
    assert [entry.difference["status"] for entry in changes] == [["active", "needs_reauthorization"]]


def test_our_own_client_refused_is_no_fault_of_the_connection(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "refresh:invalid_client", count=1)
    expire(connection)
    with pytest.raises(ClientRejected):
        get_access_token(connection)
    connection.refresh_from_db()
    assert connection.status == "active"
    assert get_access_token(connection).reveal()


@pytest.mark.parametrize("trouble", ["500", "429", "html_403", "garbage", "oversized"])
def test_a_passing_failure_never_changes_the_status(
    trouble: str, google: RunningSandbox, connection: Connection
) -> None:
    stage(google, f"token_endpoint:{trouble}")
    expire(connection)
    with pytest.raises(GoogleUnavailable):
        get_access_token(connection)
    connection.refresh_from_db()
    assert connection.status == "active"
    assert connection.failure is None


def test_while_google_is_down_the_token_works_to_its_end(google: RunningSandbox, connection: Connection) -> None:
    held = get_access_token(connection)
    stage(google, "token_endpoint:500")
    expire(connection, seconds_left=60)
    assert get_access_token(connection).reveal() == held.reveal()


def test_failures_in_a_row_lead_to_a_pause_that_ends(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "token_endpoint:500", count=3)
    expire(connection)
    for _try in range(3):
        with pytest.raises(GoogleUnavailable):
            get_access_token(connection)
    with pytest.raises(GoogleUnavailable) as paused:
        get_access_token(connection)
    assert paused.value.retry_at is not None
    assert len(requests_to(google, "/token")) == 3
    with time_machine.travel(paused.value.retry_at + timedelta(seconds=1), tick=True):
        assert get_access_token(connection).reveal()
    assert Credential.objects.get(connection=connection).failures == 0


def test_scopes_that_shrink_on_refresh_limit_the_connection(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "refresh:scopes_shrink", value=["https://www.googleapis.com/auth/gmail.readonly"], count=1)
    expire(connection)
    get_access_token(connection)
    connection.refresh_from_db()
    assert connection.status == "limited"
    assert "https://www.googleapis.com/auth/gmail.readonly" not in connection.granted_scopes
    assert AuditEntry.objects.get(event="connection.scopes_updated").difference == {"taken back": ["gmail.readonly"]}


def test_a_lease_left_by_a_killed_process_ends_by_itself(google: RunningSandbox, connection: Connection) -> None:
    expire(connection)
    Credential.objects.filter(connection=connection).update(
        lease="00000000-0000-4000-8000-000000000000", lease_until=now() - timedelta(seconds=1)
    )
    assert get_access_token(connection).reveal()


def test_a_token_of_one_connection_does_not_open_for_another(google: RunningSandbox, connection: Connection) -> None:
    other = Browser(connection.owner).connect("Other", "ben@acme.example")
    stolen = Credential.objects.get(connection=other)
    Credential.objects.filter(connection=connection).update(
        sealed_access_token=bytes(stolen.sealed_access_token or b"")
    )
    with pytest.raises(VaultFailure):
        get_access_token(connection)
    entry = AuditEntry.objects.get(event="vault.open_failed")
    assert (entry.object_id, entry.actor_user_id, entry.difference) == (str(connection.pk), None, {})


def test_a_token_never_shows_itself(connection: Connection) -> None:
    token = get_access_token(connection)
    assert token.reveal() not in repr(token) + str(token)
    with pytest.raises(TypeError):
        __import__("pickle").dumps(token)


@pytest.mark.django_db(transaction=True)
def test_threads_that_need_a_token_at_once_make_one_request(google: RunningSandbox, connection: Connection) -> None:
    expire(connection)

    def fetch(_index: int) -> AccessToken:
        try:
            return get_access_token(Connection.objects.get(pk=connection.pk))
        finally:
            databases.close_all()

    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(fetch, range(32)))
    assert len({token.reveal() for token in tokens}) == 1
    assert len(requests_to(google, "/token")) == 1
