"""Cards that ran with a connection, in its Activity."""

import pytest

from access.actor import Actor, Via
from connections.extensions import Decision, activities_of
from connections.models import Connection, Status
from flows.models import Run, StepRun, Trigger
from flows.operations.run_card import run_card
from kernel.clock import now
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import Queue, build_flow, run_now
from tests.flows.engine.placed import compose, read, send
from tests.flows.fake_mail import READ_KEY, FakeMail, arguments, gone, lost

pytestmark = pytest.mark.django_db

GONE = "Draft: ada@acme.example has no such message. It may have been deleted for good."


def test_runs_are_listed_newest_first_with_their_state(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection))
    mail.before["stage"] = [gone()]
    failed = run_card(actor, **arguments(connection))
    run_card(actor, **arguments(ConnectionFactory(owner=actor.person), card_key=READ_KEY))
    first, second = activities_of(actor, connection.pk)
    assert (first.status, first.tone, first.detail) == ("Failed", "bad", GONE)
    assert (first.title, first.who, first.url) == ("Fake Send", str(actor.person), f"/runs/{failed.pk}/")
    assert (second.status, second.tone, second.decisions) == ("Completed", "ok", ())


def test_a_lost_answer_says_that_it_is_being_checked(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["dispatch"] = [lost()]
    run_card(actor, **arguments(connection))
    (item,) = activities_of(actor, connection.pk)
    assert (item.status, item.tone, item.decisions) == ("Answer lost, being checked", "warn", ())


def test_an_unknown_outcome_asks_who_may_decide(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    (item,) = activities_of(actor, connection.pk)
    url = f"/runs/{run.pk}/resume/"
    assert (item.status, item.detail) == ("Outcome unknown", "Nobody can tell.")
    assert item.decisions == (
        Decision(label="It was sent", url=url, value="sent"),
        Decision(label="Send again", url=url, value="send_again"),
    )


@pytest.mark.parametrize(("role", "seen"), [("operator", 1), ("administrator", 1), ("auditor", 0), ("flow_builder", 0)])
def test_others_see_runs_as_their_roles_reach(
    role: str, seen: int, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run_card(actor, **arguments(connection))
    other = Actor(user=UserFactory(**{role: True}), via=Via.PAGE)
    assert len(activities_of(other, connection.pk)) == seen


@pytest.mark.django_db(transaction=True)
def test_a_card_of_a_flow_names_the_flow_and_what_it_waits_for(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    Connection.objects.update(paused_at=now(), status=Status.PAUSED)
    run = run_now(actor, queue, build_flow(actor, compose("c1"), read("c2", connection), name="Offboarding"))
    (item,) = activities_of(actor, connection.pk)
    assert (item.title, item.status, item.tone) == ("Fake Read in Offboarding", "Waiting for connection", "warn")
    assert (item.who, item.url, item.decisions) == (str(actor.person), f"/runs/{run.pk}/", ())
    assert "paused" in item.detail


@pytest.mark.django_db(transaction=True)
def test_a_card_of_a_flow_asks_for_a_decision_too(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run_now(actor, queue, build_flow(actor, send("c1", connection)))
    (item,) = activities_of(actor, connection.pk)
    assert (item.status, [each.value for each in item.decisions]) == ("Outcome unknown", ["sent", "send_again"])


def test_an_event_that_started_a_flow_is_named(actor: Actor, connection: Connection) -> None:
    run = Run.objects.create(owner=actor.person, trigger=Trigger.EVENT, via="console", flow_name="Answers")
    StepRun.objects.create(
        run=run,
        path="trigger",
        card_key="gmail.new_email",
        connection=connection,
        sealed_options=b"",
        sealed_inputs=b"",
    )
    (item,) = activities_of(actor, connection.pk)
    assert (item.title, item.status, item.who) == ("New Email in Answers", "Queued", "Event")
