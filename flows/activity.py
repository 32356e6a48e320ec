"""Card runs in a connection's Activity."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from access import policy
from access.actor import Actor
from connections.extensions import ActivityItem, Decision
from flows.catalog import get_card
from flows.models import Phase, Run, RunState, StepRun
from flows.queries import steps_with
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


def card_runs(actor: Actor, connection_id: UUID) -> Iterator[ActivityItem]:
    """The newest card runs with the connection that the actor may know of, with decisions they are asked for."""
    for step in steps_with(actor, connection_id, MOST_SHOWN):
        yield ActivityItem(
            at=step.run.created_at,
            title=get_card(step.card_key).title,
            who=starter(step.run),
            status=status_words(step),
            tone=TONES[RunState(step.state)],
            detail=from_stored(step.cause).cause if step.cause else step.note,
            url=reverse("run", args=[step.run_id]),
            decisions=_decisions(actor, step),
        )


def starter(run: Run) -> str:
    """Who started it, and with which key."""
    return f"{run.owner}, API key {run.key.name}" if run.key else str(run.owner)


def status_words(step: StepRun) -> str:
    """The state in words; a wait says what for."""
    if step.state != RunState.WAITING:
        return str(step.get_state_display())
    return "Outcome unknown" if step.phase == Phase.UNKNOWN else "Answer lost, being checked"


def _decisions(actor: Actor, step: StepRun) -> tuple[Decision, ...]:
    is_asked = step.state == RunState.WAITING and step.phase == Phase.UNKNOWN
    if not is_asked or not policy.may(actor, "run.resolve", step.run):
        return ()
    url = reverse("resume_run", args=[step.run_id])
    return tuple(Decision(label=label, url=url, value=value) for label, value in DECISIONS)
