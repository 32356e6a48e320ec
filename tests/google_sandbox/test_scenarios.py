"""Staged failures: each does what its name says, for whom it was staged, as often as it was staged."""

import time
from typing import Any

import pytest
import requests
from google.auth import jwt
from google.auth.exceptions import InvalidValue
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from tests.google_sandbox.consenting import (
    CLIENT_ID,
    COMPOSE,
    EMAIL,
    OPENID,
    READONLY,
    REDIRECT_URI,
    TIMEOUT,
    authorization_parameters,
    consent,
    exchange,
    grant,
    open_consent,
    post,
    refresh,
)

ADA, BEN = "ada@acme.example", "ben@acme.example"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)
CERTS = "/oauth2/v1/certs"


def stage(origin: str, name: str, **fields: Any) -> dict[str, Any]:
    answer = requests.post(f"{origin}/_sandbox/api/scenarios", json={"name": name, **fields}, timeout=TIMEOUT)
    assert answer.status_code == 201, answer.text
    staged: dict[str, Any] = answer.json()
    return staged


def active(origin: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = requests.get(f"{origin}/_sandbox/api/scenarios", timeout=TIMEOUT).json()["scenarios"]
    return listed


def status(origin: str, path: str = CERTS) -> int:
    return requests.get(f"{origin}{path}", timeout=TIMEOUT).status_code


def test_count_runs_out(origin: str) -> None:
    stage(origin, "503_before", count=2)
    assert [status(origin) for _ in range(3)] == [503, 503, 200]
    assert active(origin) == []


def test_without_count_it_lasts_until_switched_off(origin: str) -> None:
    staged = stage(origin, "503_before")
    assert [status(origin) for _ in range(3)] == [503, 503, 503]
    requests.delete(f"{origin}/_sandbox/api/scenarios/{staged['id']}", timeout=TIMEOUT)
    assert status(origin) == 200


def test_oldest_that_fits_goes_first(origin: str) -> None:
    stage(origin, "500_before", count=1)
    stage(origin, "429", count=1)
    assert [status(origin) for _ in range(3)] == [500, 429, 200]


def test_path_pattern_and_method_narrow_it(origin: str) -> None:
    stage(origin, "503_before", path="/oauth2/v*/certs", method="GET")
    assert status(origin) == status(origin, "/oauth2/v3/certs") == 503
    assert status(origin, "/.well-known/openid-configuration") == 200


def test_account_and_client_narrow_it(origin: str) -> None:
    ada, ben = grant(origin, ADA, SCOPES), grant(origin, BEN, SCOPES)
    stage(origin, "503_before", account=ADA, path="/token")
    assert refresh(origin, ada["refresh_token"]).status_code == 503
    assert refresh(origin, ben["refresh_token"]).status_code == 200
    requests.delete(f"{origin}/_sandbox/api/scenarios", timeout=TIMEOUT)
    stage(origin, "503_before", client="other-client")
    assert refresh(origin, ada["refresh_token"]).status_code == 200


def test_the_control_api_itself_is_never_hit(origin: str) -> None:
    stage(origin, "503_before")
    assert status(origin, "/_sandbox/api/state") == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "no such"},
        {"name": "429", "count": 0},
        {"name": "429", "count": "3"},
        {"name": "429", "path": 3},
        {"name": "time_limited", "value": "a week"},
        {"name": "session_control", "value": "16 hours"},
        {"name": "gmail:user_rate", "value": -1},
        {"name": "429", "when": "now"},
        {},
    ],
)
def test_scenario_that_makes_no_sense_is_refused(origin: str, wrong: dict[str, Any]) -> None:
    answer = requests.post(f"{origin}/_sandbox/api/scenarios", json=wrong, timeout=TIMEOUT)
    assert answer.status_code == 400
    assert active(origin) == []


def test_cancel(origin: str) -> None:
    stage(origin, "cancel", count=1)
    assert consent(origin, ADA, SCOPES)["error"] == "access_denied"
    assert "code" in consent(origin, ADA, SCOPES)


def test_untick(origin: str) -> None:
    stage(origin, "untick", value=[READONLY], count=1)
    assert set(grant(origin, ADA, SCOPES)["scope"].split()) == {OPENID, EMAIL, COMPOSE}


def test_answer_as_another_account(origin: str) -> None:
    stage(origin, "answer_as_account", value="gus@other.example", count=1)
    answer = consent(origin, ADA, SCOPES)
    assert answer["hd"] == "other.example"
    claims = id_token.verify_token(
        exchange(origin, answer["code"]).json()["id_token"], Request(), CLIENT_ID, f"{origin}{CERTS}"
    )
    assert claims["email"] == "gus@other.example"


def test_answer_as_another_account_by_default(origin: str) -> None:
    stage(origin, "answer_as_account", count=1)
    tokens = exchange(origin, consent(origin, ADA, SCOPES)["code"]).json()
    claims = id_token.verify_token(tokens["id_token"], Request(), CLIENT_ID, f"{origin}{CERTS}")
    assert claims["email"] == BEN


def test_state_lost_and_issuers_bent(origin: str) -> None:
    stage(origin, "lose_state", count=1)
    assert "state" not in consent(origin, ADA, SCOPES)
    stage(origin, "no_iss", count=1)
    assert "iss" not in consent(origin, ADA, SCOPES)
    stage(origin, "wrong_iss", count=1)
    assert consent(origin, ADA, SCOPES)["iss"] != origin


def test_two_issuers(origin: str) -> None:
    stage(origin, "two_iss", count=1)
    browser = requests.Session()
    page = open_consent(origin, ADA, SCOPES, browser=browser)
    answer = post(browser, page, "/signin/consent", answer="allow", scope=[READONLY])
    assert answer.headers["Location"].count("iss=") == 2


