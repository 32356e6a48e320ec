"""Home and search in a browser: wide and narrow, light and dark, by keyboard, and without scripts."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from access.actor import Actor, Via
from access.models import User
from connections.errors import ConnectionBlocked, GrantEnded, WorkspaceRequired
from connections.models import AccountType, Status
from flows.operations.run_card import run_card
from kernel.clock import now
from kernel.errors import to_stored
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_mail import FakeMail, arguments, fake_cards, lost

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(1440, "light"), (1440, "dark"), (800, "light"), (360, "light"), (360, "dark")]
LONG = "Anextraordinarilylongnicknamewithoutasinglespaceinitsothatnothingcanbreakit1234"


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


@pytest.fixture
def troubles(ada: User) -> None:
    """A connection in each kind of trouble, one of them with a name that can't be broken."""
    ended = GrantEnded(nickname="Payroll notices", email="p@acme.example", reason="Google ended the grant.")
    ConnectionFactory(
        owner=ada, nickname="Payroll notices", status=Status.NEEDS_REAUTHORIZATION, status_cause=to_stored(ended)
    )
    blocked = ConnectionBlocked(reason="An administrator blocked the app.", advice="Ask to trust the app.")
    ConnectionFactory(owner=ada, nickname=LONG, status=Status.BLOCKED, status_cause=to_stored(blocked))
    ConnectionFactory(
        owner=ada,
        nickname="Holiday cards",
        status=Status.UNSUPPORTED_ACCOUNT,
        account_type=AccountType.GMAIL,
        status_cause=to_stored(WorkspaceRequired(email="h@gmail.com")),
    )
    ConnectionFactory(owner=ada, nickname="Travel desk", grant_expires_at=now() + timedelta(days=2))


@pytest.mark.usefixtures("troubles")
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_home_and_search_are_accessible_and_fit(sign_in: SignIn, ada: User, width: int, scheme: str) -> None:
    mail = FakeMail(has_drafts=False, can_read=False, after={"dispatch": [lost()]})
    with fake_cards(mail):
        for nickname in ("Support desk", "Payroll archive"):
            connection = ConnectionFactory(owner=ada, nickname=nickname)
            run_card(Actor(user=ada, via=Via.PAGE), **arguments(connection))
        page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
        for name, path in (
            ("home", "/"),
            ("search", "/search/?q=a"),
            ("none", f"/search/?q={LONG}-not"),
            ("blank", "/search/"),
        ):
            page.goto(path)
            assert_fine(page)
            if folder := os.environ.get("H_SHOTS"):
                page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 360])
def test_a_new_console_and_a_person_without_a_role(sign_in: SignIn, ada: User, width: int) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900})
    page.goto("/")
    expect(page.get_by_role("heading", name="No connections yet")).to_be_visible()
    assert_fine(page)
    page = sign_in(UserFactory(), viewport={"width": width, "height": 900})
    page.goto("/")
    expect(page.get_by_role("heading", name="You have no role yet")).to_be_visible()
    assert_fine(page)


@pytest.mark.usefixtures("troubles")
def test_the_keyboard_leads_from_home_to_what_mends(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto("/")
    broken = page.get_by_role("region", name="3 connections can’t be used")
    broken.get_by_role("link", name="Reauthorize Payroll notices").press("Enter")
    expect(page).to_have_url(re.compile(r"/connections/[\w-]+/reauthorize/$"))


@pytest.mark.usefixtures("troubles")
@pytest.mark.parametrize("keys", ["Control+k", "Meta+k"])
def test_a_shortcut_searches_by_keyboard_alone(sign_in: SignIn, ada: User, keys: str) -> None:
    page = sign_in(ada)
    page.goto("/")
    page.keyboard.press(keys)
    expect(page.get_by_role("searchbox", name="Search connections, runs and pages")).to_be_focused()
    page.keyboard.type("payroll")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=payroll$"))
    hit = page.get_by_role("region", name="Connections").get_by_role("link", name="Payroll notices")
    hit.press("Enter")
    expect(page.get_by_role("heading", name="Payroll notices", level=1)).to_be_visible()


@pytest.mark.usefixtures("troubles")
def test_the_search_page_follows_what_is_typed_and_says_the_count(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto("/search/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("holiday")
    expect(page.get_by_role("link", name="Holiday cards")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 result")
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile(r"/search/\?q=holiday$"))
    assert_fine(page)
    box.fill("nothing of this")
    expect(page.get_by_role("status")).to_have_text("Nothing found")


@pytest.mark.usefixtures("troubles")
def test_a_narrow_window_has_a_link_to_search_which_the_shortcut_follows(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada, viewport={"width": 360, "height": 700})
    page.goto("/")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.get_by_role("link", name="Search").press("Enter")
    expect(page).to_have_url(re.compile("/search/$"))
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page).to_have_url(re.compile("/search/$"))


@pytest.mark.usefixtures("troubles")
def test_search_works_without_scripts(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/")
    expect(page.locator(".topbar kbd")).to_be_hidden()
    page.get_by_role("searchbox").fill("travel")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name="Travel desk")).to_be_visible()
