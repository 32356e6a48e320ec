"""The authorization endpoint: which pages it shows, and what the redirect says (rows 1-3, 8-14)."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.google_sandbox.consenting import (
    COMPOSE,
    EMAIL,
    OPENID,
    PROFILE,
    READONLY,
    REDIRECT_URI,
    TIMEOUT,
    authorization_parameters,
    boxes,
    consent,
    exchange,
    grant,
    open_consent,
    post,
    redirect_parameters,
)
from tests.google_sandbox.fidelity import rows

SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)


def ask(origin: str, **changes: str | None) -> requests.Response:
    return requests.get(
        f"{origin}/o/oauth2/v2/auth",
        params=authorization_parameters(SCOPES, **changes),
        allow_redirects=False,
        timeout=TIMEOUT,
    )


def assert_page(answer: requests.Response, status: int, code: str) -> None:
    """One of Google's own error pages, from which nothing leads back to the app."""
    assert answer.status_code == status
    assert f"Error {status}: {code}" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Location" not in answer.headers
    assert 'action="' not in answer.text
    assert f'href="{REDIRECT_URI}' not in answer.text


@rows.row(1)
@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:8000/connections/callback/google/",
        "http://localhost:8000/connections/callback/google/",
        "http://127.0.0.1:8001/connections/callback/google/",
        "http://127.0.0.1:8000/connections/callback/google",
        "http://127.0.0.1:8000/connections/callback/Google/",
        f"{REDIRECT_URI}?next=1",
        f"{REDIRECT_URI}#",
    ],
)
def test_redirect_uri_that_differs_in_anything_gets_a_page(origin: str, address: str) -> None:
    answer = ask(origin, redirect_uri=address)
    assert_page(answer, 400, "redirect_uri_mismatch")
    assert address in answer.text
    assert "GeneralOAuthFlow" in answer.text


@rows.row(2)
def test_unknown_client_gets_a_page(origin: str) -> None:
    answer = ask(origin, client_id="nobody")
    assert_page(answer, 401, "invalid_client")
    assert "The OAuth client was not found." in answer.text


@rows.row(3)
def test_unknown_scope_gets_a_page_that_tells_valid_from_invalid(origin: str) -> None:
    unknown = "https://www.googleapis.com/auth/gmail.reedonly"
    answer = ask(origin, scope=f"{READONLY} {unknown}")
    assert_page(answer, 400, "invalid_scope")
    assert f"Some requested scopes were invalid. {{valid=[{READONLY}], invalid=[{unknown}]}}" in answer.text


@pytest.mark.parametrize("missing", ["client_id", "redirect_uri", "scope", "response_type"])
def test_missing_parameter_gets_a_page(origin: str, missing: str) -> None:
    answer = ask(origin, **{missing: None})
    assert_page(answer, 400, "invalid_request")
    assert f"Missing required parameter: {missing}" in answer.text


@rows.row(8)
def test_cancel_tells_the_app_access_denied(origin: str) -> None:
    browser = requests.Session()
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser)
    answer = post(browser, page, "/signin/consent", answer="cancel")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{REDIRECT_URI}?error=access_denied&state=a-state"


@rows.row(8)
def test_cancel_leaves_no_grant(origin: str) -> None:
    consent(origin, "ada@acme.example", SCOPES, answer="cancel")
    assert requests.get(f"{origin}/_sandbox/api/state", timeout=TIMEOUT).json()["grants"] == []


@rows.row(8)
def test_an_answer_that_gives_nothing_new_is_access_denied(origin: str) -> None:
    consent(origin, "ada@acme.example", (OPENID, EMAIL), prompt="consent")
    answer = consent(origin, "ada@acme.example", SCOPES, tick=())
    assert answer == {"error": "access_denied", "state": "a-state"}


@rows.row(9)
def test_redirect_after_approval_of_all(origin: str) -> None:
    answer = consent(origin, "ada@acme.example", (*SCOPES, PROFILE))
    assert list(answer) == ["state", "code", "scope", "authuser", "hd", "prompt", "iss"]
    assert answer["state"] == "a-state"
    assert re.fullmatch(r"4/0A\S{40,}", answer["code"])
    assert set(answer["scope"].split()) == {"email", "profile", COMPOSE, READONLY, EMAIL, PROFILE, "openid"}
    assert answer["authuser"] == "0"
    assert answer["hd"] == "acme.example"
    assert answer["prompt"] == "consent"
    assert answer["iss"] == origin


