"""Resume from this card: a failed run goes on at its failed card, which checks everything anew."""

from datetime import timedelta

import pytest

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.models import Connection, Sharing
from flows.errors import NothingToResume
from flows.models import RunState
from flows.operations.delete_flow import delete_flow
from flows.operations.purge_runs import purge_runs
from flows.operations.resume_run import resume_run
from flows.operations.run_card import run_card
from kernel.errors import NotFound
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import cause, gave, paths, states, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import FakeMail, arguments, gone

pytestmark = pytest.mark.django_db(transaction=True)


def test_cards_that_ran_are_not_repeated_and_the_failed_one_is(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["dispatch"] = [None, gone()]
    run = runner.run(
        send("c1", connection), send("c2", connection), compose("c3", "{{c1.message_id}}"), saves_data=True
    )
    assert (run.state, states(run)) == (RunState.FAILED, {"c1": RunState.COMPLETED, "c2": RunState.FAILED})
    assert resume_run(runner.actor, run.pk).state == RunState.QUEUED
    runner.work(run)
    assert (run.state, run.cause, len(mail.sent)) == (RunState.COMPLETED, None, 2)
    assert mail.calls.count("prepare") == 3
    assert gave(run, "c3")["text"] == "message-1"
    note = step(run, "c2").note
    assert note.startswith(f"{runner.actor.name} resumed it on 2026-11-24 at 10:00 UTC, after: {gone().title}.")
    assert AuditEntry.objects.get(event="run.resumed").difference == {"card": "Fake Send"}


def test_it_may_fail_again_and_be_resumed_again(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [gone(), gone()]
    run = runner.run(read("c1", connection))
    for state in (RunState.FAILED, RunState.COMPLETED):
        resume_run(runner.actor, run.pk)
        assert runner.work(run).state == state


def test_one_that_is_not_mended_fails_with_the_same_cause(mail: FakeMail, runner: Runner) -> None:
    others = ConnectionFactory(sharing=Sharing.PRIVATE)
    run = runner.run(compose("c1"), read("c2", others))
    assert cause(run).code == "flow.connection_not_shared"
    resume_run(runner.actor, run.pk)
    runner.work(run)
    assert (run.state, cause(run).code) == (RunState.FAILED, "flow.connection_not_shared")
    others.sharing = Sharing.EVERYONE
    others.save()
    resume_run(runner.actor, run.pk)
    assert runner.work(run).state == RunState.COMPLETED
    assert paths(run) == ["c1", "c2"]


def test_two_who_resume_at_once_resume_it_once(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(read("c1", connection))
    resume_run(runner.actor, run.pk)
    with pytest.raises(NothingToResume):
        resume_run(runner.actor, run.pk)
    runner.work(run)
    assert mail.calls == ["read", "read"]


def test_what_did_not_fail_is_no_flows_or_belongs_to_somebody_else_is_not_resumed(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["dispatch"] = [gone()]
    completed, of_card = runner.run(compose("c1")), run_card(runner.actor, **arguments(connection))
    for run in (completed, of_card):
        with pytest.raises(NothingToResume):
            resume_run(runner.actor, run.pk)
    with pytest.raises(NotFound):
        resume_run(Actor(user=UserFactory(flow_builder=True), via=Via.PAGE), completed.pk)


def test_after_a_week_what_is_not_saved_is_gone_and_with_it_the_way_to_resume(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(read("c1", connection))
    runner.clock.shift(timedelta(days=6, hours=23))
    assert purge_runs(Actor.console()) == 0
    runner.clock.shift(timedelta(hours=2))
    assert purge_runs(Actor.console()) == 1
    with pytest.raises(NothingToResume):
        resume_run(runner.actor, run.pk)


def test_a_run_whose_flow_is_deleted_is_not_resumed(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(read("c1", connection))
    assert run.flow is not None
    delete_flow(runner.actor, run.flow.pk)
    with pytest.raises(NothingToResume):
        resume_run(runner.actor, run.pk)
