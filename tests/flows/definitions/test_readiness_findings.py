"""What of a card's connection isn't as it needs it: with the rights of the flow's owner, and stopping nothing."""

from collections.abc import Callable

import pytest

from access.actor import Actor
from connections.models import AccountType, Connection, Status
from flows.definition import Definition, PlacedTrigger, TriggerKind
from flows.findings import Finding, readiness_findings
from flows.operations.switch_flow import switch_flow
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import build_flow, card
from tests.flows.definitions.cards import compose

pytestmark = pytest.mark.django_db

READ = "gmail.read_email"


def reader(connection: Connection) -> Definition:
    read = card("c3", READ, connection, inputs={"message_id": "1"})
    branch = card("c2", "function.if_else", blocks={"then": (read,), "else": ()})
    return Definition(cards=(compose("c1"), branch))


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, int, str, str]]:
    return [(each.card_id, each.number, each.title, each.error.code) for each in findings]


def test_a_connection_that_has_all_it_needs_is_fine(actor: Actor, connection: Connection) -> None:
    assert readiness_findings(actor, reader(connection)) == ()


def cut_scopes(connection: Connection) -> None:
    connection.granted_scopes = []


def make_consumer(connection: Connection) -> None:
    connection.account_type, connection.account_hosted_domain = AccountType.CONSUMER, ""


def pause(connection: Connection) -> None:
    connection.status, connection.paused_at = Status.PAUSED, connection.created_at


def delete(connection: Connection) -> None:
    connection.deleted_at = connection.created_at


def give_away(connection: Connection) -> None:
    connection.owner = UserFactory(connection_manager=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (cut_scopes, "scope.missing"),
        (make_consumer, "account.workspace_required"),
        (pause, "connection.paused"),
        (delete, "flow.connection_not_shared"),
        (give_away, "flow.connection_not_shared"),
    ],
)
def test_what_the_connection_lacks_is_said_at_its_card_and_stops_nothing(
    actor: Actor, connection: Connection, change: Callable[[Connection], None], code: str
) -> None:
    change(connection)
    connection.save()
    assert ("c3", 4, "Read Email", code) in codes(readiness_findings(actor, reader(connection)))
    flow = build_flow(actor, *reader(connection).cards)
    assert switch_flow(actor, flow.pk, on=True).is_on


def test_the_trigger_needs_its_connection_too(actor: Actor, connection: Connection) -> None:
    cut_scopes(connection)
    connection.save()
    event = PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk)
    found = codes(readiness_findings(actor, Definition(trigger=event)))
    assert found == [("trigger", 1, "New Email", "scope.missing")]


def test_it_is_the_owners_rights_that_count_whoever_looks(actor: Actor) -> None:
    manager = UserFactory(administrator=True)
    hers = ConnectionFactory(owner=manager)
    (found,) = readiness_findings(actor, reader(hers))
    assert actor.name in found.error.cause
    assert hers.nickname in found.error.cause


def test_what_definition_findings_say_is_not_said_again(actor: Actor) -> None:
    definition = Definition(cards=(card("c1", READ), card("c2", "gmail.gone"), compose("c3", "")))
    assert readiness_findings(actor, definition) == ()
