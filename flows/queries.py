"""Reads of runs, shaped for pages and the API."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from access import policy
from access.actor import Actor
from flows.cards import AnyCard
from flows.catalog import get_card
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.models import Phase, Run, RunState, StepRun
from kernel.errors import ConsoleError, NotFound, from_stored

_SHOWN = ("owner", "key", "started_by", "flow", "version", "waits_for")


def visible_run(actor: Actor, run_id: UUID) -> Run:
    """The run. :raises NotFound: there is none, or the actor may not know of it."""
    run: Run | None = Run.objects.visible_to(actor).select_related(*_SHOWN).filter(pk=run_id).first()
    if run is None:
        raise NotFound(kind="run")
    return run


@dataclass(frozen=True, kw_only=True)
class RunDetails:
    """A card run with what its page shows.

    ``checked_at`` is when a lost send is looked for next; ``may_decide`` whether this actor is asked for one of
    the two decisions; ``outputs`` None for everybody but its owner, and where there are none.
    """

    run: Run
    step: StepRun
    card: AnyCard
    error: ConsoleError | None
    checked_at: datetime | None
    may_decide: bool
    outputs: dict[str, Any] | None


def run_details(actor: Actor, run: Run) -> RunDetails:
    """:raises VaultFailure: what passed through the run was destroyed."""
    step = run.steps.select_related("connection").get()
    is_owner = actor.user is not None and actor.user.pk == run.owner_id
    return RunDetails(
        run=run,
        step=step,
        card=get_card(step.card_key),
        error=from_stored(step.cause) if step.cause else None,
        checked_at=step.settles_at if _is_checked(step) else None,
        may_decide=_is_undecided(step) and policy.may(actor, "run.resolve", run),
        outputs=open_values(step, OUTPUTS) if is_owner and step.sealed_outputs is not None else None,
    )


def _is_checked(step: StepRun) -> bool:
    return step.state == RunState.WAITING and step.phase == Phase.DISPATCHING


def _is_undecided(step: StepRun) -> bool:
    return step.state == RunState.WAITING and step.phase == Phase.UNKNOWN


def steps_with(actor: Actor, connection_id: UUID, most: int) -> Iterator[StepRun]:
    """The newest cards that ran with a connection, of runs that the actor may know of."""
    visible = Run.objects.visible_to(actor)
    rows = StepRun.objects.filter(connection_id=connection_id, run__in=visible)
    rows = rows.select_related("run__owner", "run__key", "run__started_by", "run__version")
    rows = rows.defer("sealed_options", "sealed_inputs", "sealed_outputs")
    yield from rows.order_by("-run__created_at", "-position")[:most]
