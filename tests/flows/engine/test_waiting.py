"""A run whose connection needs a person waits as a row, goes on when that is mended, and sends nothing twice."""

from datetime import timedelta

import pytest

from access.actor import Actor, Via
from connections.models import Connection, Sharing, Status
from connections.operations.delete_connection import delete_connection
from connections.operations.pause_connection import pause_connection
from connections.operations.request_reauthorization import request_reauthorization
from connections.operations.resume_connection import resume_connection
from connections.operations.share_connection import share_connection
from flows.definition import PlacedCard
from flows.engine.run_flow import take_step
from flows.errors import NothingToRelease
from flows.models import Run, RunState
from flows.operations.follow_flow_runs import cancel_waited_out, follow_flow_runs
from flows.operations.release_run import release_run
from google_sandbox.server import RunningSandbox
from kernel.errors import Fixer
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import Queue, asks_for, build_flow, card, cause, paths, run_now, start, states
from tests.flows.engine.placed import catch, compose
from tests.gmail_connector.mailboxes import any_message, received
from tests.gmail_connector.runs import ACTING, READ, SEND
from tests.staged_google import change_account, gmail_calls, remove_access, stage

pytestmark = pytest.mark.django_db(transaction=True)

ADA, BEN = "ada@acme.example", "ben@acme.example"
PREFIX = "https://www.googleapis.com/auth/"


def mail(card_id: str, connection: Connection, subject: str) -> PlacedCard:
    inputs = {"to": [BEN], "subject": subject, "body": "Once."}
    return card(card_id, SEND, connection, options={"body_is_html": False}, inputs=inputs)


def reauthorize(person: Browser, connection: Connection) -> None:
    attempt = request_reauthorization(person.actor, connection.pk)
    person.come_back(person.consent(attempt))
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE


def assert_waits_for(run: Run, connection: Connection, code: str) -> None:
    run.refresh_from_db()
    assert (run.state, run.waits_for, run.due_at) == (RunState.WAITING, connection, None)
    assert run.waiting_since is not None
    assert cause(run).code == code


# ------------------------------------------------------------------ revoked at Google


@pytest.mark.parametrize("scopes", [(), (f"{PREFIX}gmail.send",)], ids=["drafts", "gmail.send"])
def test_ten_runs_of_a_revoked_connection_wait_and_go_on_oldest_first_each_mail_sent_once(
    google: RunningSandbox, ada: Browser, queue: Queue, scopes: tuple[str, ...]
) -> None:
    connection = ada.connect(scopes=scopes)
    flow = build_flow(
        ada.actor,
        mail("c1", connection, "First of {{trigger.number}}"),
        mail("c2", connection, "Second of {{trigger.number}}"),
        trigger=asks_for("number"),
    )
    runs = [start(ada.actor, flow, number=str(number)) for number in range(10)]
    for run in runs:
        take_step(run.pk, run.leg)  # every one has sent its first mail
    remove_access(google, ADA)
    queue.drain()
    for run in runs:
        assert_waits_for(run, connection, "connection.needs_reauthorization")
    assert follow_flow_runs() == 0

    reauthorize(ada, connection)
    assert [run_id for run_id, _leg in queue.legs] == [run.pk for run in runs]
    queue.drain()
    for number, run in enumerate(runs):
        run.refresh_from_db()
        assert (run.state, run.cause, run.waits_for) == (RunState.COMPLETED, None, None)
        assert len(received(google, BEN, f"First of {number}")) == 1
        assert len(received(google, BEN, f"Second of {number}")) == 1


def test_a_connection_revoked_while_google_takes_the_mail_leaves_nothing_to_decide(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect(scopes=(f"{PREFIX}gmail.send",))
    flow = build_flow(ada.actor, mail("c1", connection, "Once"))
    remove_access(google, ADA)  # the access token looks good until Google is asked
    run = run_now(ada.actor, queue, flow)
    assert_waits_for(run, connection, "connection.needs_reauthorization")
    reauthorize(ada, connection)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, len(received(google, BEN, "Once"))) == (RunState.COMPLETED, 1)


