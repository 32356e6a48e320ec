"""Send once: what every fault at every call leads to, and that nothing is ever sent twice without a word."""

from datetime import timedelta

import pytest

from access.actor import Actor, Via
from access.models import RoleAssignment
from connections.errors import GoogleUnavailable, GrantEnded, RateLimited
from connections.models import Connection
from flows.models import Phase, Run, RunState
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from flows.queries import run_details
from gmail_connector.errors import MessageNotFound
from kernel.clock import now
from tests.factories import UserFactory
from tests.flows.fake_mail import Clock, FakeMail, arguments, assert_in_step, gone, lost, step_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SETTLED = timedelta(seconds=61)


def send(actor: Actor, connection: Connection) -> Run:
    run = run_card(actor, **arguments(connection))
    assert_in_step(step_of(connection))
    return run


def follow(actor: Actor, run: Run) -> Run:
    followed = follow_run(actor, run.pk)
    assert_in_step(followed.steps.select_related("run").get())
    return followed


def outputs(actor: Actor, run: Run) -> dict[str, object] | None:
    return run_details(actor, run).outputs


def limited() -> RateLimited:
    return RateLimited(reason="Too many.")


# ------------------------------------------------------------------ nothing goes wrong


def test_with_drafts_a_draft_is_made_and_sent(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = send(actor, connection)
    assert mail.calls == ["prepare", "stage", "dispatch"]
    assert (run.state, outputs(actor, run)) == (RunState.COMPLETED, {"message_id": "message-1"})
    step = step_of(connection)
    assert (step.phase, step.dispatches, mail.sent) == (Phase.DONE, 1, [step.marker])


def test_without_drafts_the_message_is_sent_at_once(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.has_drafts = False
    run = send(actor, connection)
    assert mail.calls == ["prepare", "dispatch"]
    assert run.state == RunState.COMPLETED


@pytest.mark.parametrize(("call", "phase"), [("stage", Phase.PREPARED), ("dispatch", Phase.DISPATCHING)])
def test_each_step_is_recorded_before_the_call(
    call: str, phase: Phase, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    seen: list[str] = []
    mail.before[call] = [lambda: seen.append(step_of(connection).phase)]
    send(actor, connection)
    assert seen == [phase]


# ------------------------------------------------------------------ a fault before anything is sent


@pytest.mark.parametrize("call", ["prepare", "stage", "dispatch"])
@pytest.mark.parametrize("error", [limited(), gone()], ids=["rate", "refusal"])
def test_a_refusal_ends_the_run_with_its_cause(
    call: str, error: RateLimited | MessageNotFound, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before[call] = [error]
    run = send(actor, connection)
    assert (run.state, mail.sent) == (RunState.FAILED, [])
    assert run.cause is not None
    assert run.cause["code"] == error.code


def test_an_answer_lost_while_preparing_says_that_google_is_unavailable(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before["prepare"] = [lost()]
    run = send(actor, connection)
    assert run.cause is not None
    assert run.cause["code"] == GoogleUnavailable.code
    assert mail.sent == []


@pytest.mark.parametrize("call", ["prepare", "stage"])
def test_a_mistake_in_the_card_is_a_failure_of_its_own(
    call: str, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before[call] = [RuntimeError("ben@acme.example")]
    run = send(actor, connection)
    assert run.cause is not None
    assert run.cause == {"code": "card.broke", "data": {"card": "Fake Send", "kind": "RuntimeError"}}


def test_a_draft_made_before_its_answer_was_lost_is_taken_up(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.after["stage"] = [lost()]
    run = send(actor, connection)
    assert mail.calls == ["prepare", "stage", "find", "dispatch"]
    assert (run.state, len(mail.sent), mail.drafts) == (RunState.COMPLETED, 1, {})


def test_a_draft_that_was_not_made_is_made_anew(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["stage"] = [lost()]
    run = send(actor, connection)
    assert mail.calls == ["prepare", "stage", "find", "stage", "dispatch"]
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)


def test_at_worst_an_unsent_draft_is_left_over(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.after["stage"] = [lost()]
    mail.before["find"] = [lost()]
    run = send(actor, connection)
    assert (run.state, len(mail.sent), len(mail.drafts)) == (RunState.COMPLETED, 1, 1)


def test_a_draft_that_is_lost_twice_ends_the_run_unsent(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["stage"] = [lost(), lost()]
    run = send(actor, connection)
    assert (run.state, mail.sent) == (RunState.FAILED, [])
    assert run.cause is not None
    assert run.cause["code"] == GoogleUnavailable.code


# ------------------------------------------------------------------ the answer to the sending is lost


def test_a_draft_that_is_gone_was_sent(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.after["dispatch"] = [lost()]
    run = send(actor, connection)
    assert (run.state, len(mail.sent)) == (RunState.COMPLETED, 1)
    assert outputs(actor, run) == {"message_id": "message-1"}


def test_what_cannot_be_read_back_is_said(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = send(actor, connection)
    assert (run.state, outputs(actor, run)) == (RunState.COMPLETED, {"message_id": ""})
    assert step_of(connection).note == "It can't be read back."


def test_a_mistake_in_the_card_after_sending_is_a_lost_answer_too(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.after["dispatch"] = [KeyError("id")]
    assert send(actor, connection).state == RunState.COMPLETED
    assert len(mail.sent) == 1


def test_a_draft_that_is_still_there_is_sent_after_the_settle_time(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    run = send(actor, connection)
    assert (run.state, run.cause, mail.calls[-1]) == (RunState.WAITING, None, "find")
    assert run_details(actor, run).checked_at == now() + timedelta(seconds=60)

    clock.shift(59)
    assert follow(actor, run).state == RunState.WAITING
    assert mail.calls[-1] == "find"
    assert len(mail.calls) == 4

    clock.shift(2)
    done = follow(actor, run)
    assert (done.state, done.leg, len(mail.sent)) == (RunState.COMPLETED, 2, 1)


def test_a_request_that_came_through_late_is_found(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    run = send(actor, connection)
    mail.sent.append(mail.drafts.popitem()[1])
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.COMPLETED
    assert len(mail.sent) == 1


def test_a_request_that_comes_through_while_the_draft_is_sent_again_is_found_out(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost(), lambda: mail.sent.append(mail.drafts.popitem()[1])]
    run = send(actor, connection)
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.COMPLETED
    assert len(mail.sent) == 1


def test_a_refusal_of_a_repeated_try_is_final_when_the_draft_is_still_there(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost(), gone()]
    run = send(actor, connection)
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.FAILED
    assert mail.sent == []


def test_a_draft_is_sent_so_often_and_no_more(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost() for _try in range(9)]
    run = send(actor, connection)
    for _try in range(9):
        clock.shift(SETTLED)
        run = follow(actor, run)
    assert (run.state, mail.calls.count("dispatch"), mail.sent) == (RunState.FAILED, 5, [])
    assert "still an unsent draft" in str(run_details(actor, run).error)


@pytest.mark.parametrize("trouble", [lost(), limited()], ids=["lost", "rate"])
def test_while_google_cannot_be_asked_the_run_waits(
    trouble: Exception, mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.after["dispatch"] = [lost()]
    mail.before["find"] = [trouble, trouble]
    run = send(actor, connection)
    assert run.state == RunState.WAITING
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.WAITING
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.COMPLETED
    assert mail.calls.count("dispatch") == 1


def test_a_passing_trouble_while_preparing_again_keeps_the_run_waiting(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    mail.before["prepare"] = [None, limited()]
    run = send(actor, connection)
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.WAITING
    clock.shift(SETTLED)
    assert follow(actor, run).state == RunState.COMPLETED


def test_a_connection_that_breaks_meanwhile_leaves_the_outcome_unknown(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    mail.before["find"] = [GrantEnded(nickname="Support", email="ada@acme.example", reason="Access was removed.")]
    run = send(actor, connection)
    assert (run.state, step_of(connection).phase) == (RunState.WAITING, Phase.UNKNOWN)
    assert "Access was removed." in str(run_details(actor, run).error)


def test_whoever_follows_acts_with_the_rights_that_the_owner_has_now(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    run = send(actor, connection)
    calls = len(mail.calls)
    RoleAssignment.objects.filter(user=actor.person).delete()
    clock.shift(SETTLED)
    operator = Actor(user=UserFactory(operator=True), via=Via.PAGE)
    assert follow(operator, run).state == RunState.WAITING
    assert (step_of(connection).phase, len(mail.calls)) == (Phase.UNKNOWN, calls)


def test_without_drafts_a_found_message_was_sent(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.has_drafts = False
    mail.after["dispatch"] = [lost()]
    assert send(actor, connection).state == RunState.COMPLETED
    assert len(mail.sent) == 1
