"""A mailbox in memory behind every card, a person, and a connection of theirs."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from access.actor import Actor, Via
from connections.models import Connection
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import Queue, queued_runs
from tests.flows.fake_mail import Clock, FakeMail, fake_cards
from tests.flows.fake_roles import FakeCloud, fake_role_cards


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    mailbox = FakeMail()
    with fake_cards(mailbox):
        yield mailbox


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    """Cards that act through service accounts; no role is tested at Google."""
    made = FakeCloud()
    monkeypatch.setattr("flows.engine.run_step.require_role", made.require_role)
    with fake_role_cards(made):
        yield made


@pytest.fixture
def actor(db: None) -> Actor:
    return Actor(user=UserFactory(flow_builder=True), via=Via.API)


@pytest.fixture
def connection(actor: Actor) -> Connection:
    made: Connection = ConnectionFactory(owner=actor.person)
    return made


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A time that stands still until it is shifted."""
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def queue() -> Iterator[Queue]:
    """The worker's queue, as a list."""
    with queued_runs() as made:
        yield made
