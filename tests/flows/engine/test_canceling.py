"""Cancel ends a run where it stands: a card under way ends and is recorded, and no other one runs."""

from collections.abc import Callable

import pytest

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.errors import RateLimited
from connections.models import Connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from flows.engine.claims import LEASE
from flows.engine.run_flow import take_step
from flows.errors import NothingToCancel, NothingToResume
from flows.models import Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.delete_flow import delete_flow
from flows.operations.follow_flow_runs import follow_flow_runs
from flows.operations.resume_run import resume_run
from flows.operations.run_card import run_card
from kernel.errors import NotFound
from tests.factories import UserFactory
from tests.flow_runs import build_flow, paths, start, states, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import FakeMail, ProcessDied, arguments, lost

pytestmark = pytest.mark.django_db(transaction=True)


def canceling(runner: Runner) -> Callable[[], None]:
    """Cancels the only run while its card is at Google."""
    return lambda: void(cancel_run(runner.actor, Run.objects.get().pk))


def void(_value: object) -> None:
    return None


def test_a_queued_run_does_nothing(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, send("c1", connection)))
    assert cancel_run(runner.actor, run.pk).state == RunState.CANCELED
    runner.work(run)
    assert (run.state, paths(run), mail.calls) == (RunState.CANCELED, [], [])
    assert run.data_removed_at is not None
    assert AuditEntry.objects.filter(event="run.canceled", object_id=str(run.pk)).count() == 1


def test_a_card_under_way_is_recorded_and_no_other_one_runs(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.after["dispatch"] = [canceling(runner)]
    run = runner.run(send("c1", connection), send("c2", connection))
    assert (run.state, states(run), len(mail.sent)) == (RunState.CANCELED, {"c1": RunState.COMPLETED}, 1)
    assert run.data_removed_at is not None


@pytest.mark.parametrize(
    ("error", "calls"),
    [(RateLimited(reason="Too many."), ["prepare", "dispatch"]), (lost(), ["prepare", "dispatch", "find"])],
    ids=["rate", "answer lost"],
)
def test_a_card_under_way_that_would_wait_is_canceled_with_its_run(
    *, error: BaseException, calls: list[str], mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    cancel = canceling(runner)

    def canceled_meanwhile() -> None:
        cancel()
        raise error

    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [canceled_meanwhile]
    run = runner.run(send("c1", connection))
    assert (run.state, states(run)) == (RunState.CANCELED, {"c1": RunState.CANCELED})
    assert step(run, "c1").cause is not None
    assert run.data_removed_at is not None
    assert runner.later(run, 10_000).state == RunState.CANCELED
    assert mail.calls == calls


def test_a_waiting_run_goes_on_for_nobody(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    pause_connection(runner.actor, connection.pk)
    run = runner.run(compose("c1"), read("c2", connection))
    cancel_run(runner.actor, run.pk)
    resume_connection(runner.actor, connection.pk)
    runner.later(run, 10)
    assert (run.state, run.waits_for, states(run)) == (
        RunState.CANCELED,
        None,
        {"c1": RunState.COMPLETED, "c2": RunState.CANCELED},
    )


def test_a_card_whose_worker_ended_is_closed_when_its_lease_is_over(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["dispatch"] = [ProcessDied()]
    run = start(runner.actor, build_flow(runner.actor, send("c1", connection)))
    with pytest.raises(ProcessDied):
        runner.work(run)
    cancel_run(runner.actor, run.pk)
    assert not take_step(run.pk, run.leg)  # another worker adopts the leg
    assert states(run) == {"c1": RunState.RUNNING}
    runner.later(run, LEASE.total_seconds())
    assert states(run) == {"c1": RunState.CANCELED}
    assert "isn't known" in step(run, "c1").note
    assert run.data_removed_at is not None
    assert follow_flow_runs() == 0


@pytest.mark.parametrize("is_ended", [True, False])
def test_what_has_ended_and_a_card_run_cannot_be_canceled(
    *, is_ended: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    run = runner.run(compose("c1")) if is_ended else run_card(runner.actor, **arguments(connection))
    with pytest.raises(NothingToCancel):
        cancel_run(runner.actor, run.pk)
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED


def test_a_canceled_run_is_not_resumed(runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    cancel_run(runner.actor, run.pk)
    with pytest.raises(NothingToResume):
        resume_run(runner.actor, run.pk)


@pytest.mark.parametrize("role", ["flow_builder", "auditor"])
def test_who_may_not_know_of_a_run_cannot_cancel_it(role: str, runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    with pytest.raises(NotFound):
        cancel_run(Actor(user=UserFactory(**{role: True}), via=Via.PAGE), run.pk)
    assert runner.work(run).state == RunState.COMPLETED


def test_a_deleted_flow_takes_its_runs_under_way_with_it(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    pause_connection(runner.actor, connection.pk)
    waiting = runner.run(read("c1", connection))
    assert waiting.flow is not None
    flow = waiting.flow
    queued = start(runner.actor, flow)
    delete_flow(runner.actor, flow.pk)
    resume_connection(runner.actor, connection.pk)
    for run in (waiting, queued):
        runner.later(run, 10)
        assert (run.state, run.flow_name, run.flow) == (RunState.CANCELED, "Test", None)
    assert mail.calls == []


def test_a_flow_that_is_deleted_while_its_card_is_at_google_still_records_it(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    def deleted() -> None:
        flow = Run.objects.get().flow
        assert flow is not None
        delete_flow(runner.actor, flow.pk)

    mail.after["dispatch"] = [deleted]
    run = runner.run(send("c1", connection), send("c2", connection))
    assert (run.state, states(run), len(mail.sent)) == (RunState.CANCELED, {"c1": RunState.COMPLETED}, 1)
