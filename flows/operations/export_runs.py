"""Hand out the list of runs as rows for a file."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from flows.history import RunFilters, RunRow, filters_in_words, found_runs, rows_of
from flows.models import Run
from kernel.errors import from_stored

AT_ONCE = 500
HEADINGS = (
    "Run",
    "State",
    "Flow or card",
    "Trigger",
    "Started by",
    "Owner",
    "Created",
    "Started",
    "Ended",
    "Seconds",
    "At card",
    "Cause",
)


def export_runs(actor: Actor, filters: RunFilters) -> Iterator[tuple[str, ...]]:
    """A row of texts, as ``HEADINGS`` name them, for every run that the filters leave, the newest first.

    They are taken by their ids as they are now, so that runs that begin meanwhile neither repeat nor hide one.
    Nothing that passed through them is among them.

    :raises NotPermitted: the actor may not see runs. :raises InputRejected: a filter names what isn't there.
    """
    policy.require(actor, "run.view")
    with transaction.atomic():
        ids = list(found_runs(actor, filters).values_list("pk", flat=True))
        audit.record(
            actor,
            "run.list_exported",
            kind="run_list",
            object_id="",
            name="Execution History",
            difference={"runs": len(ids), **filters_in_words(filters)},
        )
    return (
        _texts(row)
        for start in range(0, len(ids), AT_ONCE)
        for row in rows_of(found_runs(actor, RunFilters()).filter(pk__in=ids[start : start + AT_ONCE]))
    )


def _texts(row: RunRow) -> tuple[str, ...]:
    run: Run = row.run
    return (
        str(run.pk),
        row.status.words,
        row.title,
        run.get_trigger_display(),
        row.starter,
        run.owner.email,
        _time(run.created_at),
        _time(run.started_at),
        _time(run.ended_at),
        f"{row.lasted.total_seconds():.1f}" if row.lasted and run.ended_at else "",
        row.at_card,
        from_stored(run.cause).cause if run.cause else "",
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
