"""Flows whose card or whose rows were taken away since they were saved."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from access.actor import Via
from connections.models import Connection
from flows import catalog
from flows.engine.begin_run import begin_run
from flows.models import Run, RunState, Trigger
from flows.operations.delete_flow import delete_flow
from flows.operations.resume_run import resume_run
from kernel.errors import NotFound
from tests.flow_runs import build_flow, cause, start
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import compose, read
from tests.flows.fake_mail import FakeMail

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def without_cards() -> Iterator[None]:
    kept = dict(catalog._sets)
    catalog._sets.clear()
    try:
        yield
    finally:
        catalog._sets.update(kept)


def test_a_card_that_this_console_no_longer_has_fails_the_run(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    flow = build_flow(runner.actor, compose("c1"), read("c2", connection))
    run = start(runner.actor, flow)
    with without_cards():
        runner.work(run)
    error = cause(run)
    assert (run.state, error.code, error.cause) == (
        RunState.FAILED,
        "flow.card_unknown",
        "This console has no card fake.read.",
    )
    resume_run(runner.actor, run.pk)
    assert runner.work(run).state == RunState.COMPLETED


def test_a_run_that_is_left_without_its_flow_fails(runner: Runner) -> None:
    run = start(runner.actor, build_flow(runner.actor, compose("c1")))
    Run.objects.filter(pk=run.pk).update(flow=None, version=None)
    runner.work(run)
    assert (run.state, cause(run).code) == (RunState.FAILED, "run.flow_deleted")


def test_a_flow_that_is_deleted_meanwhile_starts_nothing(runner: Runner) -> None:
    flow = build_flow(runner.actor, compose("c1"))
    version = flow.published
    assert version is not None
    delete_flow(runner.actor, flow.pk)
    with pytest.raises(NotFound):
        begin_run(flow, version, trigger=Trigger.NOW, via=Via.PAGE, outputs={})
    assert not Run.objects.exists()
