"""How the trigger of a flow that is on has fared: when it acts next, and why its last look at a mailbox failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.models import Flow, TriggerState
from kernel.errors import ConsoleError, from_stored


@dataclass(frozen=True, kw_only=True)
class TriggerStatus:
    """``next_at`` is a schedule's next time, ``looked_at`` an event's last look; ``error`` is what that met."""

    next_at: datetime | None = None
    looked_at: datetime | None = None
    error: ConsoleError | None = None


def trigger_status(flow: Flow) -> TriggerStatus | None:
    """None while nothing starts by itself, or the draft's trigger is another one than that which is on."""
    if not flow.is_on or flow.published is None or _about(flow.draft) != _about(flow.published.definition):
        return None
    state = TriggerState.objects.filter(flow=flow, due_at__isnull=False).first()
    if state is None:
        return None
    is_event = bool(state.cursor and state.cursor["of"])
    return TriggerStatus(
        next_at=None if is_event else state.due_at,
        looked_at=state.looked_at if is_event else None,
        error=from_stored(state.cause) if state.cause else None,
    )


def _about(definition: Mapping[str, Any]) -> list[Any]:
    return [definition["trigger"].get(name) for name in ("kind", "card", "connection", "schedule")]
