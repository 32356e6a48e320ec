"""The moves of a flow's run: each a conditional update, so that of two who move it one does.

A leg begins when a worker takes it up, and ends when the run ends or waits. Whatever lets a run go on starts the next
leg, in which what was recorded is skipped.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from connections.models import Status
from flows.engine.dispatch import enqueue_on_commit
from flows.engine.sealed_values import destroy_values
from flows.models import ENDED, Phase, Run, RunState, StepRun
from kernel.clock import now
from kernel.errors import ConsoleError, to_stored

USABLE = (Status.ACTIVE, Status.LIMITED, Status.UNSUPPORTED_ACCOUNT)
"""With these a run isn't kept waiting: it goes on, or fails and says why."""


def begin_leg(run_id: UUID, leg: int) -> Run | None:
    """The run, running; None where it isn't at that leg any more, or has ended or waits."""
    moment = now()
    mine = Run.objects.filter(pk=run_id, leg=leg, state__in=[RunState.QUEUED, RunState.RUNNING])
    if not mine.update(state=RunState.RUNNING, touched_at=moment, started_at=Coalesce("started_at", Value(moment))):
        return None
    return Run.objects.select_related("owner", "version", "flow").get(pk=run_id)


def end_run(run: Run, state: RunState, cause: dict[str, Any] | None = None) -> None:
    """The run's end, unless somebody else moved it. What passed through it goes, but for what is kept or resumable."""
    with transaction.atomic():
        mine = Run.objects.filter(pk=run.pk, leg=run.leg, state=RunState.RUNNING)
        if not mine.update(state=state, cause=cause, ended_at=now(), waits_for=None, due_at=None):
            return
        if not run.saves_data and state != RunState.FAILED:
            destroy_values([run.pk])


def hold_run(run_id: UUID, error: ConsoleError | None, *, connection: UUID | None, due_at: datetime | None) -> bool:
    """Let the run wait: for a connection, for its time, or for a decision. Within the transaction of its step.

    Whether this did it: one that was canceled doesn't wait.
    """
    held = Run.objects.filter(pk=run_id, state=RunState.RUNNING).update(
        state=RunState.WAITING,
        cause=to_stored(error) if error else None,
        waits_for=connection,
        waiting_since=now(),
        due_at=due_at,
    )
    return bool(held)


def release(run: Run) -> bool:
    """Let a waiting run go on, with the next leg. What waits for a person's decision doesn't. Whether this did it."""
    with transaction.atomic():
        if StepRun.objects.filter(run=run, state=RunState.WAITING, phase=Phase.UNKNOWN).exists():
            return False
        if not next_leg(run, RunState.WAITING):
            return False
        waiting = StepRun.objects.filter(run=run, state=RunState.WAITING)
        waiting.update(state=RunState.QUEUED, cause=None, retry_at=None)
        return True


def next_leg(run: Run, *states: RunState, **values: Any) -> bool:
    """Queue the run's next leg, if it is still in one of those states at the leg that the caller saw."""
    moved = Run.objects.filter(pk=run.pk, leg=run.leg, state__in=states).update(
        leg=F("leg") + 1,
        state=RunState.QUEUED,
        touched_at=now(),
        cause=None,
        waits_for=None,
        waiting_since=None,
        due_at=None,
        ended_at=None,
        **values,
    )
    if moved:
        enqueue_on_commit(run.pk, run.leg + 1)
    return bool(moved)


def release_waiting(connection_id: UUID) -> int:
    """Let every run go on that waits for the connection, the oldest first. Returns how many did."""
    waiting = Run.objects.filter(state=RunState.WAITING, waits_for=connection_id).order_by("created_at", "pk")
    return sum(release(run) for run in waiting)


def cancel(run: Run) -> bool:
    """End the run where it stands; a card under way is still recorded, and nothing runs after it. Whether this did."""
    with transaction.atomic():
        under_way = Run.objects.filter(pk=run.pk).exclude(state__in=ENDED)
        if not under_way.update(state=RunState.CANCELED, ended_at=now(), waits_for=None, due_at=None, cause=None):
            return False
        idle = StepRun.objects.filter(run=run, state__in=[RunState.WAITING, RunState.QUEUED])
        idle.update(state=RunState.CANCELED, ended_at=now(), retry_at=None)
        forget_canceled(run.pk)
        return True


def forget_canceled(run_id: UUID) -> None:
    """Remove what passed through a run that was canceled and saves no data, once no card of it is under way."""
    canceled = Run.objects.filter(pk=run_id, state=RunState.CANCELED, saves_data=False, data_removed_at=None)
    at_work = StepRun.objects.filter(run=run_id, state=RunState.RUNNING)
    with transaction.atomic():
        if canceled.exists() and not at_work.exists():
            destroy_values([run_id])


def close_left_steps(moment: datetime) -> int:
    """End cards of canceled runs whose worker ended with them. Returns how many."""
    left = StepRun.objects.filter(state=RunState.RUNNING, lease_until__lte=moment, run__state=RunState.CANCELED)
    closed = 0
    for step in left:
        words = "The worker ended while the card ran. What it did at Google isn't known."
        mine = left.filter(pk=step.pk, attempt=step.attempt)
        closed += mine.update(
            state=RunState.CANCELED, ended_at=moment, lease_until=None, note=f"{step.note} {words}".strip()
        )
        forget_canceled(step.run_id)
    return closed


def due_runs(moment: datetime) -> QuerySet[Run]:
    """Waiting runs whose time has come, or whose connection was mended, or deleted, though nobody told."""
    due = Q(due_at__lte=moment)
    mended = Q(waits_for__status__in=USABLE) | Q(waits_for__deleted_at__isnull=False)
    return Run.objects.filter(due | mended, state=RunState.WAITING, flow__isnull=False).order_by("created_at", "pk")
