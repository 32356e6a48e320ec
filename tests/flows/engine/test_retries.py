"""A passing failure: the run waits its time as a row, is tried again by its card's effect, and fails at a limit."""

from datetime import UTC, datetime, timedelta

import pytest

from connections.errors import GoogleUnavailable, RateLimited
from connections.models import Connection
from flows.cards import AnswerLost
from flows.models import Flow, Run, RunState
from flows.operations.release_run import release_run
from flows.operations.resume_run import resume_run
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, card, cause, paths, run_now, states, step
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import catch, compose, read, send
from tests.flows.fake_mail import FakeMail, gone, lost
from tests.gmail_connector.mailboxes import received
from tests.gmail_connector.runs import CUSTOM
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST = [10, 20, 40, 80, 160]
"""Seconds until each further try, where chance shortens none of them."""


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.engine.stop_step.random.uniform", lambda _low, high: high)


def limited(retry_at: datetime | None = None) -> RateLimited:
    return RateLimited(reason="Too many.", retry_at=retry_at)


def waits(run: Run) -> float:
    """For how many seconds the run waits for its time."""
    assert run.state == RunState.WAITING
    assert run.due_at is not None
    assert run.waits_for is None
    return (run.due_at - now()).total_seconds()


@pytest.mark.parametrize("has_drafts", [True, False], ids=["drafts", "no drafts"])
@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch"])
def test_a_send_that_google_did_not_take_is_sent_once_when_it_takes_it(
    *, call: str, has_drafts: bool, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    if call == "stage" and not has_drafts:
        return
    mail.has_drafts = has_drafts
    mail.before[call] = [limited(), limited()]
    run = runner.run(send("c1", connection), compose("c2"))
    for seconds in LONGEST[:2]:
        assert (waits(run), cause(run).code) == (seconds, limited().code)
        runner.later(run, seconds)
    assert (run.state, run.cause, len(mail.sent), mail.drafts) == (RunState.COMPLETED, None, 1, {})


@pytest.mark.parametrize("error", [limited(), lost()], ids=["rate", "answer lost"])
def test_reading_is_tried_again(
    error: RateLimited | AnswerLost, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [error]
    run = runner.run(read("c1", connection))
    runner.later(run, waits(run))
    assert (run.state, mail.calls, step(run, "c1").tries) == (RunState.COMPLETED, ["read", "read"], 1)


def test_nothing_is_tried_before_its_time(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [limited()]
    run = runner.run(read("c1", connection))
    runner.later(run, waits(run) - 1)
    assert (waits(run), mail.calls) == (1, ["read"])


def test_each_wait_is_twice_as_long_until_the_last_try_fails_the_run(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [limited()] * 6
    run = runner.run(compose("c1"), read("c2", connection))
    for seconds in LONGEST:
        assert waits(run) == seconds
        runner.later(run, seconds)
    assert (run.state, cause(run).code, mail.calls) == (RunState.FAILED, limited().code, ["read"] * 6)
    resume_run(runner.actor, run.pk)
    runner.work(run)
    assert (run.state, len(mail.calls), paths(run)) == (RunState.COMPLETED, 7, ["c1", "c2"])


def test_chance_spreads_the_tries(
    monkeypatch: pytest.MonkeyPatch, mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    monkeypatch.setattr("flows.engine.stop_step.random.uniform", lambda low, _high: low)
    mail.before["read"] = [limited()]
    assert waits(runner.run(read("c1", connection))) == 5


def test_google_says_how_long(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [limited(datetime(2026, 11, 24, 11, 30, tzinfo=UTC))]
    assert waits(runner.run(read("c1", connection))) == timedelta(hours=1.5).total_seconds()


def test_a_person_may_try_it_before_its_time(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [limited()]
    run = runner.run(read("c1", connection))
    assert release_run(runner.actor, run.pk).state == RunState.QUEUED
    runner.work(run)
    assert (run.state, run.due_at, step(run, "c1").retry_at) == (RunState.COMPLETED, None, None)


def test_a_refusal_is_not_tried_again(mail: FakeMail, connection: Connection, runner: Runner) -> None:
    mail.before["read"] = [gone()]
    run = runner.run(read("c1", connection))
    assert (run.state, cause(run).code, mail.calls) == (RunState.FAILED, gone().code, ["read"])


def test_a_passing_failure_is_no_error_for_if_error_until_the_last_try(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["read"] = [limited()] * 6
    run = runner.run(catch("c1", (read("c2", connection),), (compose("c3"),)))
    for seconds in LONGEST:
        assert "c1.error/c3" not in states(run)
        runner.later(run, seconds)
    assert (run.state, states(run)["c1.error/c3"]) == (RunState.COMPLETED, RunState.COMPLETED)


def test_a_draft_that_google_never_takes_stays_unsent_and_can_be_sent_by_resuming(
    mail: FakeMail, connection: Connection, runner: Runner
) -> None:
    mail.before["dispatch"] = [lost()] * 50
    run = runner.run(send("c1", connection))
    for _turn in range(20):
        runner.later(run, 200)
    assert (run.state, cause(run).code, mail.sent) == (RunState.FAILED, GoogleUnavailable.code, [])
    mail.before.clear()
    resume_run(runner.actor, run.pk)
    runner.work(run)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


# ------------------------------------------------------------------ requests of any kind


MESSAGE = {"raw": "VG86IGJlbkBhY21lLmV4YW1wbGUNClN1YmplY3Q6IEJ5IGhhbmQNCg0KSGVsbG8="}


@pytest.fixture
def posting(google: RunningSandbox, ada: Browser) -> Flow:
    """A flow that sends a mail by a request of its own."""
    connection = ada.connect()
    google.sandbox.journal.clear()
    placed = card(
        "c1",
        CUSTOM,
        connection,
        options={"request_type": "POST"},
        inputs={"relative_url": "/v1/users/me/messages/send", "body": MESSAGE},
    )
    return build_flow(ada.actor, placed, compose("c2"))


def test_a_request_that_google_did_not_take_is_made_again(
    google: RunningSandbox, ada: Browser, posting: Flow, queue: Queue
) -> None:
    stage(google, "gmail:concurrent", count=1)
    run = run_now(ada.actor, queue, posting)
    assert waits(run) > 0
    release_run(ada.actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, len(received(google, "ben@acme.example", "By hand"))) == (RunState.COMPLETED, 1)


def test_a_request_whose_answer_was_lost_is_not(
    google: RunningSandbox, ada: Browser, posting: Flow, queue: Queue
) -> None:
    stage(google, "reset_after", path="*/messages/send", count=1)
    run = run_now(ada.actor, queue, posting)
    assert (run.state, len(gmail_calls(google))) == (RunState.FAILED, 1)
    assert len(received(google, "ben@acme.example", "By hand")) == 1
