"""Schedules: each local time once, also where the clock is turned; and what a tick does with them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from flows.definition import PlacedTrigger, TriggerKind
from flows.models import Flow, Run, TriggerState
from flows.operations.save_flow import save_flow
from flows.operations.switch_flow import switch_flow
from flows.triggers.schedule import Schedule, local_key, read_schedule, words
from flows.triggers.schedule_tick import fire_due_schedules
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, card

pytestmark = pytest.mark.django_db(transaction=True)

EVERY: dict[str, dict[str, Any]] = {
    "each minute": {"every": "minute", "count": 1},
    "each 17 minutes": {"every": "minute", "count": 17},
    "each hour at 30": {"every": "hour", "count": 1, "at": "00:30"},
    "each 3 hours": {"every": "hour", "count": 3, "at": "00:00"},
    "daily in the gap": {"every": "day", "at": "02:30"},
    "daily at noon": {"every": "day", "at": "12:00"},
    "weekly on Sunday in the gap": {"every": "week", "weekdays": [6], "at": "02:30"},
    "monthly on the last day": {"every": "month", "day": 31, "at": "23:45"},
}
ZONES = {
    "Europe/Berlin": (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)),
}
"""A day before each change of the clock in 2026."""
DAYS = 3


def firings(schedule: Schedule, zone: str, start: datetime) -> list[datetime]:
    moment, found = start, []
    while (moment := schedule.next_after(moment, zone)) < start + timedelta(days=DAYS):
        found.append(moment)
    return found


def wall_times(schedule: Schedule, zone: str, start: datetime) -> set[str]:
    """What a clock on the wall shows in those days, minute by minute, where the schedule names it."""
    shown, named = set(), {}
    for minute in range(1, DAYS * 24 * 60):
        local = (start + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
        if local.date() not in named:
            named[local.date()] = set(schedule._on(local.date()))
        if local.replace(tzinfo=None) in named[local.date()]:
            shown.add(f"{local:%Y-%m-%dT%H:%M}")
    return shown


@pytest.mark.parametrize("change", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", EVERY)
def test_each_local_time_counts_once(name: str, zone: str, change: int, figure: Callable[[str], None]) -> None:
    schedule, start = read_schedule(EVERY[name]), ZONES[zone][change]
    counted = Counter(local_key(each, zone) for each in firings(schedule, zone, start))
    assert set(counted.values()) <= {1}, "a local time fires twice"
    assert wall_times(schedule, zone, start) <= counted.keys(), "a local time is left out"
    figure(f"Schedules | {zone}, {'autumn' if change else 'spring'} | {name}: {len(counted)} local times, each once")


@pytest.mark.parametrize("zone", ZONES)
def test_what_the_spring_leaves_out_comes_as_much_later(zone: str) -> None:
    schedule = read_schedule({"every": "day", "at": "02:30"})
    start = ZONES[zone][0]
    local = [f"{each.astimezone(ZoneInfo(zone)):%a %H:%M}" for each in firings(schedule, zone, start)]
    assert "Sun 03:30" in local
    assert len(local) == DAYS


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "every"),
        ({"every": "year"}, "every"),
        ({"every": "minute", "count": 0}, "count"),
        ({"every": "minute", "count": "5"}, "count"),
        ({"every": "hour", "count": 24, "at": "00:00"}, "count"),
        ({"every": "day", "at": "25:00"}, "at"),
        ({"every": "day", "at": 9}, "at"),
        ({"every": "week", "at": "09:00"}, "weekdays"),
        ({"every": "week", "at": "09:00", "weekdays": [7]}, "weekdays"),
        ({"every": "month", "at": "09:00", "day": 0}, "day"),
    ],
)
def test_what_is_no_schedule_is_named(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InputRejected) as rejected:
        read_schedule(values)
    assert list(rejected.value.fields) == [field]


def test_a_schedule_is_said_in_a_sentence() -> None:
    said = words(read_schedule({"every": "week", "weekdays": [4, 0, 2], "at": "08:30"}), "Europe/Berlin")
    assert said == "Every week on Monday, Wednesday and Friday at 08:30, Europe/Berlin time"


# ------------------------------------------------------------------ the tick


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 25, 8, 50, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def scheduled(ada: Browser, **schedule: Any) -> Flow:
    trigger = PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule=schedule)
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "Now"}), trigger=trigger)
    return switch_flow(ada.actor, flow.pk, on=True)


def test_it_fires_when_it_is_due_and_once_however_often_it_is_asked(
    clock: time_machine.Traveller, ada: Browser, queue: Queue
) -> None:
    flow = scheduled(ada, every="day", at="09:00")
    assert fire_due_schedules() == 0
    clock.shift(timedelta(minutes=10))
    assert [fire_due_schedules() for _time in range(3)] == [1, 0, 0]
    clock.shift(timedelta(days=1))
    assert fire_due_schedules() == 1
    queue.drain()
    assert [run.state for run in Run.objects.filter(flow=flow)] == ["completed", "completed"]


def test_what_was_missed_for_long_is_not_made_up_for(clock: time_machine.Traveller, ada: Browser, queue: Queue) -> None:
    flow = scheduled(ada, every="hour", count=1, at="00:00")
    clock.shift(timedelta(hours=5, minutes=30))
    assert fire_due_schedules() == 0
    state = TriggerState.objects.get(flow=flow)
    assert state.due_at == datetime(2026, 11, 25, 15, tzinfo=UTC)


def test_a_flow_that_is_off_does_not_fire(clock: time_machine.Traveller, ada: Browser, queue: Queue) -> None:
    flow = scheduled(ada, every="minute", count=1)
    switch_flow(ada.actor, flow.pk, on=False)
    clock.shift(timedelta(minutes=2))
    assert fire_due_schedules() == 0


def test_a_flow_that_is_saved_anew_fires_by_its_new_schedule(
    clock: time_machine.Traveller, ada: Browser, queue: Queue
) -> None:
    flow = scheduled(ada, every="day", at="09:00")
    draft = {**flow.draft, "trigger": {**flow.draft["trigger"], "schedule": {"every": "day", "at": "10:00"}}}
    Flow.objects.filter(pk=flow.pk).update(draft=draft, edit=flow.edit + 1)
    save_flow(ada.actor, flow.pk, edit=flow.edit + 1)
    assert TriggerState.objects.get(flow=flow).due_at == datetime(2026, 11, 25, 10, tzinfo=UTC)
