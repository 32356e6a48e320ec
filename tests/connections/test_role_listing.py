"""Projects and service accounts to choose from: by name, a hundred at most, and why there are none."""

import pytest

from connections.models import Connection
from connections.operations.list_cloud import CloudItem, list_projects, list_service_accounts
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from kernel.errors import Fixer
from tests.connections.roles import ADA, BEN, CLEO, PROJECT
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import add_projects, add_service_account, cloud_calls, gmail_calls, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connection(google: RunningSandbox, person: Browser) -> Connection:
    made = person.connect()
    google.sandbox.journal.clear()
    return made


def test_projects_are_those_the_person_sees_by_name(google: RunningSandbox, person: Browser) -> None:
    listed = list_projects(person.connect("Of Ben", BEN))
    assert [item.label for item in listed.items] == ["Acme Automation", "Acme Reports"]
    assert [item.value for item in listed.items] == ["acme-automation", "acme-reports"]
    assert (listed.is_cut, listed.finding) == (False, None)


def test_who_has_no_role_sees_none(google: RunningSandbox, person: Browser) -> None:
    listed = list_projects(person.connect("Of Cleo", CLEO))
    assert (listed.items, listed.is_cut, listed.finding) == ((), False, None)


def test_service_accounts_are_named_and_valued_by_address(google: RunningSandbox, connection: Connection) -> None:
    (item,) = list_service_accounts(connection, PROJECT).items
    assert item.value == SERVICE_ACCOUNT
    assert item.label
    assert list_service_accounts(connection, "acme-reports").items == ()
    assert gmail_calls(google) == []


def test_one_without_a_name_is_called_by_its_address(google: RunningSandbox, connection: Connection) -> None:
    address = "nameless@acme-reports.iam.gserviceaccount.com"
    add_service_account(google, address, "")
    assert list_service_accounts(connection, "acme-reports").items == (CloudItem(label=address, value=address),)


@pytest.mark.parametrize(("more", "is_cut"), [(97, False), (98, True)])
def test_of_projects_a_hundred_are_shown(
    google: RunningSandbox, connection: Connection, more: int, *, is_cut: bool
) -> None:
    add_projects(google, more, seen_by=ADA)
    listed = list_projects(connection)
    assert (len(listed.items), listed.is_cut) == (100, is_cut)
    assert len(cloud_calls(google)) == 1


def test_of_service_accounts_a_hundred_are_shown(google: RunningSandbox, connection: Connection) -> None:
    for number in range(101):
        add_service_account(google, f"bot-{number:03}@acme-reports.iam.gserviceaccount.com", f"Bot {number:03}")
    listed = list_service_accounts(connection, "acme-reports")
    assert (len(listed.items), listed.is_cut) == (100, True)


def test_listing_denied_says_how_to_go_on(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "iam:listing_denied")
    listed = list_service_accounts(connection, PROJECT)
    assert listed.items == ()
    assert listed.finding is not None
    assert (listed.finding.code, listed.finding.fixer) == ("role.listing_denied", Fixer.CLOUD_PROJECT_ADMINISTRATOR)
    assert "Enter the address of the service account" in listed.finding.remedy


def test_a_project_that_one_may_not_see_is_denied_too(google: RunningSandbox, person: Browser) -> None:
    listed = list_service_accounts(person.connect("Of Ben", BEN), "acme-payroll")
    assert listed.finding is not None
    assert listed.finding.code == "role.listing_denied"


@pytest.mark.parametrize(
    ("staged", "fields", "code"),
    [
        ("resource_manager:api_not_enabled", {}, "role.unknown_api_off"),
        ("500_before", {"path": "/v3/*"}, "google.unavailable"),
        ("429", {"path": "/v3/*"}, "google.unavailable"),
        ("half_answer", {"path": "/v3/*"}, "google.unavailable"),
    ],
)
def test_what_stands_in_the_way_of_projects_is_the_finding(
    google: RunningSandbox, connection: Connection, staged: str, fields: dict[str, str], code: str
) -> None:
    stage(google, staged, **fields)
    listed = list_projects(connection)
    assert listed.items == ()
    assert listed.finding is not None
    assert listed.finding.code == code


def test_without_cloud_platform_the_scope_is_what_is_missing(google: RunningSandbox, person: Browser) -> None:
    connection = person.connect(scopes=("https://www.googleapis.com/auth/gmail.readonly",))
    listed = list_projects(connection)
    assert listed.finding is not None
    assert (listed.finding.code, listed.finding.reauthorizing_helps) == ("scope.missing", True)


def test_an_ended_grant_is_the_finding_and_is_kept(google: RunningSandbox, connection: Connection) -> None:
    connection.credentials.update(access_expires_at=connection.created_at)
    stage(google, "refresh:invalid_grant")
    listed = list_projects(connection)
    assert listed.finding is not None
    assert listed.finding.code == "connection.needs_reauthorization"
    connection.refresh_from_db()
    assert connection.status == "needs_reauthorization"
