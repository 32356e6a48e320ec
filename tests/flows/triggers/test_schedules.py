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
    "monthly in the gap": {"every": "month", "at": "02:30"},
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
    start = ZONES[zone][change]
    schedule = read_schedule({**EVERY[name], "day": (start + timedelta(days=1)).day})
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


def test_a_shorter_month_ends_with_its_last_day() -> None:
    schedule, moment = read_schedule({"every": "month", "at": "23:45", "day": 31}), datetime(2027, 1, 1, tzinfo=UTC)
    days = []
    for _month in range(12):
        moment = schedule.next_after(moment, "UTC")
        days.append(moment.day)
    assert days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


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


def scheduled(ada: Browser, time_zone: str = "UTC", **schedule: Any) -> Flow:
    trigger = PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule=schedule)
    compose = card("c1", "function.compose", inputs={"text": "Now"})
    flow = build_flow(ada.actor, compose, trigger=trigger, time_zone=time_zone)
    return switch_flow(ada.actor, flow.pk, on=True)


def save_again(ada: Browser, flow: Flow, time_zone: str = "UTC", **schedule: Any) -> None:
    draft = {**flow.draft, "time_zone": time_zone, "trigger": {**flow.draft["trigger"], "schedule": schedule}}
    Flow.objects.filter(pk=flow.pk).update(draft=draft, edit=flow.edit + 1)
    save_flow(ada.actor, flow.pk, edit=flow.edit + 1)


@pytest.mark.parametrize("change", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_night_in_which_the_clock_is_turned_starts_one_run_for_each_local_time(
    clock: time_machine.Traveller, ada: Browser, queue: Queue, zone: str, change: int, *, figure: Callable[[str], None]
) -> None:
    night = (ZONES[zone][change] + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    clock.move_to(night - timedelta(minutes=1))
    start = night.astimezone(UTC)
    at = {"at": "02:30", "weekdays": [6], "day": night.day}
    flows = {each: scheduled(ada, zone, every=each, **at) for each in ("hour", "day", "week", "month")}
    for minute in range(6 * 60):
        clock.move_to(start + timedelta(minutes=minute))
        fire_due_schedules()
    began = {
        each: list(flow.runs.order_by("created_at").values_list("created_at", flat=True))
        for each, flow in flows.items()
    }
    local = {each: [local_key(moment, zone)[-5:] for moment in moments] for each, moments in began.items()}
    once = "02:30" if change else "03:30"
    hours = "00:30 01:30 02:30 03:30 04:30" if change else "00:30 01:30 03:30 04:30 05:30 06:30"
    assert local == {"hour": hours.split(), "day": [once], "week": [once], "month": [once]}
    figure(f"Schedules | {zone}, {'autumn' if change else 'spring'} | 360 ticks, 4 flows: {Run.objects.count()} runs")


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
    save_again(ada, flow, every="day", at="10:00")
    assert TriggerState.objects.get(flow=flow).due_at == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_the_same_time_of_day_in_another_time_zone_is_another_time(
    clock: time_machine.Traveller, ada: Browser, queue: Queue
) -> None:
    flow = scheduled(ada, every="day", at="09:00")
    clock.shift(timedelta(minutes=10))
    assert fire_due_schedules() == 1
    save_again(ada, flow, "America/New_York", every="day", at="09:00")
    clock.shift(timedelta(hours=5))
    assert fire_due_schedules() == 1
