"""A service account's tokens: its own, and those it gets for mailboxes by delegation (rows 32, 39)."""

import time
from typing import Any

import pytest
import requests

from google_sandbox import world
from google_sandbox.oauth.signing import make_key
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.google_sandbox.calling import ADA, CLEO, GUS, Caller, refusal
from tests.google_sandbox.consenting import READONLY, TIMEOUT, authorized, token_request
from tests.google_sandbox.fidelity import rows
from tests.google_sandbox.signing_in import (
    BASIC,
    JWT_BEARER,
    SHARING,
    claims,
    cloud_caller,
    impersonate,
    present,
    signed,
)
from tests.staged_google import change_account, register_delegation, remove_delegation, stage

EMIL, FAY = "emil@acme.example", "fay@acme.example"
UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)
HOUR, DAY = 3600, 86_400


def refused(answer: requests.Response, status: int, error: str) -> str:
    """The description of an error that has this code."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    description: str = answer.json()["error_description"]
    return description


def assert_not_delegated(answer: requests.Response) -> None:
    assert refused(answer, 401, "unauthorized_client") == UNAUTHORIZED


def tokeninfo(sandbox: RunningSandbox, token: str) -> dict[str, Any]:
    answer = requests.get(f"{sandbox.origin}/tokeninfo", params={"access_token": token}, timeout=TIMEOUT)
    found: dict[str, Any] = answer.json()
    return found


@rows.row(32)
@pytest.mark.parametrize("subject", [ADA, "Ada@ACME.example", CLEO, FAY, world.subject_of(CLEO)])
def test_token_for_a_mailbox(sandbox: RunningSandbox, subject: str) -> None:
    answer = impersonate(sandbox, subject, (BASIC, SHARING))
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "expires_in", "token_type"}
    assert (body["expires_in"], body["token_type"]) == (3599, "Bearer")
    assert body["access_token"].startswith("ya29.")
    info = tokeninfo(sandbox, body["access_token"])
    assert info["azp"] == world.subject_of(SERVICE_ACCOUNT)
    assert set(info["scope"].split()) == {BASIC, SHARING}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@rows.row(32)
def test_token_reaches_the_mailbox_of_its_subject_and_no_other(sandbox: RunningSandbox) -> None:
    cleo = Caller(sandbox.origin, CLEO, impersonate(sandbox, CLEO).json()["access_token"])
    assert cleo.get("settings/vacation")["enableAutoReply"] is False
    denied = cleo.send("GET", f"/gmail/v1/users/{ADA}/settings/vacation")
    assert denied.json()["error"]["message"] == f"Delegation denied for {CLEO}"
    assert cleo.send("GET", "messages").status_code == 403


@rows.row(32)
def test_token_ends_after_its_hour(sandbox: RunningSandbox) -> None:
    cleo = Caller(sandbox.origin, CLEO, impersonate(sandbox, CLEO).json()["access_token"])
    sandbox.sandbox.clock.offset = HOUR
    assert cleo.send("GET", "settings/vacation").status_code == 401


@rows.row(32)
def test_client_need_not_prove_itself(sandbox: RunningSandbox) -> None:
    """The JWT is the proof; a client's name and secret beside it are not looked at."""
    jwt = signed(cloud_caller(sandbox), claims(sandbox.origin))
    answer = token_request(sandbox.origin, grant_type=JWT_BEARER, assertion=jwt, client_secret="wrong")
    assert answer.status_code == 200


@rows.row(32)
def test_one_scope_that_is_not_registered_refuses_all(sandbox: RunningSandbox) -> None:
    assert_not_delegated(impersonate(sandbox, CLEO, (BASIC, READONLY)))
    register_delegation(sandbox, [BASIC, READONLY])
    assert impersonate(sandbox, CLEO, (BASIC, READONLY)).status_code == 200
    assert_not_delegated(impersonate(sandbox, CLEO, (SHARING,)))


@rows.row(32)
def test_nothing_registered(sandbox: RunningSandbox) -> None:
    remove_delegation(sandbox)
    assert_not_delegated(impersonate(sandbox, CLEO))


@rows.row(32)
def test_another_organization_registers_for_itself(sandbox: RunningSandbox) -> None:
    assert_not_delegated(impersonate(sandbox, GUS))
    register_delegation(sandbox, [BASIC], domain="other.example")
    assert impersonate(sandbox, GUS).status_code == 200


@rows.row(32)
@pytest.mark.parametrize("subject", ["hanna@gmail.com", "ivo@googlemail.com", "jo@private.test"])
def test_nobody_delegates_for_a_consumer_account(sandbox: RunningSandbox, subject: str) -> None:
    assert_not_delegated(impersonate(sandbox, subject))


@rows.row(32)
@pytest.mark.parametrize("subject", ["nobody@acme.example", "ada@nowhere.example", "ada", "123"])
def test_subject_that_google_does_not_know(sandbox: RunningSandbox, subject: str) -> None:
    assert refused(impersonate(sandbox, subject), 400, "invalid_grant") == "Invalid email or User ID"


@rows.row(32)
@pytest.mark.parametrize("subject", [EMIL, "it@acme.example"])
def test_subject_that_is_suspended_or_another_address(sandbox: RunningSandbox, subject: str) -> None:
    refused(impersonate(sandbox, subject), 400, "invalid_grant")


@rows.row(25, 32)
def test_subject_that_was_deleted(sandbox: RunningSandbox) -> None:
    token = impersonate(sandbox, CLEO).json()["access_token"]
    change_account(sandbox, CLEO, deleted=True)
    assert refused(impersonate(sandbox, CLEO), 400, "invalid_grant") == "The account has been deleted"
    assert Caller(sandbox.origin, CLEO, token).send("GET", "settings/vacation").status_code == 401


