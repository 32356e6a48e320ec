"""The sandbox's own pages in a browser: axe, both widths, both schemes, without a script, without a mouse."""

from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from google_sandbox.oauth.clients import CLIENT_ID, REDIRECT_URI
from google_sandbox.server import RunningSandbox
from tests.browser.axe import assert_fine
from tests.google_sandbox.calling import ADA, caller
from tests.staged_google import stage

pytestmark = pytest.mark.browser

# Colors differ by scheme and layout by width: each of both once
SCREENS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1440, "light"), (360, "dark"))
SCOPES = "openid https://www.googleapis.com/auth/userinfo.email " + " ".join(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("gmail.readonly", "gmail.compose", "gmail.settings.sharing", "cloud-platform")
)


def asking(google: RunningSandbox, **changes: str) -> str:
    """Google's address as the console asks for consent."""
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": SCOPES,
        "state": "a-state",
        "access_type": "offline",
        "prompt": "consent select_account",
    }
    return f"{google.origin}/o/oauth2/v2/auth?{urlencode(asked | changes)}"


@pytest.fixture
def staged(google: RunningSandbox) -> RunningSandbox:
    """A sandbox with something in every part of its control page."""
    ada = caller(google, ADA)
    ada.send_mail(subject="Payroll for March", attachment=b"1", extra=[("X-Workflows-Step", "a-step")])
    stage(
        google, "untick", value=["https://www.googleapis.com/auth/gmail.readonly"], count=1, account="gus@other.example"
    )
    stage(google, "503_after", path="*/drafts/send", method="POST")
    return google


Visit = Callable[[Page, RunningSandbox], None]


def chooser(page: Page, google: RunningSandbox) -> None:
    page.goto(asking(google))


# A click doesn't wait for the page it leads to, and what comes next may look at once: a visit ends by seeing its own.


def address(page: Page, google: RunningSandbox) -> None:
    chooser(page, google)
    page.get_by_role("link", name="Use another account").click()
    page.get_by_label("Email").fill("nobody@acme.example")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")


def password(page: Page, google: RunningSandbox) -> None:
    chooser(page, google)
    page.get_by_role("button", name="ben@acme.example").click()
    expect(page.get_by_label("Enter your password")).to_be_visible()


def wrong_password(page: Page, google: RunningSandbox) -> None:
    password(page, google)
    page.get_by_label("Enter your password").fill("a guess")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Enter your password")).to_have_attribute("aria-invalid", "true")


def consent(page: Page, google: RunningSandbox) -> None:
    password(page, google)
    page.get_by_label("Enter your password").fill("ben-sandbox")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("button", name="Allow")).to_be_visible()


def staging(page: Page, google: RunningSandbox) -> None:
    consent(page, google)
    page.get_by_role("button", name="Select all").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(4)
    page.get_by_text("Stage a failure instead").click()
    expect(page.get_by_label("What the console shall meet")).to_be_visible()


def blocked(page: Page, google: RunningSandbox) -> None:
    page.goto(asking(google, redirect_uri="http://127.0.0.1:8000/elsewhere/"))


def control(page: Page, google: RunningSandbox) -> None:
    page.goto(f"{google.origin}/_sandbox/")
    page.get_by_text("Scenarios that take a value").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()


def refused_scenario(page: Page, google: RunningSandbox) -> None:
    control(page, google)
    page.get_by_label("Times").fill("often")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_be_visible()


def account(page: Page, google: RunningSandbox) -> None:
    control(page, google)
    page.get_by_role("link", name="emil@acme.example").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("emil@acme.example")


def mailbox(page: Page, google: RunningSandbox) -> None:
    control(page, google)
    accounts = page.get_by_role("region", name="Accounts, as a table")
    accounts.get_by_role("link", name=ADA, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ADA)


def message(page: Page, google: RunningSandbox) -> None:
    mailbox(page, google)
    page.get_by_role("link", name="Payroll for March").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payroll for March")
    page.get_by_text("Message as it is stored").click()


def nothing(page: Page, google: RunningSandbox) -> None:
    page.goto(f"{google.origin}/nowhere")


