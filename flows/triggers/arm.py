"""Make a flow's trigger ready to start runs, or keep it from that. Called within the transaction that switches it."""

from datetime import datetime

from flows.definition import Definition, TriggerKind, read_definition
from flows.models import Flow, TriggerState
from flows.triggers.schedule import read_schedule
from kernel.clock import now


def arm(flow: Flow) -> None:
    """From now on: what happened before is no news, and a schedule's missed times are not made up for.

    Of a flow that is saved anew while it is on, an event's cursor is kept where it is the same event of the same
    connection: what arrives in between isn't lost.
    """
    if flow.published is None:
        return
    definition = read_definition(flow.published.definition)
    state, _made = TriggerState.objects.select_for_update().get_or_create(flow=flow)
    about = _about(definition)
    if not state.cursor or state.cursor.get("of") != about:
        state.cursor = {"of": about, "at": {"began": int(now().timestamp())}}
    state.due_at, state.cause = _due_at(definition), None
    state.save(update_fields=["due_at", "cursor", "cause"])


def disarm(flow: Flow) -> None:
    """Nothing starts by itself any more. The address of an API endpoint stays, and answers that the flow is off."""
    TriggerState.objects.filter(flow=flow).update(due_at=None, cursor=None, cause=None)


def _due_at(definition: Definition) -> datetime | None:
    trigger = definition.trigger
    if trigger.kind is TriggerKind.SCHEDULE:
        return read_schedule(trigger.schedule).next_after(now(), definition.time_zone)
    return now() if trigger.kind is TriggerKind.EVENT else None


def _about(definition: Definition) -> dict[str, object]:
    """What an event's cursor belongs to."""
    trigger = definition.trigger
    return {"event": trigger.card, "connection": str(trigger.connection)} if trigger.kind is TriggerKind.EVENT else {}
