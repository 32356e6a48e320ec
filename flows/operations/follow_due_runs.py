"""Look after every run that is due, so that a lost answer is settled without anybody watching."""

import structlog

from flows.engine.claims import all_due
from flows.engine.run_step import run_due_steps
from flows.models import Run

log = structlog.get_logger(__name__)

MOST = 100
"""So many in one turn; the rest is taken in the next."""


def follow_due_runs() -> int:
    """Move on what waits for nothing but its time, or was left by a process that died. Returns how many runs.

    Each runs with its owner's rights as they are now. Whoever else follows a run at the same time, one acts. A run
    that meets a failure of this console stays as it is and holds no other up.
    """
    run_ids = dict.fromkeys(all_due().values_list("run_id", flat=True)[:MOST])
    for run in Run.objects.filter(pk__in=run_ids).order_by("created_at"):
        try:
            run_due_steps(run)
        except Exception:
            log.exception("run.cannot_be_followed", run=str(run.pk))
    return len(run_ids)
