"""Authorizations that nobody finished end by themselves, and are forgotten in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from access.actor import Actor
from access.models import AuditEntry
from connections.models import Connection, ConsentAttempt, Grant, Outcome
from connections.operations.expire_attempts import FINISHING, expire_attempts
from connections.operations.purge_attempts import purge_attempts
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory
from vault.models import DataKey

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller
LEFT = timedelta(minutes=10)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def has_key(attempt: ConsentAttempt) -> bool:
    return DataKey.objects.filter(purpose="consent", owner_uuid=attempt.pk).exists()


def test_what_google_never_answered_expires_and_its_verifier_is_destroyed(ada: Browser, clock: Clock) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    assert expire_attempts() == 0
    assert has_key(attempt)
    clock.shift(LEFT)
    assert expire_attempts() == 1
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.sealed_verifier, has_key(attempt)) == (Outcome.EXPIRED, None, False)
    assert expire_attempts() == 0


def test_what_was_never_opened_expires_within_the_hour(ada: Browser, clock: Clock) -> None:
    ada.ask()
    clock.shift(timedelta(minutes=59))
    assert expire_attempts() == 0
    clock.shift(timedelta(minutes=1))
    assert expire_attempts() == 1


def test_its_page_says_so_and_people_are_led_back_to_it(ada: Browser, clock: Clock) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    clock.shift(LEFT)
    expire_attempts()
    url = reverse("authorization", args=[attempt.pk])
    assert "The authorization took too long" in ada.client.get(url).content.decode()
    assert url in ada.client.get(reverse("new_connection", args=["gmail"])).content.decode()


def test_an_answer_that_comes_afterwards_makes_nothing(google: RunningSandbox, ada: Browser, clock: Clock) -> None:
    attempt = ada.ask()
    answer = ada.consent(attempt)
    clock.shift(LEFT)
    expire_attempts()
    ada.come_back(answer)
    attempt.refresh_from_db()
    assert (attempt.outcome, Connection.objects.count()) == (Outcome.EXPIRED, 0)


def test_an_answer_being_worked_on_has_its_time_and_one_left_by_a_dead_process_ends(ada: Browser, clock: Clock) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    ConsentAttempt.objects.update(used_at=datetime.now(UTC))
    clock.shift(FINISHING - timedelta(seconds=1))
    assert expire_attempts() == 0
    clock.shift(timedelta(seconds=1))
    assert expire_attempts() == 1
    assert not has_key(attempt)


def test_old_ones_are_forgotten_and_what_they_led_to_stays(google: RunningSandbox, ada: Browser, clock: Clock) -> None:
    ada.connect()
    ada.ask("Another")
    clock.shift(timedelta(days=29))
    assert purge_attempts(Actor.console()) == 0
    clock.shift(timedelta(days=2))
    assert purge_attempts(Actor.console()) == 1  # the other hasn't ended
    expire_attempts()
    assert purge_attempts(Actor.console()) == 1
    assert (ConsentAttempt.objects.count(), Connection.objects.count(), Grant.objects.count()) == (0, 1, 1)
    entries = AuditEntry.objects.filter(event="authorization.history_removed")
    assert [entry.difference["authorizations"] for entry in entries] == [1, 1]
