"""Remove what passed through the runs of long ago. The runs themselves stay."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from access.actor import Actor
from connections.models import Policy
from flows.models import ENDED, Run, RunState, StepRun
from flows.operations.remove_data import remove_data
from kernel.clock import now

BATCH = 200


def purge_runs(actor: Actor, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Destroy the data keys of ended runs that are older than the policy's retention. Returns how many there were.

    Of a flow that doesn't save data only what failed is kept, for as long as it can be resumed.

    :param progress: told how many are done, after each batch.
    """
    before = now() - timedelta(days=Policy.current().retention_days)
    resumable = now() - timedelta(days=min(settings.RESUMABLE_DAYS, Policy.current().retention_days))
    ended = Run.objects.filter(state__in=ENDED, data_removed_at=None).order_by("ended_at")
    unsaved = Q(saves_data=False) & (~Q(state=RunState.FAILED) | Q(ended_at__lt=resumable))
    done = _purge(actor, ended.filter(ended_at__lt=before), f"{before:%Y-%m-%d %H:%M} UTC", progress)
    at_work = StepRun.objects.filter(run=OuterRef("pk"), state=RunState.RUNNING)
    return done + _purge(actor, ended.filter(unsaved & ~Exists(at_work)), "the run, which doesn't save it", progress)


def _purge(actor: Actor, old: QuerySet[Run], older_than: str, progress: Callable[[int], None]) -> int:
    done = 0
    while run_ids := list(old.values_list("pk", flat=True)[:BATCH]):
        remove_data(actor, run_ids, why={"older than": older_than})
        done += len(run_ids)
        progress(done)
    return done
