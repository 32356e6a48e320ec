"""Cards that ran with a connection, in its Activity."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from access import policy
from access.actor import Actor
from connections.extensions import ActivityItem, Decision
from flows.catalog import title_of
from flows.history import starter
from flows.models import Phase, RunState, StepRun
from flows.queries import steps_with
from flows.run_status import step_status
from kernel.errors import from_stored

MOST_SHOWN = 100

TONES = {
    RunState.QUEUED: "idle",
    RunState.RUNNING: "run",
    RunState.WAITING: "warn",
    RunState.COMPLETED: "ok",
    RunState.FAILED: "bad",
    RunState.CANCELED: "idle",
}
DECISIONS = (("It was sent", "sent"), ("Send again", "send_again"))


def cards_run(actor: Actor, connection_id: UUID) -> Iterator[ActivityItem]:
    """The newest cards that ran with it, by themselves or in a flow, in runs that the actor may know of.

    With them are the decisions that the actor is asked for.
    """
    for step in steps_with(actor, connection_id, MOST_SHOWN):
        yield ActivityItem(
            at=step.started_at or step.run.created_at,
            title=_title(step),
            who=starter(step.run),
            status=step_status(step).words,
            tone=TONES[RunState(step.state)],
            detail=from_stored(step.cause).cause if step.cause else step.note,
            url=reverse("run", args=[step.run_id]),
            decisions=_decisions(actor, step),
        )


def _title(step: StepRun) -> str:
    """The card's, and where it ran in a flow, the flow's."""
    title = title_of(step.card_key)
    return f"{title} in {step.run.flow_name}" if step.run.flow_name else title


def _decisions(actor: Actor, step: StepRun) -> tuple[Decision, ...]:
    is_asked = step.state == RunState.WAITING and step.phase == Phase.UNKNOWN
    if not is_asked or not policy.may(actor, "run.resolve", step.run):
        return ()
    url = reverse("resume_run", args=[step.run_id])
    return tuple(Decision(label=label, url=url, value=value) for label, value in DECISIONS)
