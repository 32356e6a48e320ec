"""The runner of flows, without a worker."""

from dataclasses import dataclass
from typing import Any

import pytest

from access.actor import Actor
from flows.definition import PlacedCard
from flows.models import Run
from flows.operations.follow_flow_runs import follow_flow_runs
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import Queue, build_flow, run_now
from tests.flows.fake_mail import Clock


@pytest.fixture
def ada(db: None) -> Browser:
    return Browser(UserFactory(administrator=True))


@dataclass
class Runner:
    """A person's flows on a clock that stands still until it is shifted."""

    actor: Actor
    queue: Queue
    clock: Clock

    def run(self, *cards: PlacedCard, fields: dict[str, Any] | None = None, **more: Any) -> Run:
        """A flow of these cards, run as far as it goes now."""
        return run_now(self.actor, self.queue, build_flow(self.actor, *cards, **more), **fields or {})

    def later(self, run: Run, seconds: float) -> Run:
        """The run after so much time, when the sweep has come by and the worker has worked."""
        self.clock.shift(seconds)
        follow_flow_runs()
        return self.work(run)

    def work(self, run: Run) -> Run:
        self.queue.drain()
        run.refresh_from_db()
        return run


@pytest.fixture
def runner(actor: Actor, queue: Queue, clock: Clock) -> Runner:
    return Runner(actor, queue, clock)
