"""A card's run: who may, what is kept and how, what its card meets, and the same request twice."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from access.actor import Actor, Via
from access.models import ApiKey, AuditEntry
from connections.errors import GmailNotEnabled, GrantEnded, RateLimited
from connections.models import AccountType, Connection, Sharing
from connections.scope_errors import ScopeMissing
from flows.engine.claims import LEASE
from flows.errors import IdempotencyKeyReused
from flows.models import Phase, Run, RunState, StepRun
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from flows.queries import run_details
from kernel.clock import now
from kernel.errors import ConsoleError, InputRejected, NotFound, NotPermitted, VaultFailure
from kernel.ids import new_id
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_mail import READ_KEY, SEND_KEY, FakeMail, ProcessDied, arguments, lost, step_of
from vault.operations.destroy_data_key import destroy_data_key

pytestmark = pytest.mark.django_db


def person(**roles: bool) -> Actor:
    return Actor(user=UserFactory(**roles), via=Via.API)


def code_of(run: Run) -> str:
    return str(run.cause and run.cause["code"])


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("role", ["administrator", "connection_manager", "flow_builder"])
def test_whoever_owns_a_connection_runs_cards_with_it(role: str, mail: FakeMail) -> None:
    actor = person(**{role: True})
    run = run_card(actor, **arguments(ConnectionFactory(owner=actor.person)))
    assert (run.state, run.owner, run.via, run.trigger) == (RunState.COMPLETED, actor.person, "api", "card")


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_roles_without_the_permission_run_no_cards(role: str, mail: FakeMail) -> None:
    actor = person(**{role: True})
    with pytest.raises(NotPermitted):
        run_card(actor, **arguments(ConnectionFactory(owner=actor.person)))
    assert mail.calls == []


def test_nobody_reads_mail_by_being_administrator(mail: FakeMail, connection: Connection) -> None:
    with pytest.raises(NotFound):
        run_card(person(administrator=True), **arguments(connection))
    assert (mail.calls, Run.objects.count()) == ([], 0)


def test_a_shared_connection_runs_for_those_it_is_shared_with(mail: FakeMail, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(sharing=Sharing.EVERYONE)
    assert run_card(person(flow_builder=True), **arguments(connection)).state == RunState.COMPLETED


def test_a_key_runs_no_more_than_it_lists(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    key = ApiKey.objects.create(
        owner=actor.person,
        name="ci",
        prefix="wfc_1",
        hash="1" * 64,
        permissions=["connection.view"],
        expires_at=now() + timedelta(days=1),
    )
    with pytest.raises(NotPermitted):
        run_card(Actor(user=actor.user, via=Via.API, key=key), **arguments(connection))
    key.permissions = ["card.run", "connection.use"]
    run = run_card(Actor(user=actor.user, via=Via.API, key=key), **arguments(connection))
    assert (run.state, run.key) == (RunState.COMPLETED, key)


def test_a_card_that_is_not_there_is_not_found(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    with pytest.raises(NotFound):
        run_card(actor, **arguments(connection, card_key="fake.nothing"))


def test_a_card_of_another_connector_is_refused(mail: FakeMail, actor: Actor) -> None:
    other = ConnectionFactory(owner=actor.person, connector="slack")
    with pytest.raises(InputRejected) as refused:
        run_card(actor, **arguments(other))
    assert list(refused.value.fields) == ["connection"]


def test_what_cannot_be_taken_starts_no_run(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    with pytest.raises(InputRejected) as refused:
        run_card(actor, **arguments(connection, inputs={"too": "ben@acme.example"}))
    assert set(refused.value.fields) == {"to", "too"}
    assert Run.objects.count() == 0


# ------------------------------------------------------------------ what the card meets


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"paused_at": datetime(2026, 11, 24, tzinfo=UTC)}, "connection.paused"),
        ({"account_type": AccountType.GMAIL}, "account.workspace_required"),
        ({"granted_scopes": []}, "scope.missing"),
    ],
)
def test_what_is_not_ready_makes_no_call(
    change: dict[str, object], code: str, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    Connection.objects.filter(pk=connection.pk).update(**change)
    run = run_card(actor, **arguments(connection))
    assert (run.state, code_of(run), mail.calls) == (RunState.FAILED, code, [])
    connection.refresh_from_db()
    assert connection.last_used_at is None


@pytest.mark.parametrize(
    "error",
    [
        GrantEnded(nickname="Support", email="ada@acme.example", reason="Access was removed."),
        GmailNotEnabled(reason="The account has no license.", advice="Assign one."),
    ],
    ids=["grant", "mailbox"],
)
@pytest.mark.parametrize("key", [SEND_KEY, READ_KEY])
def test_what_a_person_must_mend_becomes_the_status_of_the_connection(
    key: str, error: ConsoleError, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before["prepare"] = mail.before["read"] = [error]
    run = run_card(actor, **arguments(connection, card_key=key))
    connection.refresh_from_db()
    assert (run.state, connection.failure) == (RunState.FAILED, run.cause)
    assert connection.status in {"needs_reauthorization", "blocked"}


@pytest.mark.parametrize(
    "error",
    [RateLimited(reason="Too many."), ScopeMissing(card="Fake Read", scopes=["gmail.readonly"], withheld=False)],
    ids=["passing", "scope"],
)
def test_other_failures_leave_the_connection_as_it_was(
    error: ConsoleError, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before["read"] = [error]
    assert code_of(run_card(actor, **arguments(connection, card_key=READ_KEY))) == error.code
    connection.refresh_from_db()
    assert (connection.status, connection.failure) == ("active", None)


def test_an_answer_lost_while_reading_says_that_google_is_unavailable(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before["read"] = [lost()]
    assert code_of(run_card(actor, **arguments(connection, card_key=READ_KEY))) == "google.unavailable"


def test_a_mistake_in_a_card_is_recorded_without_its_message(
    mail: FakeMail, actor: Actor, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    mail.before["read"] = [ValueError("from ben@acme.example")]
    run = run_card(actor, **arguments(connection, card_key=READ_KEY))
    assert (run.state, code_of(run)) == (RunState.FAILED, "card.broke")
    assert "ben@acme.example" not in caplog.text + str(run.cause)


def test_reading_is_done_again_after_a_crash(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["read"] = [ProcessDied()]
    with pytest.raises(ProcessDied):
        run_card(actor, **arguments(connection, card_key=READ_KEY))
    run_id = step_of(connection).run_id
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        assert follow_run(actor, run_id).state == RunState.COMPLETED


def test_a_run_says_when_its_connection_was_used(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection))
    connection.refresh_from_db()
    assert connection.last_used_at is not None


def test_runs_are_no_audit_entries(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection))
    assert AuditEntry.objects.count() == 0


# ------------------------------------------------------------------ what is kept


def test_what_passes_through_is_sealed(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = run_card(actor, **arguments(connection, card_key=READ_KEY, inputs={"to": "ben@x.example", "subject": "Pay"}))
    row = StepRun.objects.values().get()
    assert b"Pay" not in b"".join(bytes(value) for value in row.values() if isinstance(value, bytes | memoryview))
    assert "Pay" not in str({name: value for name, value in row.items() if not name.startswith("sealed")})
    assert run_details(actor, run).outputs == {"message_id": "Pay"}


def test_outputs_open_for_their_own_step_only(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    first, second = (run_card(actor, **arguments(connection)) for _each in range(2))
    stolen = bytes(first.steps.get().sealed_outputs or b"")
    second.steps.update(sealed_outputs=stolen)
    with pytest.raises(VaultFailure):
        run_details(actor, second)


def test_destroying_the_data_key_shreds_the_run(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = run_card(actor, **arguments(connection))
    destroy_data_key(purpose="run", owner=run.pk)
    with pytest.raises(VaultFailure):
        run_details(actor, run)


def test_only_the_owner_sees_outputs(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = run_card(actor, **arguments(connection))
    for role in ("operator", "administrator"):
        other = person(**{role: True})
        assert run_details(other, follow_run(other, run.pk)).outputs is None
    assert run_details(actor, run).outputs == {"message_id": "message-1"}


@pytest.mark.parametrize("role", ["flow_builder", "connection_manager", "auditor"])
def test_others_do_not_know_of_a_run(role: str, mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = run_card(actor, **arguments(connection))
    with pytest.raises(NotFound):
        follow_run(person(**{role: True}), run.pk)
    with pytest.raises(NotFound):
        decide_outcome(person(**{role: True}), run.pk, "sent")
    with pytest.raises(NotFound):
        follow_run(actor, new_id())


# ------------------------------------------------------------------ the same request twice


def test_the_same_idempotency_key_gives_the_same_run(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    first, second = (run_card(actor, **arguments(connection, idempotency_key="7")) for _each in range(2))
    assert (first.pk, len(mail.sent)) == (second.pk, 1)


def test_a_repeated_request_moves_a_lost_send_on(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["dispatch"] = [lost()]
    assert run_card(actor, **arguments(connection, idempotency_key="7")).state == RunState.WAITING
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert run_card(actor, **arguments(connection, idempotency_key="7")).state == RunState.COMPLETED
    assert len(mail.sent) == 1


def test_a_key_of_another_request_is_refused(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection, idempotency_key="7"))
    with pytest.raises(IdempotencyKeyReused):
        run_card(actor, **arguments(connection, idempotency_key="7", inputs={"to": "cleo@acme.example"}))
    assert len(mail.sent) == 1


def test_the_same_key_of_another_person_is_another_key(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection, idempotency_key="7"))
    other = person(flow_builder=True)
    run_card(other, **arguments(ConnectionFactory(owner=other.person), idempotency_key="7"))
    assert len(mail.sent) == 2


# ------------------------------------------------------------------ what the database itself refuses


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"phase": "posted"},
        {"state": RunState.RUNNING},
        {"state": RunState.WAITING, "ended_at": None},
        {"state": RunState.FAILED},
        {"ended_at": None},
        {"phase": Phase.DISPATCHING, "dispatches": 0},
        {"phase": Phase.STAGED, "draft_id": ""},
        {"marker": ""},
        {"cause": {"code": "card.broke"}},
        {"state": RunState.CANCELED},
    ],
    ids=str,
)
def test_a_step_that_contradicts_itself_is_not_stored(
    wrong: dict[str, object], mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run_card(actor, **arguments(connection))
    with pytest.raises(IntegrityError), transaction.atomic():
        StepRun.objects.update(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"trigger": "moon"},
        {"leg": 0},
        {"state": RunState.WAITING},
        {"state": RunState.FAILED},
        {"started_at": None},
        {"cause": {"code": "card.broke"}},
    ],
    ids=str,
)
def test_a_run_that_contradicts_itself_is_not_stored(
    wrong: dict[str, object], mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run_card(actor, **arguments(connection))
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.update(**wrong)


def test_a_connection_with_runs_is_not_deleted_as_a_row(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection))
    with pytest.raises(IntegrityError):
        connection.delete()
