"""Remove what passed through the runs of long ago. The runs themselves stay."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import Policy
from flows.engine.sealed_values import PURPOSE
from flows.models import ENDED, Run, StepRun
from kernel.clock import now
from vault.operations.destroy_data_key import destroy_data_key

BATCH = 200


def purge_runs(actor: Actor, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Destroy the data keys of ended runs that are older than the policy's retention. Returns how many there were.

    :param progress: told how many are done, after each batch.
    """
    before = now() - timedelta(days=Policy.current().retention_days)
    old = Run.objects.filter(state__in=ENDED, ended_at__lt=before, data_removed_at=None).order_by("ended_at")
    done = 0
    while run_ids := list(old.values_list("pk", flat=True)[:BATCH]):
        _remove(actor, run_ids, older_than=f"{before:%Y-%m-%d %H:%M} UTC")
        done += len(run_ids)
        progress(done)
    return done


def _remove(actor: Actor, run_ids: list[UUID], *, older_than: str) -> None:
    with transaction.atomic():
        for run_id in run_ids:
            destroy_data_key(purpose=PURPOSE, owner=run_id)
        StepRun.objects.filter(run__in=run_ids).update(sealed_options=b"", sealed_inputs=b"", sealed_outputs=None)
        Run.objects.filter(pk__in=run_ids).update(data_removed_at=now())
        audit.record(
            actor,
            "run.data_removed",
            kind="run",
            object_id="",
            name="",
            difference={"runs": len(run_ids), "older than": older_than},
        )
