"""A connection that nobody uses is used once a month, or Google ends its grant."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from access.models import AuditEntry
from connections.errors import GrantEnded
from connections.models import Connection, Credential, Status
from connections.operations import keep_alive as module
from connections.operations.keep_alive import keep_alive
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller
A_MONTH = timedelta(days=30, hours=2)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def refreshes(google: RunningSandbox) -> int:
    return sum((entry["path"], entry["status"]) == ("/token", 200) for entry in requests_to(google, "/token"))


def unused(ada: Browser, nickname: str = "Seldom used") -> Connection:
    """A connection whose token was last refreshed a month ago, by the console's clock alone."""
    connection = ada.connect(nickname)
    Credential.objects.filter(connection=connection).update(access_expires_at=now() - A_MONTH)
    Connection.objects.filter(pk=connection.pk).update(last_checked_at=now() - A_MONTH)
    return connection


def test_an_unused_connection_is_tested_once(google: RunningSandbox, ada: Browser) -> None:
    connection = unused(ada)
    before = refreshes(google)
    assert keep_alive() == 1
    assert refreshes(google) == before + 1
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE
    entry = AuditEntry.objects.get(event="connection.tested")
    assert (entry.object_id, entry.actor_name) == (str(connection.pk), "Workflows Console")
    assert keep_alive() == 0


def test_one_in_use_is_left_alone(google: RunningSandbox, ada: Browser, clock: Clock) -> None:
    ada.connect()
    clock.shift(timedelta(days=29))
    before = refreshes(google)
    assert (keep_alive(), refreshes(google)) == (0, before)


def test_a_grant_that_has_ended_is_found_out_and_never_asked_for_again(google: RunningSandbox, ada: Browser) -> None:
    connection = unused(ada)
    stage(google, "refresh:invalid_grant")
    assert keep_alive() == 1
    connection.refresh_from_db()
    assert (connection.status, (connection.failure or {})["code"]) == (Status.NEEDS_REAUTHORIZATION, GrantEnded.code)
    Connection.objects.update(last_checked_at=now() - A_MONTH)
    assert keep_alive() == 0


def test_while_google_is_down_it_is_tried_again_the_next_day(
    google: RunningSandbox, ada: Browser, clock: Clock
) -> None:
    connection = unused(ada)
    stage(google, "token_endpoint:503", count=1)
    assert (keep_alive(), keep_alive()) == (1, 0)
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE
    clock.shift(timedelta(days=1, seconds=1))
    before = refreshes(google)
    assert (keep_alive(), refreshes(google)) == (1, before + 1)


def test_a_paused_connection_keeps_its_grant_and_stays_paused(google: RunningSandbox, ada: Browser) -> None:
    connection = unused(ada)
    Connection.objects.update(paused_at=now(), status=Status.PAUSED)
    assert keep_alive() == 1
    connection.refresh_from_db()
    assert connection.status == Status.PAUSED


def test_a_deleted_connection_is_left_alone(google: RunningSandbox, ada: Browser) -> None:
    unused(ada)
    Connection.objects.update(deleted_at=now())
    assert keep_alive() == 0


def test_one_that_can_not_be_tested_holds_no_other_up(
    google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    unused(ada, "First")
    unused(ada, "Second")
    tested: list[object] = []

    def check(_actor: object, connection_id: object) -> None:
        tested.append(connection_id)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(module, "check_connection", check)
    assert (keep_alive(), len(tested)) == (2, 2)