@rows.row(32)
def test_signature_of_another_key(sandbox: RunningSandbox) -> None:
    forged = make_key().sign(claims(sandbox.origin))
    genuine = signed(cloud_caller(sandbox), claims(sandbox.origin))
    head, _, signature = genuine.rpartition(".")
    other = signed(cloud_caller(sandbox), claims(sandbox.origin, CLEO)).rpartition(".")[0]
    for jwt in (forged, f"{other}.{signature}", f"{head}.", sandbox.sandbox.signing_key.sign(claims(sandbox.origin))):
        assert refused(present(sandbox.origin, jwt), 400, "invalid_grant") == "Invalid JWT Signature."


@rows.row(32)
@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (-2 * HOUR, -HOUR),
        (0, 2 * HOUR),
        (0, HOUR + 1),
        (HOUR, 2 * HOUR),
        (0, 0),
        (None, HOUR),
        (0, None),
    ],
)
def test_times_out_of_the_frame(sandbox: RunningSandbox, issued: int | None, expires: int | None) -> None:
    now = int(time.time())
    times: dict[str, Any] = {name: None if at is None else now + at for name, at in (("iat", issued), ("exp", expires))}
    description = refused(impersonate(sandbox, **times), 400, "invalid_grant")
    assert description.startswith("Invalid JWT: Token must be a short-lived token (60 minutes)")


@rows.row(32)
def test_google_s_clock_ahead(sandbox: RunningSandbox) -> None:
    stage(sandbox, "jwt:clock_skew", count=1)
    assert "short-lived token" in refused(impersonate(sandbox), 400, "invalid_grant")
    stage(sandbox, "jwt:clock_skew", value=60)
    answer = impersonate(sandbox)
    assert answer.status_code == 200, answer.text


@rows.row(32)
def test_time_that_passed_in_the_sandbox_is_not_the_signers_error(sandbox: RunningSandbox) -> None:
    sandbox.sandbox.clock.offset = 7 * DAY
    assert impersonate(sandbox).status_code == 200


@rows.row(32)
@pytest.mark.parametrize("issuer", ["nobody@acme-automation.iam.gserviceaccount.com", ADA])
def test_issuer_that_is_no_service_account(sandbox: RunningSandbox, issuer: str) -> None:
    answer = impersonate(sandbox, iss=issuer)
    assert refused(answer, 400, "invalid_grant") == "Invalid grant: account not found"


@rows.row(32)
@pytest.mark.parametrize("audience", ["https://oauth2.googleapis.com/token", "http://localhost/token", None])
def test_audience_that_is_not_the_token_endpoint(sandbox: RunningSandbox, audience: str | None) -> None:
    refused(impersonate(sandbox, aud=audience), 400, "invalid_grant")


@rows.row(32)
@pytest.mark.parametrize("scopes", [(), ("nonsense",), (BASIC, "https://www.googleapis.com/auth/gmail.nonsense")])
def test_scope_that_google_does_not_know(sandbox: RunningSandbox, scopes: tuple[str, ...]) -> None:
    description = refused(impersonate(sandbox, CLEO, scopes), 400, "invalid_scope")
    assert description == "Invalid OAuth scope or ID token audience provided."


@rows.row(32)
@pytest.mark.parametrize("text", ["garbage", "a.b", "e30.e30.", "....", "é.è.ê"])
def test_text_that_is_no_jwt(origin: str, text: str) -> None:
    refused(present(origin, text), 400, "invalid_grant")


@rows.row(32)
def test_no_jwt_at_all(origin: str) -> None:
    refused(present(origin, ""), 400, "invalid_request")


@rows.row(32)
def test_delegation_takes_its_time(sandbox: RunningSandbox) -> None:
    """Counted from when it was registered, by the sandbox's clock."""
    register_delegation(sandbox)
    stage(sandbox, "delegation:not_in_effect", value=HOUR)
    assert_not_delegated(impersonate(sandbox, CLEO))
    sandbox.sandbox.clock.offset = HOUR
    assert impersonate(sandbox, CLEO).status_code == 200
    register_delegation(sandbox)
    assert_not_delegated(impersonate(sandbox, CLEO))


@rows.row(39)
@pytest.mark.parametrize("subject", [None, SERVICE_ACCOUNT])
def test_token_of_the_service_account_itself_opens_no_mailbox(sandbox: RunningSandbox, subject: str | None) -> None:
    """Nobody needs to have delegated anything for it."""
    remove_delegation(sandbox)
    mailer = Caller(sandbox.origin, SERVICE_ACCOUNT, impersonate(sandbox, subject, (READONLY,)).json()["access_token"])
    failed = refusal(400, "Precondition check failed.", "failedPrecondition", "FAILED_PRECONDITION")
    answer = mailer.send("GET", "profile")
    assert (answer.status_code, answer.json()) == (400, failed)


@rows.row(27, 32)
def test_delegated_token_can_be_revoked(sandbox: RunningSandbox) -> None:
    token = impersonate(sandbox, CLEO).json()["access_token"]
    assert requests.post(f"{sandbox.origin}/revoke", data={"token": token}, timeout=TIMEOUT).status_code == 200
    answer = requests.get(
        f"{sandbox.origin}/gmail/v1/users/me/settings/vacation", headers=authorized(token), timeout=TIMEOUT
    )
    assert answer.status_code == 401
    assert impersonate(sandbox, CLEO).status_code == 200
