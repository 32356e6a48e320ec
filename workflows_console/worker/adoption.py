"""Take over what a worker left that isn't heard from any more."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from kernel.clock import now
from workflows_console.models import WorkerHeartbeat
from workflows_console.worker.client import RUN_LEG, RUNS, engine_client

log = structlog.get_logger(__name__)


def adopt_runs() -> int:
    """Put the legs of workers that ended back into the queue. Returns how many.

    Of several workers one does it: whoever gets the lease of the dead one's row. Cards that were under way are taken
    over by the next attempt, and a worker that only slept can record nothing more.
    """
    adopted = 0
    for row in WorkerHeartbeat.objects.filter(_is_gone()).exclude(name=settings.WORKER_NAME):
        if _lease(row.name):
            adopted += _requeue(row.name)
    return adopted


def _is_gone() -> Q:
    silent = now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    return Q(stopped_at__isnull=False) | Q(beaten_at__lt=silent)


def _lease(name: str) -> bool:
    moment = now()
    free = Q(adopted_until=None) | Q(adopted_until__lt=moment)
    rows = WorkerHeartbeat.objects.filter(free, _is_gone(), name=name)
    return bool(rows.update(adopted_until=moment + timedelta(seconds=settings.WORKER_SILENT_SECONDS)))


def _requeue(name: str) -> int:
    client = engine_client()
    left = client.list_workflows(status="PENDING", executor_id=name, name=RUN_LEG, load_input=False, load_output=False)
    ids = [each.workflow_id for each in left]
    if ids:
        client.resume_workflows(ids, queue_name=RUNS)
        log.info("worker.adopted", name=name, legs=len(ids))
    return len(ids)
