"""The token endpoint, revocation and tokeninfo (rows 15-22, 24-29, 31)."""

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
    PROFILE,
    READONLY,
    REDIRECT_URI,
    TIMEOUT,
    VERIFIER,
    authorized,
    challenge,
    consent,
    exchange,
    grant,
    refresh,
    token_request,
)
from tests.google_sandbox.fidelity import rows

ADA = "ada@acme.example"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)
BAD_GRANT = {"error": "invalid_grant", "error_description": "Bad Request"}
EXPIRED = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}


def refused(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def api_status(origin: str, access_token: str) -> int:
    return requests.get(f"{origin}/oauth2/v2/userinfo", headers=authorized(access_token), timeout=TIMEOUT).status_code


def stage(origin: str, name: str, **fields: Any) -> None:
    answer = requests.post(f"{origin}/_sandbox/api/scenarios", json={"name": name, **fields}, timeout=TIMEOUT)
    assert answer.status_code == 201, answer.text


@rows.row(15)
def test_sign_in_scopes_come_back_with_long_names(origin: str) -> None:
    tokens = grant(origin, ADA, (OPENID, "email", "profile"))
    assert tokens["scope"] == f"{EMAIL} {PROFILE} openid"


@rows.row(16)
def test_exchange_gives_all_of_googles_fields(origin: str) -> None:
    answer = exchange(origin, consent(origin, ADA, SCOPES)["code"])
    tokens = answer.json()
    assert answer.status_code == 200
    assert set(tokens) == {"access_token", "expires_in", "refresh_token", "scope", "token_type", "id_token"}
    assert tokens["access_token"].startswith("ya29.")
    assert tokens["refresh_token"].startswith("1//")
    assert tokens["expires_in"] == 3599
    assert tokens["token_type"] == "Bearer"
    assert set(tokens["scope"].split()) == set(SCOPES)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert answer.headers["Pragma"] == "no-cache"


@rows.row(16)
def test_client_may_prove_itself_by_basic_authentication(origin: str) -> None:
    code = consent(origin, ADA, SCOPES)["code"]
    answer = requests.post(
        f"{origin}/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=TIMEOUT,
    )
    assert answer.status_code == 200


@rows.row(16)
def test_no_id_token_without_openid(origin: str) -> None:
    assert "id_token" not in grant(origin, ADA, (READONLY, COMPOSE))


@rows.row(17)
def test_code_works_once(origin: str) -> None:
    code = consent(origin, ADA, SCOPES)["code"]
    assert exchange(origin, code).status_code == 200
    assert refused(exchange(origin, code)) == (400, BAD_GRANT)


@rows.row(17)
def test_code_ends_after_ten_minutes(sandbox: RunningSandbox) -> None:
    code = consent(sandbox.origin, ADA, SCOPES)["code"]
    sandbox.sandbox.clock.offset = 601
    assert refused(exchange(sandbox.origin, code)) == (400, BAD_GRANT)


@rows.row(17)
def test_garbage_is_a_malformed_code(origin: str) -> None:
    status, body = refused(exchange(origin, "garbage"))
    assert (status, body["error"], body["error_description"]) == (400, "invalid_grant", "Malformed auth code.")


@rows.row(17)
def test_code_of_another_client_is_refused_and_stays_good(origin: str) -> None:
    code = consent(origin, ADA, SCOPES)["code"]
    other = exchange(origin, code, client_id="other-client", client_secret="GOCSPX-other")
    assert refused(other) == (400, BAD_GRANT)
    assert exchange(origin, code).status_code == 200


@rows.row(17)
def test_exchange_with_another_redirect_uri_is_refused(origin: str) -> None:
    code = consent(origin, ADA, SCOPES)["code"]
    status, body = refused(exchange(origin, code, redirect_uri="http://127.0.0.1:8000/elsewhere/"))
    assert (status, body["error"]) == (400, "redirect_uri_mismatch")


@rows.row(18)
@pytest.mark.parametrize(
    ("asked", "verifier", "description"),
    [
        ({"code_challenge": challenge(), "code_challenge_method": "S256"}, None, "Missing code verifier."),
        ({"code_challenge": challenge(), "code_challenge_method": "S256"}, "wrong" * 10, None),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "wrong" * 10, None),
        ({}, VERIFIER, "code_verifier or verifier is not needed."),
    ],
)
def test_verifier_that_does_not_fit_is_refused(
    origin: str, asked: dict[str, Any], verifier: str | None, description: str | None
) -> None:
    code = consent(origin, ADA, SCOPES, **asked)["code"]
    status, body = refused(exchange(origin, code, code_verifier=verifier))
    assert (status, body["error"]) == (400, "invalid_grant")
    assert description is None or body["error_description"] == description


@rows.row(18)
@pytest.mark.parametrize(("method", "sent"), [("S256", challenge()), ("plain", VERIFIER)])
def test_verifier_that_fits_is_taken(origin: str, method: str, sent: str) -> None:
    code = consent(origin, ADA, SCOPES, code_challenge=sent, code_challenge_method=method)["code"]
    assert exchange(origin, code, code_verifier=VERIFIER).status_code == 200


