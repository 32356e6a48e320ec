"""Google's own error pages: who isn't let through, and what they see (rows 4-7). The app never hears of it."""

import sqlite3
from typing import NamedTuple

from werkzeug.wrappers import Response

from google_sandbox.oauth.flows import PATH, AuthorizationRequest
from google_sandbox.oauth.scopes import selectable
from google_sandbox.pages import error_page
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import PAGE, names_in
from google_sandbox.scenarios import Scenario

PREFIX = "page:"
OWN_DOMAIN = "acme.example"
# How Android's embedded browser names itself
WEBVIEW = "; wv)"
STAGED = names_in(PAGE)
# What is wrong with the request or the browser: shown before anybody chose an account
AT_ONCE = frozenset({"page:disallowed_useragent", "page:redirect_uri_mismatch", "page:deleted_client"})


class Page(NamedTuple):
    status: int
    message: str
    explanation: str = ""


PAGES = {
    "org_internal": Page(
        403,
        "This client is restricted to users within its organization.",
        "The app can only be used by people of its own organization.",
    ),
    "access_denied": Page(
        403,
        "The app has not completed the Google verification process. It is currently being tested, and can only be"
        " accessed by developer-approved testers.",
        "The app is being tested, and this account is not among its testers.",
    ),
    "admin_policy_enforced": Page(
        400,
        "Access to your account data is restricted by policies within your organization. Please contact the"
        " administrator of your organization for more information.",
        "Your organization's administrator has not approved this app.",
    ),
    "access_not_configured": Page(
        400,
        "Your school's administrator needs to configure access for this app.",
        "Your organization's administrator has not set this app up.",
    ),
    "disallowed_useragent": Page(
        403,
        "You can't sign in from this browser because this app doesn't comply with Google's “Use secure browsers”"
        " policy.",
        "Google lets nobody sign in from a browser inside another app.",
    ),
    "redirect_uri_mismatch": Page(
        400,
        "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy. If you're the app"
        " developer, register the redirect URI in the Google Cloud console.",
    ),
    "deleted_client": Page(401, "The OAuth client was deleted."),
    "rate_limit_exceeded": Page(
        403,
        "This app has reached its sign-in rate limit for now.",
        "Google limits how many new people an app may sign in.",
    ),
}


def at_once(request: SandboxRequest, wanted: AuthorizationRequest) -> Response | None:
    """The page for a browser or a request that Google doesn't take, whoever it is."""
    if WEBVIEW in request.headers.get("User-Agent", ""):
        return page_of("page:disallowed_useragent", wanted)
    staged = request.sandbox.scenarios.take(AT_ONCE, account=None, client=wanted.client_id, path=PATH, method="GET")
    return page_of(staged.name, wanted) if staged else None


def for_account(request: SandboxRequest, wanted: AuthorizationRequest, account: sqlite3.Row) -> Response | None:
    """The page for an account that may not use the app."""

    def applies(scenario: Scenario) -> bool:
        if scenario.name == "internal_client":
            return bool(account["hosted_domain"] != (scenario.value or OWN_DOMAIN))
        return scenario.name != "testing_client" or account["email"] not in scenario.addresses()

    staged = request.sandbox.scenarios.take(
        STAGED, account=account["email"], client=wanted.client_id, path=PATH, method="GET", applies=applies
    )
    return page_of(staged.name, wanted) if staged else None


def is_tester(request: SandboxRequest, client_id: str, account: sqlite3.Row) -> bool:
    """The app is in testing and the account on its list: what it is given ends after 7 days."""
    return any(
        each.name == "testing_client"
        and each.fits(account=account["email"], client=client_id, path=PATH, method="GET")
        and account["email"] in each.addresses()
        for each in request.sandbox.scenarios.active()
    )


def page_of(scenario: str, wanted: AuthorizationRequest) -> Response:
    """The page that a scenario of this phase shows."""
    code = {"internal_client": "org_internal", "testing_client": "access_denied"}.get(scenario)
    code = code or scenario.removeprefix(PREFIX)
    if code == "invalid_scope":
        refused = ", ".join(selectable(wanted.scopes)[-1:])
        return error_page(400, code, f"Some requested scopes cannot be shown: [{refused}]")
    shown = PAGES[code]
    details = {"redirect_uri": wanted.redirect_uri} if code == "redirect_uri_mismatch" else None
    return error_page(shown.status, code, shown.message, explanation=shown.explanation, details=details)
