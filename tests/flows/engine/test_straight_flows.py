"""A flow from its trigger to its last card: what is passed on, what is kept, and what a failure leaves."""

import pytest

from flows.engine.sealed_values import INPUTS, OUTPUTS, open_values
from flows.models import Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.resume_run import resume_run
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected, VaultFailure, from_stored
from tests.consents import Browser
from tests.flow_runs import Queue, asks_for, build_flow, card, gave, run_now, start, step
from tests.flows.engine.placed import each
from tests.gmail_connector.mailboxes import any_message, received, stored
from tests.gmail_connector.runs import ACTING, READ, SEARCH, SEND, SEND_WITH_FILE
from tests.staged_google import gmail_calls

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mail_is_read_and_answered(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    flow = build_flow(
        ada.actor,
        card("c1", READ, connection, inputs={"message_id": "{{trigger.id}}"}),
        card("c2", "function.compose", inputs={"text": "Re: {{c1.subject}}"}),
        card(
            "c3",
            SEND,
            connection,
            options={"body_is_html": False},
            inputs={"to": ["ben@acme.example"], "subject": "{{c2.text}}", "body": "{{trigger.context.weekday}}"},
        ),
        trigger=asks_for("id"),
        saves_data=True,
    )
    run = start(ada.actor, flow, id=any_message(google, "ada@acme.example"))
    assert run.state == RunState.QUEUED
    assert queue.drain() == 1
    run.refresh_from_db()
    assert (run.state, run.cause) == (RunState.COMPLETED, None)
    assert [each.path for each in run.steps.all()] == ["trigger", "c1", "c2", "c3"]
    subject = gave(run, "c2")["text"]
    assert len(stored(google, "ben@acme.example", subject, "INBOX")) == 1
    assert gave(run, "c3")["message_id"]


def test_what_passed_through_goes_with_the_run_unless_it_is_saved(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "Hello"}))
    run = start(ada.actor, flow)
    copy = run.steps.get(path="trigger")
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    assert run.data_removed_at is not None
    with pytest.raises(VaultFailure):
        open_values(copy, OUTPUTS)


def test_a_field_that_is_missing_starts_nothing(ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, trigger=asks_for("id"))
    with pytest.raises(InputRejected) as rejected:
        start(ada.actor, flow)
    assert rejected.value.fields == {"id": ["Enter Id."]}
    assert not Run.objects.exists()


def test_a_consumer_account_fails_at_the_first_gmail_card_without_a_call(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect(account="hanna@gmail.com")
    flow = build_flow(
        ada.actor,
        card("c1", "function.compose", inputs={"text": "Hello"}),
        card("c2", READ, connection, inputs={"message_id": "19e1acd465710c93"}),
    )
    run = start(ada.actor, flow)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert from_stored(run.cause or {}).code == "account.workspace_required"
    assert step(run, "c2").state == RunState.FAILED
    assert gmail_calls(google) == []


def test_a_failed_run_goes_on_at_its_card_and_repeats_nothing(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect(scopes=("https://www.googleapis.com/auth/gmail.compose",))
    mail = {"to": ["ben@acme.example"], "subject": "Once and only once", "body": "Hello"}
    flow = build_flow(
        ada.actor,
        card("c1", SEND, connection, options={"body_is_html": False}, inputs=mail),
        card("c2", READ, connection, inputs={"message_id": "{{trigger.id}}"}),
        trigger=asks_for("id"),
    )
    run = start(ada.actor, flow, id=any_message(google, "ada@acme.example"))
    queue.drain()
    run.refresh_from_db()
    assert from_stored(run.cause or {}).code == "scope.missing"
    resume_run(ada.actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert len(stored(google, "ben@acme.example", "Once and only once", "INBOX")) == 1


def test_a_canceled_run_does_nothing_more(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "Hello"}))
    run = start(ada.actor, flow)
    cancel_run(ada.actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.CANCELED
    assert [each.path for each in run.steps.all()] == ["trigger"]


def test_a_digest_of_what_was_found_leaves_as_a_file(google: RunningSandbox, ada: Browser, queue: Queue) -> None:
    connection = ada.connect()
    found = card(
        "c1", SEARCH, connection, options={"result_set": "all_matching_emails"}, inputs={"query": "", "limit": "2"}
    )
    line = card("c3", "function.compose", inputs={"text": "{{c2.number}}. {{c2.item.subject}}"})
    turns = each("c2", "{{c1.emails}}", line, result="{{c3.text}}")
    digest = card("c4", "function.compose", inputs={"text": "{{c2.results}}"})
    mail = {
        "to": ["ben@acme.example"],
        "subject": "Digest",
        "body": "Attached.",
        "file": {"file_name": "digest.txt", "file_content": {"text": "{{c4.text}}"}},
    }
    sent = card("c5", SEND_WITH_FILE, connection, options={"body_is_html": False}, inputs=mail)
    run = run_now(ada.actor, queue, build_flow(ada.actor, found, turns, digest, sent, saves_data=True))
    assert (run.state, run.cause) == (RunState.COMPLETED, None)
    (message,) = received(google, "ben@acme.example", "Digest")
    (attached,) = message.iter_attachments()
    subjects = [email["subject"] for email in gave(run, "c1")["emails"]]
    assert attached.get_content().splitlines() == [f"{number}. {text}" for number, text in enumerate(subjects, 1)]


def test_a_secret_value_is_opened_for_its_card_alone_and_never_read_for_references(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    alias = {
        "user_email": "ben@acme.example",
        "send_as_email": "sales@other.example",
        "smtp_host": "smtp.other.example",
        "port": 587,
        "password": {"new_secret": "open {{trigger.context.time}} sesame"},
    }
    placed = card("c1", "gmail.add_send_as_alias", connection, options={**ACTING, "alias_type": "custom"}, inputs=alias)
    flow = build_flow(ada.actor, placed, saves_data=True)
    assert "sesame" not in str(flow.draft)
    run = run_now(ada.actor, queue, flow)
    assert (run.state, run.cause) == (RunState.COMPLETED, None)
    assert open_values(step(run, "c1"), INPUTS)["password"] == "open {{trigger.context.time}} sesame"
    assert "sesame" not in str(gave(run, "c1"))
