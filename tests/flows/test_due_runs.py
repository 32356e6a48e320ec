"""Runs that are due are looked after though nobody watches them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from access.actor import Actor
from access.models import RoleAssignment
from connections.models import Connection
from flows.engine.claims import LEASE
from flows.models import Phase, RunState, StepRun
from flows.operations.follow_due_runs import follow_due_runs
from flows.operations.run_card import run_card
from tests.flows.fake_mail import READ_KEY, FakeMail, ProcessDied, arguments, lost, step_of

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def test_a_send_whose_answer_was_lost_is_settled_once_its_time_has_come(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    run_card(actor, **arguments(connection))
    assert follow_due_runs() == 0
    assert step_of(connection).state == RunState.WAITING
    clock.shift(timedelta(seconds=61))
    assert follow_due_runs() == 1
    step = step_of(connection)
    assert (step.state, step.phase, len(mail.sent)) == (RunState.COMPLETED, Phase.DONE, 1)
    assert follow_due_runs() == 0


def test_a_step_left_by_a_dead_process_goes_on_when_its_lease_is_over(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["stage"] = [ProcessDied()]
    with pytest.raises(ProcessDied):
        run_card(actor, **arguments(connection))
    assert follow_due_runs() == 0
    clock.shift(LEASE)
    assert follow_due_runs() == 1
    assert (step_of(connection).state, len(mail.sent)) == (RunState.COMPLETED, 1)


def test_what_waits_for_a_person_is_left_alone(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run_card(actor, **arguments(connection))
    clock.shift(timedelta(days=2))
    assert follow_due_runs() == 0
    assert step_of(connection).phase == Phase.UNKNOWN


def test_it_runs_with_the_rights_that_the_owner_has_now(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["stage"] = [ProcessDied()]
    with pytest.raises(ProcessDied):
        run_card(actor, **arguments(connection))
    RoleAssignment.objects.filter(user=actor.person).delete()
    clock.shift(LEASE)
    follow_due_runs()
    assert (step_of(connection).state, mail.sent) == (RunState.FAILED, [])


def test_a_failure_of_this_console_holds_no_other_run_up(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for subject in ("first", "second"):
        mail.before["read"] = [ProcessDied()]
        with pytest.raises(ProcessDied):
            run_card(actor, **arguments(connection, card_key=READ_KEY, inputs={"to": ["ben"], "subject": subject}))
    clock.shift(LEASE)
    mail.before["read"] = [ProcessDied()]  # goes through everything but is no Exception
    with pytest.raises(ProcessDied):
        follow_due_runs()
    clock.shift(LEASE)
    calls = iter([RuntimeError("the disk is full")])

    def break_once(connection_id: object) -> None:
        for trouble in calls:
            raise trouble

    monkeypatch.setattr("flows.engine.run_step.record_use", break_once)
    assert follow_due_runs() == 2
    states = StepRun.objects.order_by("started_at").values_list("state", flat=True)
    assert sorted(states) == [RunState.COMPLETED, RunState.RUNNING]
