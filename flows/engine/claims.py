"""The moves of a step: each a conditional update, so that two followers never act twice.

Whoever claims a step holds it for a lease and alone may record; a process that lost its claim while it was
paused finds out at its next record, which comes just before each call that changes anything.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from flows.cards import Card
from flows.catalog import declared_of
from flows.engine.legs import hold_run
from flows.engine.sealed_values import OUTPUTS, seal_values
from flows.models import Phase, Run, RunState, StepRun, Trigger
from kernel.clock import now
from kernel.errors import ConsoleError, to_stored

LEASE = timedelta(minutes=3)
"""Longer than a token's refresh and one call can take, each ended by its limits. Of cards that say so, longer."""


class ClaimLost(Exception):
    """Somebody else has claimed the step meanwhile. Nothing more may be done for the earlier claim."""


def lease_end(card_key: str) -> datetime:
    """Until when somebody who records now may be at work without recording more."""
    declared = declared_of(card_key)
    return now() + (max(LEASE, declared.longest) if isinstance(declared, Card) else LEASE)


def due(step: StepRun) -> bool:
    """Whether the step can be claimed without a decision: its holder died, or it is time to look for a lost send."""
    moment = now()
    if step.state == RunState.RUNNING:
        return step.lease_until is None or step.lease_until <= moment
    is_lost = step.state == RunState.WAITING and step.phase == Phase.DISPATCHING
    return is_lost and (step.settles_at is None or step.settles_at <= moment)


def all_due() -> QuerySet[StepRun]:
    """Every card run's step that is :func:`due`, the longest due first. Flows' runs are the worker's."""
    moment = now()
    left = Q(state=RunState.RUNNING, lease_until__lte=moment)
    lost = Q(state=RunState.WAITING, phase=Phase.DISPATCHING, settles_at__lte=moment)
    return StepRun.objects.filter(left | lost, run__trigger=Trigger.CARD).order_by("started_at", "pk")


def claim(step: StepRun) -> bool:
    """Take a step that waits or was left by its holder. Of several who try at once, one gets it."""
    moment = now()
    free = Q(state=RunState.WAITING, settles_at__lte=moment) | Q(state=RunState.WAITING, phase=Phase.UNKNOWN)
    left = Q(state=RunState.RUNNING, lease_until__lte=moment)
    with transaction.atomic():
        taken = StepRun.objects.filter(free | left, pk=step.pk, attempt=step.attempt, phase=step.phase).update(
            attempt=step.attempt + 1,
            state=RunState.RUNNING,
            lease_until=lease_end(step.card_key),
            cause=None,
            deaths=step.deaths + (step.state == RunState.RUNNING),
        )
        if taken:
            Run.objects.filter(pk=step.run_id).update(
                state=RunState.RUNNING, leg=F("leg") + 1, cause=None, waiting_since=None, due_at=None
            )
    if taken:
        step.refresh_from_db()
    return bool(taken)


def take(step: StepRun) -> bool:
    """Take a step of a flow's run that is queued, or was left by a worker that ended. Of several, one gets it."""
    left = step.state == RunState.RUNNING
    taken = StepRun.objects.filter(
        pk=step.pk, attempt=step.attempt, state__in=[RunState.QUEUED, RunState.RUNNING]
    ).update(
        attempt=step.attempt + 1,
        state=RunState.RUNNING,
        lease_until=lease_end(step.card_key),
        cause=None,
        deaths=step.deaths + left,
    )
    if taken:
        step.refresh_from_db()
    return bool(taken)


def record(step: StepRun, **values: Any) -> None:
    """Write how far the step came and lengthen the lease. :raises ClaimLost:"""
    _move(step, {**values, "lease_until": lease_end(step.card_key)})


def wait(step: StepRun, *, phase: Phase, cause: ConsoleError | None = None, **values: Any) -> None:
    """Let go of the step: it waits for its time, or for a decision. :raises ClaimLost:"""
    due_at = step.settles_at if phase == Phase.DISPATCHING else None
    _let_go(step, cause, {**values, "phase": phase}, due_at=due_at)


def wait_for_connection(step: StepRun, error: ConsoleError) -> None:
    """Let go of the step until a person has mended its connection. :raises ClaimLost:"""
    _let_go(step, error, {}, connection=step.connection_id)


def retry(step: StepRun, error: ConsoleError, at: datetime) -> None:
    """Let go of the step until that time; then it is tried again. :raises ClaimLost:"""
    _let_go(step, error, {"tries": step.tries + 1, "retry_at": at}, due_at=at)


def _let_go(
    step: StepRun,
    cause: ConsoleError | None,
    values: dict[str, Any],
    *,
    connection: UUID | None = None,
    due_at: datetime | None = None,
) -> None:
    """The run waits with its step. One that was canceled meanwhile has nothing more to wait for."""
    stored = to_stored(cause) if cause else None
    with transaction.atomic():
        is_held = hold_run(step.run_id, cause, connection=connection, due_at=due_at)
        state = {"state": RunState.WAITING} if is_held else {"state": RunState.CANCELED, "ended_at": now()}
        _move(step, {**values, **state, "cause": stored, "lease_until": None})


def complete(step: StepRun, outputs: dict[str, Any] | None, note: str = "") -> None:
    """The end, with what came out; None where nobody can know it. :raises ClaimLost:"""
    sealed = None if outputs is None else seal_values(step.pk, step.run_id, OUTPUTS, outputs)
    phase = Phase.NONE if step.phase == Phase.NONE else Phase.DONE
    notes = " ".join(each for each in (step.note, note) if each)
    _end(step, RunState.COMPLETED, None, phase=phase, sealed_outputs=sealed, note=notes)


def fail(step: StepRun, error: ConsoleError) -> None:
    """The end, with its cause. :raises ClaimLost:"""
    _end(step, RunState.FAILED, to_stored(error))


def _end(step: StepRun, state: RunState, cause: dict[str, Any] | None, **values: Any) -> None:
    moment = now()
    with transaction.atomic():
        _move(step, {**values, "state": state, "cause": cause, "lease_until": None, "ended_at": moment})
        # A flow's run goes on with its next card, or has a block for the error.
        card_runs = Run.objects.filter(pk=step.run_id, trigger=Trigger.CARD)
        card_runs.update(state=state, cause=cause, ended_at=moment, waiting_since=None, due_at=None)


def _move(step: StepRun, values: dict[str, Any]) -> None:
    mine = StepRun.objects.filter(pk=step.pk, attempt=step.attempt, state=RunState.RUNNING)
    if not mine.update(**values):
        raise ClaimLost
    for name, value in values.items():
        setattr(step, name, value)
