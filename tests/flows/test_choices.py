"""Choices from Google and events, over the API."""

from typing import Any

import pytest

from access.actor import Actor
from connections.models import Connection
from flows.cards import Event
from flows.catalog import find_declaration
from flows.derive.card_docs import cards_page
from tests.api_callers import Caller
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_roles import BOT, CLOUD, ENTER, READ, SHARING, FakeCloud, denied

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(actor: Actor) -> Caller:
    return Caller(actor.person)


@pytest.fixture
def connection(actor: Actor) -> Connection:
    made: Connection = ConnectionFactory(owner=actor.person, requested_scopes=[CLOUD], default_project="payroll")
    return made


def options_of(caller: Caller, connection: Connection, option: str, card: str = "fake.act", **chosen: str) -> Any:
    more = "".join(f"&{name}={value}" for name, value in chosen.items())
    return caller.get(f"cards/{card}/options/{option}?connection={connection.pk}{more}")


# ------------------------------------------------------------------ choices


def test_an_options_choices_are_listed_with_what_is_chosen_before(
    cloud: FakeCloud, caller: Caller, connection: Connection
) -> None:
    status, projects = options_of(caller, connection, "project")
    assert status == 200
    assert projects == {
        "items": [
            {"label": "Payroll", "value": "payroll"},
            {"label": "Archive", "value": "archive"},
            {"label": "Enter Service Account Email", "value": ENTER},
        ],
        "is_cut": False,
        "finding": None,
    }
    _status, accounts = options_of(caller, connection, "service_account", project="payroll")
    assert accounts["items"] == [{"label": "Bot", "value": BOT}]
    assert cloud.asked[-1] == ("service_accounts", {"project": "payroll", "service_account": ""})


def test_why_nothing_is_listed_is_said_as_a_problem(cloud: FakeCloud, caller: Caller, connection: Connection) -> None:
    cloud.finding = denied()
    status, answer = options_of(caller, connection, "project")
    assert (status, [each["value"] for each in answer["items"]]) == (200, [ENTER])
    assert answer["finding"]["code"] == "google.unavailable"
    assert answer["finding"]["remedy"] == denied().remedy


def test_more_than_are_listed_is_said(cloud: FakeCloud, caller: Caller, connection: Connection) -> None:
    cloud.is_cut = True
    assert options_of(caller, connection, "project")[1]["is_cut"] is True


def test_google_is_not_asked_where_the_connection_is_not_ready(cloud: FakeCloud, actor: Actor, caller: Caller) -> None:
    poor = ConnectionFactory(owner=actor.person, requested_scopes=[READ])
    _status, answer = options_of(caller, poor, "project")
    assert (answer["items"], answer["finding"]["code"]) == ([], "scope.missing")
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("card", "option", "status"),
    [
        ("fake.act", "nothing", 404),
        ("fake.act", "user_email", 404),
        ("fake.ask", "path", 404),
        ("fake.nothing", "project", 404),
        ("fake.arrived", "query", 422),
    ],
)
@pytest.mark.usefixtures("cloud")
def test_what_has_no_choices_is_said(
    caller: Caller, connection: Connection, card: str, option: str, status: int
) -> None:
    assert options_of(caller, connection, option, card=card)[0] == status


def test_somebody_elses_connection_lists_nothing(cloud: FakeCloud, caller: Caller) -> None:
    other = ConnectionFactory(owner=UserFactory(flow_builder=True), requested_scopes=[CLOUD])
    assert options_of(caller, other, "project")[0] == 404
    assert cloud.asked == []


def test_another_connectors_connection_lists_nothing(cloud: FakeCloud, caller: Caller, connection: Connection) -> None:
    Connection.objects.update(connector="calendar")
    status, problem = options_of(caller, connection, "project")
    assert (status, list(problem["fields"])) == (422, ["connection"])


# ------------------------------------------------------------------ what cards and events say of themselves


def test_events_come_after_the_cards(cloud: FakeCloud, caller: Caller) -> None:
    _status, cards = caller.get("cards")
    assert [(each["key"], each["kind"]) for each in cards] == [
        ("fake.act", "action"),
        ("fake.ask", "action"),
        ("fake.arrived", "event"),
    ]
    assert cards[-1]["effect"] is None
    assert cards[-1]["needs"] == {"account": "workspace", "scopes": [[READ]], "role": None}


def test_a_card_names_its_roles_and_delegated_scopes(cloud: FakeCloud, caller: Caller) -> None:
    _status, card = caller.get("cards/fake.act")
    assert card["needs"]["role"] == {
        "service_account_user": True,
        "token_creator": True,
        "delegated_scopes": [SHARING],
    }
    assert card["options"]["properties"]["project"]["x-choices-from"] == "projects"


def test_an_event_shows_its_schemas_and_is_not_run(cloud: FakeCloud, caller: Caller, connection: Connection) -> None:
    status, event = caller.get("cards/fake.arrived")
    assert (status, list(event["options"]["properties"]), event["inputs"]) == (200, ["query"], None)
    assert list(event["outputs"]["properties"]) == ["mailbox"]
    status, problem = caller.post("cards/fake.arrived/runs", {"connection": str(connection.pk)})
    assert (status, problem["fields"]) == (
        422,
        {"card": ["Fake Arrived is an event: an event starts a flow, and isn't run."]},
    )


def test_the_docs_tell_an_event_from_a_card(cloud: FakeCloud) -> None:
    event, card, asking = (find_declaration(f"fake.{name}") for name in ("arrived", "act", "ask"))
    assert isinstance(event, Event)
    page = cards_page([card, asking, event])
    for text in (
        "- An event: it starts a flow, and isn't run\n",
        "- Quota: 2 units a look\n",
        "- Looks every 5 minutes.\n",
        "- Domain-wide delegation: `gmail.settings.sharing`\n",
        "| Project | `project` | text, optional, one of the projects that Google lists |",
        "- Needs: a Google Workspace account, and the scopes of what is asked for\n",
        "| Body | `body` | any JSON object, optional |",
    ):
        assert text in page
