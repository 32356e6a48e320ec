"""Workers that die, freeze and race in a flow's run: whatever happens, it goes on, and nothing is sent twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest
from django.db import connections as databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connections.models import Connection
from flows.definition import PlacedTrigger, TriggerKind
from flows.engine import claims, legs, run_flow
from flows.engine.run_flow import DEATHS, take_step
from flows.models import Phase, Run, RunState, StepRun
from flows.operations.decide_outcome import decide_outcome
from flows.operations.resume_run import resume_run
from tests.factories import ConnectionFactory
from tests.flow_runs import build_flow, cause, paths, start, states, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, each, read, send
from tests.flows.fake_mail import FakeMail, ProcessDied, fake_cards, lost
from tests.flows.troubles import AFTER, BEFORE, TROUBLES

pytestmark = pytest.mark.django_db(transaction=True)

DELIVERY = PlacedTrigger(kind=TriggerKind.API)


def survive(runner: Runner, run: Run, turns: int = 60) -> Run:
    """The run when it has come to an end, or waits for a decision: each death is followed by another worker."""
    for _turn in range(turns):
        with suppress(ProcessDied):
            while take_step(run.pk, run.leg):
                pass
        run.refresh_from_db()
        if run.ended_at or run.steps.filter(phase=Phase.UNKNOWN, state=RunState.WAITING).exists():
            break
        if run.state == RunState.WAITING:
            with suppress(ProcessDied):
                runner.later(run, 200)
    run.refresh_from_db()
    return run


# ------------------------------------------------------------------ a worker dies at Google


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch", "find"])
def test_another_worker_goes_on_at_once_and_the_mail_is_sent_once(
    *, call: str, when: str, has_drafts: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    if call == "stage" and not has_drafts:
        return
    mail.has_drafts = has_drafts
    if call == "find":
        mail.after["dispatch"] = [lost()]
    getattr(mail, when)[call] = [ProcessDied()]
    run = start(runner.actor, build_flow(runner.actor, compose("c1"), send("c2", connection), compose("c3")))
    with pytest.raises(ProcessDied):
        runner.work(run)
    survive(runner, run)
    if has_drafts or (call, when) != ("dispatch", "before"):
        assert (run.state, paths(run), len(mail.sent)) == (RunState.COMPLETED, ["c1", "c2", "c3"], 1)
        assert (step(run, "c2").deaths, mail.drafts) == (1, {})
    else:
        # without a draft nothing is sent a second time, even though nothing was sent the first time
        assert (run.state, step(run, "c2").phase, mail.sent) == (RunState.WAITING, Phase.UNKNOWN, [])


# ------------------------------------------------------------------ a worker dies at its own records

RECORDS: tuple[tuple[Any, str], ...] = (
    (run_flow, "begin_leg"),
    (run_flow, "take"),
    (run_flow, "run_function"),
    (run_flow, "run_step"),
    (run_flow, "end_run"),
    (claims, "_move"),
    (legs, "destroy_values"),
)
"""Before and after each of these a worker may die; within a transaction, what it wrote is gone then."""


def die_at(monkeypatch: pytest.MonkeyPatch, count: int, *, after: bool) -> list[str]:
    """The process dies before or after its so-manieth record. What it recorded so far is listed."""
    done: list[str] = []

    def dying(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            done.append(name)
            is_last = len(done) == count
            if is_last and not after:
                raise ProcessDied
            given = original(*values, **named)
            if is_last:
                raise ProcessDied
            return given

        return call

    for place, name in RECORDS:
        monkeypatch.setattr(place, name, dying(name, getattr(place, name)))
    return done


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_at_any_of_its_records_is_taken_over(
    *, after: bool, has_drafts: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.has_drafts = has_drafts
    flow = build_flow(runner.actor, compose("c1"), send("c2", connection), read("c3", connection))
    died = 0
    for count in range(1, 100):
        mail.sent.clear()
        run = start(runner.actor, flow)
        with pytest.MonkeyPatch.context() as monkeypatch:
            done = die_at(monkeypatch, count, after=after)
            with suppress(ProcessDied):
                runner.work(run)
        survive(runner, run)
        assert len(mail.sent) <= 1
        if run.state == RunState.WAITING:
            assert not has_drafts
            assert step(run, "c2").phase == Phase.UNKNOWN
        else:
            assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)
            assert set(states(run).values()) == {RunState.COMPLETED}
            assert run.data_removed_at is not None
        if len(done) < count:
            break
        died += 1
    assert died >= 14
    assert set(done) == {name for _place, name in RECORDS} - {"take"}


# ------------------------------------------------------------------ a card that ends its workers


def test_a_card_that_ends_five_workers_fails_and_can_be_resumed(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [ProcessDied()] * DEATHS
    run = start(runner.actor, build_flow(runner.actor, compose("c1"), read("c2", connection)))
    survive(runner, run)
    assert (run.state, cause(run).code, mail.calls) == (RunState.FAILED, "run.killed_workers", ["read"] * DEATHS)
    resume_run(runner.actor, run.pk)
    runner.work(run)
    assert (run.state, len(mail.calls)) == (RunState.COMPLETED, DEATHS + 1)


def test_one_that_ends_them_after_it_sent_is_for_a_person_to_decide(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["find"] = [ProcessDied()] * DEATHS
    mail.after["dispatch"] = [lost()]
    run = start(runner.actor, build_flow(runner.actor, send("c1", connection)))
    survive(runner, run)
    assert (run.state, cause(run).code) == (RunState.WAITING, "send.outcome_unknown")
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


# ------------------------------------------------------------------ a worker freezes, and wakes up too late


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch"])
def test_a_worker_that_wakes_up_after_it_was_taken_over_records_nothing_and_ends_its_leg(
    *, call: str, has_drafts: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    if call == "stage" and not has_drafts:
        return
    mail.has_drafts = has_drafts
    others: list[tuple[str, str]] = []
    run = start(runner.actor, build_flow(runner.actor, send("c1", connection), compose("c2")))

    def taken_over() -> None:
        survive(runner, run)
        others.append((step(run, "c1").state, step(run, "c1").phase))

    mail.before[call] = [taken_over]
    assert not take_step(run.pk, run.leg)
    assert [(step(run, "c1").state, step(run, "c1").phase)] == others
    survive(runner, run)
    assert len(mail.sent) == 1
    assert run.state == (RunState.WAITING if (call, has_drafts) == ("dispatch", False) else RunState.COMPLETED)


def test_a_worker_whose_card_another_one_completed_does_not_take_the_next_one_from_it(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    run = start(runner.actor, build_flow(runner.actor, read("c1", connection), read("c2", connection)))
    mail.before["read"] = [lambda: void(take_step(run.pk, run.leg))]  # another worker does the same card meanwhile
    assert not take_step(run.pk, run.leg)
    assert states(run) == {"c1": RunState.COMPLETED}
    assert take_step(run.pk, run.leg)
    assert step(run, "c2").attempt == 1


def void(_value: object) -> None:
    return None


def test_of_many_workers_with_one_leg_the_mail_is_sent_once(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1"), send("c2", connection), compose("c3")))
    barrier = Barrier(4)

    def work(_index: int) -> None:
        barrier.wait()
        try:
            while take_step(run.pk, run.leg):
                pass
        finally:
            databases.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    survive(runner, run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


# ------------------------------------------------------------------ everything at once

CALLS = ("prepare", "stage", "dispatch", "find", "read")


@given(
    has_drafts=st.booleans(),
    can_read=st.booleans(),
    before=st.fixed_dictionaries({call: st.lists(BEFORE, max_size=3) for call in CALLS}),
    after=st.fixed_dictionaries({call: st.lists(AFTER, max_size=3) for call in CALLS}),
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
def test_any_sequence_of_troubles_sends_each_mail_at_most_once_and_tells_the_truth(
    *,
    has_drafts: bool,
    can_read: bool,
    before: dict[str, list[str]],
    after: dict[str, list[str]],
    runner: Runner,
) -> None:
    connection = ConnectionFactory(owner=runner.actor.person)
    mail = FakeMail(has_drafts=has_drafts, can_read=can_read)
    mail.before = {call: [TROUBLES[name] for name in names] for call, names in before.items()}
    mail.after = {call: [TROUBLES[name] for name in names] for call, names in after.items()}
    with fake_cards(mail):
        flow = build_flow(runner.actor, send("c1", connection), read("c2", connection), send("c3", connection))
        run = survive(runner, start(runner.actor, flow))
    found = {each.path: each for each in run.steps.all()}
    sends = [found[path] for path in ("c1", "c3") if path in found]
    assert len(set(mail.sent)) == len(mail.sent)
    known = sum(each.state == RunState.COMPLETED for each in sends)
    assert known <= len(mail.sent) <= known + sum(each.phase == Phase.UNKNOWN for each in sends)
    last = max(found.values(), key=lambda each: each.position)
    assert_in_step(run, last)


def assert_in_step(run: Run, last: StepRun) -> None:
    """The run stands as the card that began last does."""
    expected = {
        RunState.COMPLETED: RunState.COMPLETED,
        RunState.FAILED: RunState.FAILED,
        RunState.WAITING: RunState.WAITING,
    }
    assert run.state == expected[RunState(last.state)]
    assert run.cause == last.cause
    if run.state == RunState.COMPLETED:
        assert last.path == "c3"
    if run.state == RunState.WAITING:
        assert last.phase == Phase.UNKNOWN


def test_turns_that_a_worker_leaves_are_not_run_again(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    turns = each("c1", "{{trigger.body.words}}", send("c2", connection, "{{c1.item}}"))
    flow = build_flow(runner.actor, turns, trigger=DELIVERY)
    mail.after["dispatch"] = [None, ProcessDied(), None, ProcessDied()]
    run = survive(runner, start(runner.actor, flow, body={"words": ["a", "b", "c", "d"]}))
    assert (run.state, len(mail.sent), len(set(mail.sent))) == (RunState.COMPLETED, 4, 4)
