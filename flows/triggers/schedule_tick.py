"""Start the runs of schedules whose time has come."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction

from access.actor import Via
from flows.definition import TriggerKind, read_definition
from flows.engine.begin_run import begin_run
from flows.models import Flow, Trigger, TriggerState
from flows.triggers.schedule import local_key, read_schedule
from kernel.clock import now

log = structlog.get_logger(__name__)

LATEST = timedelta(minutes=10)
"""No worker ran for longer: then a flow that should have run at night doesn't run at noon instead."""


def fire_due_schedules() -> int:
    """Returns how many runs were started. What was missed for longer than :data:`LATEST` isn't made up for.

    Of several workers one fires: the row says what is due next, and a local time starts one run.
    """
    due = TriggerState.objects.filter(due_at__lte=now(), flow__is_on=True).order_by("due_at")
    started = 0
    for flow_id in list(due.values_list("pk", flat=True)):
        try:
            started += _fire(flow_id)
        except Exception:
            log.exception("schedule.not_fired", flow=str(flow_id))
    return started


def _fire(flow_id: UUID) -> bool:
    with transaction.atomic():
        moment = now()
        # The flow's row first, as whoever turns it on or off does: the other way round the two would wait for each
        # other.
        Flow.objects.select_for_update().filter(pk=flow_id).first()
        due = TriggerState.objects.select_for_update(of=("self",)).select_related("flow__published")
        state = due.filter(pk=flow_id, due_at__lte=moment, flow__is_on=True).first()
        if state is None or state.due_at is None or state.flow.published is None:
            return False
        definition = read_definition(state.flow.published.definition)
        if definition.trigger.kind is not TriggerKind.SCHEDULE:
            return False
        fired_at = state.due_at
        schedule = read_schedule(definition.trigger.schedule)
        state.due_at, state.looked_at = schedule.next_after(moment, definition.time_zone), moment
        state.save(update_fields=["due_at", "looked_at"])
        if moment - fired_at > LATEST:
            log.warning("schedule.missed", flow=str(flow_id), due=fired_at.isoformat())
            return False
        run = begin_run(
            state.flow,
            state.flow.published,
            trigger=Trigger.SCHEDULE,
            via=Via.CONSOLE,
            outputs={},
            firing_key=f"at {local_key(fired_at, definition.time_zone)} {definition.time_zone}",
        )
        return run is not None
