"""Cards that act through a service account, in a flow: roles are checked at each step, and a run can be resumed."""

import pytest
from pytest_django.fixtures import Settings

from flows.definition import InputKind
from flows.models import RunState
from flows.operations.resume_run import resume_run
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.flow_runs import Queue, asks_for, build_flow, card, cause, gave, run_now, states
from tests.flows.engine.placed import catch, compose, each
from tests.gmail_connector.runs import ACTING
from tests.staged_google import gmail_calls, grant_role, settings_of, withdraw_role

pytestmark = pytest.mark.django_db(transaction=True)

ADA, BEN, CLEO = "ada@acme.example", "ben@acme.example", "cleo@acme.example"


@pytest.fixture(autouse=True)
def _nothing_known(settings: Settings) -> None:
    """A yes about a role counts for no time."""
    settings.ROLE_FACT_MINUTES = 0


def test_a_role_that_is_withdrawn_stops_the_run_at_its_card_and_resuming_finishes_it(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    reply = card(
        "c1",
        "gmail.set_auto_reply",
        connection,
        options=ACTING,
        inputs={"auto_reply_email": "{{trigger.leaver}}", "response_subject": "I have left"},
    )
    delegate = card(
        "c2",
        "gmail.add_delegate",
        connection,
        options=ACTING,
        inputs={"delegator_email": "{{trigger.leaver}}", "delegate_email": "{{trigger.heir}}"},
    )
    flow = build_flow(ada.actor, reply, delegate, trigger=asks_for("leaver", "heir"), saves_data=True)
    withdraw_role(google, ADA, SERVICE_ACCOUNT_USER)
    google.sandbox.journal.clear()
    run = run_now(ada.actor, queue, flow, leaver=BEN, heir=CLEO)
    assert (run.state, cause(run).code) == (RunState.FAILED, "role.service_account_user_missing")
    assert (states(run), gmail_calls(google)) == ({"c1": RunState.FAILED}, [])
    grant_role(google, ADA, SERVICE_ACCOUNT_USER)
    resume_run(ada.actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, gave(run, "c2")["delegate_email"]) == (RunState.COMPLETED, CLEO)
    assert [each_["delegateEmail"] for each_ in settings_of(google, BEN)["delegates"]] == [CLEO]


def test_of_several_mailboxes_one_that_fails_is_told_and_the_others_are_done(
    google: RunningSandbox, ada: Browser, queue: Queue
) -> None:
    connection = ada.connect()
    inputs = {"delegator_email": BEN, "delegate_email": "{{c1.item}}"}
    delegate = card("c3", "gmail.add_delegate", connection, options=ACTING, inputs=inputs)
    told = compose("c4", "{{c1.item}}: {{c2.code}}")
    flow = build_flow(
        ada.actor,
        each("c1", "{{trigger.heirs}}", catch("c2", (delegate,), (told,)), result="{{c4.text}}"),
        compose("c5", "{{c1.results}}"),
        trigger=asks_for("heirs", kind=InputKind.LIST),
        saves_data=True,
    )
    run = run_now(ada.actor, queue, flow, heirs=[CLEO, "nobody@acme.example", ADA])
    assert run.state == RunState.COMPLETED
    assert gave(run, "c5")["text"].startswith("nobody@acme.example: ")
    assert gave(run, "c5")["text"].count("\n") == 0
    assert sorted(each_["delegateEmail"] for each_ in settings_of(google, BEN)["delegates"]) == [ADA, CLEO]
