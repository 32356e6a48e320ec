"""What passes through a flow is kept for its run alone, unless its flow saves it."""

from datetime import timedelta

import pytest

from access.actor import Actor
from connections.models import Connection
from connections.operations.pause_connection import pause_connection
from flows.engine.sealed_values import INPUTS, OUTPUTS, open_values
from flows.models import Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.purge_runs import purge_runs
from kernel.errors import VaultFailure
from tests.flow_runs import gave, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, read
from tests.flows.fake_mail import FakeMail, gone
from vault.models import DataKey

pytestmark = pytest.mark.django_db(transaction=True)


def is_kept(run: Run) -> bool:
    """Whether anything of the run can still be opened. If not, every row is empty as well."""
    run.refresh_from_db()
    has_key = DataKey.objects.filter(purpose="run", owner_uuid=run.pk).exists()
    values = run.steps.values_list("sealed_options", "sealed_inputs", "sealed_outputs")
    is_empty = all(not bytes(each or b"") for row in values for each in row)
    assert has_key is not is_empty
    assert (run.data_removed_at is None) is has_key
    return has_key


def test_of_a_completed_run_nothing_is_left(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    run = runner.run(read("c1", connection), compose("c2"))
    assert (run.state, is_kept(run)) == (RunState.COMPLETED, False)


def test_while_it_waits_everything_is_kept_and_nothing_is_when_it_is_canceled(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    pause_connection(runner.actor, connection.pk)
    run = runner.run(compose("c1"), read("c2", connection))
    runner.clock.shift(timedelta(days=40))
    assert (purge_runs(Actor.console()), is_kept(run)) == (0, True)
    copy = step(run, "c1")
    cancel_run(runner.actor, run.pk)
    assert not is_kept(run)
    with pytest.raises(VaultFailure):
        open_values(copy, OUTPUTS)


def test_of_a_failed_run_everything_is_kept_for_as_long_as_it_can_be_resumed(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(compose("c1"), read("c2", connection, "Confidential"))
    assert open_values(step(run, "c2"), INPUTS)["subject"] == "Confidential"
    runner.clock.shift(timedelta(days=7, seconds=1))
    assert (purge_runs(Actor.console()), is_kept(run)) == (1, False)


@pytest.mark.parametrize("fails", [False, True])
def test_of_a_flow_that_saves_data_it_is_kept_for_as_long_as_the_policy_says(
    *, fails: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [gone()] if fails else []
    run = runner.run(compose("c1", "Hello"), read("c2", connection), saves_data=True)
    runner.clock.shift(timedelta(days=29))
    assert (purge_runs(Actor.console()), is_kept(run)) == (0, True)
    assert gave(run, "c1") == {"text": "Hello"}
    runner.clock.shift(timedelta(days=1, seconds=1))
    assert (purge_runs(Actor.console()), is_kept(run)) == (1, False)


def test_what_a_flow_saves_is_settled_when_its_run_begins(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    pause_connection(runner.actor, connection.pk)
    run = runner.run(compose("c1"), read("c2", connection))
    assert run.flow is not None
    run.flow.saves_data = True
    run.flow.save()
    cancel_run(runner.actor, run.pk)
    assert not is_kept(run)


def test_no_row_holds_in_clear_what_passed_through(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(compose("c1", "Confidential"), read("c2", connection, "{{c1.text}}"))
    assert run.state == RunState.FAILED
    assert "Confidential" not in str([vars(each) for each in run.steps.all()]) + str(vars(run))