@rows.row(19)
def test_wrong_secret_and_unknown_client(origin: str) -> None:
    unauthorized = {"error": "invalid_client", "error_description": "Unauthorized"}
    unknown = {"error": "invalid_client", "error_description": "The OAuth client was not found."}
    assert refused(exchange(origin, "4/0A", client_secret="wrong")) == (401, unauthorized)
    assert refused(exchange(origin, "4/0A", client_id="nobody")) == (401, unknown)


@rows.row(20)
def test_refresh_gives_scope_and_no_refresh_token(origin: str) -> None:
    tokens = grant(origin, ADA, SCOPES)
    answer = refresh(origin, tokens["refresh_token"])
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "expires_in", "scope", "token_type", "id_token"}
    assert body["access_token"].startswith("ya29.")
    assert body["access_token"] != tokens["access_token"]
    assert (body["expires_in"], body["token_type"]) == (3599, "Bearer")
    assert answer.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    for token in (tokens["access_token"], body["access_token"]):
        assert api_status(origin, token) == 200
    assert set(body["scope"].split()) == set(SCOPES)


@rows.row(21)
def test_refresh_after_revocation_says_so_and_forgets_half_a_day_later(sandbox: RunningSandbox) -> None:
    tokens = grant(sandbox.origin, ADA, SCOPES)
    requests.post(f"{sandbox.origin}/_sandbox/api/revoke", json={"account": ADA}, timeout=TIMEOUT)
    assert refused(refresh(sandbox.origin, tokens["refresh_token"])) == (400, EXPIRED)
    sandbox.sandbox.clock.offset = 13 * 3600
    assert refused(refresh(sandbox.origin, tokens["refresh_token"])) == (400, BAD_GRANT)


@rows.row(21)
def test_new_password_ends_refresh_tokens_that_reach_mail(origin: str) -> None:
    mail, identity = grant(origin, ADA, SCOPES), grant(origin, ADA, (OPENID, EMAIL))
    requests.post(f"{origin}/_sandbox/api/accounts/{ADA}", json={"password": "another"}, timeout=TIMEOUT)
    assert refused(refresh(origin, mail["refresh_token"])) == (400, EXPIRED)
    assert refresh(origin, identity["refresh_token"]).status_code == 200


@rows.row(21)
def test_half_a_year_without_a_refresh_ends_the_token(sandbox: RunningSandbox) -> None:
    used, unused = (grant(sandbox.origin, ADA, SCOPES)["refresh_token"] for _ in range(2))
    sandbox.sandbox.clock.offset = 100 * 86400
    assert refresh(sandbox.origin, used).status_code == 200
    sandbox.sandbox.clock.offset = 183 * 86400 + 60
    assert refresh(sandbox.origin, used).status_code == 200
    assert refused(refresh(sandbox.origin, unused)) == (400, EXPIRED)


@rows.row(21)
def test_101st_refresh_token_ends_the_oldest_only(origin: str) -> None:
    browser = requests.Session()
    tokens = [grant(origin, ADA, (OPENID, EMAIL), browser=browser)["refresh_token"] for _ in range(101)]
    assert refused(refresh(origin, tokens[0])) == (400, EXPIRED)
    assert refresh(origin, tokens[1]).status_code == 200


@rows.row(22)
def test_refresh_with_garbage(origin: str) -> None:
    assert refused(refresh(origin, "1//0garbage")) == (400, BAD_GRANT)


@rows.row(22)
def test_refresh_token_of_another_client(origin: str) -> None:
    tokens = grant(origin, ADA, SCOPES)
    answer = refresh(origin, tokens["refresh_token"], client_id="other-client", client_secret="GOCSPX-other")
    assert refused(answer) == (401, {"error": "unauthorized_client", "error_description": "Unauthorized"})


@rows.row(24)
def test_refresh_that_asks_for_more_than_was_granted(origin: str) -> None:
    tokens = grant(origin, ADA, SCOPES, tick=[COMPOSE])
    answer = refresh(origin, tokens["refresh_token"], scope=" ".join(SCOPES))
    assert refused(answer) == (400, {"error": "invalid_scope", "error_description": "Bad Request"})
    fewer = refresh(origin, tokens["refresh_token"], scope=COMPOSE)
    assert fewer.json()["scope"] == COMPOSE


@rows.row(25)
@pytest.mark.parametrize("change", [{"deleted": True}, {"suspended": True}])
def test_refresh_for_an_account_that_is_gone(origin: str, change: dict[str, bool]) -> None:
    tokens = grant(origin, ADA, SCOPES)
    requests.post(f"{origin}/_sandbox/api/accounts/{ADA}", json=change, timeout=TIMEOUT)
    status, body = refused(refresh(origin, tokens["refresh_token"]))
    assert (status, body["error"]) == (400, "invalid_grant")
    assert api_status(origin, tokens["access_token"]) == 401