@rows.row(9)
def test_redirect_of_a_personal_account_names_no_domain(origin: str) -> None:
    answer = consent(origin, "hanna@gmail.com", SCOPES)
    assert list(answer) == ["state", "code", "scope", "authuser", "prompt", "iss"]


@rows.row(9)
def test_redirect_is_found_and_keeps_the_slash_of_the_code_encoded(origin: str) -> None:
    browser = requests.Session()
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser)
    answer = post(browser, page, "/signin/consent", scope=boxes(page.text), answer="allow")
    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT_URI
    assert "code=4%2F0A" in address.query


@rows.row(10)
def test_boxes_start_unticked_and_what_is_left_out_is_withheld(origin: str) -> None:
    page = open_consent(origin, "ada@acme.example", SCOPES)
    assert boxes(page.text) == [READONLY, COMPOSE]
    assert "checked" not in page.text
    answer = consent(origin, "ada@acme.example", SCOPES, tick=[COMPOSE])
    assert set(answer["scope"].split()) == {"email", EMAIL, OPENID, COMPOSE}
    assert set(exchange(origin, answer["code"]).json()["scope"].split()) == {EMAIL, OPENID, COMPOSE}


@rows.row(10)
def test_sign_in_scopes_stay_when_no_box_is_ticked(origin: str) -> None:
    answer = consent(origin, "ada@acme.example", SCOPES, tick=())
    assert set(exchange(origin, answer["code"]).json()["scope"].split()) == {EMAIL, OPENID}


@rows.row(11)
def test_a_single_scope_has_no_box(origin: str) -> None:
    page = open_consent(origin, "ada@acme.example", (OPENID, EMAIL, READONLY))
    assert boxes(page.text) == []
    answer = consent(origin, "ada@acme.example", (OPENID, EMAIL, READONLY))
    assert READONLY in answer["scope"].split()
    refused = consent(origin, "ada@acme.example", (OPENID, EMAIL, READONLY), answer="cancel")
    assert refused["error"] == "access_denied"


@rows.row(12)
def test_second_visit_shows_no_consent_and_gives_no_refresh_token(origin: str) -> None:
    browser = requests.Session()
    grant(origin, "ada@acme.example", SCOPES, browser=browser, prompt="consent")
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser, prompt=None)
    answer = redirect_parameters(page)
    assert answer["prompt"] == "none"
    tokens = exchange(origin, answer["code"]).json()
    assert "access_token" in tokens
    assert "refresh_token" not in tokens


@rows.row(12)
def test_prompt_consent_gives_another_refresh_token_each_time(origin: str) -> None:
    first = grant(origin, "ada@acme.example", SCOPES)["refresh_token"]
    assert grant(origin, "ada@acme.example", SCOPES)["refresh_token"] != first


@rows.row(13)
@pytest.mark.parametrize("access_type", ["online", None])
def test_access_that_is_not_offline_gives_no_refresh_token(origin: str, access_type: str | None) -> None:
    assert "refresh_token" not in grant(origin, "ada@acme.example", SCOPES, access_type=access_type)


@rows.row(14)
def test_include_granted_scopes_gives_the_union(origin: str) -> None:
    grant(origin, "ada@acme.example", (OPENID, EMAIL, READONLY))
    tokens = grant(origin, "ada@acme.example", (OPENID, EMAIL, COMPOSE), include_granted_scopes="true")
    assert set(tokens["scope"].split()) == {OPENID, EMAIL, READONLY, COMPOSE}
    alone = grant(origin, "ada@acme.example", (OPENID, EMAIL, COMPOSE))
    assert set(alone["scope"].split()) == {OPENID, EMAIL, COMPOSE}


def test_more_scopes_without_prompt_consent_ask_for_the_new_ones_only(origin: str) -> None:
    browser = requests.Session()
    grant(origin, "ada@acme.example", (OPENID, EMAIL, READONLY), browser=browser)
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser, prompt=None)
    assert boxes(page.text) == []
    assert "given before" in page.text
    tokens = grant(origin, "ada@acme.example", SCOPES, browser=browser, prompt=None)
    assert set(tokens["scope"].split()) == set(SCOPES)


