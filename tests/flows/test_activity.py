"""Card runs in a connection's Activity."""

import pytest

from access.actor import Actor, Via
from connections.extensions import Decision, activities_of
from connections.models import Connection
from flows.operations.run_card import run_card
from tests.factories import ConnectionFactory, UserFactory
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
