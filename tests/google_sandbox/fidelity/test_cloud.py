"""Roles on service accounts and projects, and how Google Cloud refuses (rows 33, 35, 55, 56, 57, 58)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from google_sandbox.cloud.projects import number_of
from google_sandbox.cloud.roles import OWNER, SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, BEN, CLEO, FULL, Caller, caller
from tests.google_sandbox.consenting import TIMEOUT
from tests.google_sandbox.fidelity import rows
from tests.google_sandbox.signing_in import (
    ACCOUNT_PATH,
    ACT_AS,
    CLOUD_PLATFORM,
    READ_ONLY,
    ask,
    claims,
    cloud_caller,
    sign,
)
from tests.staged_google import grant_role, stage, withdraw_role

DORA = "dora@acme.example"
PROJECT = "/v3/projects/acme-automation"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
UNKNOWN = "nobody@acme-automation.iam.gserviceaccount.com"
Call = Callable[[Caller], requests.Response]

CALLS: dict[str, Call] = {
    "SearchProjects": lambda of: of.send("GET", "/v3/projects:search"),
    "GetProject": lambda of: of.send("GET", PROJECT),
    "TestIamPermissions": lambda of: ask(of, ACCOUNT_PATH),
    "ListServiceAccounts": lambda of: of.send("GET", "/v1/projects/acme-automation/serviceAccounts"),
    "GetServiceAccount": lambda of: of.send("GET", ACCOUNT_PATH),
    "SignJwt": lambda of: sign(of, claims(of.origin)),
    "GenerateAccessToken": lambda of: of.send(
        "POST", f"{ACCOUNT_PATH}:generateAccessToken", json={"scope": [CLOUD_PLATFORM]}
    ),
}
HOSTS = {
    "SearchProjects": "cloudresourcemanager.googleapis.com",
    "GetProject": "cloudresourcemanager.googleapis.com",
    "TestIamPermissions": "iam.googleapis.com",
    "ListServiceAccounts": "iam.googleapis.com",
    "GetServiceAccount": "iam.googleapis.com",
    "SignJwt": "iamcredentials.googleapis.com",
    "GenerateAccessToken": "iamcredentials.googleapis.com",
}
TITLES = {
    "resource_manager:api_not_enabled": "Cloud Resource Manager API",
    "iam:api_not_enabled": "Identity and Access Management (IAM) API",
    "iam_credentials:api_not_enabled": "IAM Service Account Credentials API",
}


def denied(permission: str) -> dict[str, Any]:
    """Google's whole answer to who lacks a permission; which of both reasons it is, it doesn't say."""
    info = {
        "@type": ERROR_INFO,
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
        "metadata": {"permission": permission},
    }
    message = f"Permission '{permission}' denied on resource (or it may not exist)."
    return {"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED", "details": [info]}}


@rows.row(55)
@pytest.mark.parametrize(
    ("email", "on_account", "on_project"),
    [(ADA, True, False), (BEN, True, False), (CLEO, False, False), (DORA, True, True)],
)
def test_role_is_asked_for(sandbox: RunningSandbox, email: str, on_account: bool, on_project: bool) -> None:
    """A project that says no may have a service account that says yes; a no has no field at all."""
    person = cloud_caller(sandbox, email)
    for resource, is_held in ((ACCOUNT_PATH, on_account), (PROJECT, on_project)):
        answer = ask(person, resource)
        assert answer.status_code == 200
        assert answer.json() == ({"permissions": [ACT_AS]} if is_held else {})


@rows.row(55)
def test_only_what_is_held_comes_back(sandbox: RunningSandbox) -> None:
    sign_jwt = "iam.serviceAccounts.signJwt"
    both = (sign_jwt, ACT_AS)
    assert ask(cloud_caller(sandbox, BEN), ACCOUNT_PATH, *both).json() == {"permissions": [ACT_AS]}
    assert ask(cloud_caller(sandbox, ADA), ACCOUNT_PATH, *both).json() == {"permissions": [sign_jwt, ACT_AS]}


@rows.row(55)
def test_role_that_is_granted_and_withdrawn(sandbox: RunningSandbox) -> None:
    cleo = cloud_caller(sandbox, CLEO)
    for on in (SERVICE_ACCOUNT, "acme-automation"):
        grant_role(sandbox, CLEO, SERVICE_ACCOUNT_USER, on=on)
        assert ask(cleo, ACCOUNT_PATH).json() == {"permissions": [ACT_AS]}
        withdraw_role(sandbox, CLEO, SERVICE_ACCOUNT_USER, on=on)
        assert ask(cleo, ACCOUNT_PATH).json() == {}


@rows.row(55)
@pytest.mark.parametrize(
    ("resource", "permission"),
    [
        (ACCOUNT_PATH, "iam.serviceAccounts.*"),
        (ACCOUNT_PATH, "resourcemanager.projects.get"),
        (ACCOUNT_PATH, "iam.serviceAccounts.actas"),
        (PROJECT, "iam.*"),
        (PROJECT, "resourcemanager.projects.create"),
    ],
)
def test_permission_that_does_not_apply(sandbox: RunningSandbox, resource: str, permission: str) -> None:
    answer = ask(cloud_caller(sandbox), resource, ACT_AS, permission)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "errors" not in answer.json()["error"]


@rows.row(56)
@pytest.mark.parametrize("name", CALLS)
def test_token_without_the_cloud_scope(sandbox: RunningSandbox, name: str) -> None:
    answer = CALLS[name](caller(sandbox, ADA, FULL))
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "status", "details"}
    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")
    [info] = error["details"]
    assert (info["@type"], info["reason"]) == (ERROR_INFO, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    assert info["metadata"]["service"] == HOSTS[name]
    assert info["metadata"]["method"].endswith(f".{name}")


@rows.row(56)
@pytest.mark.parametrize("name", CALLS)
def test_reading_scope_is_enough_for_resource_manager_only(sandbox: RunningSandbox, name: str) -> None:
    answer = CALLS[name](caller(sandbox, ADA, READ_ONLY))
    assert (answer.status_code == 200) is (HOSTS[name] == "cloudresourcemanager.googleapis.com")


@rows.row(56)
def test_reading_scope_is_enough_to_ask_a_project(sandbox: RunningSandbox) -> None:
    assert ask(caller(sandbox, DORA, READ_ONLY), PROJECT).json() == {"permissions": [ACT_AS]}
    assert ask(caller(sandbox, DORA, READ_ONLY), ACCOUNT_PATH).status_code == 403


@rows.row(57)
@pytest.mark.parametrize("email", [BEN, CLEO])
def test_service_account_user_does_not_sign(sandbox: RunningSandbox, email: str) -> None:
    answer = sign(cloud_caller(sandbox, email), claims(sandbox.origin))
    assert (answer.status_code, answer.json()) == (403, denied("iam.serviceAccounts.signJwt"))


@rows.row(57)
def test_owner_does_not_sign_either(sandbox: RunningSandbox) -> None:
    grant_role(sandbox, CLEO, OWNER, on="acme-automation")
    cleo = cloud_caller(sandbox, CLEO)
    assert ask(cleo, ACCOUNT_PATH).json() == {"permissions": [ACT_AS]}
    assert sign(cleo, claims(sandbox.origin)).status_code == 403


@rows.row(57)
def test_token_creator_signs_and_does_not_act_as(sandbox: RunningSandbox) -> None:
    grant_role(sandbox, CLEO, TOKEN_CREATOR, on=SERVICE_ACCOUNT)
    cleo = cloud_caller(sandbox, CLEO)
    assert sign(cleo, claims(sandbox.origin)).status_code == 200
    assert ask(cleo, ACCOUNT_PATH).json() == {}


@rows.row(58)
@pytest.mark.parametrize("email", [ADA, CLEO])
def test_unknown_service_account_in_any_project(sandbox: RunningSandbox, email: str) -> None:
    """By the wildcard nobody learns that there is none, nor who may sign."""
    person, path = cloud_caller(sandbox, email), f"/v1/projects/-/serviceAccounts/{UNKNOWN}"
    for answer in (ask(person, path), person.send("GET", path)):
        assert (answer.status_code, answer.json()) == (403, denied("iam.serviceAccounts.get"))
    answer = sign(person, claims(sandbox.origin), path)
    assert (answer.status_code, answer.json()) == (403, denied("iam.serviceAccounts.signJwt"))


@rows.row(58)
def test_unknown_service_account_in_ones_own_project(sandbox: RunningSandbox) -> None:
    path = f"/v1/projects/acme-automation/serviceAccounts/{UNKNOWN}"
    owner, stranger = cloud_caller(sandbox, ADA), cloud_caller(sandbox, CLEO)
    for answer in (ask(owner, path), owner.send("GET", path)):
        assert answer.status_code == 404
        assert answer.json()["error"].keys() == {"code", "message", "status"}
        assert answer.json()["error"]["status"] == "NOT_FOUND"
    for answer in (ask(stranger, path), stranger.send("GET", path)):
        assert (answer.status_code, answer.json()) == (403, denied("iam.serviceAccounts.get"))


@rows.row(58)
@pytest.mark.parametrize("name", ["no-such-project", number_of("no-such-project"), "acme-automation"])
def test_project_that_is_unknown_or_hidden(sandbox: RunningSandbox, name: str) -> None:
    answer = cloud_caller(sandbox, CLEO).send("GET", f"/v3/projects/{name}")
    error = answer.json()["error"]
    resource = f"//cloudresourcemanager.googleapis.com/projects/{name}"
    assert answer.status_code == 403
    assert error["message"] == (
        f"Permission 'resourcemanager.projects.get' denied on resource '{resource}' (or it may not exist)."
    )
    assert error["details"][0]["reason"] == "IAM_PERMISSION_DENIED"
    assert error["details"][0]["metadata"]["permission"] == "resourcemanager.projects.get"
    if name != "acme-automation":
        assert ask(cloud_caller(sandbox, ADA), f"/v3/projects/{name}").status_code == 403


@rows.row(58)
def test_service_accounts_of_a_project_that_is_unknown_or_hidden(sandbox: RunningSandbox) -> None:
    for name in ("no-such-project", "acme-payroll"):
        answer = cloud_caller(sandbox, BEN).send("GET", f"/v1/projects/{name}/serviceAccounts")
        assert (answer.status_code, answer.json()) == (403, denied("iam.serviceAccounts.list"))


@rows.row(35)
@pytest.mark.parametrize(("scenario", "title"), TITLES.items())
@pytest.mark.parametrize("name", CALLS)
def test_api_that_is_off(sandbox: RunningSandbox, scenario: str, title: str, name: str) -> None:
    """The three are switched on and off apart."""
    host = HOSTS[name]
    stage(sandbox, scenario)
    answer = CALLS[name](cloud_caller(sandbox))
    if host.partition(".")[0] != {"resource_manager": "cloudresourcemanager", "iam": "iam"}.get(
        scenario.partition(":")[0], "iamcredentials"
    ):
        assert answer.status_code == 200
        return
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (403, "PERMISSION_DENIED")
    assert error["message"].startswith(f"{title} has not been used in project ")
    assert error.keys() == {"code", "message", "status", "details"}
    info, message, help_ = error["details"]
    assert (info["@type"], info["reason"], info["domain"]) == (ERROR_INFO, "SERVICE_DISABLED", "googleapis.com")
    assert (info["metadata"]["service"], info["metadata"]["serviceTitle"]) == (host, title)
    assert info["metadata"]["activationUrl"] == help_["links"][0]["url"]
    assert message["message"] == error["message"]


@rows.row(33)
@pytest.mark.parametrize("name", CALLS)
def test_no_token_and_a_bad_one(origin: str, name: str) -> None:
    garbage = CALLS[name](Caller(origin, ADA, "garbage"))
    missing = CALLS[name](Caller(origin, ADA, ""))
    for answer in (garbage, missing):
        assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
        assert "errors" not in answer.json()["error"]
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="https://accounts.google.com/"')
    [info] = missing.json()["error"]["details"]
    assert (info["reason"], info["metadata"]["service"]) == ("CREDENTIALS_MISSING", HOSTS[name])


@pytest.mark.parametrize(("scenario", "status"), [("500_before", 500), ("503_before", 503), ("429", 429)])
@pytest.mark.parametrize("name", CALLS)
def test_trouble_at_google_cloud_has_no_list(sandbox: RunningSandbox, scenario: str, status: int, name: str) -> None:
    stage(sandbox, scenario, account=ADA, count=1)
    answer = CALLS[name](cloud_caller(sandbox))
    assert answer.status_code == status
    assert answer.json()["error"].keys() == {"code", "message", "status"}
    assert CALLS[name](cloud_caller(sandbox)).status_code == 200


def test_address_without_a_token_at_all(origin: str) -> None:
    assert requests.get(f"{origin}/v3/projects:search", timeout=TIMEOUT).status_code == 401
