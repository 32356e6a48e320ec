"""What every trigger gives beside its own: which run this is, and when it began, in the flow's time zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flows.cards import Fields, field
from flows.derive.plain_values import plain_value


class FlowContext(Fields):
    execution_id: str = field("Execution ID")
    started_at: datetime = field("Started At")
    time: str = field("Time", help="In the flow's time zone.")
    weekday: str = field("Weekday", help="In the flow's time zone.")


def context_of(run_id: UUID, started_at: datetime, time_zone: str) -> Mapping[str, Any]:
    """The context as a plain object: ``{"execution_id": …, "started_at": …, "time": "09:30", "weekday": "Monday"}``."""
    local = started_at.astimezone(ZoneInfo(time_zone))
    return {
        "execution_id": str(run_id),
        "started_at": plain_value(started_at),
        "time": f"{local:%H:%M}",
        "weekday": f"{local:%A}",
    }
