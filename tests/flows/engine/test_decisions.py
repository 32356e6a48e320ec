"""A flow whose mail may have left waits for a person, and goes on with either decision."""

import pytest

from connections.models import Connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from flows.errors import NothingToDecide, NothingToRelease
from flows.models import Phase, Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_flow_runs import follow_flow_runs
from flows.operations.release_run import release_run
from tests.flow_runs import cause, gave, paths, states, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import catch, compose, send
from tests.flows.fake_mail import FakeMail, gone, lost

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(mail: FakeMail, connection: Connection, runner: Runner) -> Run:
    """A run that waits for a decision; nothing can tell whether its mail was sent."""
    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [lost()]
    return runner.run(compose("c1"), send("c2", connection), compose("c3", "[{{c2.message_id}}]"), saves_data=True)


def test_it_waits_for_a_person_and_nothing_else(run: Run, runner: Runner) -> None:
    assert (run.state, run.waits_for, run.due_at, cause(run).code) == (
        RunState.WAITING,
        None,
        None,
        "send.outcome_unknown",
    )
    assert (step(run, "c2").state, step(run, "c2").phase) == (RunState.WAITING, Phase.UNKNOWN)
    assert follow_flow_runs() == 0
    with pytest.raises(NothingToRelease):
        release_run(runner.actor, run.pk)


def test_it_was_sent_goes_on_with_empty_outputs(run: Run, runner: Runner, mail: FakeMail) -> None:
    assert decide_outcome(runner.actor, run.pk, "sent").state == RunState.QUEUED
    runner.work(run)
    assert (run.state, run.cause, paths(run), mail.sent) == (RunState.COMPLETED, None, ["c1", "c2", "c3"], [])
    assert gave(run, "c3")["text"] == "[]"
    assert "chose “It was sent”" in step(run, "c2").note


def test_send_again_sends_it_and_goes_on(run: Run, runner: Runner, mail: FakeMail) -> None:
    assert decide_outcome(runner.actor, run.pk, "send_again").state == RunState.QUEUED
    assert mail.sent == []  # the worker does it
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)
    assert gave(run, "c3")["text"] == "[message-1]"


def test_send_again_looks_first_and_sends_nothing_where_it_was_sent(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = runner.run(send("c1", connection))
    mail.can_read = True
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


def test_send_again_that_is_lost_again_waits_for_another_decision(run: Run, runner: Runner, mail: FakeMail) -> None:
    mail.before["dispatch"] = [lost()]
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, step(run, "c2").phase) == (RunState.WAITING, Phase.UNKNOWN)
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


def test_send_again_while_the_connection_is_paused_is_decided_anew(
    run: Run, runner: Runner, mail: FakeMail, connection: Connection
) -> None:
    pause_connection(runner.actor, connection.pk)
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, cause(run).code, mail.sent) == (RunState.WAITING, "send.outcome_unknown", [])
    resume_connection(runner.actor, connection.pk)
    assert runner.queue.legs == []
    decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


def test_of_two_decisions_the_first_one_counts(run: Run, runner: Runner, mail: FakeMail) -> None:
    decide_outcome(runner.actor, run.pk, "sent")
    with pytest.raises(NothingToDecide):
        decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, mail.sent) == (RunState.COMPLETED, [])


def test_a_canceled_run_has_nothing_to_decide(run: Run, runner: Runner) -> None:
    cancel_run(runner.actor, run.pk)
    with pytest.raises(NothingToDecide):
        decide_outcome(runner.actor, run.pk, "send_again")
    runner.work(run)
    assert (run.state, states(run)["c2"]) == (RunState.CANCELED, RunState.CANCELED)


def test_an_unknown_outcome_is_no_error_for_if_error(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.has_drafts = mail.can_read = False
    mail.before["dispatch"] = [lost()]
    run = runner.run(catch("c1", (send("c2", connection),), (compose("c3"),)))
    assert (run.state, paths(run)) == (RunState.WAITING, ["c1", "c1.try/c2"])


def test_a_lost_answer_is_looked_up_at_once_and_again_when_it_has_settled(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["dispatch"] = [lost()]
    run = runner.run(send("c1", connection), compose("c2"))
    assert (run.state, run.cause, mail.sent) == (RunState.WAITING, None, [])
    assert run.due_at == step(run, "c1").settles_at
    assert runner.later(run, 59).state == RunState.WAITING
    assert mail.sent == []
    assert runner.later(run, 1).state == RunState.COMPLETED
    assert len(mail.sent) == 1


def test_a_refusal_of_what_was_sent_again_fails_unsent(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["dispatch"] = [lost(), gone()]
    run = runner.run(send("c1", connection))
    runner.later(run, 61)
    assert (run.state, cause(run).code, mail.sent, step(run, "c1").phase) == (
        RunState.FAILED,
        gone().code,
        [],
        Phase.STAGED,
    )