PAGES: dict[str, tuple[Visit, str]] = {
    "Choose an account": (chooser, "Choose an account"),
    "Address": (address, "Sign in"),
    "Password": (password, "Welcome"),
    "Wrong password": (wrong_password, "Welcome"),
    "Consent": (consent, "Workflows Console asks for access"),
    "Staging a failure": (staging, "Workflows Console asks for access"),
    "Access blocked": (blocked, "Access blocked"),
    "Control": (control, "Sandbox control"),
    "Refused scenario": (refused_scenario, "Sandbox control"),
    "Suspended account": (account, "emil@acme.example"),
    "Mailbox": (mailbox, ADA),
    "Message": (message, "Payroll for March"),
    "Not found": (nothing, "Not found"),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_clean_wide_and_light_narrow_and_dark(browser: Browser, staged: RunningSandbox, name: str) -> None:
    visit, heading = PAGES[name]
    for width, scheme in SCREENS:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        visit(page, staged)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert_fine(page)
        page.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page of a browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def sent_back(page: Page, act: Callable[[], None]) -> dict[str, str]:
    """What Google says to the console when this is done; nobody listens there."""
    with page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)) as asked:
        act()
    return dict(parse_qsl(urlsplit(asked.value.url).query))


def test_consent_works_without_a_script(plain: Page, staged: RunningSandbox) -> None:
    consent(plain, staged)
    boxes = plain.get_by_role("checkbox")
    assert boxes.count() == 4
    assert not any(boxes.nth(number).is_checked() for number in range(4))
    plain.get_by_label("View your email messages and settings").check()
    answer = sent_back(plain, plain.get_by_role("button", name="Allow").click)
    assert answer["state"] == "a-state"
    assert "gmail.readonly" in answer["scope"]
    assert "gmail.compose" not in answer["scope"]


def test_cancel_works_without_a_script(plain: Page, staged: RunningSandbox) -> None:
    consent(plain, staged)
    answer = sent_back(plain, plain.get_by_role("button", name="Cancel").click)
    assert answer == {"error": "access_denied", "state": "a-state"}


def test_failure_is_staged_without_a_script(plain: Page, staged: RunningSandbox) -> None:
    staging(plain, staged)
    assert plain.get_by_role("checkbox", checked=True).count() == 4
    plain.get_by_label("What the console shall meet").select_option("Lose the state")
    answer = sent_back(plain, plain.get_by_role("button", name="Answer with this failure").click)
    assert "code" in answer
    assert "state" not in answer


def test_rehearsal_works_without_a_script(plain: Page, staged: RunningSandbox) -> None:
    """Stage a fault, see it stand, move the clock, suspend and restore somebody, start over."""
    plain.goto(f"{staged.origin}/_sandbox/")
    plain.get_by_label("Scenario", exact=True).select_option("Hang after acceptance")
    plain.get_by_label("Account").first.select_option(ADA)
    plain.get_by_label("Times").fill("3")
    plain.get_by_role("button", name="Switch on").click()
    expect(plain.get_by_role("row", name="Hang after acceptance")).to_contain_text("3 more")
    plain.get_by_role("button", name="Switch off Hang after acceptance").click()
    expect(plain.get_by_role("row", name="Hang after acceptance")).to_have_count(0)
    plain.get_by_role("button", name="Move the clock on by 7 days").click()
    expect(plain.get_by_text("604800 seconds ahead of real time")).to_be_visible()
    plain.get_by_role("link", name="emil@acme.example").click()
    plain.get_by_role("button", name="Restore from suspension").click()
    expect(plain.get_by_role("button", name="Suspend")).to_be_visible()
    plain.get_by_role("link", name="All accounts").click()
    plain.get_by_role("button", name="Reset everything").click()
    expect(plain.get_by_text("None is on. Google answers as it should.")).to_be_visible()
    expect(plain.get_by_text("which is the real time")).to_be_visible()


def test_consent_works_from_the_keyboard(browser: Browser, staged: RunningSandbox) -> None:
    page = browser.new_page()
    chooser(page, staged)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=ADA)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Enter your password").focus()
    page.keyboard.type("ada-sandbox")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Allow").focus()
    answer = sent_back(page, lambda: page.keyboard.press("Enter"))
    assert "gmail.readonly" in answer["scope"]
    page.close()


def test_pages_of_the_sandbox_are_dashed_and_drop_the_accent(browser: Browser, staged: RunningSandbox) -> None:
    page = browser.new_page()
    for visit in (consent, control):
        visit(page, staged)
        # What a click led to can be seen before its stylesheet is there
        page.wait_for_load_state()
        accent, text, dashed = page.evaluate(
            """() => {
                const sandbox = getComputedStyle(document.querySelector('.sandbox'))
                const dashed = [...document.querySelectorAll('.sandbox__card, .sandbox__sign')]
                return [
                    sandbox.getPropertyValue('--accent'),
                    sandbox.getPropertyValue('--text'),
                    dashed.length > 1 && dashed.every(each => getComputedStyle(each).borderTopStyle === 'dashed'),
                ]
            }"""
        )
        assert accent, "without its stylesheet nothing has a color"
        assert (accent, dashed) == (text, True)
    page.close()