def test_a_lost_answer_is_looked_up_once_the_connection_is_mended(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    flow = build_flow(ada.actor, mail("c1", connection, "Once"))
    stage(google, "hang_after", path="*/drafts/send", count=1)
    stage(google, "503_before", path="*/drafts/*", method="GET", count=1)
    run = run_now(ada.actor, queue, flow)
    assert (run.state, run.waits_for) == (RunState.WAITING, None)
    pause_connection(ada.actor, connection.pk)
    Run.objects.filter(pk=run.pk).update(due_at=run.created_at)
    follow_flow_runs()
    queue.drain()
    assert_waits_for(run, connection, "connection.paused")
    resume_connection(ada.actor, connection.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, len(received(google, BEN, "Once"))) == (RunState.COMPLETED, 1)


# ------------------------------------------------------------------ whatever else a person has to mend


def test_a_paused_connection_holds_the_run_until_it_is_resumed(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    flow = build_flow(ada.actor, compose("c1"), mail("c2", connection, "Once"))
    pause_connection(ada.actor, connection.pk)
    google.sandbox.journal.clear()
    run = run_now(ada.actor, queue, flow)
    assert_waits_for(run, connection, "connection.paused")
    assert gmail_calls(google) == []
    resume_connection(ada.actor, connection.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, paths(run)) == (RunState.COMPLETED, ["c1", "c2"])


def test_a_mailbox_that_google_blocks_holds_the_run(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    flow = build_flow(ada.actor, mail("c1", connection, "Once"))
    change_account(google, ADA, has_gmail=False)
    run = run_now(ada.actor, queue, flow)
    assert_waits_for(run, connection, "mailbox.gmail_not_enabled")


def test_what_blocks_somebody_elses_mailbox_fails_the_run_for_the_connection_is_well(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    change_account(google, BEN, has_gmail=False)
    placed = card("c1", "gmail.list_delegates", connection, options=ACTING, inputs={"delegator_email": BEN})
    run = run_now(ada.actor, queue, build_flow(ada.actor, placed))
    assert (run.state, cause(run).code) == (RunState.FAILED, "mailbox.gmail_not_enabled")


def test_a_card_that_waits_within_try_has_not_failed(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    flow = build_flow(ada.actor, catch("c1", (mail("c2", connection, "Once"),), (compose("c3"),)))
    run = run_now(ada.actor, queue, flow)
    assert_waits_for(run, connection, "connection.paused")
    assert "c1.error/c3" not in states(run)


def test_one_that_is_released_before_it_is_mended_waits_again(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    run = run_now(ada.actor, queue, build_flow(ada.actor, mail("c1", connection, "Once")))
    assert release_run(ada.actor, run.pk).state == RunState.QUEUED
    queue.drain()
    assert_waits_for(run, connection, "connection.paused")
    resume_connection(ada.actor, connection.pk)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    with pytest.raises(NothingToRelease):
        release_run(ada.actor, run.pk)


def test_a_connection_that_was_mended_unheard_is_noticed_by_the_sweep(
    google: RunningSandbox, ada: Browser, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    run = run_now(ada.actor, queue, build_flow(ada.actor, mail("c1", connection, "Once")))
    monkeypatch.setattr("connections.extensions._mended", [])
    resume_connection(ada.actor, connection.pk)
    assert queue.legs == []
    assert follow_flow_runs() == 1
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED


def test_a_run_whose_connection_is_deleted_fails_instead_of_waiting_on(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    run = run_now(ada.actor, queue, build_flow(ada.actor, mail("c1", connection, "Once")))
    connection.refresh_from_db()
    delete_connection(ada.actor, connection.pk, confirmation=connection.nickname)
    follow_flow_runs()
    queue.drain()
    error = cause(run)
    assert (run.state, error.code, error.cause) == (
        RunState.FAILED,
        "connection.deleted",
        "Support inbox no longer exists.",
    )


# ------------------------------------------------------------------ the owner's rights


def test_a_connection_that_is_unshared_while_the_run_is_under_way_stops_its_next_card(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    builder = UserFactory(flow_builder=True)
    connection = ada.connect(nickname="Support inbox")
    share_connection(
        ada.actor, connection.pk, version=connection.version, sharing=Sharing.PEOPLE, people=[builder.email]
    )
    owner = Actor(user=builder, via=Via.PAGE)
    read = card("c1", READ, connection, inputs={"message_id": "{{trigger.id}}"})
    flow = build_flow(owner, read, mail("c2", connection, "Never"), trigger=asks_for("id"))
    run = start(owner, flow, id=any_message(google, ADA))
    assert take_step(run.pk, run.leg)
    connection.refresh_from_db()
    share_connection(ada.actor, connection.pk, version=connection.version, sharing=Sharing.PRIVATE)
    google.sandbox.journal.clear()
    queue.drain()
    error = cause(run)
    assert (run.state, error.code) == (RunState.FAILED, "flow.connection_not_shared")
    assert error.cause.startswith(f"Support inbox isn't shared with {builder.email}, who owns this flow")
    assert error.remedy.startswith(f"Ask {ada.user.email} or a Connection Manager to share Support inbox")
    assert error.fixer is Fixer.CONNECTION_MANAGER
    assert states(run) == {"c1": RunState.COMPLETED, "c2": RunState.FAILED}
    assert gmail_calls(google) == []


def test_a_run_has_its_owners_rights_whoever_starts_it(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    builder = UserFactory(flow_builder=True)
    owner = Actor(user=builder, via=Via.PAGE)
    connection = ada.connect()
    flow = build_flow(owner, mail("c1", connection, "Never"))
    run = run_now(ada.actor, queue, flow)
    assert (run.owner, run.started_by) == (builder, ada.user)
    assert (run.state, cause(run).code) == (RunState.FAILED, "flow.connection_not_shared")


# ------------------------------------------------------------------ a limit


def test_what_waits_for_a_week_is_canceled(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    flow = build_flow(ada.actor, mail("c1", connection, "Once"))
    long_ago, lately = run_now(ada.actor, queue, flow), run_now(ada.actor, queue, flow)
    assert long_ago.waiting_since is not None
    Run.objects.filter(pk=long_ago.pk).update(waiting_since=long_ago.waiting_since - timedelta(days=7, seconds=1))
    assert cancel_waited_out() == 1
    long_ago.refresh_from_db()
    lately.refresh_from_db()
    assert (long_ago.state, lately.state) == (RunState.CANCELED, RunState.WAITING)
    assert states(long_ago) == {"c1": RunState.CANCELED}
