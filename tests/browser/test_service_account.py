"""The Service account tab in a browser: chosen by keyboard, checked, and what Google refuses, wide and narrow."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from connections.models import Connection, Status
from connections.operations.check_connection import check_connection
from connections.operations.set_default_service_account import set_default_service_account
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, SERVICE_ACCOUNT_VIEWER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.browser.google_site import press, tab_to
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import add_service_account, grant_role, register_delegation, stage, withdraw_role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADA = "ada@acme.example"
BASIC = "https://www.googleapis.com/auth/gmail.settings.basic"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


def open_tab(page: Page, connection: Connection) -> None:
    page.goto(reverse("connection_service_account", args=[connection.pk]))


def answer_to(page: Page, requirement: str) -> Locator:
    """The cell with Google's answer."""
    return page.get_by_role("row", name=requirement).get_by_role("cell").first


def check_now(page: Page, answer: str) -> None:
    press(page, page.get_by_role("button", name="Check now"))
    expect(page.get_by_role("status").filter(has_text=answer)).to_be_visible()


def with_default(person: Browser, nickname: str, account: str) -> Connection:
    """A connection whose default service account was checked."""
    made = person.connect(nickname, account)
    set_default_service_account(
        person.actor, made.pk, project="acme-automation", service_account=SERVICE_ACCOUNT, version=made.version
    )
    return check_connection(person.actor, made.pk).connection


def test_by_keyboard_it_is_chosen_checked_lost_and_had_again(
    google: RunningSandbox, sign_in: SignIn, ada: Browser
) -> None:
    connection = ada.connect()
    page = sign_in(ada.user)
    open_tab(page, connection)
    account = page.get_by_label("Service Account", exact=True)
    expect(account).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("3 projects, 1 service account of acme-automation")
    assert_fine(page)
    tab_to(page, account)
    page.keyboard.press("ArrowDown")
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text(f"{SERVICE_ACCOUNT} is the default. Check it now.")).to_be_visible()
    expect(page.get_by_text("Not checked yet")).to_have_count(4)
    assert_fine(page)

    check_now(page, f"Checked: {SERVICE_ACCOUNT}.")
    expect(page.get_by_role("cell", name="Yes")).to_have_count(4)
    expect(page.get_by_text("checked just now")).to_have_count(4)

    withdraw_role(google, ADA, TOKEN_CREATOR)
    check_now(page, "The Service Account Token Creator role is missing")
    expect(answer_to(page, "Service Account Token Creator role")).to_have_text("No")
    finding = page.get_by_role("article").filter(has_text="The Service Account Token Creator role is missing")
    expect(finding).to_have_count(1)
    expect(finding).to_contain_text("An administrator of the Google Cloud project")
    assert_fine(page)
    connection.refresh_from_db()
    assert connection.status == Status.LIMITED

    grant_role(google, ADA, TOKEN_CREATOR)
    register_delegation(google, (BASIC,))
    check_now(page, "Domain-wide delegation is missing")
    expect(answer_to(page, "Domain-wide delegation of gmail.settings.basic")).to_have_text("Yes")
    expect(answer_to(page, "Domain-wide delegation of gmail.settings.sharing")).to_have_text("No")

    register_delegation(google)
    withdraw_role(google, ADA, SERVICE_ACCOUNT_USER)
    check_now(page, "The Service Account User role is missing")
    expect(answer_to(page, "Service Account User role")).to_have_text("No")

    grant_role(google, ADA, SERVICE_ACCOUNT_USER)
    stage(google, "500_before", path="*:testIamPermissions", method="POST", count=1)
    press(page, page.get_by_role("button", name="Check now"))
    expect(page.get_by_role("cell", name="Could not check")).to_have_count(2)
    assert_fine(page)
    check_now(page, f"Checked: {SERVICE_ACCOUNT}.")
    expect(page.get_by_role("cell", name="Yes")).to_have_count(4)
    connection.refresh_from_db()
    assert connection.status == Status.ACTIVE


