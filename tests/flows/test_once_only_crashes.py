"""Processes that die, freeze and race: whatever happens, in whatever order, nothing is sent twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections as databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.actor import Actor
from connections.models import Connection
from flows.engine.claims import LEASE
from flows.errors import NothingToDecide
from flows.models import Phase, Run, RunState, StepRun
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from tests.factories import ConnectionFactory
from tests.flows.fake_mail import (
    Clock,
    FakeMail,
    ProcessDied,
    arguments,
    assert_in_step,
    fake_cards,
    lost,
    step_of,
)
from tests.flows.troubles import AFTER, BEFORE, TROUBLES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

AFTER_LEASE = LEASE + timedelta(seconds=1)


def die_while_sending(actor: Actor, connection: Connection) -> Run:
    """The run that a process left behind."""
    with pytest.raises(ProcessDied):
        run_card(actor, **arguments(connection))
    return step_of(connection).run


# ------------------------------------------------------------------ a process dies


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch", "find"])
def test_after_a_crash_the_run_is_taken_over_when_its_lease_is_over(
    *, call: str, when: str, has_drafts: bool, mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.has_drafts = has_drafts
    if call == "stage" and not has_drafts:
        return
    if call == "find":
        mail.after["dispatch"] = [lost()]
    getattr(mail, when)[call] = [ProcessDied()]
    run = die_while_sending(actor, connection)
    calls = len(mail.calls)

    assert follow_run(actor, run.pk).state == RunState.RUNNING
    assert len(mail.calls) == calls

    clock.shift(AFTER_LEASE)
    done = follow_run(actor, run.pk)
    if has_drafts or (call, when) != ("dispatch", "before"):
        assert (done.state, len(mail.sent)) == (RunState.COMPLETED, 1)
        assert mail.drafts == {}
    else:
        # without a draft nothing is sent a second time, even though nothing was sent the first time
        assert (done.state, step_of(connection).phase, mail.sent) == (RunState.WAITING, Phase.UNKNOWN, [])


def test_a_crash_after_send_again_was_chosen_goes_on_with_it(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    mail.before["find"] = [ProcessDied()]
    with pytest.raises(ProcessDied):
        decide_outcome(actor, run.pk, "send_again")
    clock.shift(AFTER_LEASE)
    assert follow_run(actor, run.pk).state == RunState.COMPLETED
    assert len(mail.sent) == 1


# ------------------------------------------------------------------ a process freezes, and wakes up too late


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch"])
def test_a_process_that_wakes_up_after_it_was_taken_over_records_nothing_and_sends_nothing_twice(
    *, call: str, has_drafts: bool, mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.has_drafts = has_drafts
    others: list[StepRun] = []

    def taken_over() -> None:
        clock.shift(AFTER_LEASE)
        follow_run(actor, step_of(connection).run_id)
        others.append(step_of(connection))

    mail.before[call] = [taken_over]
    run = run_card(actor, **arguments(connection))
    if not others:
        assert call == "stage"
        return
    assert step_of(connection).attempt == 2
    assert (run.state, step_of(connection).phase) == (others[0].state, others[0].phase)
    assert len(mail.sent) == 1


# ------------------------------------------------------------------ everything at once

CALLS = ("prepare", "stage", "dispatch", "find")


@given(
    has_drafts=st.booleans(),
    can_read=st.booleans(),
    before=st.fixed_dictionaries({call: st.lists(BEFORE, max_size=3) for call in CALLS}),
    after=st.fixed_dictionaries({call: st.lists(AFTER, max_size=3) for call in CALLS}),
    shifts=st.lists(st.sampled_from([10, 61, 200]), min_size=3, max_size=3),
)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
def test_any_sequence_of_troubles_sends_at_most_once_and_tells_the_truth(
    *,
    has_drafts: bool,
    can_read: bool,
    before: dict[str, list[str]],
    after: dict[str, list[str]],
    shifts: list[int],
    actor: Actor,
    clock: Clock,
) -> None:
    connection = ConnectionFactory(owner=actor.person)
    mail = FakeMail(has_drafts=has_drafts, can_read=can_read)
    mail.before = {call: [TROUBLES[name] for name in names] for call, names in before.items()}
    mail.after = {call: [TROUBLES[name] for name in names] for call, names in after.items()}
    with fake_cards(mail):
        with suppress(ProcessDied):
            run_card(actor, **arguments(connection))
        run = step_of(connection).run
        for shift in [*shifts, *[200] * 24]:
            clock.shift(shift)
            with suppress(ProcessDied):
                run = follow_run(actor, run.pk)
            if run.ended_at:
                break
    step = step_of(connection)
    assert len(mail.sent) <= 1
    assert_in_step(step)
    if run.state == RunState.COMPLETED:
        assert len(mail.sent) == 1
    elif run.state == RunState.FAILED:
        assert mail.sent == []
    else:
        assert (run.state, step.phase) == (RunState.WAITING, Phase.UNKNOWN)


# ------------------------------------------------------------------ two at once


def at_once(count: int, job: Callable[[int], Run]) -> list[Run | NothingToDecide]:
    """Run the job in so many threads, each with a database connection of its own."""

    def in_thread(index: int) -> Run | NothingToDecide:
        try:
            return job(index)
        except NothingToDecide as late:
            return late
        finally:
            databases.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(in_thread, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_follow_at_once_one_sends(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    clock.shift(61)
    barrier = Barrier(8)

    def follow(_index: int) -> Run:
        barrier.wait()
        return follow_run(actor, run.pk)

    at_once(8, follow)
    assert (len(mail.sent), mail.calls.count("dispatch")) == (1, 2)
    assert follow_run(actor, run.pk).state == RunState.COMPLETED


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_the_first_one_counts(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    barrier = Barrier(8)

    def decide(index: int) -> Run:
        barrier.wait()
        return decide_outcome(actor, run.pk, "send_again" if index % 2 else "sent")

    answers = at_once(8, decide)
    assert sum(isinstance(answer, Run) for answer in answers) == 1
    assert len(mail.sent) <= 1


@pytest.mark.django_db(transaction=True)
def test_the_same_idempotency_key_at_once_starts_one_run(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    barrier = Barrier(8)

    def start(_index: int) -> Run:
        barrier.wait()
        return run_card(actor, **arguments(connection, idempotency_key="delivery-7"))

    answers = at_once(8, start)
    assert len({answer.pk for answer in answers if isinstance(answer, Run)}) == 1
    assert (len(mail.sent), Run.objects.count()) == (1, 1)
