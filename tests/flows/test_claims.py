"""Claims on a step: one holder at a time, who alone may record."""

from datetime import timedelta

import pytest
import time_machine

from access.actor import Actor
from connections.models import Connection
from flows.engine.claims import LEASE, ClaimLost, claim, record
from flows.models import Phase, Run, RunState, StepRun
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from kernel.clock import now
from tests.flows.fake_mail import FakeMail, ProcessDied, arguments, gone, lost, step_of

pytestmark = pytest.mark.django_db

AFTER_LEASE = LEASE + timedelta(seconds=1)


@pytest.fixture
def left(mail: FakeMail, actor: Actor, connection: Connection) -> StepRun:
    """A step whose process died while sending."""
    mail.before["dispatch"] = [ProcessDied()]
    with pytest.raises(ProcessDied):
        run_card(actor, **arguments(connection))
    return step_of(connection)


def test_a_step_that_is_held_cannot_be_claimed(left: StepRun) -> None:
    assert not claim(left)
    assert step_of(left.connection).attempt == 1


def test_a_step_that_was_left_is_claimed_once(left: StepRun) -> None:
    twin = step_of(left.connection)
    with time_machine.travel(now() + AFTER_LEASE):
        assert (claim(left), claim(twin)) == (True, False)
        assert (left.attempt, left.state, left.phase) == (2, RunState.RUNNING, Phase.DISPATCHING)
        assert Run.objects.get().leg == 2
        with pytest.raises(ClaimLost):
            record(twin, phase=Phase.STAGED)
    with time_machine.travel(now() + 3 * AFTER_LEASE):
        assert not claim(twin)  # what it knows is two holders old
        assert claim(step_of(left.connection))


def test_who_wakes_up_while_another_holds_the_step_goes_no_further(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    with time_machine.travel(now(), tick=False) as clock:

        def claimed_by_another() -> None:
            clock.shift(AFTER_LEASE)
            assert claim(step_of(connection))

        mail.before["prepare"] = [claimed_by_another]
        run = run_card(actor, **arguments(connection))
    assert (mail.calls, run.state, step_of(connection).attempt) == (["prepare"], RunState.RUNNING, 2)


def test_a_step_that_became_undecided_is_not_claimed_by_who_knew_it_as_lost(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    """A running step in the phase *unknown* means that a person chose Send again: nobody else may make it one."""
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    stale = step_of(connection)
    mail.before["find"] = [gone()]
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert follow_run(actor, run.pk).state == RunState.WAITING
        assert step_of(connection).phase == Phase.UNKNOWN
        stale.attempt = step_of(connection).attempt
        assert not claim(stale)


def test_a_step_left_with_its_draft_staged_is_sent(
    mail: FakeMail, actor: Actor, connection: Connection, left: StepRun
) -> None:
    StepRun.objects.filter(pk=left.pk).update(phase=Phase.STAGED, dispatches=0, settles_at=None)
    with time_machine.travel(now() + AFTER_LEASE):
        assert follow_run(actor, left.run_id).state == RunState.COMPLETED
    assert (len(mail.sent), mail.calls.count("stage")) == (1, 1)
