"""What passed through a run goes when its time is over; the run stays, and every page of it still opens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from access.actor import Actor
from access.models import AuditEntry
from connections.models import Connection, Policy
from flows.catalog import get_card
from flows.engine.sealed_values import INPUTS, open_values
from flows.errors import IdempotencyKeyReused
from flows.models import Run, RunState
from flows.operations import purge_runs as module
from flows.operations.purge_runs import purge_runs
from flows.operations.run_card import run_card
from flows.pages.test_card import _entries_of
from kernel.errors import VaultFailure
from tests.flows.fake_mail import FakeMail, arguments, lost, step_of
from vault.models import DataKey

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller
KEPT = timedelta(days=30, seconds=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def purged(mail: FakeMail, actor: Actor, connection: Connection, clock: Clock) -> Run:
    run = run_card(actor, **arguments(connection, idempotency_key="monthly"))
    clock.shift(KEPT)
    assert purge_runs(Actor.console()) == 1
    run.refresh_from_db()
    return run


def test_key_and_sealed_values_are_gone_and_the_run_stays(purged: Run, connection: Connection) -> None:
    assert not DataKey.objects.filter(purpose="run", owner_uuid=purged.pk).exists()
    step = step_of(connection)
    assert (bytes(step.sealed_options), bytes(step.sealed_inputs), step.sealed_outputs) == (b"", b"", None)
    assert (purged.state, purged.data_removed_at is not None) == (RunState.COMPLETED, True)


def test_a_copy_of_the_row_from_before_does_not_open(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    run_card(actor, **arguments(connection))
    copy = step_of(connection)
    assert open_values(copy, INPUTS)["subject"] == "Hello"
    clock.shift(KEPT)
    purge_runs(Actor.console())
    with pytest.raises(VaultFailure):
        open_values(copy, INPUTS)


def test_it_is_removed_once_and_audited(purged: Run) -> None:
    assert purge_runs(Actor.console()) == 0
    entry = AuditEntry.objects.get(event="run.data_removed")
    assert entry.difference["runs"] == 1
    assert entry.actor_name == "Workflows Console"


def test_the_policy_says_how_long(mail: FakeMail, actor: Actor, connection: Connection, clock: Clock) -> None:
    run_card(actor, **arguments(connection))
    clock.shift(timedelta(days=29, hours=23))
    assert purge_runs(Actor.console()) == 0
    Policy.objects.update_or_create(pk=1, defaults={"retention_days": 29})
    assert purge_runs(Actor.console()) == 1


def test_a_run_that_has_not_ended_keeps_what_it_needs(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run_card(actor, **arguments(connection))
    clock.shift(KEPT)
    assert purge_runs(Actor.console()) == 0
    assert bytes(step_of(connection).sealed_inputs) != b""


def test_many_go_in_batches_that_are_told(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    for _number in range(5):
        run_card(actor, **arguments(connection))
    clock.shift(KEPT)
    told: list[int] = []
    assert purge_runs(Actor.console(), progress=told.append) == 5
    assert told == [2, 4, 5]


def page(actor: Actor, url: str) -> str:
    client = Client()
    client.force_login(actor.person)
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_its_page_says_what_became_of_it(purged: Run, actor: Actor) -> None:
    shown = page(actor, reverse("run", args=[purged.pk]))
    assert "Inputs and outputs were removed" in shown
    assert "run again" not in shown


def test_the_card_opens_from_it_empty(purged: Run, actor: Actor, connection: Connection) -> None:
    entries = _entries_of(actor, get_card("fake.send"), str(purged.pk))
    assert (entries.connection, entries.values) == (connection, {})


def test_its_key_starts_no_second_run(purged: Run, actor: Actor, connection: Connection, mail: FakeMail) -> None:
    with pytest.raises(IdempotencyKeyReused):
        run_card(actor, **arguments(connection, idempotency_key="monthly"))
    assert len(mail.sent) == 1
