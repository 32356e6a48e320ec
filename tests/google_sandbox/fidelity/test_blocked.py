"""Who Google doesn't let through, and the page it shows instead of going back to the app (rows 4-7)."""

import pytest
import requests

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.consenting import (
    COMPOSE,
    EMAIL,
    OPENID,
    READONLY,
    REDIRECT_URI,
    TIMEOUT,
    authorization_parameters,
    consent,
    grant,
    open_consent,
    post,
    redirect_parameters,
)
from tests.google_sandbox.fidelity import rows
from tests.staged_google import stage

ADA, BEN, GUS, HANNA = "ada@acme.example", "ben@acme.example", "gus@other.example", "hanna@gmail.com"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/124.0 Mobile Safari/537.36"
)


def assert_page(answer: requests.Response, status: int, code: str, text: str = "") -> None:
    """One of Google's own error pages, from which nothing leads back to the app."""
    assert answer.status_code == status
    assert f"Error {status}: {code}" in answer.text
    assert text in answer.text
    assert "Location" not in answer.headers
    assert 'action="' not in answer.text
    assert f'href="{REDIRECT_URI}' not in answer.text


@rows.row(4)
@pytest.mark.parametrize("outsider", [GUS, HANNA])
def test_internal_app_is_for_its_own_organization(sandbox: RunningSandbox, outsider: str) -> None:
    stage(sandbox, "internal_client")
    assert_page(open_consent(sandbox.origin, outsider, SCOPES), 403, "org_internal")
    assert "code" in consent(sandbox.origin, ADA, SCOPES)


@rows.row(4)
def test_internal_app_of_another_organization(sandbox: RunningSandbox) -> None:
    stage(sandbox, "internal_client", value="other.example")
    assert_page(open_consent(sandbox.origin, ADA, SCOPES), 403, "org_internal")
    assert "code" in consent(sandbox.origin, GUS, SCOPES)


@rows.row(5)
def test_app_blocked_by_an_administrator(sandbox: RunningSandbox) -> None:
    stage(sandbox, "page:admin_policy_enforced", account=BEN)
    assert_page(open_consent(sandbox.origin, BEN, SCOPES), 400, "admin_policy_enforced")
    assert "code" in consent(sandbox.origin, ADA, SCOPES)


@rows.row(5)
def test_app_blocked_by_an_administrator_may_be_told_the_app_too(sandbox: RunningSandbox) -> None:
    stage(sandbox, "redirect_error")
    assert consent(sandbox.origin, ADA, SCOPES) == {"error": "admin_policy_enforced", "state": "a-state"}


@rows.row(5)
def test_app_blocked_although_all_was_given_before(sandbox: RunningSandbox) -> None:
    browser = requests.Session()
    grant(sandbox.origin, ADA, SCOPES, browser=browser)
    stage(sandbox, "page:admin_policy_enforced")
    assert_page(open_consent(sandbox.origin, ADA, SCOPES, browser=browser, prompt=None), 400, "admin_policy_enforced")


@rows.row(6)
def test_app_in_testing_is_for_those_on_its_list(sandbox: RunningSandbox) -> None:
    stage(sandbox, "testing_client", value=f"{ADA}, {HANNA}")
    page = open_consent(sandbox.origin, BEN, SCOPES)
    assert_page(page, 403, "access_denied", "has not completed the Google verification process")
    assert "code" in consent(sandbox.origin, ADA, SCOPES)


@rows.row(6, 26)
def test_grant_of_an_app_in_testing_ends_after_a_week_unless_it_only_signs_in(sandbox: RunningSandbox) -> None:
    stage(sandbox, "testing_client", value=[ADA])
    assert grant(sandbox.origin, ADA, SCOPES)["refresh_token_expires_in"] == 604_799
    assert "refresh_token_expires_in" not in grant(sandbox.origin, ADA, (OPENID, EMAIL))


@rows.row(7)
@pytest.mark.parametrize("agent", [WEBVIEW, ""])
def test_browser_inside_another_app(sandbox: RunningSandbox, agent: str) -> None:
    if not agent:
        stage(sandbox, "page:disallowed_useragent", count=1)
    address = f"{sandbox.origin}/o/oauth2/v2/auth"
    parameters, headers = authorization_parameters(SCOPES), {"User-Agent": agent} if agent else {}
    assert_page(requests.get(address, parameters, headers=headers, timeout=TIMEOUT), 403, "disallowed_useragent")
    assert requests.get(address, parameters, timeout=TIMEOUT).status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("page:access_not_configured", 400, "access_not_configured"),
        ("page:invalid_scope", 400, "invalid_scope"),
        ("page:redirect_uri_mismatch", 400, "redirect_uri_mismatch"),
        ("page:deleted_client", 401, "deleted_client"),
        ("page:rate_limit_exceeded", 403, "rate_limit_exceeded"),
        ("page:disallowed_useragent", 403, "disallowed_useragent"),
    ],
)
def test_other_pages_of_googles(sandbox: RunningSandbox, name: str, status: int, code: str) -> None:
    """For one account they come once it was chosen, since nobody is known before."""
    stage(sandbox, name, account=ADA)
    assert_page(open_consent(sandbox.origin, ADA, SCOPES), status, code)
    assert "code" in consent(sandbox.origin, BEN, SCOPES)


def test_page_staged_on_the_consent_page_is_shown_once(sandbox: RunningSandbox) -> None:
    browser = requests.Session()
    page = open_consent(sandbox.origin, ADA, SCOPES, browser=browser)
    assert_page(post(browser, page, "/signin/consent", answer="stage", stage="internal_client"), 403, "org_internal")
    assert "code" in redirect_parameters(post(browser, page, "/signin/consent", answer="allow", scope=[READONLY]))