def test_prompt_none_answers_without_a_page(origin: str) -> None:
    browser = requests.Session()
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser, prompt="none")
    assert redirect_parameters(page) == {"error": "login_required", "state": "a-state"}
    grant(origin, "ada@acme.example", (OPENID, EMAIL), browser=browser)
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser, prompt="none")
    assert redirect_parameters(page) == {"error": "consent_required", "state": "a-state"}
    grant(origin, "ada@acme.example", SCOPES, browser=browser)
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser, prompt="none")
    assert redirect_parameters(page)["prompt"] == "none"


def test_login_hint_goes_to_that_accounts_password(origin: str) -> None:
    page = requests.get(
        f"{origin}/o/oauth2/v2/auth",
        params=authorization_parameters(SCOPES, prompt="consent", login_hint="ben@acme.example"),
        timeout=TIMEOUT,
    )
    assert "/signin/password" in page.url
    assert "ben@acme.example" in page.text


def test_chooser_lists_every_person_but_no_service_account(origin: str) -> None:
    page = requests.get(f"{origin}/o/oauth2/v2/auth", params=authorization_parameters(SCOPES), timeout=TIMEOUT)
    for name in ("ada", "ben", "cleo", "dora", "emil", "fay"):
        assert f"{name}@acme.example" in page.text
    for address in ("gus@other.example", "hanna@gmail.com", "ivo@googlemail.com", "jo@private.test"):
        assert address in page.text
    assert "gserviceaccount.com" not in page.text


def test_wrong_password_unknown_and_suspended_accounts_do_not_get_in(origin: str) -> None:
    browser = requests.Session()
    page = browser.get(f"{origin}/o/oauth2/v2/auth", params=authorization_parameters(SCOPES), timeout=TIMEOUT)
    unknown = post(browser, page, "/signin/accounts", account="nobody@acme.example")
    assert "Couldn’t find this Google Account." in unknown.text
    password = post(browser, page, "/signin/accounts", account="ben@acme.example")
    assert "Wrong password." in post(browser, password, "/signin/password", password="guess").text
    suspended = open_consent(origin, "emil@acme.example", SCOPES)
    assert suspended.status_code == 403
    assert "suspended" in suspended.text


def test_consent_needs_the_browser_that_signed_in(origin: str) -> None:
    page = open_consent(origin, "ada@acme.example", SCOPES)
    stranger = requests.Session()
    answer = post(stranger, page, "/signin/consent", answer="allow", scope=[READONLY])
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_consent_needs_the_password_first(origin: str) -> None:
    browser = requests.Session()
    page = browser.get(f"{origin}/o/oauth2/v2/auth", params=authorization_parameters(SCOPES), timeout=TIMEOUT)
    password = post(browser, page, "/signin/accounts", account="ben@acme.example")
    answer = post(browser, password, "/signin/consent", answer="allow", scope=[READONLY])
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_select_all_shows_the_page_again_with_every_box_ticked(origin: str) -> None:
    browser = requests.Session()
    page = open_consent(origin, "ada@acme.example", SCOPES, browser=browser)
    ticked = post(browser, page, "/signin/consent", answer="tick_all")
    assert ticked.text.count(" checked>") == 2


def test_no_state_asked_no_state_answered(origin: str) -> None:
    assert "state" not in consent(origin, "ada@acme.example", SCOPES, state=None)


def test_cookies_of_the_sandbox_begin_with_its_name(origin: str) -> None:
    browser = requests.Session()
    open_consent(origin, "ada@acme.example", SCOPES, browser=browser)
    assert browser.cookies
    assert all(cookie.name.startswith("sandbox_") for cookie in browser.cookies)


def test_what_an_app_sends_is_never_markup_on_a_page(origin: str) -> None:
    answer = ask(origin, client_id="<script>alert(1)</script>")
    assert "<script>" not in answer.text
    assert dict(parse_qsl(urlsplit(answer.url).query))["client_id"] == "<script>alert(1)</script>"
