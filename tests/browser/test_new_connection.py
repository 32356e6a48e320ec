"""New Connection in a browser: by keyboard alone, without scripts, and every page of it accessible."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from access.models import User
from connections.models import Connection, ConsentAttempt, Policy
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.browser.google_site import consent_by_keyboard, press, tab_to
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Colors differ by scheme and layout by width: each of both once.
SCREENS = [(1440, "light"), (360, "dark")]
FORM = "/connections/new/gmail/"


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


# ------------------------------------------------------------------ by keyboard alone


def test_the_whole_way_by_keyboard_alone(sign_in: SignIn, google_sends_back: RunningSandbox, ada: User) -> None:
    page = sign_in(ada)
    page.goto("/connections/")
    press(page, page.get_by_role("link", name="New Connection").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("New Connection")
    press(page, page.get_by_role("link", name=re.compile("Gmail")))
    expect(page.get_by_role("heading", name="New Gmail connection")).to_be_visible()

    choose_scopes_by_keyboard(page)
    forget_the_nickname(page)
    tab_to(page, page.get_by_label("Connection Nickname"))
    page.keyboard.type("Support inbox")
    page.keyboard.press("Enter")

    consent_by_keyboard(page, "ada@acme.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connected as ada@acme.example")
    assert_fine(page)
    made = Connection.objects.get()
    assert (made.nickname, made.status, made.scope_mode) == ("Support inbox", "active", "custom")
    assert sorted(scope.rsplit("/", 1)[-1] for scope in made.granted_scopes) == [
        "gmail.compose",
        "gmail.labels",
        "gmail.readonly",
        "gmail.settings.basic",
        "openid",
        "userinfo.email",
    ]
    press(page, page.get_by_role("link", name="Open connection"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Support inbox")


def choose_scopes_by_keyboard(page: Page) -> None:
    """Leave two scopes out and one in by mistake, mend that; mistype one by hand, take the suggestion."""
    press(page, page.get_by_role("tab", name="General"), "ArrowRight")
    expect(page.get_by_role("tab", name="Permissions")).to_be_focused()
    press(page, page.get_by_label("Use default scopes"), "ArrowDown")
    expect(page.get_by_label("Customize scopes (advanced)")).to_be_checked()
    for title in ("Read all mail", "Manage forwarding", "See and use Google Cloud"):
        press(page, page.get_by_role("checkbox", name=re.compile(title)), "Space")
    # The answer to the last of the three: one to an earlier would be replaced under the next key
    expect(page.locator("#chosen")).to_contain_text(re.compile(r"^\s*1 of \d+ chosen"))
    expect(page.get_by_role("status")).to_contain_text("Not served: Read Email,")
    press(page, page.get_by_role("button", name="Add the scope for Read Email"))
    expect(page.get_by_role("checkbox", name=re.compile("Read all mail"))).to_be_focused()
    expect(page.locator("#chosen")).to_contain_text(re.compile(r"^\s*2 of \d+ chosen"))
    expect(page.get_by_role("status")).not_to_contain_text("Not served: Read Email,")

    box = page.get_by_label("More scopes, one a line")
    tab_to(page, box)
    page.keyboard.type("gmail.labels\ngmail.setings.basic")
    expect(page.get_by_text("Line 2: Google has no scope named gmail.setings.basic.").first).to_be_visible()
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_value("gmail.labels\ngmail.setings.basic")
    expect(page.get_by_role("tab", name="Permissions")).to_contain_text("1 to correct")
    press(page, page.get_by_role("button", name="Use gmail.settings.basic in line 2"))
    expect(box).to_be_focused()
    expect(box).to_have_value("gmail.labels\ngmail.settings.basic")
    expect(box).not_to_have_attribute("aria-invalid", "true")


def forget_the_nickname(page: Page) -> None:
    """Create without a nickname: the summary has the focus and leads into the other tab; all else is kept."""
    press(page, page.locator(".formfoot").get_by_role("button", name="Create"))
    expect(page.locator("#problems")).to_be_focused()
    expect(page).to_have_title(re.compile("^Correct 1 entry"))
    assert_fine(page)
    expect(page.get_by_label("More scopes, one a line")).to_have_value("gmail.labels\ngmail.settings.basic")
    expect(page.locator("[name=scope]:checked")).to_have_count(2)
    press(page, page.get_by_role("link", name="Enter a nickname."))
    expect(page.get_by_label("Connection Nickname")).to_be_focused()


def test_use_another_account_leads_over_the_kept_form_to_the_chooser(
    sign_in: SignIn, google_sends_back: RunningSandbox, ada: User
) -> None:
    page = sign_in(ada)
    page.goto(FORM)
    page.get_by_label("Connection Nickname").fill("First")
    page.get_by_label("Description").fill("Kept from one to the other.")
    page.keyboard.press("Tab")
    press(page, page.locator(".formfoot").get_by_role("button", name="Create"))
    consent_by_keyboard(page, "ada@acme.example")
    page.get_by_role("link", name="Use another account").click()
    expect(page.get_by_text("First stays connected to ada@acme.example.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Kept from one to the other.")
    page.get_by_label("Connection Nickname").fill("Second")
    page.keyboard.press("Enter")
    consent_by_keyboard(page, "ben@acme.example", withhold=("gmail.readonly",))
    expect(page.get_by_text("Connected as ben@acme.example")).to_be_visible()
    accounts = Connection.objects.order_by("nickname").values_list("account_email", "status")
    assert list(accounts) == [("ada@acme.example", "active"), ("ben@acme.example", "limited")]


def test_back_from_google_one_finds_what_one_left_open(
    sign_in: SignIn, google_sends_back: RunningSandbox, ada: User
) -> None:
    page = sign_in(ada)
    page.goto(FORM)
    page.get_by_label("Connection Nickname").fill("Left open")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    page.goto(FORM)
    page.get_by_role("link", name="See where it stands").click()
    page.get_by_role("button", name="Continue to Google again").click()
    consent_by_keyboard(page, "ada@acme.example")
    expect(page.get_by_text("Connected as ada@acme.example")).to_be_visible()


# ------------------------------------------------------------------ without scripts


def test_the_whole_way_without_scripts(sign_in: SignIn, google_sends_back: RunningSandbox, ada: User) -> None:
    page = sign_in(ada, java_script_enabled=False)
    page.goto(FORM)
    expect(page.get_by_role("tab")).to_have_count(0)
    page.get_by_label("Connection Nickname").fill("No script")
    page.get_by_label("Customize scopes (advanced)").check()
    page.get_by_label("More scopes, one a line").fill("gmail.labls")
    page.locator(".formfoot").get_by_role("button", name="Create").click()
    expect(page.locator("#problems")).to_contain_text("Google has no scope named gmail.labls.")
    page.get_by_role("button", name="Use gmail.labels in line 1").click()
    expect(page.get_by_label("More scopes, one a line")).to_have_value("gmail.labels")
    expect(page.get_by_label("Connection Nickname")).to_have_value("No script")
    page.get_by_label("Connection Nickname").press("Enter")
    page.get_by_role("button", name="ada@acme.example").click()
    page.locator("[name=password]").fill(page.locator("#shown code").inner_text())
    page.locator("[name=password]").press("Enter")
    expect(page.locator("button[value=allow]")).to_be_visible()
    for box in page.locator("input[name=scope]").all():
        box.check()
    page.locator("button[value=allow]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connected as ada@acme.example")


# ------------------------------------------------------------------ every page, wide and narrow, light and dark


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_form_is_accessible_and_fits(sign_in: SignIn, ada: User, width: int, scheme: str) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in ("/connections/new/", "/connections/new/?search=nothing-of-this", FORM):
        page.goto(path)
        assert_fine(page)
    page.get_by_role("tab", name="Permissions").click()
    expect(page.get_by_label("Use default scopes")).to_be_visible()
    assert_fine(page)
    page.get_by_label("Customize scopes (advanced)").check()
    page.get_by_role("checkbox", name=re.compile("Read all mail")).uncheck()
    page.get_by_label("More scopes, one a line").fill("gmail.labels\ngmail.setings.basic\nqqqqqqqqqq")
    expect(page.get_by_text("Did you mean").first).to_be_visible()
    assert_fine(page)
    page.locator(".formfoot").get_by_role("button", name="Create").click()
    expect(page.locator("#problems")).to_be_visible()
    assert_fine(page)
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    page.goto(FORM)
    page.get_by_role("tab", name="Permissions").click()
    expect(page.get_by_label("Use default scopes")).to_be_disabled()
    assert_fine(page)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_authorizations_pages_are_accessible_and_fit(
    sign_in: SignIn, google_sends_back: RunningSandbox, ada: User, width: int, scheme: str
) -> None:
    person = Browser(ada)
    person.connect("Fine")
    person.connect("Limited", "cleo@acme.example", withhold=("https://www.googleapis.com/auth/gmail.readonly",))
    person.connect("Personal", "hanna@gmail.com")
    stage(google_sends_back, "time_limited", value="604799", count=1)
    person.connect("Ends soon")
    stage(google_sends_back, "cancel", count=1)
    person.come_back(person.consent(person.ask("Canceled")))
    person.leave(person.ask("Waiting"))
    late = person.ask("Too late", scopes=("gmail.readonly", "gmail.send"))
    person.leave(late)
    ConsentAttempt.objects.filter(pk=late.pk).update(expires_at=now() - timedelta(seconds=1))

    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for attempt in ConsentAttempt.objects.exclude(started_at=None):
        page.goto(f"/connections/authorizations/{attempt.pk}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_fine(page)
    page.goto("/connections/callback/google/?state=planted&code=planted")
    expect(page.get_by_role("heading", level=1)).to_contain_text("doesn't belong")
    assert_fine(page)


def stay_there(route: Route) -> None:
    """The page as it is, without what takes it on to Google at once."""
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r'<meta http-equiv="refresh"[^>]*>', "", answer.text()))


@pytest.mark.parametrize("width", [1440, 360])
def test_the_page_that_leaves_is_accessible_and_fits(
    sign_in: SignIn, google_sends_back: RunningSandbox, ada: User, width: int
) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900})
    page.route("**/authorizations/**", stay_there)
    page.goto(f"/connections/authorizations/{Browser(ada).ask().pk}/")
    expect(page.get_by_role("link", name="Continue to Google")).to_be_visible()
    assert_fine(page)


def test_the_neutral_page_can_be_read_by_anybody(console: str, page: Page) -> None:
    page.goto(f"{console}/connections/callback/google/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("doesn't belong")
    assert_fine(page)
