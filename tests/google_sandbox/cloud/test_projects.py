"""Projects and service accounts as each person may see them, page by page, by HTTP and by Google's client library."""

from typing import Any

import pytest

from google_sandbox import world
from google_sandbox.cloud.projects import number_of
from google_sandbox.cloud.roles import BROWSER, SERVICE_ACCOUNT_VIEWER
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, BEN, CLEO, Caller, client
from tests.google_sandbox.signing_in import ACCOUNT_PATH, ACT_AS, cloud_caller
from tests.staged_google import add_projects, add_service_account, grant_role, stage, withdraw_role

DORA = "dora@acme.example"
SEARCH = "/v3/projects:search"
LIST = "/v1/projects/acme-automation/serviceAccounts"
CLIENT_ID = world.subject_of(SERVICE_ACCOUNT)


def found(of: Caller, **parameters: Any) -> list[str]:
    return [each["projectId"] for each in of.get(SEARCH, **parameters).get("projects", [])]


@pytest.mark.parametrize(
    ("email", "projects"),
    [
        (ADA, ["acme-automation", "acme-payroll", "acme-reports"]),
        (BEN, ["acme-automation", "acme-reports"]),
        (CLEO, []),
        (DORA, ["acme-automation"]),
    ],
)
def test_projects_of_each_person(sandbox: RunningSandbox, email: str, projects: list[str]) -> None:
    assert found(cloud_caller(sandbox, email)) == projects


def test_empty_answers_have_no_field(sandbox: RunningSandbox) -> None:
    assert cloud_caller(sandbox, CLEO).get(SEARCH) == {}
    assert cloud_caller(sandbox, BEN).get("/v1/projects/acme-reports/serviceAccounts") == {}


def test_project_by_id_and_by_number(sandbox: RunningSandbox) -> None:
    number = number_of("acme-automation")
    one, other = (cloud_caller(sandbox).get(f"/v3/projects/{name}") for name in ("acme-automation", number))
    assert one == other
    assert (one["name"], one["displayName"], one["state"]) == (f"projects/{number}", "Acme Automation", "ACTIVE")


@pytest.mark.parametrize(
    ("query", "projects"),
    [
        ("projectId:acme-reports", ["acme-reports"]),
        ("displayName=Acme*", ["acme-automation", "acme-payroll", "acme-reports"]),
        ("displayName:payroll", ["acme-payroll"]),
        ("state:ACTIVE AND id:acme-a*", ["acme-automation"]),
        ("reports", ["acme-reports"]),
        ("displayName:nothing", []),
    ],
)
def test_search(sandbox: RunningSandbox, query: str, projects: list[str]) -> None:
    assert found(cloud_caller(sandbox), query=query) == projects


def test_projects_page_by_page(sandbox: RunningSandbox) -> None:
    add_projects(sandbox, 120, seen_by=BEN)
    ben = cloud_caller(sandbox, BEN)
    seen: list[str] = []
    token = ""
    for size in (100, 22):
        page = ben.get(SEARCH, pageToken=token)
        assert len(page["projects"]) == size
        seen += [each["projectId"] for each in page["projects"]]
        token = page.get("nextPageToken", "")
    assert token == ""
    assert len(set(seen)) == 122
    assert len(ben.get(SEARCH, pageSize=1000)["projects"]) == 122
    assert len(ben.get(SEARCH, pageSize=5)["projects"]) == 5


def test_service_accounts_page_by_page(sandbox: RunningSandbox) -> None:
    for each in range(24):
        add_service_account(sandbox, f"extra-{each:02}@acme-automation.iam.gserviceaccount.com", f"Extra {each}")
    dora = cloud_caller(sandbox, DORA)
    first = dora.get(LIST)
    second = dora.get(LIST, pageToken=first["nextPageToken"])
    assert (len(first["accounts"]), len(second["accounts"])) == (20, 5)
    assert "nextPageToken" not in second
    assert len(dora.get(LIST, pageSize=100)["accounts"]) == 25


@pytest.mark.parametrize("path", [SEARCH, LIST])
@pytest.mark.parametrize(
    "parameters", [{"pageToken": "x"}, {"pageSize": "-1"}, {"pageSize": "many"}, {"nonsense": "1"}]
)
def test_parameters_that_make_no_sense(sandbox: RunningSandbox, path: str, parameters: dict[str, str]) -> None:
    answer = cloud_caller(sandbox).send("GET", path, params=parameters)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("project", ["-", "acme-automation", number_of("acme-automation")])
@pytest.mark.parametrize("name", [SERVICE_ACCOUNT, CLIENT_ID])
def test_service_account_by_each_of_its_names(sandbox: RunningSandbox, project: str, name: str) -> None:
    account = cloud_caller(sandbox, DORA).get(f"/v1/projects/{project}/serviceAccounts/{name}")
    assert (account["email"], account["projectId"]) == (SERVICE_ACCOUNT, "acme-automation")
    assert account["uniqueId"] == account["oauth2ClientId"] == CLIENT_ID
    assert account["displayName"] == "Mailer Automation"


def test_service_account_of_another_project_is_not_found_there(sandbox: RunningSandbox) -> None:
    answer = cloud_caller(sandbox).send("GET", f"/v1/projects/acme-reports/serviceAccounts/{SERVICE_ACCOUNT}")
    assert answer.status_code == 404


def test_listing_is_a_permission_of_its_own(sandbox: RunningSandbox) -> None:
    """Who acts as the service account may not see it in a list, and who sees the project not its accounts."""
    ben = cloud_caller(sandbox, BEN)
    withdraw_role(sandbox, BEN, SERVICE_ACCOUNT_VIEWER, on="acme-automation")
    assert found(ben) == ["acme-reports"]
    grant_role(sandbox, BEN, BROWSER, on="acme-automation")
    assert found(ben) == ["acme-automation", "acme-reports"]
    assert ben.send("GET", LIST).status_code == 403
    assert ben.get(ACCOUNT_PATH)["email"] == SERVICE_ACCOUNT


def test_listing_that_is_denied_by_scenario(sandbox: RunningSandbox) -> None:
    stage(sandbox, "iam:listing_denied", account=ADA)
    ada = cloud_caller(sandbox)
    answer = ada.send("GET", LIST)
    assert (answer.status_code, answer.json()["error"]["details"][0]["reason"]) == (403, "IAM_PERMISSION_DENIED")
    assert ada.get(ACCOUNT_PATH)["email"] == SERVICE_ACCOUNT
    assert cloud_caller(sandbox, BEN).send("GET", LIST).status_code == 200


def test_googles_client_library(sandbox: RunningSandbox) -> None:
    ben = cloud_caller(sandbox, BEN)
    projects = client(ben, "cloudresourcemanager.v3").projects()
    assert [each["projectId"] for each in projects.search().execute()["projects"]] == found(ben)
    assert projects.get(name="projects/acme-reports").execute()["displayName"] == "Acme Reports"
    asked = {"permissions": [ACT_AS]}
    assert projects.testIamPermissions(resource="projects/acme-automation", body=asked).execute() == {}
    accounts = client(ben, "iam.v1").projects().serviceAccounts()
    [account] = accounts.list(name="projects/acme-automation", pageSize=100).execute()["accounts"]
    assert accounts.get(name=account["name"]).execute() == account
    resource = f"projects/-/serviceAccounts/{SERVICE_ACCOUNT}"
    assert accounts.testIamPermissions(resource=resource, body=asked).execute() == asked