def test_another_project_brings_its_own_service_accounts(google: RunningSandbox, sign_in: SignIn, ada: Browser) -> None:
    add_service_account(google, "weekly@acme-reports.iam.gserviceaccount.com", "Weekly Reports")
    page = sign_in(ada.user)
    open_tab(page, ada.connect())
    project = page.get_by_label("Google Cloud Platform Project")
    expect(project).to_have_value("acme-automation")
    tab_to(page, project)
    page.keyboard.press("End")
    expect(page.get_by_label("Service Account", exact=True)).to_contain_text("Weekly Reports")
    expect(project).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("acme-payroll has no service account that ada@acme.example may see.")).to_be_visible()
    assert_fine(page)
    page.get_by_label("Service Account: Email").fill("hidden@acme-payroll.iam.gserviceaccount.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("hidden@acme-payroll.iam.gserviceaccount.com is the default.")).to_be_visible()


def test_where_the_lists_may_not_be_seen_the_address_is_entered(
    google: RunningSandbox, sign_in: SignIn, ada: Browser
) -> None:
    withdraw_role(google, ADA, SERVICE_ACCOUNT_VIEWER, on="acme-automation")
    stage(google, "iam:listing_denied")
    page = sign_in(ada.user)
    open_tab(page, ada.connect())
    expect(page.get_by_text("The list may not be seen").first).to_be_visible()
    page.get_by_label("Service Account: Email").fill("ben@acme.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Service Account: Email")).to_have_attribute("aria-invalid", "true")
    assert_fine(page)


def test_without_scripts_it_is_chosen_and_checked(google: RunningSandbox, sign_in: SignIn, ada: Browser) -> None:
    connection = ada.connect()
    page = sign_in(ada.user, java_script_enabled=False)
    open_tab(page, connection)
    expect(page.get_by_text("Asking Google for projects")).to_be_hidden()
    page.get_by_role("link", name="Choose from Google").click()
    expect(page.get_by_label("Google Cloud Platform Project")).to_contain_text("acme-automation")
    page.get_by_label("Google Cloud Platform Project").select_option("acme-automation")
    page.get_by_role("button", name="Show its service accounts").click()
    expect(page.get_by_label("Service Account", exact=True)).to_contain_text(SERVICE_ACCOUNT)
    page.get_by_label("Service Account", exact=True).select_option(SERVICE_ACCOUNT)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{SERVICE_ACCOUNT} is the default. Check it now.")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("cell", name="Yes")).to_have_count(4)
    expect(page.get_by_role("textbox", name="OAuth scopes")).to_have_value(f"{BASIC},{BASIC[:-5]}sharing")


def test_values_are_copied(sign_in: SignIn, ada: Browser) -> None:
    page = sign_in(ada.user, permissions=["clipboard-read", "clipboard-write"])
    open_tab(page, with_default(ada, "Support inbox", ADA))
    line = page.locator(".copyline").filter(has=page.get_by_role("textbox", name="Client ID"))
    line.get_by_role("button", name="Copy").click()
    expect(line.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.isdecimal()
    assert len(copied) == 21


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_both_tabs_are_accessible_and_fit(
    google: RunningSandbox, sign_in: SignIn, ada: Browser, look: tuple[int, str]
) -> None:
    width, scheme = look
    made = [
        with_default(ada, "Support inbox", ADA),
        with_default(ada, "Payroll", "ben@acme.example"),
        ada.connect("Facilities"),
        ada.connect("Leavers", "cleo@acme.example", withhold=(CLOUD_PLATFORM,)),
        ada.connect("Hanna", "hanna@gmail.com"),
    ]
    register_delegation(google, (BASIC,))
    made.append(with_default(ada, "Mailroom", "dora@acme.example"))
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for connection in made:
        for name in ("connection_service_account", "connection_cards"):
            page.goto(reverse(name, args=[connection.pk]))
            expect(page.get_by_role("heading", level=1)).to_have_text(connection.nickname)
            expect(page.get_by_text("Asking Google for projects")).to_have_count(0)
            assert_fine(page)
