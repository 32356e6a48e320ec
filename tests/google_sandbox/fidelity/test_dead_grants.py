"""How a refresh fails once the grant is dead or held back (rows 21, 23, 25; google-facts.md 2a-2c)."""

from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.consenting import (
    CLIENT_ID,
    CLIENT_SECRET,
    COMPOSE,
    EMAIL,
    OPENID,
    READONLY,
    TIMEOUT,
    grant,
    refresh,
)
from tests.google_sandbox.fidelity import rows
from tests.staged_google import stage

ADA, BEN = "ada@acme.example", "ben@acme.example"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)
HOURS = 3600


def session_ended(subtype: str) -> dict[str, str]:
    return {
        "error": "invalid_grant",
        "error_description": f"reauth related error ({subtype})",
        "error_uri": "https://support.google.com/a/answer/9368756",
        "error_subtype": subtype,
    }


def refused(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@rows.row(23)
@pytest.mark.parametrize("subtype", ["invalid_rapt", "rapt_required"])
def test_session_control(sandbox: RunningSandbox, subtype: str) -> None:
    token = grant(sandbox.origin, ADA, SCOPES)["refresh_token"]
    stage(sandbox, f"refresh:{subtype}", count=1)
    assert refused(refresh(sandbox.origin, token)) == (400, session_ended(subtype))
    assert refresh(sandbox.origin, token).status_code == 200


@rows.row(23)
def test_session_control_by_time_ends_with_the_next_sign_in_and_comes_back(sandbox: RunningSandbox) -> None:
    stage(sandbox, "session_control", value=HOURS)
    token = grant(sandbox.origin, ADA, SCOPES)["refresh_token"]
    assert refresh(sandbox.origin, token).status_code == 200
    sandbox.sandbox.clock.offset = HOURS + 1
    for _ in range(2):
        assert refused(refresh(sandbox.origin, token)) == (400, session_ended("invalid_rapt"))
    newer = grant(sandbox.origin, ADA, SCOPES)["refresh_token"]
    assert refresh(sandbox.origin, newer).status_code == 200
    sandbox.sandbox.clock.offset = 2 * HOURS + 2
    assert refused(refresh(sandbox.origin, newer)) == (400, session_ended("invalid_rapt"))


@rows.row(23)
def test_google_auth_hides_session_control(sandbox: RunningSandbox) -> None:
    """Why the console posts its refreshes itself: this library speaks of gcloud and drops the answer."""
    credentials = Credentials(
        None,
        refresh_token=grant(sandbox.origin, ADA, SCOPES)["refresh_token"],
        token_uri=f"{sandbox.origin}/token",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    stage(sandbox, "refresh:invalid_rapt")
    with pytest.raises(RefreshError, match="gcloud auth application-default login") as raised:
        credentials.refresh(Request())
    assert "invalid_rapt" not in str(raised.value.args)


@rows.row(21)
def test_authorizing_a_hundred_times_more_ends_what_was_given_before(sandbox: RunningSandbox) -> None:
    ada, ben = (grant(sandbox.origin, account, SCOPES)["refresh_token"] for account in (ADA, BEN))
    answer = requests.post(f"{sandbox.origin}/_sandbox/api/accounts/{ADA}/crowd-out", timeout=TIMEOUT)
    assert refused(answer) == (200, {"clients": 1})
    expired = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert refused(refresh(sandbox.origin, ada)) == (400, expired)
    assert refresh(sandbox.origin, ben).status_code == 200
    nobody = requests.post(f"{sandbox.origin}/_sandbox/api/accounts/nobody@acme.example/crowd-out", timeout=TIMEOUT)
    assert nobody.status_code == 404


@rows.row(25)
def test_account_that_comes_back_has_its_grant_as_before(sandbox: RunningSandbox) -> None:
    token = grant(sandbox.origin, ADA, SCOPES)["refresh_token"]
    address = f"{sandbox.origin}/_sandbox/api/accounts/{ADA}"
    requests.post(address, json={"suspended": True}, timeout=TIMEOUT)
    assert refresh(sandbox.origin, token).json()["error"] == "invalid_grant"
    requests.post(address, json={"suspended": False}, timeout=TIMEOUT)
    assert refresh(sandbox.origin, token).status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("refresh:admin_policy_enforced", 400, "admin_policy_enforced"),
        ("refresh:account_restricted", 400, "access_denied"),
        ("refresh:deleted_client", 401, "deleted_client"),
        ("refresh:invalid_client", 401, "invalid_client"),
    ],
)
def test_grant_that_is_held_back_lives_on_afterwards(
    sandbox: RunningSandbox, name: str, status: int, error: str
) -> None:
    token = grant(sandbox.origin, ADA, SCOPES)["refresh_token"]
    stage(sandbox, name, account=ADA, count=1)
    answer = refresh(sandbox.origin, token)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert refresh(sandbox.origin, token).status_code == 200
