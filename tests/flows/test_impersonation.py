"""Cards that act through a service account: through which one, what stops them, and whose failure it is."""

from typing import Any

import pytest

from access.actor import Actor
from connections.errors import ConnectionBlocked, GmailNotEnabled, GoogleUnavailable, GrantEnded
from connections.models import Connection, Status
from connections.requirements import Impersonation
from connections.role_errors import DelegationMissing
from flows.cards import AnswerLost
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from flows.queries import run_details
from kernel.errors import ConsoleError, from_stored
from tests.factories import ConnectionFactory
from tests.flows.fake_mail import step_of
from tests.flows.fake_roles import ASK, BOT, CLERK, CLOUD, ENTER, READ, SEND, SHARING, TYPED, FakeCloud

pytestmark = pytest.mark.django_db

BEN = "ben@acme.example"


@pytest.fixture
def connection(actor: Actor) -> Connection:
    made: Connection = ConnectionFactory(
        owner=actor.person, requested_scopes=[CLOUD, READ], default_project="payroll", default_service_account=BOT
    )
    return made


def act(actor: Actor, connection: Connection, *, typed: str | None = None, **options: Any) -> Run:
    inputs = {"user_email": BEN, "service_account_email": typed}
    return run_card(actor, card_key="fake.act", connection_id=connection.pk, options=options, inputs=inputs)


def cause_of(run: Run) -> ConsoleError:
    assert run.cause, run.state
    return from_stored(run.cause)


# ------------------------------------------------------------------ through which one


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({}, BOT),
        ({"project": "archive", "service_account": CLERK}, CLERK),
        ({"service_account": f" {CLERK} "}, CLERK),
        ({"project": ENTER, "typed": TYPED}, TYPED),
        ({"project": ENTER, "service_account": CLERK, "typed": TYPED}, TYPED),
    ],
)
def test_the_one_typed_comes_before_the_one_chosen_and_that_before_the_default(
    cloud: FakeCloud, actor: Actor, connection: Connection, given: dict[str, str], used: str
) -> None:
    run = act(actor, connection, **given)
    assert run.state == RunState.COMPLETED, run.cause
    expected = Impersonation(service_account=used, mailbox=BEN, scopes=(SHARING,))
    assert (cloud.required, cloud.opened) == ([expected], [expected])


def test_without_any_the_field_is_named(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    connection.default_service_account = ""
    connection.save()
    error = cause_of(act(actor, connection))
    assert error.code == "input.rejected"
    assert error.members["fields"] == {
        "service_account": [f"Choose a service account: {connection.nickname} has no default one."]
    }
    assert (cloud.required, cloud.calls) == ([], 0)


def test_who_says_to_enter_one_has_to_enter_it(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    error = cause_of(act(actor, connection, project=ENTER))
    assert error.members["fields"] == {"service_account_email": ["Enter Service Account: Email."]}
    assert cloud.calls == 0


def test_other_cards_impersonate_nobody(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    run_card(actor, card_key=ASK.key, connection_id=connection.pk, options={}, inputs={"path": "/read"})
    assert (cloud.required, cloud.opened) == ([], [None])


# ------------------------------------------------------------------ what stops them


def test_a_missing_role_stops_the_run_before_the_card(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    cloud.refusal = DelegationMissing(
        service_account=BOT, mailbox=BEN, client_id="7", missing=[SHARING], scopes=[SHARING]
    )
    run = act(actor, connection)
    assert (run.state, cause_of(run).code) == (RunState.FAILED, "delegation.missing")
    assert cloud.calls == 0
    connection.refresh_from_db()
    assert connection.failure is None


def test_roles_are_asked_about_only_where_connection_account_and_scopes_will_do(cloud: FakeCloud, actor: Actor) -> None:
    poor = ConnectionFactory(owner=actor.person, requested_scopes=[READ], default_service_account=BOT)
    assert cause_of(act(actor, poor)).code == "scope.missing"
    assert cloud.required == []


def test_the_lease_is_renewed_after_google_was_asked_about_roles(
    cloud: FakeCloud, actor: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = []

    def slow(*_args: Any, **_more: Any) -> None:
        step = step_of(connection)
        step.lease_until = step.started_at
        step.save()

    monkeypatch.setattr("flows.engine.run_step.require_role", slow)
    monkeypatch.setattr(cloud, "call", lambda: leases.append(step_of(connection)))
    assert act(actor, connection).state == RunState.COMPLETED
    (during,) = leases
    assert during.lease_until
    assert during.started_at
    assert during.lease_until > during.started_at


# ------------------------------------------------------------------ whose failure it is


def test_what_blocks_the_mailbox_is_no_failure_of_the_connection(
    cloud: FakeCloud, actor: Actor, connection: Connection
) -> None:
    cloud.trouble = GmailNotEnabled(reason=f"{BEN} has no mailbox.", advice="Give it a license.")
    assert cause_of(act(actor, connection)).code == "mailbox.gmail_not_enabled"
    connection.refresh_from_db()
    assert (connection.failure, connection.status) == (None, Status.ACTIVE)


def test_the_same_is_one_where_the_mailbox_is_the_connections_own(
    cloud: FakeCloud, actor: Actor, connection: Connection
) -> None:
    cloud.trouble = ConnectionBlocked(reason="The account is suspended.", advice="Restore it.")
    run_card(actor, card_key=ASK.key, connection_id=connection.pk, options={}, inputs={"path": "/read"})
    connection.refresh_from_db()
    assert connection.status == Status.BLOCKED


@pytest.mark.parametrize("when", ["refusal", "trouble"])
def test_the_end_of_the_persons_own_grant_is_one_always(
    cloud: FakeCloud, actor: Actor, connection: Connection, when: str
) -> None:
    """It may show while roles are asked about, or when the card signs again."""
    setattr(cloud, when, GrantEnded(nickname="Support", email="ada@acme.example", reason="It was revoked."))
    assert cause_of(act(actor, connection)).code == "connection.needs_reauthorization"
    connection.refresh_from_db()
    assert connection.status == Status.NEEDS_REAUTHORIZATION


def test_a_lost_answer_is_googles_trouble_and_no_question(
    cloud: FakeCloud, actor: Actor, connection: Connection
) -> None:
    cloud.trouble = AnswerLost("the answer broke off")
    run = act(actor, connection)
    assert (run.state, type(cause_of(run))) == (RunState.FAILED, GoogleUnavailable)


# ------------------------------------------------------------------ needs that follow from what was entered


def ask(actor: Actor, connection: Connection, path: str, body: Any = None) -> Run:
    return run_card(
        actor, card_key=ASK.key, connection_id=connection.pk, options={}, inputs={"path": path, "body": body}
    )


def test_scopes_that_follow_from_an_input_are_checked_before_the_call(
    cloud: FakeCloud, actor: Actor, connection: Connection
) -> None:
    assert ask(actor, connection, "/read").state == RunState.COMPLETED
    refused = cause_of(ask(actor, connection, "/send"))
    assert (refused.code, refused.data["scopes"]) == ("scope.missing", ["gmail.send"])
    assert cloud.calls == 1
    connection.granted_scopes = [CLOUD, READ, SEND]
    connection.save()
    assert ask(actor, connection, "/send").state == RunState.COMPLETED


def test_objects_pass_through_as_they_are(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    body = {"name": "Zoë", "labels": ["INBOX", 7, None, {"deep": True}], "share": 0.5}
    run = ask(actor, connection, "/read", body)
    assert run_details(actor, run).outputs == {"body": {"path": "/read", "given": body}}
