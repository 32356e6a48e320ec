"""The two lists from Google on *Test this card*: before it is asked, after, with a script and without one."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.actor import Actor
from connections.models import Connection
from connections.operations.learn_role import keep
from connections.readiness import SIGN_JWT, Answer, Known
from connections.role_errors import ListingDenied, TokenCreatorMissing
from flows.models import Run
from kernel.clock import now
from tests.factories import ConnectionFactory
from tests.flows.fake_roles import BOT, CLERK, CLOUD, ENTER, READ, TYPED, FakeCloud

pytestmark = pytest.mark.django_db

BEN = "ben@acme.example"


@pytest.fixture
def connection(actor: Actor, cloud: FakeCloud) -> Connection:
    made: Connection = ConnectionFactory(
        owner=actor.person, nickname="Offboarding", requested_scopes=[CLOUD, READ], default_service_account=BOT
    )
    return made


@pytest.fixture
def client(actor: Actor, client: Client) -> Client:
    client.force_login(actor.person)
    return client


def page(client: Client, connection: Connection | None = None, **query: Any) -> str:
    chosen = {"connection": connection.pk} if connection else {}
    return client.get(reverse("test_card", args=["fake.act"], query=chosen | query)).text


def post(client: Client, connection: Connection, **entries: str) -> Any:
    return client.post(reverse("test_card", args=["fake.act"]), {"connection": str(connection.pk), **entries})


def fragment(client: Client, connection: Connection, **query: str) -> str:
    """What htmx asks for."""
    address = reverse("card_choices", args=["fake.act"], query={"connection": connection.pk, **query})
    return client.get(address, headers={"HX-Request": "true"}).text


def select(shown: str, name: str) -> dict[str, str]:
    """Words by value of a select, the chosen one marked."""
    found = re.search(rf'<select[^>]* name="{name}".*?</select>', shown, re.DOTALL)
    assert found, shown
    options = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)</option>', found.group())
    return {value: ("* " if chosen else "") + html.unescape(words) for value, chosen, words in options}


def words(shown: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


ENTERED = {ENTER: "Enter Service Account Email"}
PROJECTS = {"payroll": "Payroll", "archive": "Archive", **ENTERED}


# ------------------------------------------------------------------ before Google is asked


def test_the_page_comes_before_google_is_asked_and_can_be_used_at_once(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    shown = page(client, connection)
    assert cloud.asked == []
    assert select(shown, "project") == {"": "Choose…", **ENTERED}
    assert select(shown, "service_account") == {"": f"Default: {BOT}"}
    assert 'hx-trigger="load"' in shown
    assert '<button class="button" type="submit" name="list" value="yes">List projects and service accounts<' in shown
    response = post(client, connection, user_email=BEN)
    assert (response.status_code, Run.objects.get().state) == (302, "completed")


@pytest.mark.parametrize("scopes", [None, [READ]], ids=["no connection", "not ready"])
def test_without_a_connection_that_is_ready_nothing_is_asked(
    client: Client, cloud: FakeCloud, actor: Actor, scopes: list[str] | None
) -> None:
    poor = ConnectionFactory(owner=actor.person, requested_scopes=scopes) if scopes else None
    shown = page(client, poor)
    assert "hx-get" not in re.sub(r'<form class="topbar.*?</form>', "", shown, flags=re.DOTALL)
    assert 'name="list"' not in shown
    assert cloud.asked == []


def test_cards_without_such_options_ask_nothing(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    shown = client.get(reverse("test_card", args=["fake.ask"], query={"connection": connection.pk})).text
    assert "listed" not in shown
    assert 'name="list"' not in shown


def test_what_is_known_of_the_default_stands_beside_the_form_and_stops_no_other(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    finding = TokenCreatorMissing(email="ada@acme.example", service_account=BOT)
    known = {SIGN_JWT: Known(answer=Answer.MISSING, learned_at=now(), finding=finding)}
    keep(connection, BOT, known, "test")
    shown = page(client, connection)
    assert finding.remedy in words(shown)
    assert 'aria-disabled="true"' not in shown
    assert "not ready for this card" not in shown
    post(client, connection, project="archive", service_account=CLERK, user_email=BEN)
    assert Run.objects.get().state == "completed"


# ------------------------------------------------------------------ after


def test_the_lists_come_by_a_request_of_their_own(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    shown = fragment(client, connection)
    assert select(shown, "project") == {"": "Choose…", **PROJECTS}
    assert "Choose Project to see what there is." in words(shown)
    assert "Project: 2 to choose from." in words(shown)
    assert [source for source, _chosen in cloud.asked] == ["projects"]


def test_with_a_default_project_its_service_accounts_come_too(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    Connection.objects.update(default_project="payroll")
    shown = fragment(client, connection)
    assert select(shown, "project") == {"": "Default: payroll", **PROJECTS}
    assert select(shown, "service_account") == {"": f"Default: {BOT}", BOT: f"Bot ({BOT})"}


def test_another_project_brings_its_own_service_accounts_alone(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    shown = fragment(client, connection, after="project", project="archive", service_account="")
    assert 'name="project"' not in shown
    assert select(shown, "service_account") == {"": f"Default: {BOT}", CLERK: f"Clerk ({CLERK})"}
    assert [source for source, _chosen in cloud.asked] == ["service_accounts"]


def test_a_service_account_of_the_project_before_is_let_go(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    given = {"project": "archive", "service_account": BOT}
    shown = fragment(client, connection, after="project", **given, **{"listed_for-service_account": "payroll"})
    assert select(shown, "service_account") == {"": f"Default: {BOT}", CLERK: f"Clerk ({CLERK})"}
    shown = fragment(client, connection, after="project", **given, **{"listed_for-service_account": "archive"})
    assert select(shown, "service_account")[BOT] == f"* {BOT}"


def test_where_the_address_is_entered_no_service_account_is_chosen(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    assert "<select" not in fragment(client, connection, after="project", project=ENTER)
    assert cloud.asked == []
    shown = fragment(client, connection, project=ENTER)
    assert select(shown, "project")[ENTER] == "* Enter Service Account Email"
    assert 'name="service_account"' not in shown


def test_where_listing_fails_the_address_can_be_entered_and_the_finding_says_why(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    cloud.finding = ListingDenied(email="ada@acme.example", what="projects")
    shown = fragment(client, connection)
    assert select(shown, "project") == {"": "Choose…", **ENTERED}
    for text in (
        cloud.finding.title,
        cloud.finding.cause,
        cloud.finding.remedy,
        "An administrator of the Google Cloud project",
        "Ask Google again",
        "Project: The list may not be seen.",
    ):
        assert text in words(shown)


def test_more_than_are_listed_is_said_with_the_way_to_the_others(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    cloud.is_cut = True
    expected = "Google lists more than these 2. For another, choose Enter Service Account Email under Project."
    assert expected in words(fragment(client, connection))


def test_an_empty_list_is_said(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    cloud.projects["empty"] = []
    shown = fragment(client, connection, after="project", project="empty")
    assert "Google lists none." in words(shown)


def test_labels_are_text(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    cloud.projects = {"<script>": []}
    assert "<script>" not in fragment(client, connection)
    assert select(fragment(client, connection), "project")["&lt;script&gt;"] == "<Script>"


def test_lists_of_somebody_elses_connection_are_not_shown(client: Client, cloud: FakeCloud) -> None:
    other = ConnectionFactory(requested_scopes=[CLOUD])
    address = reverse("card_choices", args=["fake.act"], query={"connection": other.pk})
    assert client.get(address).status_code == 404
    assert cloud.asked == []


# ------------------------------------------------------------------ without a script


def test_a_button_lists_and_keeps_everything_typed(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    response = post(client, connection, project="archive", service_account="", user_email=BEN, list="yes")
    shown = response.text
    assert (response.status_code, Run.objects.count()) == (200, 0)
    assert select(shown, "project")["archive"] == "* Archive"
    assert select(shown, "service_account")[CLERK] == f"Clerk ({CLERK})"
    assert f'value="{BEN}"' in shown
    assert 'hx-trigger="load"' not in shown
    assert "Show service accounts for this Project" in shown


def test_what_was_entered_wrongly_stands_beside_lists(client: Client, cloud: FakeCloud, actor: Actor) -> None:
    bare = ConnectionFactory(owner=actor.person, nickname="Bare", requested_scopes=[CLOUD])
    response = post(client, bare, project="archive", service_account="", user_email=BEN)
    assert response.status_code == 422
    assert "Choose a service account: Bare has no default one." in words(response.text)
    assert select(response.text, "service_account")[CLERK] == f"Clerk ({CLERK})"
    assert 'id="e-service_account"' in response.text
    assert 'hx-trigger="load"' not in response.text


def test_a_chosen_and_a_typed_account_are_used(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    post(client, connection, project="archive", service_account=CLERK, user_email=BEN)
    post(client, connection, project=ENTER, service_account_email=TYPED, user_email=BEN)
    assert [each.service_account for each in cloud.required] == [CLERK, TYPED]


def test_running_again_keeps_the_account_before_anything_is_listed(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    post(client, connection, project="archive", service_account=CLERK, user_email=BEN)
    shown = page(client, again=Run.objects.get().pk)
    assert select(shown, "project")["archive"] == "* archive"
    assert select(shown, "service_account")[CLERK] == f"* {CLERK}"


# ------------------------------------------------------------------ secrets and objects


def test_a_secret_is_asked_for_again_and_never_shown_back(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    wrong = post(client, connection, password="hunter-2", user_email="").text
    assert "Enter it again: it is never shown back." in words(wrong)
    assert "hunter-2" not in wrong
    listing = post(client, connection, password="hunter-2", user_email=BEN, list="yes").text
    assert "Enter it again: it is never shown back." in words(listing)
    assert "hunter-2" not in listing
    post(client, connection, password="hunter-2", user_email=BEN)
    run = Run.objects.get()
    again, passed = page(client, again=run.pk), client.get(reverse("run", args=[run.pk])).text
    assert "Enter it again: it is never shown back." in words(again)
    assert "hunter-2" not in again + passed
    assert "Not shown" in passed


def ask(client: Client, connection: Connection, body: str) -> Any:
    entries = {"connection": str(connection.pk), "path": "/read", "body": body}
    return client.post(reverse("test_card", args=["fake.ask"]), entries)


def test_an_object_is_typed_as_json_and_shown_laid_out(
    client: Client, cloud: FakeCloud, connection: Connection
) -> None:
    assert ask(client, connection, '{"name": "Zoë"}').status_code == 302
    run = Run.objects.get()
    shown = html.unescape(client.get(reverse("run", args=[run.pk])).text)
    assert '<pre class="raw">{\n  "name": "Zoë"\n}</pre>' in shown
    again = client.get(reverse("test_card", args=["fake.ask"], query={"again": run.pk})).text
    assert '>\n{\n  "name": "Zoë"\n}</textarea>' in html.unescape(again)


def test_what_is_no_json_is_kept_and_its_place_named(client: Client, cloud: FakeCloud, connection: Connection) -> None:
    response = ask(client, connection, '{"name": }')
    assert response.status_code == 422
    assert "This is no JSON: Expecting value at line 1, character 10." in words(response.text)
    assert '{"name": }</textarea>' in html.unescape(response.text)
    assert not Run.objects.exists()


def test_the_page_of_an_event_says_what_it_is(client: Client, cloud: FakeCloud) -> None:
    response = client.get(reverse("test_card", args=["fake.arrived"]))
    assert response.status_code == 422
    assert "Fake Arrived is an event: an event starts a flow, and isn't run." in words(response.text)
