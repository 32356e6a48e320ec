"""A connection made for a card: Google leads back to the card, which has it then."""

import pytest
from django.urls import reverse

from access.models import User
from connections.models import Connection, ConsentAttempt
from flows.models import Flow
from flows.operations.create_flow import create_flow
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flows.pages.conftest import Builder
from tests.read_pages import words_of
from tests.staged_google import stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada", flow_builder=True))


@pytest.fixture
def builder(ada: Browser) -> Builder:
    made = Builder(ada.user, create_flow(ada.actor, name="Leaver handover"))
    first = made.add("gmail.send_email")
    made.add("gmail.search_emails", place=first)
    made.add("function.compose", place=first)
    return made


def ask(ada: Browser, path: str, **more: str) -> ConsentAttempt:
    """New Connection's form, opened from a card and sent."""
    page = ada.client.get(reverse("new_connection", args=["gmail"], query={"return_to": path}))
    assert (f'name="return_to" value="{path}"' in page.text) is path.startswith("/flows/")
    values = {"nickname": "Offboarding", "scope_mode": "default", "return_to": path, **more}
    assert ada.client.post(reverse("new_connection", args=["gmail"]), values).status_code == 302
    return ConsentAttempt.objects.latest("created_at")


def test_google_leads_back_to_the_card_with_the_connection_chosen(ada: Browser, builder: Builder) -> None:
    card_path = reverse("flow_card", args=[builder.flow.pk, "c2"])
    attempt = ask(ada, card_path)
    assert attempt.return_to == {"route": "flow_card", "ids": {"flow_id": str(builder.flow.pk), "card_id": "c2"}}
    answer = ada.come_back(ada.consent(attempt))
    assert answer.headers["Location"] == card_path
    connection = Connection.objects.get()
    assert [each.connection for each in builder.draft.cards] == [connection.pk, None, connection.pk]
    page = words_of(ada.client.get(card_path, follow=True))
    assert f"Offboarding is connected as {connection.account_email}, and chosen here." in page
    assert builder.flow.edits.first().what == "Offboarding chosen"  # type: ignore[union-attr]


def test_a_card_that_has_one_already_gets_the_new_one_and_no_other_does(ada: Browser, builder: Builder) -> None:
    first = ada.connect("First")
    for card_id in ("c1", "c2"):
        builder.press("choose_flow_connection", card_id, connection=str(first.pk))
    ada.come_back(ada.consent(ask(ada, reverse("flow_card", args=[builder.flow.pk, "c2"]))))
    second = Connection.objects.get(nickname="Offboarding")
    assert [each.connection for each in builder.draft.cards] == [first.pk, None, second.pk]


def test_an_event_takes_it_too(ada: Browser, builder: Builder) -> None:
    builder.add("gmail.new_email")
    ada.come_back(ada.consent(ask(ada, reverse("flow_card", args=[builder.flow.pk, "trigger"]))))
    assert builder.draft.trigger.connection == Connection.objects.get().pk


def test_what_was_withheld_is_said_before_going_on(ada: Browser, builder: Builder) -> None:
    card_path = reverse("flow_card", args=[builder.flow.pk, "c1"])
    attempt = ask(ada, card_path)
    answer = ada.come_back(ada.consent(attempt, withhold=("https://www.googleapis.com/auth/gmail.readonly",)))
    assert answer.headers["Location"] == reverse("authorization", args=[attempt.pk])
    page = ada.client.get(answer.headers["Location"]).text
    assert f'href="{card_path}">Go on where you were' in page
    assert builder.card().connection == Connection.objects.get().pk


def test_a_refusal_leads_back_as_well(ada: Browser, builder: Builder, google: RunningSandbox) -> None:
    card_path = reverse("flow_card", args=[builder.flow.pk, "c1"])
    stage(google, "cancel", count=1)
    attempt = ask(ada, card_path)
    answer = ada.come_back(ada.consent(attempt))
    page = ada.client.get(answer.headers["Location"]).text
    assert f'href="{card_path}">Go on where you were' in page
    assert builder.card().connection is None
    again = ada.client.get(reverse("new_connection", args=["gmail"], query={"attempt": attempt.pk})).text
    assert f'name="return_to" value="{card_path}"' in again


def test_a_flow_that_is_gone_meanwhile_leaves_the_connection(ada: Browser, builder: Builder) -> None:
    attempt = ask(ada, reverse("flow_card", args=[builder.flow.pk, "c1"]))
    parameters = ada.consent(attempt)
    Flow.objects.all().delete()
    ada.come_back(parameters)
    assert Connection.objects.get().nickname == "Offboarding"


def test_nobody_puts_a_connection_into_somebody_elses_flow(ada: Browser, builder: Builder, db: None) -> None:
    other: User = UserFactory(flow_builder=True)
    theirs = Browser(other)
    theirs.come_back(theirs.consent(ask(theirs, reverse("flow_card", args=[builder.flow.pk, "c1"]))))
    assert Connection.objects.get().owner == other
    assert builder.card().connection is None


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "nowhere", "/no/such/page/"])
def test_only_a_page_of_the_console_is_led_back_to(ada: Browser, path: str) -> None:
    assert ask(ada, path).return_to is None


def test_reauthorize_leads_back_to_the_card(ada: Browser, builder: Builder) -> None:
    connection = ada.connect("Offboarding")
    card_path = reverse("flow_card", args=[builder.flow.pk, "c1"])
    address = reverse("reauthorize_connection", args=[connection.pk])
    page = ada.client.get(f"{address}?return_to={card_path}").text
    assert f'name="return_to" value="{card_path}"' in page
    ada.client.post(address, {"scope_mode": "inherit", "return_to": card_path})
    attempt = ConsentAttempt.objects.latest("created_at")
    assert attempt.return_to == {"route": "flow_card", "ids": {"flow_id": str(builder.flow.pk), "card_id": "c1"}}