@rows.row(26)
@pytest.mark.parametrize("seconds", [604_799, 15_551_999])
def test_grant_that_ends_says_when(sandbox: RunningSandbox, seconds: int) -> None:
    stage(sandbox.origin, "time_limited", value=seconds, count=1)
    tokens = grant(sandbox.origin, ADA, SCOPES)
    assert tokens["refresh_token_expires_in"] == seconds
    sandbox.sandbox.clock.offset = seconds + 1
    assert refused(refresh(sandbox.origin, tokens["refresh_token"])) == (400, EXPIRED)


@rows.row(27)
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_whole_grant(origin: str, kind: str) -> None:
    first, second = grant(origin, ADA, SCOPES), grant(origin, ADA, (OPENID, EMAIL))
    someone_else = grant(origin, "ben@acme.example", SCOPES)
    answer = requests.post(f"{origin}/revoke", data={"token": first[kind]}, timeout=TIMEOUT)
    assert refused(answer) == (200, {})
    for tokens in (first, second):
        assert refused(refresh(origin, tokens["refresh_token"])) == (400, EXPIRED)
        assert api_status(origin, tokens["access_token"]) == 401
    assert api_status(origin, someone_else["access_token"]) == 200


@rows.row(27)
def test_revocation_takes_no_get(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["access_token"]
    assert requests.get(f"{origin}/revoke", params={"token": token}, timeout=TIMEOUT).status_code == 404
    assert api_status(origin, token) == 200


@rows.row(27)
def test_consent_is_asked_again_after_revocation(origin: str) -> None:
    browser = requests.Session()
    tokens = grant(origin, ADA, SCOPES, browser=browser)
    requests.post(f"{origin}/revoke", data={"token": tokens["access_token"]}, timeout=TIMEOUT)
    assert consent(origin, ADA, SCOPES, browser=browser, prompt=None)["prompt"] == "consent"


@rows.row(28)
def test_revoking_an_unknown_or_dead_token(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["access_token"]
    for _ in range(2):
        answer = requests.post(f"{origin}/revoke", data={"token": token}, timeout=TIMEOUT)
    dead = refused(answer)
    unknown = refused(requests.post(f"{origin}/revoke", data={"token": "unknown"}, timeout=TIMEOUT))
    for status, body in (dead, unknown):
        assert (status, body["error"]) == (400, "invalid_token")


@rows.row(29)
def test_tokeninfo_of_a_good_token_is_all_text(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["access_token"]
    answer = requests.get(f"{origin}/tokeninfo", params={"access_token": token}, timeout=TIMEOUT)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {
        "azp", "aud", "sub", "scope", "exp", "expires_in", "email", "email_verified", "access_type",
    }  # fmt: skip
    assert all(isinstance(value, str) for value in body.values())
    assert body["aud"] == body["azp"] == CLIENT_ID
    assert (body["email"], body["email_verified"]) == (ADA, "true")
    assert len(body["sub"]) == 21
    assert set(body["scope"].split()) == set(SCOPES)
    assert 0 < int(body["expires_in"]) <= 3599
    assert body["access_type"] == "offline"


@rows.row(29)
@pytest.mark.parametrize("address", ["/tokeninfo", "/oauth2/v3/tokeninfo"])
def test_tokeninfo_of_a_bad_token(origin: str, address: str) -> None:
    refresh_token = grant(origin, ADA, SCOPES)["refresh_token"]
    for token in ("garbage", refresh_token):
        answer = requests.get(f"{origin}{address}", params={"access_token": token}, timeout=TIMEOUT)
        assert refused(answer) == (400, {"error": "invalid_token", "error_description": "Invalid Value"})


@rows.row(31)
def test_outage_of_the_token_endpoint(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "token_endpoint:500", count=1)
    internal = {"error": "internal_failure", "error_description": "Backend Error"}
    assert refused(refresh(origin, token)) == (500, internal)
    stage(origin, "token_endpoint:429", count=1)
    assert refresh(origin, token).status_code == 429
    stage(origin, "token_endpoint:html_403", count=1)
    page = refresh(origin, token)
    assert page.status_code == 403
    assert page.headers["Content-Type"].startswith("text/html")
    assert "User Rate Limit Exceeded" in page.text
    assert refresh(origin, token).status_code == 200


@rows.row(31)
def test_google_auth_tries_three_times_when_the_token_endpoint_fails(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _seconds: None)
    credentials = Credentials(
        None,
        refresh_token=grant(origin, ADA, SCOPES)["refresh_token"],
        token_uri=f"{origin}/token",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    stage(origin, "token_endpoint:500", count=3)
    with pytest.raises(RefreshError) as raised:
        credentials.refresh(Request())
    assert raised.value.retryable
    assert raised.value.args[1] == {"error": "internal_failure", "error_description": "Backend Error"}
    stage(origin, "token_endpoint:500", count=2)
    credentials.refresh(Request())
    assert api_status(origin, str(credentials.token)) == 200


def test_unknown_grant_type(origin: str) -> None:
    status, body = refused(token_request(origin, grant_type="urn:ietf:params:oauth:grant-type:device_code"))
    assert (status, body["error"]) == (400, "unsupported_grant_type")
    status, body = refused(token_request(origin))
    assert (status, body["error"]) == (400, "invalid_request")
