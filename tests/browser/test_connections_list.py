"""The frame and the Connections list in a browser: by hand and keyboard, narrow and wide, with and without scripts."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from connections.errors import ConnectionBlocked, GrantEnded, WorkspaceRequired
from connections.models import AccountType, Connection, Status
from connections.pages.list import PAGE_SIZE
from connections.scope_errors import ScopesWithheld
from gmail_connector.scopes import READONLY
from kernel.clock import now
from kernel.errors import to_stored
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.factories import ConnectionFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [pytest.param(1440, id="wide"), pytest.param(800, id="rail"), pytest.param(360, id="narrow")]
SCHEMES = ["light", "dark"]
LONG = "Anextraordinarilylongnicknamewithoutasinglespaceinitsothatnothingcanbreakit1234567"


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


@pytest.fixture
def every_status(ada: User) -> None:
    """A connection in each status, an ending grant, and names and addresses as long as they may be."""
    ended = GrantEnded(nickname="Payroll notices", email="p@acme.example", reason="Google ended the grant.")
    causes = {
        Status.NEEDS_REAUTHORIZATION: ended,
        Status.BLOCKED: ConnectionBlocked(reason="An administrator blocked the app.", advice="Ask."),
        Status.UNSUPPORTED_ACCOUNT: WorkspaceRequired(email="h@gmail.com"),
        Status.LIMITED: ScopesWithheld(scopes=["gmail.send", "gmail.compose"]),
    }
    for status, error in causes.items():
        personal = {"account_type": AccountType.GMAIL} if status is Status.UNSUPPORTED_ACCOUNT else {}
        failure = to_stored(error) if status is Status.NEEDS_REAUTHORIZATION else None
        nickname = f"With status {status.label}"
        ConnectionFactory(
            nickname=nickname, owner=ada, status=status, status_cause=to_stored(error), failure=failure, **personal
        )
    ConnectionFactory(nickname="Travel desk", owner=ada, grant_expires_at=now() + timedelta(days=2))
    ConnectionFactory(
        nickname=LONG[:80],
        owner=UserFactory(name=LONG[:80]),
        account_email=f"{'a' * 60}@{'b' * 60}.example",
        requested_scopes=[READONLY],
        last_used_at=now(),
    )


# ------------------------------------------------------------------ accessible, and never sideways


@pytest.mark.usefixtures("every_status")
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_list_help_and_errors_are_accessible_and_fit(sign_in: SignIn, ada: User, width: int, scheme: str) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in (
        "/connections/",
        "/connections/?status=blocked,unsupported_account&sort=-owner",
        "/connections/?search=nothing-of-this",
        "/help/",
        "/no-such-page/",
    ):
        page.goto(path)
        assert_fine(page)


@pytest.mark.parametrize("width", SIZES)
def test_an_empty_list_and_a_refusal_are_accessible(sign_in: SignIn, ada: User, width: int) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 800})
    page.goto("/connections/")
    expect(page.get_by_role("heading", name="No connections yet")).to_be_visible()
    assert_fine(page)
    refused = sign_in(UserFactory(), viewport={"width": width, "height": 800})
    refused.goto("/connections/")
    expect(refused.get_by_role("heading", level=1)).to_have_text("You may not do this")
    assert_fine(refused)


def test_help_can_be_read_without_signing_in(console: str, page: Page) -> None:
    page.goto(f"{console}/help/#error-account.workspace_required")
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
    expect(page.locator("[id='error-account.workspace_required']")).to_be_in_viewport()
    assert_fine(page)


# ------------------------------------------------------------------ the frame


def test_the_keyboard_skips_to_the_content(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto("/connections/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_narrow_window_has_its_navigation_behind_a_button(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada, viewport={"width": 360, "height": 700})
    page.goto("/connections/")
    nav = page.get_by_role("navigation", name="Main")
    expect(nav).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(nav.get_by_role("link", name="Audit")).to_be_visible()
    assert_fine(page)
    page.get_by_role("button", name="Close menu").click()
    expect(nav).to_be_hidden()


def test_the_person_menu_says_who_one_is_and_signs_out(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto("/connections/")
    page.get_by_role("button", name="Ada Lindqvist").press("Enter")
    expect(page.locator("#person")).to_be_visible()
    expect(page.locator("#person")).to_contain_text("Administrator")
    assert_fine(page)
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page).to_have_url(re.compile("/accounts/login/"))


# ------------------------------------------------------------------ searching as one types


def test_typing_replaces_the_list_keeps_the_focus_and_says_the_count(sign_in: SignIn, ada: User) -> None:
    for name in ("Payroll notices", "Payroll archive", "Press office"):
        ConnectionFactory(nickname=name, owner=ada)
    page = sign_in(ada)
    page.goto("/connections/?sort=nickname")
    entries = page.evaluate("history.length")
    search = page.get_by_role("searchbox", name="Search by nickname or account")
    search.press_sequentially("payroll", delay=20)
    expect(page.locator("#results tbody tr")).to_have_count(2)
    expect(search).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("2 connections")
    expect(page).to_have_url(re.compile(r"/connections/\?search=payroll&sort=nickname$"))
    expect(page.get_by_role("link", name="All 2")).to_be_visible()
    assert page.evaluate("history.length") == entries
    search.fill("nothing of this")
    expect(page.get_by_role("status")).to_have_text("No connection matches")
    assert_fine(page)


def test_a_chosen_filter_is_in_the_address_and_in_the_way_back(sign_in: SignIn, ada: User) -> None:
    ConnectionFactory(nickname="Reads", owner=ada, requested_scopes=[READONLY])
    ConnectionFactory(nickname="Sends", owner=ada)
    page = sign_in(ada)
    page.goto("/connections/")
    page.get_by_role("combobox", name="Can’t serve").select_option("gmail.send_email")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("card=gmail.send_email|missing_card=gmail.send_email"))
    page.get_by_role("link", name="Reads").click()
    expect(page.get_by_role("heading", name="Reads", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.get_by_role("combobox", name="Can’t serve")).to_have_value("gmail.send_email")
    page.go_back()
    expect(page.locator("#results tbody tr")).to_have_count(2)


def test_a_session_that_ended_leads_to_the_sign_in_page(sign_in: SignIn, ada: User) -> None:
    ConnectionFactory(owner=ada)
    page = sign_in(ada)
    page.goto("/connections/")
    page.context.clear_cookies()
    page.get_by_role("combobox", name="Unused for").select_option("30")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/connections/"))


def test_an_update_that_fails_is_said(sign_in: SignIn, ada: User) -> None:
    ConnectionFactory(owner=ada)
    page = sign_in(ada)
    page.goto("/connections/")
    page.route("**/connections/?*", lambda route: route.abort())
    page.get_by_role("combobox", name="Unused for").select_option("30")
    expect(page.get_by_role("alert")).to_contain_text("Reload the page")


def test_without_scripts_filters_sorts_and_pages_work(sign_in: SignIn, ada: User) -> None:
    built = [ConnectionFactory.build(nickname=f"Box {n:02}", owner=ada) for n in range(PAGE_SIZE + 5)]
    for each in built:
        each.nickname_key = each.nickname.casefold()
    Connection.objects.bulk_create(built)
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/connections/?sort=nickname")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#results tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Nickname and account").click()
    expect(page.locator("#results tbody th").first).to_contain_text(f"Box {PAGE_SIZE + 4}")
    page.get_by_role("searchbox", name="Search by nickname or account").fill("box 01")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Nickname and account")).to_have_attribute("aria-sort", "descending")


def test_a_narrow_row_keeps_its_table_roles(sign_in: SignIn, ada: User) -> None:
    ConnectionFactory(nickname="Payroll notices", owner=ada)
    page = sign_in(ada, viewport={"width": 360, "height": 700})
    page.goto("/connections/")
    row = page.get_by_role("table").get_by_role("row").filter(has_text="Payroll notices")
    expect(row.get_by_role("rowheader")).to_contain_text("Payroll notices")
    expect(row.get_by_role("cell")).to_have_count(7)
