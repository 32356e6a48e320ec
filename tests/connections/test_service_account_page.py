"""The Service account tab: the default one is chosen, checked and explained, and values stand there to paste."""

import pytest
from django.test import Client
from django.urls import reverse

from access.models import AuditEntry
from connections.models import Connection, Status
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import cloud_calls, gmail_calls, register_delegation, stage, withdraw_role

pytestmark = pytest.mark.django_db

ADA = "ada@acme.example"
SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing"


@pytest.fixture
def person() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connection(google: RunningSandbox, person: Browser) -> Connection:
    made = person.connect("Support inbox", ADA, (), ())
    google.sandbox.journal.clear()
    return made


def page(person: Browser, connection: Connection, query: str = "") -> str:
    answer = person.client.get(reverse("connection_service_account", args=[connection.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def save(person: Browser, connection: Connection, account: str, project: str = "acme-automation") -> str:
    connection.refresh_from_db()
    answer = person.client.post(
        reverse("connection_service_account", args=[connection.pk]),
        {"project": project, "service_account": account, "version": str(connection.version)},
        follow=True,
    )
    return answer.content.decode()


def check(person: Browser, connection: Connection) -> str:
    answer = person.client.post(reverse("check_service_account", args=[connection.pk]), follow=True)
    connection.refresh_from_db()
    return answer.content.decode()


def test_opening_the_tab_asks_nothing_of_google(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    shown = page(person, connection)
    assert "Choose from Google" in shown
    assert google.sandbox.journal.entries() == []


def test_projects_and_their_service_accounts_are_chosen_from_google(person: Browser, connection: Connection) -> None:
    assert "acme-automation" in page(person, connection, "?from=google")
    assert f'value="{SERVICE_ACCOUNT}"' in page(person, connection, "?from=google&project=acme-automation")


def test_why_nothing_is_listed_is_said(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    stage(google, "iam:listing_denied")
    shown = page(person, connection, "?from=google&project=acme-automation")
    assert "The list may not be seen" in shown
    assert 'id="id_service_account"' in shown


def test_the_default_is_kept_and_noted(person: Browser, connection: Connection) -> None:
    assert "Not checked yet" in save(person, connection, SERVICE_ACCOUNT)
    connection.refresh_from_db()
    assert (connection.default_project, connection.default_service_account) == ("acme-automation", SERVICE_ACCOUNT)
    entry = AuditEntry.objects.get(event="connection.service_account_changed")
    assert entry.difference["service account"] == ["", SERVICE_ACCOUNT]


def test_what_is_no_service_account_is_refused_and_kept_in_the_form(person: Browser, connection: Connection) -> None:
    shown = save(person, connection, "ben@acme.example")
    assert "Enter the address of a service account" in shown
    assert 'value="ben@acme.example"' in shown
    connection.refresh_from_db()
    assert connection.default_service_account == ""


def test_a_stale_form_saves_nothing(person: Browser, connection: Connection) -> None:
    answer = person.client.post(
        reverse("connection_service_account", args=[connection.pk]),
        {"project": "", "service_account": SERVICE_ACCOUNT, "version": "99"},
    )
    assert answer.status_code == 409
    assert f'value="{SERVICE_ACCOUNT}"' in answer.content.decode()


def test_all_is_well(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    save(person, connection, SERVICE_ACCOUNT)
    shown = check(person, connection)
    assert connection.status == Status.ACTIVE
    assert "Not checked yet" not in shown
    assert shown.count("checked ") >= 4
    assert gmail_calls(google) == []
    assert AuditEntry.objects.filter(event="connection.service_account_checked").count() == 1


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (SERVICE_ACCOUNT_USER, "The Service Account User role is missing"),
        (TOKEN_CREATOR, "The Service Account Token Creator role is missing"),
    ],
)
def test_a_missing_role_limits_the_connection_until_it_is_there(
    google: RunningSandbox, person: Browser, connection: Connection, role: str, title: str
) -> None:
    save(person, connection, SERVICE_ACCOUNT)
    withdraw_role(google, ADA, role)
    withdraw_role(google, ADA, role, on="acme-automation")
    shown = check(person, connection)
    assert title in shown
    assert "An administrator of the Google Cloud project" in shown
    assert connection.status == Status.LIMITED


def test_a_missing_delegation_names_its_scope_and_what_to_paste(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    save(person, connection, SERVICE_ACCOUNT)
    register_delegation(google, (SHARING,))
    shown = check(person, connection)
    assert "Domain-wide delegation is missing" in shown
    assert "gmail.settings.basic" in shown
    assert connection.status == Status.LIMITED
    fact = connection.facts.get(name=f"client_id {SERVICE_ACCOUNT}")
    assert f'value="{fact.value}"' in shown


def test_what_could_not_be_checked_is_not_missing(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    save(person, connection, SERVICE_ACCOUNT)
    stage(google, "500_before", path="*:testIamPermissions", method="POST")
    shown = check(person, connection)
    assert "Could not check" in shown
    assert "role is missing" not in shown
    assert connection.status == Status.ACTIVE


def test_a_consumer_account_is_told_first_what_stops_it(google: RunningSandbox, person: Browser) -> None:
    made = person.connect("Hanna", "hanna@gmail.com", (), ())
    google.sandbox.journal.clear()
    shown = page(person, made, "?from=google")
    assert "A Google Workspace account is required" in shown
    assert cloud_calls(google) == []


def test_who_may_not_edit_reads(connection: Connection) -> None:
    auditor = Client()
    auditor.force_login(UserFactory(auditor=True))
    made = ConnectionFactory(default_project="acme-automation", default_service_account=SERVICE_ACCOUNT)
    shown = auditor.get(reverse("connection_service_account", args=[made.pk])).content.decode()
    assert SERVICE_ACCOUNT in shown
    assert ">Save<" not in shown
    assert "Check now</button>" not in shown
