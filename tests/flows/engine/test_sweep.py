"""The sweep finds what nobody handed over, and what a worker left; done twice it does no more than once."""

from datetime import timedelta

import pytest

from access.actor import Via
from connections.models import Connection
from flows.engine import dispatch
from flows.engine.begin_run import begin_run
from flows.engine.claims import LEASE
from flows.engine.run_flow import take_step
from flows.models import Run, RunState, Trigger
from flows.operations.follow_flow_runs import follow_flow_runs
from flows.operations.run_card import run_card
from tests.flow_runs import build_flow, paths, start, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import FakeMail, ProcessDied, arguments, lost

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_that_was_never_handed_over_is(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_queue", [])
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    dispatch.register_queue(runner.queue)
    assert runner.later(run, 9).state == RunState.QUEUED
    assert runner.later(run, 2).state == RunState.COMPLETED


def test_a_queue_that_cannot_be_reached_loses_no_run(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable(_run_id: object, _leg: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(dispatch, "_queue", [unreachable])
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    assert run.state == RunState.QUEUED
    dispatch.register_queue(runner.queue)
    assert runner.later(run, 11).state == RunState.COMPLETED


def test_handing_over_twice_runs_once(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, send("c1", connection)))
    runner.clock.shift(60)
    for _time in range(3):
        follow_flow_runs()
    assert len(runner.queue.legs) == 1
    runner.work(run)
    assert not take_step(run.pk, 1)
    assert not take_step(run.pk, 2)
    assert len(mail.sent) == 1


def test_a_leg_that_the_queue_counts_as_over_though_it_never_began_is_followed_by_the_next(runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    runner.queue.legs.clear()
    dispatch.register_queue(lambda run_id, leg: runner.queue(run_id, leg) if leg > 1 else None)
    assert runner.later(run, 60).state == RunState.QUEUED
    assert runner.later(run, 31 * 60).state == RunState.COMPLETED
    assert run.leg == 2


def test_what_a_worker_left_between_two_cards_goes_on_with_the_next_leg(runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1"), compose("c2")))
    assert take_step(run.pk, 1)
    runner.queue.legs.clear()
    assert runner.later(run, 60).state == RunState.RUNNING
    assert runner.later(run, 121).state == RunState.COMPLETED
    assert (run.leg, paths(run)) == (2, ["c1", "c2"])


def test_what_a_worker_left_with_a_card_under_way_goes_on_when_the_cards_lease_is_over(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [ProcessDied()]
    run = start(runner.actor, build_flow(runner.actor, read("c1", connection)))
    with pytest.raises(ProcessDied):
        runner.work(run)
    assert runner.later(run, LEASE.total_seconds() - 1).state == RunState.RUNNING
    assert runner.later(run, 2).state == RunState.COMPLETED
    assert step(run, "c1").deaths == 1


def test_a_worker_that_is_at_work_on_many_cards_is_left_alone(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    run = start(runner.actor, build_flow(runner.actor, *(read(f"c{number}", connection) for number in range(1, 9))))
    for _card in range(8):
        assert take_step(run.pk, 1)
        runner.clock.shift(timedelta(minutes=1))
        assert follow_flow_runs() == 0
    assert not take_step(run.pk, 1)
    run.refresh_from_db()
    assert (run.leg, run.state, len(mail.calls)) == (1, RunState.COMPLETED, 8)


def test_card_runs_are_not_its_business(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["dispatch"] = [lost()]
    run = run_card(runner.actor, **arguments(connection))
    assert runner.later(run, 10_000).state == RunState.WAITING


def test_many_are_taken_in_turns(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.operations.follow_flow_runs.MOST", 2)
    monkeypatch.setattr(dispatch, "_queue", [])
    flow = build_flow(runner.actor, compose("c1"))
    runs = [start(runner.actor, flow) for _number in range(5)]
    dispatch.register_queue(runner.queue)
    for _turn in range(3):
        runner.later(runs[0], 11)
    assert {run.state for run in Run.objects.all()} == {RunState.COMPLETED}


def test_a_firing_starts_one_run(runner: Runner) -> None:
    flow = build_flow(runner.actor, compose("c1"))
    assert flow.published is not None
    begun = [
        begin_run(flow, flow.published, trigger=Trigger.SCHEDULE, via=Via.CONSOLE, firing_key="2026-11-24T10:00")
        for _time in range(3)
    ]
    assert [run is None for run in begun] == [False, True, True]
    assert (Run.objects.count(), len(runner.queue.legs)) == (1, 1)
