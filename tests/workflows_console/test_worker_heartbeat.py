"""A worker holds its name as long as it lives, and nobody else may have it meanwhile."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from workflows_console.models import WorkerHeartbeat
from workflows_console.worker.heartbeat import (
    NameLost,
    NameTaken,
    beat,
    forget_workers,
    heartbeats,
    say_stopped,
    take_name,
)

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def never(_seconds: float) -> bool:
    pytest.fail("it waited")


def passing(clock: Clock, meanwhile: Callable[[], None] = lambda: None) -> Callable[[float], bool]:
    """Waits by moving the clock, and lets something happen."""

    def wait(seconds: float) -> bool:
        clock.shift(timedelta(seconds=seconds))
        meanwhile()
        return False

    return wait


def silence_of(client: Client) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["checks"]["worker"]


def test_a_free_name_is_taken_at_once() -> None:
    instance = take_name("one", never)
    assert WorkerHeartbeat.objects.get(name="one").instance == instance


def test_a_name_given_back_in_order_is_taken_at_once() -> None:
    first = take_name("one", never)
    assert first is not None
    say_stopped(first)
    assert take_name("one", never) not in {None, first}


def test_beside_a_living_twin_it_refuses(clock: Clock) -> None:
    first = take_name("one", never)
    assert first is not None
    with pytest.raises(NameTaken):
        take_name("one", passing(clock, lambda: beat(first)))
    beat(first)


def test_of_a_twin_that_was_killed_the_name_is_free_when_it_was_silent_for_long(clock: Clock) -> None:
    take_name("one", never)
    started = datetime.now(UTC)
    second = take_name("one", passing(clock))
    assert second is not None
    assert datetime.now(UTC) - started == timedelta(seconds=30)
    beat(second)


def test_of_two_that_wait_for_a_dead_one_the_slower_refuses(clock: Clock) -> None:
    take_name("one", never)
    clock.shift(timedelta(seconds=29))
    winners: list[object] = []

    def other_is_quicker() -> None:
        if not winners:
            winners.append(take_name("one", never))

    with pytest.raises(NameTaken):
        take_name("one", passing(clock, other_is_quicker))
    assert len(winners) == 1


def test_told_to_stop_while_it_waits_it_takes_nothing() -> None:
    first = take_name("one", never)
    assert take_name("one", lambda _seconds: True) is None
    assert WorkerHeartbeat.objects.get().instance == first


def test_a_worker_that_was_frozen_and_lost_its_name_hears_of_it(clock: Clock) -> None:
    first = take_name("one", never)
    assert first is not None
    clock.shift(timedelta(seconds=31))
    take_name("one", never)
    with pytest.raises(NameLost):
        beat(first)
    say_stopped(first)  # says nothing in the other's name
    assert WorkerHeartbeat.objects.get().stopped_at is None


def test_settings_can_tell_who_works_who_stopped_and_who_is_missing(clock: Clock) -> None:
    take_name("killed", never)
    stopped = take_name("stopped", never)
    assert stopped is not None
    say_stopped(stopped)
    clock.shift(timedelta(seconds=31))
    take_name("at work", never)
    told = {each.name: (each.is_missing, each.stopped_at is not None) for each in heartbeats()}
    assert told == {"at work": (False, False), "killed": (True, False), "stopped": (False, True)}


def test_names_of_long_ago_are_forgotten(clock: Clock) -> None:
    take_name("gone", never)
    clock.shift(timedelta(days=7, seconds=1))
    take_name("at work", never)
    assert forget_workers() == 1
    assert [each.name for each in heartbeats()] == ["at work"]


def test_a_console_whose_first_worker_is_still_to_come_is_ready(client: Client) -> None:
    assert silence_of(client) == (200, "no worker has been heard from yet")


def test_a_worker_at_work_makes_it_ready(client: Client, clock: Clock) -> None:
    take_name("one", never)
    clock.shift(timedelta(seconds=60))
    assert silence_of(client) == (200, "ok")


@pytest.mark.parametrize("in_order", [True, False])
def test_when_no_worker_was_heard_from_for_a_minute_it_is_not_ready(
    in_order: bool, client: Client, clock: Clock
) -> None:
    instance = take_name("one", never)
    assert instance is not None
    if in_order:
        say_stopped(instance)
    clock.shift(timedelta(seconds=75))
    assert silence_of(client) == (503, "no worker has been heard from for 75 s")


def test_one_of_several_is_enough(client: Client, clock: Clock) -> None:
    take_name("killed", never)
    clock.shift(timedelta(seconds=75))
    take_name("at work", never)
    assert silence_of(client) == (200, "ok")
