"""An outcome that nobody but a person can know: what is asked, and what each decision does."""

from datetime import timedelta

import pytest

from access.actor import Actor
from access.models import AuditEntry
from connections.errors import RateLimited
from connections.models import Connection
from flows.errors import NothingToDecide
from flows.models import Phase, Run, RunState
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from flows.queries import run_details
from kernel.clock import now
from kernel.errors import InputRejected
from tests.flows.fake_mail import Clock, FakeMail, arguments, gone, lost, step_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SETTLED = timedelta(seconds=61)


def undecided(mail: FakeMail, actor: Actor, connection: Connection, *, was_sent: bool) -> Run:
    """A run without drafts whose answer was lost, with a grant that reads nothing."""
    mail.has_drafts = mail.can_read = False
    (mail.after if was_sent else mail.before)["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    assert (run.state, len(mail.sent)) == (RunState.WAITING, int(was_sent))
    return run


@pytest.mark.parametrize("was_sent", [True, False])
def test_an_unknown_outcome_waits_for_a_person_however_long(
    was_sent: bool, mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    run = undecided(mail, actor, connection, was_sent=was_sent)
    calls = len(mail.calls)
    clock.shift(timedelta(days=3))
    waiting = follow_run(actor, run.pk)
    details = run_details(actor, waiting)
    assert (waiting.state, len(mail.calls)) == (RunState.WAITING, calls)
    assert details.may_decide
    assert details.error is not None
    assert (details.error.code, details.error.cause) == ("send.outcome_unknown", "Nobody can tell.")


def test_it_was_sent_ends_the_run(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = undecided(mail, actor, connection, was_sent=True)
    calls = len(mail.calls)
    done = decide_outcome(actor, run.pk, "sent")
    assert (done.state, len(mail.calls)) == (RunState.COMPLETED, calls)
    assert step_of(connection).note == f"{actor.name} chose “It was sent” on 2026-11-24 at 10:00 UTC."
    assert run_details(actor, done).outputs is None
    entry = AuditEntry.objects.get(event="run.outcome_decided")
    assert (entry.object_id, entry.difference) == (str(run.pk), {"decision": "sent"})


def test_send_again_sends_what_was_not_sent(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = undecided(mail, actor, connection, was_sent=False)
    first = step_of(connection).marker
    done = decide_outcome(actor, run.pk, "send_again")
    step = step_of(connection)
    assert (done.state, len(mail.sent)) == (RunState.COMPLETED, 1)
    assert step.marker not in {"", first}
    assert "chose “Send again”" in step.note


def test_send_again_looks_once_more_and_sends_nothing_that_is_found(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run = undecided(mail, actor, connection, was_sent=True)
    mail.can_read = True
    done = decide_outcome(actor, run.pk, "send_again")
    assert (done.state, len(mail.sent)) == (RunState.COMPLETED, 1)
    assert "nothing was sent again" in step_of(connection).note


def test_send_again_sends_a_draft_that_is_still_there(
    mail: FakeMail, actor: Actor, connection: Connection, clock: Clock
) -> None:
    mail.before["dispatch"] = [lost()]
    mail.before["find"] = [gone()]
    run = run_card(actor, **arguments(connection))
    assert step_of(connection).phase == Phase.UNKNOWN
    assert decide_outcome(actor, run.pk, "send_again").state == RunState.WAITING  # the first try may be at work
    clock.shift(SETTLED)
    assert follow_run(actor, run.pk).state == RunState.COMPLETED
    assert (len(mail.sent), mail.calls.count("stage")) == (1, 1)


@pytest.mark.parametrize(
    ("call", "trouble"),
    [("find", lost()), ("find", RateLimited(reason="Too many.")), ("find", gone()), ("prepare", gone())],
)
def test_send_again_that_meets_trouble_asks_again(
    call: str, trouble: Exception, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run = undecided(mail, actor, connection, was_sent=False)
    mail.before[call] = [trouble]
    waiting = decide_outcome(actor, run.pk, "send_again")
    assert (waiting.state, step_of(connection).phase, mail.sent) == (RunState.WAITING, Phase.UNKNOWN, [])
    assert "Nothing was sent again" in str(run_details(actor, waiting).error)
    assert decide_outcome(actor, run.pk, "send_again").state == RunState.COMPLETED


def test_send_again_without_a_usable_connection_asks_again(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run = undecided(mail, actor, connection, was_sent=False)
    Connection.objects.filter(pk=connection.pk).update(paused_at=now())
    waiting = decide_outcome(actor, run.pk, "send_again")
    assert (waiting.state, step_of(connection).phase, mail.sent) == (RunState.WAITING, Phase.UNKNOWN, [])


def test_an_answer_lost_again_asks_again(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = undecided(mail, actor, connection, was_sent=False)
    mail.before["dispatch"] = [lost()]
    assert decide_outcome(actor, run.pk, "send_again").state == RunState.WAITING
    assert step_of(connection).phase == Phase.UNKNOWN


def test_a_decision_is_taken_once(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = undecided(mail, actor, connection, was_sent=True)
    decide_outcome(actor, run.pk, "sent")
    with pytest.raises(NothingToDecide):
        decide_outcome(actor, run.pk, "send_again")
    assert len(mail.sent) == 1


def test_there_are_two_decisions(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = undecided(mail, actor, connection, was_sent=True)
    with pytest.raises(InputRejected):
        decide_outcome(actor, run.pk, "forget_it")


def test_a_run_that_is_being_checked_asks_nobody(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    with pytest.raises(NothingToDecide):
        decide_outcome(actor, run.pk, "send_again")
