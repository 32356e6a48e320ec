"""Look after the runs of flows: hand over what was never handed over, and let go on what is due."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from flows.engine.dispatch import enqueue
from flows.engine.legs import cancel, close_left_steps, due_runs, next_leg, release
from flows.models import Run, RunState, StepRun
from kernel.clock import now

MOST = 500
"""So many of each in one turn; the rest is taken in the next."""
LEFT_AFTER = timedelta(minutes=3)
STUCK_AFTER = timedelta(minutes=30)
"""A leg that no worker took up for so long may be over for the queue, which runs each one once: the next begins."""


def follow_flow_runs() -> int:
    """Returns how many runs were moved. Done twice at once, it does no more than once."""
    moment = now()
    late = moment - timedelta(seconds=settings.RUN_SWEEP_SECONDS)
    queued = Run.objects.filter(state=RunState.QUEUED, flow__isnull=False, touched_at__lt=late)
    handed = 0
    for run in queued.order_by("created_at", "pk")[:MOST]:
        is_stuck = run.touched_at is not None and run.touched_at < moment - STUCK_AFTER
        if not (is_stuck and next_leg(run, RunState.QUEUED)):
            enqueue(run.pk, run.leg)
        handed += 1
    released = sum(release(run) for run in due_runs(moment)[:MOST])
    return handed + released + _taken_up() + close_left_steps(moment)


def _taken_up() -> int:
    """Runs that a worker left and no other one adopted: nothing of them holds a lease any more."""
    moment = now()
    holding = StepRun.objects.filter(run=OuterRef("pk"), state=RunState.RUNNING, lease_until__gt=moment)
    left = Run.objects.filter(~Exists(holding), state=RunState.RUNNING, flow__isnull=False)
    return sum(next_leg(run, RunState.RUNNING) for run in left.filter(touched_at__lt=moment - LEFT_AFTER)[:MOST])


def cancel_waited_out() -> int:
    """Cancel what waited too long. Returns how many runs."""
    before = now() - timedelta(days=settings.WAITING_DAYS)
    waiting = Run.objects.filter(state=RunState.WAITING, flow__isnull=False, waiting_since__lt=before)
    return sum(cancel(run) for run in waiting[:MOST])