def test_error_in_the_redirect(origin: str) -> None:
    stage(origin, "redirect_error", value="org_internal", count=1)
    assert consent(origin, ADA, SCOPES) == {"error": "org_internal", "state": "a-state"}


@pytest.mark.parametrize("forgery", ["exp", "aud", "alg_none", "other_key"])
def test_forged_id_token_does_not_verify(origin: str, forgery: str) -> None:
    stage(origin, f"id_token:{forgery}", count=1)
    tokens = grant(origin, ADA, SCOPES)
    with pytest.raises(Exception, match=r"(?i)expired|audience|signature|certificate|segments|algorithm"):
        id_token.verify_token(tokens["id_token"], Request(), CLIENT_ID, f"{origin}{CERTS}")


@pytest.mark.parametrize(
    ("forgery", "claim", "value"),
    [
        ("nonce", "nonce", "another-nonce"),
        ("iss", "iss", "https://accounts.other.example"),
        ("no_sub", "sub", None),
        ("email_unverified", "email_verified", False),
        ("service_account", "email", "mailer@acme-automation.iam.gserviceaccount.com"),
        ("service_account", "hd", None),
    ],
)
def test_forged_id_token_is_well_signed_but_says_otherwise(
    origin: str, forgery: str, claim: str, value: object
) -> None:
    stage(origin, f"id_token:{forgery}", count=1)
    tokens = grant(origin, ADA, SCOPES, nonce="a-nonce")
    claims = id_token.verify_token(tokens["id_token"], Request(), CLIENT_ID, f"{origin}{CERTS}")
    assert claims.get(claim) == value


def test_no_refresh_token(origin: str) -> None:
    stage(origin, "no_refresh_token", count=1)
    assert "refresh_token" not in grant(origin, ADA, SCOPES)


def test_access_removed_at_google_ends_the_grant_at_the_next_refresh(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "revoked_at_google", count=1)
    for _ in range(2):
        assert refresh(origin, token).json()["error_description"] == "Token has been expired or revoked."


def test_refused_refreshes(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "refresh:invalid_grant", count=1)
    stage(origin, "refresh:invalid_client", count=1)
    assert refresh(origin, token).json()["error"] == "invalid_grant"
    assert refresh(origin, token).json()["error"] == "invalid_client"
    assert refresh(origin, token).status_code == 200


def test_scopes_shrink_and_refresh_token_rotated(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "refresh:scopes_shrink", value=[COMPOSE], count=1)
    stage(origin, "refresh:rotated", count=1)
    assert set(refresh(origin, token).json()["scope"].split()) == {OPENID, EMAIL, READONLY}
    rotated = refresh(origin, token).json()["refresh_token"]
    assert rotated != token
    assert refresh(origin, rotated).status_code == 200


def test_token_endpoint_that_is_slow_or_unavailable(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("google_sandbox.oauth.token.time.sleep", slept.append)
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "token_endpoint:slow", count=1)
    stage(origin, "token_endpoint:slow", value=3, count=1)
    stage(origin, "token_endpoint:503", count=1)
    assert [refresh(origin, token).status_code for _ in range(4)] == [200, 200, 503, 200]
    assert [each for each in slept if each >= 1] == [10, 3]


def test_clocks_that_differ(origin: str) -> None:
    stage(origin, "id_token:early", value=900, count=1)
    tokens = grant(origin, ADA, SCOPES)
    with pytest.raises(InvalidValue, match="Token used too early"):
        id_token.verify_token(tokens["id_token"], Request(), CLIENT_ID, f"{origin}{CERTS}")
    claims = jwt.decode(tokens["id_token"], verify=False)
    assert 800 < claims["iat"] - time.time() <= 900


def test_garbage_and_oversized_answers(origin: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    stage(origin, "token_endpoint:garbage", count=1)
    stage(origin, "token_endpoint:oversized", count=1)
    garbage = refresh(origin, token)
    assert garbage.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        garbage.json()
    assert len(refresh(origin, token).content) > 10_000_000


@pytest.mark.parametrize(
    ("name", "expected"),
    [("lose_state", "no state"), ("id_token:alg_none", "unsigned"), ("token_endpoint:500", "500")],
)
def test_failure_staged_on_the_consent_page_holds_for_that_answer(origin: str, name: str, expected: str) -> None:
    answer = consent(origin, ADA, SCOPES, stage=name)
    tokens = exchange(origin, answer["code"])
    met = {
        "no state": "state" not in answer,
        "unsigned": tokens.status_code == 200 and tokens.json()["id_token"].endswith("."),
        "500": tokens.status_code == 500,
    }
    assert [name for name, is_so in met.items() if is_so] == [expected]
    after = consent(origin, ADA, SCOPES)
    assert after["state"] == "a-state"
    assert not exchange(origin, after["code"]).json()["id_token"].endswith(".")
    assert active(origin) == []


def test_consent_page_offers_only_scenarios_that_exist(origin: str) -> None:
    page = open_consent(origin, ADA, SCOPES)
    kinds = requests.get(f"{origin}/_sandbox/api/state", timeout=TIMEOUT).json()["scenario_kinds"]
    assert {"cancel", "id_token:nonce", "close_after"} <= set(kinds)
    for option in page.text.split('<option value="')[1:]:
        assert option.partition('"')[0] in kinds


def test_registered_address_is_the_only_way_back(origin: str) -> None:
    assert authorization_parameters(SCOPES)["redirect_uri"] == REDIRECT_URI
    browser = requests.Session()
    page = open_consent(origin, ADA, SCOPES, browser=browser)
    answer = post(browser, page, "/signin/consent", answer="stage", stage="cancel")
    assert answer.headers["Location"].startswith(REDIRECT_URI)
