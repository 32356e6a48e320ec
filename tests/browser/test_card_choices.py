"""Projects and service accounts to choose from, in a browser: listed after the page, with and without scripts."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from connections.models import Connection
from gmail_connector.service_account import ENTER
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import cloud_calls, stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CARD = "gmail.list_delegates"
BEN = "ben@acme.example"
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect("Offboarding")


def open_card(page: Page, connection: Connection) -> None:
    page.goto(reverse("test_card", args=[CARD], query={"connection": connection.pk}))


def project(page: Page) -> Locator:
    return page.get_by_label("Google Cloud Platform Project")


def account(page: Page) -> Locator:
    return page.locator("select#f-service_account")


def choices(listed: Locator) -> Locator:
    return listed.locator("option")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_lists_fit_and_are_accessible_and_so_is_why_they_are_not_there(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn, *, width: int, scheme: Any
) -> None:
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    open_card(page, connection)
    expect(choices(project(page))).to_have_count(5)
    project(page).select_option("acme-automation")
    expect(choices(account(page)).filter(has_text=SERVICE_ACCOUNT)).to_have_count(1)
    assert_fine(page)
    stage(google, "resource_manager:api_not_enabled")
    open_card(page, connection)
    expect(page.get_by_role("heading", name="An API is off in the Google Cloud project")).to_be_visible()
    project(page).select_option(ENTER)
    expect(page.get_by_label("Service Account: Email")).to_be_visible()
    expect(account(page)).to_have_count(0)
    assert_fine(page)


def test_a_project_brings_its_service_accounts_by_keyboard_and_the_card_runs(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    open_card(page, connection)
    expect(choices(project(page))).to_have_count(5)
    expect(page.locator("#listed-status")).to_contain_text("Google Cloud Platform Project: 3 to choose from.")
    page.get_by_label("Delegator: Email").fill(BEN)
    project(page).focus()
    page.keyboard.type("Acme Auto")
    page.keyboard.press("Tab")
    expect(choices(account(page)).filter(has_text=SERVICE_ACCOUNT)).to_have_count(1)
    expect(page.locator("#listed-status")).to_contain_text("Service Account:")
    account(page).focus()
    page.keyboard.press("ArrowDown")
    expect(account(page)).to_have_value(SERVICE_ACCOUNT)
    expect(page.get_by_label("Delegator: Email")).to_have_value(BEN)
    page.get_by_label("Delegator: Email").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.get_by_text(f"{BEN} has no delegates.")).to_be_visible()


def test_where_nothing_is_listed_the_address_is_entered_and_listing_can_be_asked_for_again(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    stage(google, "resource_manager:api_not_enabled", count=1)
    page = sign_in(ada.user)
    open_card(page, connection)
    expect(page.get_by_role("heading", name="An API is off in the Google Cloud project")).to_be_visible()
    expect(choices(project(page))).to_have_text(["Choose…", "Enter Service Account Email"])
    page.get_by_role("button", name="Ask Google again").press("Enter")
    expect(choices(project(page))).to_have_count(5)
    project(page).select_option(ENTER)
    expect(account(page)).to_have_count(0)
    page.get_by_label("Service Account: Email").fill(SERVICE_ACCOUNT)
    page.get_by_label("Delegator: Email").fill(BEN)
    page.get_by_role("button", name="Run", exact=True).press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.locator("dd", has_text="Enter Service Account Email")).to_be_visible()


def test_the_form_can_be_used_before_google_has_answered(ada: Browser, connection: Connection, sign_in: SignIn) -> None:
    Connection.objects.update(default_project="acme-automation", default_service_account=SERVICE_ACCOUNT)
    page = sign_in(ada.user)
    page.route("**/choices/**", lambda _route: None)  # no answer, ever
    open_card(page, connection)
    expect(page.get_by_text("Asking Google what there is to choose from")).to_be_visible()
    expect(choices(account(page))).to_have_text([f"Default: {SERVICE_ACCOUNT}"])
    page.get_by_label("Delegator: Email").fill(BEN)
    page.get_by_label("Delegator: Email").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")


def test_without_scripts_a_button_lists_and_keeps_what_was_typed(
    ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user, java_script_enabled=False)
    open_card(page, connection)
    page.get_by_label("Delegator: Email").fill(BEN)
    page.get_by_role("button", name="List projects and service accounts").click()
    expect(choices(project(page))).to_have_count(5)
    project(page).select_option("acme-automation")
    page.get_by_role("button", name="Show service accounts for this Google Cloud Platform Project").click()
    expect(choices(account(page)).filter(has_text=SERVICE_ACCOUNT)).to_have_count(1)
    account(page).select_option(SERVICE_ACCOUNT)
    expect(page.get_by_label("Delegator: Email")).to_have_value(BEN)
    page.get_by_label("Delegator: Email").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")


def test_a_card_without_a_role_asks_google_cloud_nothing(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(reverse("test_card", args=["gmail.search_emails"], query={"connection": connection.pk}))
    page.get_by_label("Result Set").select_option("all_matching_emails")
    page.get_by_label("Query").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert cloud_calls(google) == []
