"""Search: everything that a person may see, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.actor import Actor, Via
from access.models import User
from connections.models import Sharing
from flows.models import Run, Trigger
from flows.operations.run_card import run_card
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import build_flow
from tests.flows.fake_mail import FakeMail, arguments, fake_cards
from workflows_console.pages.search import MOST_OF_A_KIND

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    mailbox = FakeMail()
    with fake_cards(mailbox):
        yield mailbox


def answer(person: User, text: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.get("/search/", {"q": text})


def found(person: User, text: str) -> dict[str, list[str]]:
    return {group.title: [hit.title for hit in group.hits] for group in answer(person, text).context["groups"]}


def ran(person: User, **values: Any) -> Run:
    connection = ConnectionFactory(owner=person, **values)
    return run_card(Actor(user=person, via=Via.PAGE), **arguments(connection))


def test_search_asks_to_sign_in() -> None:
    assert Client().get("/search/", {"q": "x"})["Location"].startswith(reverse("account_login"))


def test_connections_are_found_by_nickname_and_account(ada: User) -> None:
    ConnectionFactory(owner=ada, nickname="Payroll notices", account_email="hr@acme.example")
    ConnectionFactory(owner=ada, nickname="Press office")
    assert found(ada, "PAYROLL") == {"Connections": ["Payroll notices"]}
    assert found(ada, "hr@acme") == {"Connections": ["Payroll notices"]}


def test_only_connections_that_one_sees_are_found(ada: User) -> None:
    ConnectionFactory(owner=ada, nickname="Payroll secret")
    ConnectionFactory(owner=ada, nickname="Payroll shared", sharing=Sharing.EVERYONE)
    assert found(UserFactory(operator=True), "payroll") == {"Connections": ["Payroll shared"]}
    assert found(UserFactory(), "payroll") == {}


def test_more_than_fit_lead_to_all_of_them(ada: User) -> None:
    for number in range(MOST_OF_A_KIND + 2):
        ConnectionFactory(owner=ada, nickname=f"Payroll & tax {number:02}")
    response = answer(ada, "payroll & tax")
    assert len(response.context["groups"][0].hits) == MOST_OF_A_KIND
    assert "All 12 connections" in response.content.decode()
    client = Client()
    client.force_login(ada)
    assert client.get(response.context["groups"][0].all_url).context["page"].total == MOST_OF_A_KIND + 2


def test_flows_and_their_runs_are_found_by_name_by_those_who_see_them(ada: User) -> None:
    builder = UserFactory(flow_builder=True)
    flow = build_flow(Actor(user=builder, via=Via.PAGE), name="Leaver handover")
    run = Run.objects.create(owner=builder, flow=flow, flow_name=flow.name, trigger=Trigger.SCHEDULE, via="console")
    for person in (builder, ada, UserFactory(operator=True)):
        response = answer(person, "leaver HANDOVER")
        groups = {group.title: group for group in response.context["groups"]}
        assert [hit.url for hit in groups["Flows"].hits] == [reverse("flow", args=[flow.pk])]
        assert [hit.url for hit in groups["Runs"].hits] == [reverse("run", args=[run.pk])]
        assert groups["Runs"].all_url == "/history/?search=leaver+HANDOVER"
    for role in ("flow_builder", "connection_manager", "auditor"):
        assert found(UserFactory(**{role: True}), "leaver handover") == {}


@pytest.mark.usefixtures("mail")
def test_runs_are_found_by_card_connection_starter_and_id(ada: User) -> None:
    builder = UserFactory(name="Flo Builder", flow_builder=True)
    run = ran(builder, nickname="Travel desk", account_email="travel@acme.example")
    for text in ("fake send", "TRAVEL  desk", "travel@acme", "Flo Builder", str(run.pk)):
        assert found(builder, text).get("Runs") == ["Fake Send"], text
        assert found(ada, text).get("Runs") == ["Fake Send"], text
        for stranger in ("flow_builder", "auditor"):
            assert "Runs" not in found(UserFactory(**{stranger: True}), text)


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (
            "administrator",
            {"connections": ["Connections", "New Connection"], "audit": ["Audit"], "vault": ["Vault keys"]},
        ),
        ("auditor", {"connections": ["Connections"], "audit": ["Audit"], "vault": []}),
        ("flow_builder", {"connections": ["Connections", "New Connection"], "audit": [], "vault": []}),
    ],
)
def test_pages_are_those_that_one_may_open(role: str, pages: dict[str, list[str]]) -> None:
    person = UserFactory(name="X", email="x@x.example", **{role: True})
    for text, titles in pages.items():
        assert found(person, text).get("Pages", []) == titles


def test_every_page_that_is_found_opens(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    pages = {hit.url for text in "aeiou" for group in answer(ada, text).context["groups"] for hit in group.hits}
    assert len(pages) > MOST_OF_A_KIND
    assert {client.get(url).status_code for url in pages} == {200}


def test_people_are_found_by_who_manages_them_alone(ada: User) -> None:
    UserFactory(name="Cleo Marchetti")
    assert found(ada, "marchetti") == {"People": ["Cleo Marchetti"]}
    assert found(UserFactory(connection_manager=True), "marchetti") == {}


@pytest.mark.parametrize("text", ["%", "_", "\x00", "x" * 400, "<b>", "' OR 1=1", "\N{SNOWMAN}"])
def test_no_text_breaks_the_search(ada: User, text: str) -> None:
    ConnectionFactory(owner=ada, nickname="Payroll")
    response = answer(ada, text)
    assert response.status_code == 200
    assert response.context["groups"] == ()
    assert "<b>" not in response.content.decode().partition("<main")[2]


def test_without_a_text_nothing_is_searched(ada: User) -> None:
    ConnectionFactory(owner=ada)
    assert answer(ada, "  ").context["groups"] == ()
