"""Flows made and run in a test, without a worker: its queue is a list, drained on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from access.actor import Actor
from connections.models import Connection
from flows.definition import Definition, InputKind, PlacedCard, PlacedTrigger, TriggerField
from flows.engine import dispatch
from flows.engine.run_flow import take_step
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.models import Flow, Run, StepRun
from flows.operations.create_flow import create_flow
from flows.operations.save_flow import save_flow
from flows.operations.start_flow_run import start_flow_run
from kernel.errors import ConsoleError, from_stored

MOST_LEGS = 5000


class Queue:
    """Legs that a worker would take up, in the order in which they came."""

    def __init__(self) -> None:
        self.legs: list[tuple[UUID, int]] = []

    def __call__(self, run_id: UUID, leg: int) -> None:
        if (run_id, leg) not in self.legs:
            self.legs.append((run_id, leg))

    def drain(self) -> int:
        """Run every leg to its end, those that are queued meanwhile too. How many there were."""
        done = 0
        while self.legs:
            leg = self.legs.pop(0)
            while take_step(*leg):
                pass
            done += 1
            assert done < MOST_LEGS
        return done


@contextmanager
def queued_runs() -> Iterator[Queue]:
    before = list(dispatch._queue)
    queue = Queue()
    dispatch.register_queue(queue)
    try:
        yield queue
    finally:
        dispatch._queue[:] = before


def card(card_id: str, key: str, connection: Connection | None = None, **more: Any) -> PlacedCard:
    """A placed card; ``options``, ``inputs``, ``note`` and ``blocks`` by their names."""
    return PlacedCard(id=card_id, card=key, connection=connection.pk if connection else None, **more)


def asks_for(*names: str, kind: InputKind = InputKind.TEXT) -> PlacedTrigger:
    """Run now, with fields of these names."""
    return PlacedTrigger(fields=tuple(TriggerField(name=each, label=each.capitalize(), kind=kind) for each in names))


def build_flow(
    actor: Actor,
    *cards: PlacedCard,
    trigger: PlacedTrigger | None = None,
    time_zone: str = "UTC",
    saves_data: bool = False,
    name: str = "Test",
) -> Flow:
    """A saved flow of the actor's."""
    definition = Definition(trigger=trigger or PlacedTrigger(), cards=cards, time_zone=time_zone)
    flow = create_flow(actor, name=name, definition=definition)
    save_flow(actor, flow.pk, edit=flow.edit, saves_data=saves_data)
    flow.refresh_from_db()
    return flow


def start(actor: Actor, flow: Flow, **fields: Any) -> Run:
    """A run of the flow, queued."""
    return start_flow_run(actor, flow.pk, fields=fields)


def run_now(actor: Actor, queue: Queue, flow: Flow, **fields: Any) -> Run:
    """A run of the flow, as far as it goes now."""
    run = start(actor, flow, **fields)
    queue.drain()
    run.refresh_from_db()
    return run


def paths(run: Run) -> list[str]:
    """Where the run went, in order, after its trigger."""
    return list(run.steps.exclude(path="trigger").order_by("position").values_list("path", flat=True))


def states(run: Run) -> dict[str, str]:
    """How each card of the run stands."""
    return dict(run.steps.exclude(path="trigger").order_by("position").values_list("path", "state"))


def cause(run: Run) -> ConsoleError:
    """Why the run failed or waits."""
    run.refresh_from_db()
    assert run.cause, run.state
    return from_stored(run.cause)


def step(run: Run, path: str) -> StepRun:
    found: StepRun = run.steps.get(path=path)
    return found


def gave(run: Run, path: str) -> dict[str, Any]:
    return open_values(step(run, path), OUTPUTS)
