"""A flow that starts with an event reads it as its first step, with its owner's rights, as a card that reads."""

import pytest

from access.actor import Via
from connections.models import Connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from flows.definition import PlacedTrigger, TriggerKind
from flows.engine.begin_run import begin_run
from flows.models import Flow, Run, RunState, Trigger
from flows.operations.resume_run import resume_run
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, cause, gave, run_now, start, step
from tests.flows.engine.placed import compose
from tests.gmail_connector.mailboxes import any_message
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db(transaction=True)

ADA = "ada@acme.example"


def new_email(connection: Connection) -> PlacedTrigger:
    return PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk)


def arrived(flow: Flow, message_id: str) -> Run:
    """A run as the poll starts it."""
    assert flow.published is not None
    item = {"message_id": message_id}
    run = begin_run(
        flow, flow.published, trigger=Trigger.EVENT, via=Via.CONSOLE, item=item, firing_key=f"gmail:{message_id}"
    )
    assert run is not None
    return run


def test_what_arrived_is_read_when_the_run_comes_to_it(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    told = compose("c1", "{{trigger.subject}} on {{trigger.context.weekday}}: {{trigger.message_id}}")
    flow = build_flow(ada.actor, told, trigger=new_email(connection), saves_data=True)
    google.sandbox.journal.clear()
    message_id = any_message(google, ADA)
    run = arrived(flow, message_id)
    assert (step(run, "trigger").state, gmail_calls(google)) == (RunState.QUEUED, [])
    queue.drain()
    run.refresh_from_db()
    assert (run.state, run.started_by) == (RunState.COMPLETED, None)
    assert gave(run, "c1")["text"].startswith(f"{gave(run, 'trigger')['subject']} on ")
    assert gave(run, "c1")["text"].endswith(message_id)
    assert gave(run, "trigger")["context"]["execution_id"] == str(run.pk)


def test_it_waits_for_its_connection_and_is_tried_again_as_any_card(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    flow = build_flow(ada.actor, compose("c1"), trigger=new_email(connection))
    pause_connection(ada.actor, connection.pk)
    run = arrived(flow, any_message(google, ADA))
    queue.drain()
    run.refresh_from_db()
    assert (run.state, run.waits_for) == (RunState.WAITING, connection)
    stage(google, "gmail:concurrent", count=1)
    resume_connection(ada.actor, connection.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, run.waits_for, run.due_at is None) == (RunState.WAITING, None, False)


def test_a_message_that_is_gone_fails_the_run_there_and_it_can_be_resumed(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    flow = build_flow(ada.actor, compose("c1"), trigger=new_email(ada.connect()))
    run = arrived(flow, "19e1acd465710c99")
    queue.drain()
    run.refresh_from_db()
    assert (run.state, cause(run).code) == (RunState.FAILED, "gmail.not_found")
    resume_run(ada.actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, step(run, "trigger").attempt > 1) == (RunState.FAILED, True)


def test_a_person_runs_it_for_a_message_of_their_choice(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, compose("c1", "{{trigger.subject}}"), trigger=new_email(ada.connect()))
    with pytest.raises(InputRejected):
        start(ada.actor, flow)
    run = run_now(ada.actor, queue, flow, message_id=any_message(google, ADA))
    assert (run.state, run.trigger, run.started_by) == (RunState.COMPLETED, Trigger.NOW, ada.user)
