"""Roles and delegation on the control page and its API, and what the journal keeps of the calls."""

from html import unescape
from typing import Any

import pytest
import requests

from google_sandbox import world
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, BEN, CLEO
from tests.google_sandbox.consenting import READONLY, TIMEOUT
from tests.google_sandbox.signing_in import (
    ACCOUNT_PATH,
    ACT_AS,
    BASIC,
    CLOUD_PLATFORM,
    SHARING,
    ask,
    claims,
    cloud_caller,
    impersonate,
    present,
    sign,
    signed,
)

CLIENT_ID = world.subject_of(SERVICE_ACCOUNT)
MAILER_ROLE = {"role": SERVICE_ACCOUNT_USER, "on": SERVICE_ACCOUNT}


def page(origin: str, path: str = "") -> str:
    return unescape(requests.get(f"{origin}/_sandbox/{path}", timeout=TIMEOUT).text)


def submit(origin: str, path: str, /, **fields: str) -> requests.Response:
    return requests.post(f"{origin}/_sandbox/{path}", data=fields, timeout=TIMEOUT)


def send(origin: str, path: str, body: object) -> requests.Response:
    return requests.post(f"{origin}/_sandbox/api/{path}", json=body, timeout=TIMEOUT)


def state(origin: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{origin}/_sandbox/api/state", timeout=TIMEOUT).json()
    return found


def test_role_is_granted_and_withdrawn_on_an_accounts_page(sandbox: RunningSandbox) -> None:
    origin, cleo = sandbox.origin, cloud_caller(sandbox, CLEO)
    assert "This account has no role." in page(origin, f"accounts/{CLEO}/")
    answer = submit(origin, f"accounts/{CLEO}/roles/grant", **MAILER_ROLE)
    assert answer.url == f"{origin}/_sandbox/accounts/{CLEO}/#roles"
    assert ask(cleo, ACCOUNT_PATH).json() == {"permissions": [ACT_AS]}
    for path in (f"accounts/{CLEO}/", ""):
        label = f"Withdraw Service Account User on Service account {SERVICE_ACCOUNT} from {CLEO}"
        assert label in page(origin, path)
    answer = submit(origin, f"accounts/{CLEO}/roles/withdraw", **MAILER_ROLE, back="home")
    assert answer.url == f"{origin}/_sandbox/#roles"
    assert ask(cleo, ACCOUNT_PATH).json() == {}


@pytest.mark.parametrize(
    ("email", "fields"),
    [
        ("nobody@acme.example", MAILER_ROLE),
        (CLEO, {**MAILER_ROLE, "role": "roles/nonsense"}),
        (CLEO, {**MAILER_ROLE, "on": "no-such-project"}),
    ],
)
def test_role_that_cannot_be_granted(origin: str, email: str, fields: dict[str, str]) -> None:
    before = state(origin)["roles"]
    assert submit(origin, f"accounts/{email}/roles/grant", **fields).status_code == 404
    assert send(origin, "roles/grant", {"email": email, **fields}).status_code in {400, 404}
    assert state(origin)["roles"] == before


def test_roles_by_the_api(sandbox: RunningSandbox) -> None:
    origin = sandbox.origin
    role = {"email": CLEO, "role": TOKEN_CREATOR, "on": "acme-automation"}
    assert {"member": CLEO, "role": TOKEN_CREATOR, "resource": "acme-automation"} in send(
        origin, "roles/grant", role
    ).json()["roles"]
    assert signed(cloud_caller(sandbox, CLEO), claims(origin))
    assert not any(each["member"] == CLEO for each in send(origin, "roles/withdraw", role).json()["roles"])
    assert send(origin, "roles/withdraw", {"email": CLEO}).status_code == 400


def test_delegation_is_registered_and_removed_on_the_page(sandbox: RunningSandbox) -> None:
    origin = sandbox.origin
    where = {"domain": "acme.example", "service_account": SERVICE_ACCOUNT}
    shown = page(origin)
    assert f"Client id {CLIENT_ID}" in shown
    assert "gmail.settings.basic, gmail.settings.sharing" in shown
    answer = submit(origin, "delegations/register", **where, scopes=f"gmail.readonly, {BASIC}")
    assert answer.url == f"{origin}/_sandbox/#delegations"
    assert state(origin)["delegations"][0]["scopes"] == [READONLY, BASIC]
    assert impersonate(sandbox, BEN, (SHARING,)).status_code == 401
    submit(origin, "delegations/remove", **where)
    assert state(origin)["delegations"] == []
    assert "No organization has registered a service account." in page(origin)


@pytest.mark.parametrize(
    ("scopes", "why"),
    [("gmail.nonsense", "Google knows no scope gmail.nonsense."), (" , ", "Enter at least one scope.")],
)
def test_scopes_that_are_refused_are_shown_again(origin: str, scopes: str, why: str) -> None:
    answer = submit(
        origin, "delegations/register", domain="acme.example", service_account=SERVICE_ACCOUNT, scopes=scopes
    )
    assert answer.status_code == 400
    assert why in unescape(answer.text)
    assert f'value="{scopes.strip()}"' in answer.text
    assert state(origin)["delegations"][0]["scopes"] == [BASIC, SHARING]


def test_delegation_by_the_api(origin: str) -> None:
    body = {"domain": "acme.example", "service_account": SERVICE_ACCOUNT}
    assert send(origin, "delegations", {**body, "scopes": [READONLY]}).json()["delegations"][0]["scopes"] == [READONLY]
    assert send(origin, "delegations", {**body, "scopes": []}).json() == {"delegations": []}
    for wrong in (body, {**body, "scopes": ["nonsense"]}, {**body, "domain": "nowhere.example", "scopes": [BASIC]}):
        assert send(origin, "delegations", wrong).status_code == 400
    assert send(origin, "delegations", {**body, "service_account": ADA, "scopes": [BASIC]}).status_code == 404


def test_reset_puts_roles_and_delegation_back(origin: str) -> None:
    before = state(origin)
    submit(origin, f"accounts/{CLEO}/roles/grant", **MAILER_ROLE)
    send(origin, "delegations", {"domain": "acme.example", "service_account": SERVICE_ACCOUNT, "scopes": []})
    send(origin, "reset", None)
    after = state(origin)
    assert (after["roles"], after["projects"]) == (before["roles"], before["projects"])
    assert len(after["delegations"]) == 1


def test_journal_names_the_service_and_masks_what_was_signed(sandbox: RunningSandbox) -> None:
    ben = cloud_caller(sandbox, BEN)
    ben.get("/v3/projects:search")
    ask(ben, ACCOUNT_PATH)
    jwt = signed(cloud_caller(sandbox, ADA), claims(sandbox.origin, CLEO))
    token = present(sandbox.origin, jwt).json()["access_token"]
    searched, asked, signing, got = sandbox.sandbox.journal.entries()
    services = [each["service"] for each in (searched, asked, signing, got)]
    assert services == ["resource_manager", "iam", "iam_credentials", "oauth"]
    assert [each["account"] for each in (searched, asked, signing, got)] == [BEN, BEN, ADA, CLEO]
    assert got["client"] == CLIENT_ID
    for kept in (str(sandbox.sandbox.journal.entries()), page(sandbox.origin), str(state(sandbox.origin))):
        assert jwt not in kept
        assert jwt.rpartition(".")[2] not in kept
        assert token not in kept


def test_failure_of_google_cloud_is_narrowed_on_the_page(sandbox: RunningSandbox) -> None:
    ada, fields = cloud_caller(sandbox), {"name": "iam_credentials:api_not_enabled", "path": "*:signJwt"}
    submit(sandbox.origin, "scenarios", **fields)
    assert sign(ada, claims(sandbox.origin)).json()["error"]["details"][0]["reason"] == "SERVICE_DISABLED"
    generated = ada.send("POST", f"{ACCOUNT_PATH}:generateAccessToken", json={"scope": [CLOUD_PLATFORM]})
    assert generated.status_code == 200
