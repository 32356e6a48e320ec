"""Remove what passed through the runs of long ago. The runs themselves stay."""

from collections.abc import Callable
from datetime import timedelta

from access.actor import Actor
from connections.models import Policy
from flows.models import ENDED, Run
from flows.operations.remove_data import remove_data
from kernel.clock import now

BATCH = 200


def purge_runs(actor: Actor, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Destroy the data keys of ended runs that are older than the policy's retention. Returns how many there were.

    :param progress: told how many are done, after each batch.
    """
    before = now() - timedelta(days=Policy.current().retention_days)
    old = Run.objects.filter(state__in=ENDED, ended_at__lt=before, data_removed_at=None).order_by("ended_at")
    done = 0
    while run_ids := list(old.values_list("pk", flat=True)[:BATCH]):
        remove_data(actor, run_ids, why={"older than": f"{before:%Y-%m-%d %H:%M} UTC"})
        done += len(run_ids)
        progress(done)
    return done
